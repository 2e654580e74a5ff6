"""The life of a listing, as data."""

import pytest

from core.ids import new_id
from models.tables import ListingAction, ListingState, Role, Service
from services.auth.viewer import Viewer
from services.marketplace.listing_states import WrongListingState, available_actions, take

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


class TestTake:
    @pytest.mark.parametrize(("state", "action"), EVERY_STEP)
    def test_goes_where_the_table_leads_or_nowhere(self, state, action):
        service = Service(
            provider_id=PROVIDER_ID, state=state.value, is_active=state is ListingState.PUBLISHED
        )
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


class TestAvailableActions:
    @pytest.mark.parametrize("state", ListingState)
    def test_are_all_that_lead_somewhere_for_the_provider(self, state):
        actions = available_actions(PROVIDER, PROVIDER_ID, state)

        assert sorted(actions) == sorted(action for (start, action) in LIFE if start == state)

    def test_let_admins_mend_and_take_down_what_is_not_theirs(self):
        actions = {
            state.value: available_actions(ADMIN, PROVIDER_ID, state) for state in ListingState
        }

        assert actions == {
            "draft": ("update", "close"),
            "published": ("update", "pause", "close"),
            "paused": ("update", "close"),
            "closed": (),
        }

    @pytest.mark.parametrize("state", ListingState)
    @pytest.mark.parametrize("viewer", STRANGERS)
    def test_are_none_for_anybody_else(self, viewer, state):
        assert available_actions(viewer, PROVIDER_ID, state) == ()
        assert available_actions(viewer, None, state) == ()
