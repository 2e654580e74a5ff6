"""The life of a listing, as data."""

import pytest

from core.ids import new_id
from models.tables import ListingAction, ListingState, Role, Service
from services.auth.viewer import Viewer
from services.marketplace.listing_states import (
    PausedByAdmin,
    WrongListingState,
    available_actions,
    take,
)

# Written by hand, so that the table is compared with what somebody meant.
LIFE = {
    ("draft", "update"): "draft",
    ("draft", "publish"): "published",
    ("draft", "close"): "closed",
    ("published", "update"): "published",
    ("published", "pause"): "paused",
    ("published", "close"): "closed",
    ("paused", "update"): "paused",
    ("paused", "resume"): "published",
    ("paused", "close"): "closed",
}
EVERY_STEP = [(state, action) for state in ListingState for action in ListingAction]
PROVIDER_ID = new_id()
PROVIDER = Viewer(user_id=PROVIDER_ID)
ADMIN = Viewer(user_id=new_id(), roles=frozenset({Role.ADMIN}))
STRANGERS = [Viewer.ANONYMOUS, Viewer(user_id=new_id(), roles=frozenset({Role.SELLER}))]


def listing(state, *, is_held=False):
    is_active = state is ListingState.PUBLISHED
    return Service(provider_id=PROVIDER_ID, state=state.value, is_active=is_active, is_held=is_held)


class TestTake:
    @pytest.mark.parametrize(("state", "action"), EVERY_STEP)
    def test_goes_where_the_table_leads_or_nowhere(self, state, action):
        service = listing(state)
        leads_to = LIFE.get((state, action))

        if leads_to is None:
            with pytest.raises(WrongListingState) as refused:
                take(service, action, PROVIDER)
            assert refused.value.state is state
            assert set(refused.value.available_actions) == {
                action for (from_state, action) in LIFE if from_state == state
            }
        else:
            take(service, action, PROVIDER)

        assert service.state == (leads_to or state)
        assert service.is_active == (service.state == "published")
        assert not service.is_held

    @pytest.mark.parametrize("state", [ListingState.PUBLISHED, ListingState.PAUSED])
    def test_lets_admins_hold_what_is_on_offer_or_paused(self, state):
        service = listing(state)

        take(service, ListingAction.PAUSE, ADMIN)

        assert (service.state, service.is_active, service.is_held) == ("paused", False, True)

    def test_lets_only_admins_resume_what_is_held(self):
        service = listing(ListingState.PAUSED, is_held=True)

        with pytest.raises(PausedByAdmin):
            take(service, ListingAction.RESUME, PROVIDER)
        take(service, ListingAction.UPDATE, PROVIDER)
        assert (service.state, service.is_held) == ("paused", True)
        take(service, ListingAction.RESUME, ADMIN)

        assert (service.state, service.is_active, service.is_held) == ("published", True, False)

    def test_lets_the_provider_close_what_is_held(self):
        service = listing(ListingState.PAUSED, is_held=True)

        take(service, ListingAction.CLOSE, PROVIDER)

        assert (service.state, service.is_held) == ("closed", False)

    def test_knows_no_admins_in_their_own_matters(self):
        admin = Viewer(user_id=PROVIDER_ID, roles=frozenset({Role.ADMIN}))
        own, held = listing(ListingState.PUBLISHED), listing(ListingState.PAUSED, is_held=True)

        take(own, ListingAction.PAUSE, admin)

        assert not own.is_held
        with pytest.raises(PausedByAdmin):
            take(held, ListingAction.RESUME, admin)


class TestAvailableActions:
    @pytest.mark.parametrize("state", ListingState)
    def test_are_all_that_lead_somewhere_for_the_provider(self, state):
        actions = available_actions(PROVIDER, PROVIDER_ID, state, is_held=False)

        assert sorted(actions) == sorted(action for (start, action) in LIFE if start == state)

    def test_let_admins_mend_and_take_down_what_is_not_theirs(self):
        actions = {
            state.value: available_actions(ADMIN, PROVIDER_ID, state, is_held=False)
            for state in ListingState
        }

        assert actions == {
            "draft": ("update", "close"),
            "published": ("update", "pause", "close"),
            "paused": ("update", "close", "pause"),
            "closed": (),
        }

    def test_of_what_is_held_let_admins_resume_it_and_not_the_provider(self):
        actions = [
            set(available_actions(viewer, PROVIDER_ID, ListingState.PAUSED, is_held=True))
            for viewer in (PROVIDER, ADMIN)
        ]

        assert actions == [{"update", "close"}, {"update", "close", "resume"}]

    @pytest.mark.parametrize("state", ListingState)
    @pytest.mark.parametrize("viewer", STRANGERS)
    def test_are_none_for_anybody_else(self, viewer, state):
        assert available_actions(viewer, PROVIDER_ID, state, is_held=False) == ()
        assert available_actions(viewer, None, state, is_held=False) == ()
