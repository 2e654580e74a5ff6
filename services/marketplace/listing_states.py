"""The life of a listing, as data: what may be done with it when, by whom, and where it leads.

Commands look up here what they may do. Nothing else decides on a listing's state.
"""

from dataclasses import dataclass
from uuid import UUID

from core.errors import DomainError
from models.tables import ListingAction, ListingState, Service
from services.auth.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Transition:
    """What is done with a listing in one state, and the state that it is in afterwards."""

    action: ListingAction
    from_state: ListingState
    to_state: ListingState


_DRAFT, _PUBLISHED, _PAUSED, _CLOSED = ListingState
TRANSITIONS = (
    *(Transition(ListingAction.UPDATE, each, each) for each in (_DRAFT, _PUBLISHED, _PAUSED)),
    # The only way out of a draft to the marketplace, and none leads back: it is paid for once.
    Transition(ListingAction.PUBLISH, _DRAFT, _PUBLISHED),
    Transition(ListingAction.PAUSE, _PUBLISHED, _PAUSED),
    Transition(ListingAction.RESUME, _PAUSED, _PUBLISHED),
    *(Transition(ListingAction.CLOSE, each, _CLOSED) for each in (_DRAFT, _PUBLISHED, _PAUSED)),
)
# Admins mend and take down. What costs the provider something is the provider's own.
ADMIN_ACTIONS = frozenset({ListingAction.UPDATE, ListingAction.PAUSE, ListingAction.CLOSE})


class WrongListingState(DomainError):
    """This cannot be done with a listing in its state."""

    code = "LISTING_STATE"

    def __init__(self, state: ListingState, available_actions: tuple[ListingAction, ...]) -> None:
        super().__init__(f"This cannot be done with a listing that is {state.value}.")
        self.state = state
        self.available_actions = available_actions


def allowed_actions(viewer: Viewer, provider_id: UUID | None) -> frozenset[ListingAction]:
    """What a viewer may do with somebody's listings, each in its time."""
    if provider_id is not None and viewer.user_id == provider_id:
        return frozenset(ListingAction)
    return ADMIN_ACTIONS if viewer.is_admin else frozenset()


def available_actions(
    viewer: Viewer, provider_id: UUID | None, state: ListingState
) -> tuple[ListingAction, ...]:
    """What a viewer may do now with somebody's listing in a state."""
    allowed = allowed_actions(viewer, provider_id)
    return tuple(
        each.action for each in TRANSITIONS if each.from_state is state and each.action in allowed
    )


def take(service: Service, action: ListingAction, viewer: Viewer) -> None:
    """Take a listing to where an action leads. Raises WrongListingState."""
    state = ListingState(service.state)
    for each in TRANSITIONS:
        if (each.action, each.from_state) == (action, state):
            service.state = each.to_state.value
            service.is_active = each.to_state is ListingState.PUBLISHED
            return
    raise WrongListingState(state, available_actions(viewer, service.provider_id, state))
