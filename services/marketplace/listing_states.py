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
# What its provider paused, an admin may still hold; and what is held, only an admin resumes.
HOLD = Transition(ListingAction.PAUSE, _PAUSED, _PAUSED)


class WrongListingState(DomainError):
    """This cannot be done with a listing in its state."""

    code = "LISTING_STATE"

    def __init__(self, state: ListingState, available_actions: tuple[ListingAction, ...]) -> None:
        super().__init__(f"This cannot be done with a listing that is {state.value}.")
        self.state = state
        self.available_actions = available_actions


class PausedByAdmin(DomainError):
    """An admin paused the listing: its provider cannot resume it."""

    code = "PAUSED_BY_ADMIN"

    def __init__(self) -> None:
        super().__init__("An admin paused this service. Only an admin can resume it.")


def allowed_actions(
    viewer: Viewer, provider_id: UUID | None, *, is_held: bool
) -> frozenset[ListingAction]:
    """What a viewer may ask for with somebody's listing, each in its time."""
    if _is_provider(viewer, provider_id):
        return frozenset(ListingAction)
    return frozenset(each.action for each in _open_to(viewer, provider_id, is_held=is_held))


def available_actions(
    viewer: Viewer, provider_id: UUID | None, state: ListingState, *, is_held: bool
) -> tuple[ListingAction, ...]:
    """What a viewer may do now with somebody's listing in a state."""
    return tuple(
        each.action
        for each in _open_to(viewer, provider_id, is_held=is_held)
        if each.from_state is state
    )


def take(service: Service, action: ListingAction, viewer: Viewer) -> None:
    """Take a listing to where an action leads. Raises WrongListingState, PausedByAdmin."""
    state, is_own = ListingState(service.state), _is_provider(viewer, service.provider_id)
    for each in _open_to(viewer, service.provider_id, is_held=service.is_held):
        if (each.action, each.from_state) == (action, state):
            service.state = each.to_state.value
            service.is_active = each.to_state is ListingState.PUBLISHED
            if each.to_state is not each.from_state or each is HOLD:
                service.is_held = each.to_state is ListingState.PAUSED and not is_own
            return
    if service.is_held and action is ListingAction.RESUME:
        raise PausedByAdmin
    actions = available_actions(viewer, service.provider_id, state, is_held=service.is_held)
    raise WrongListingState(state, actions)


def _open_to(viewer: Viewer, provider_id: UUID | None, *, is_held: bool) -> tuple[Transition, ...]:
    """The transitions that a viewer may cause. An admin's own listings are as anybody's."""
    if _is_provider(viewer, provider_id):
        closed = {ListingAction.RESUME} if is_held else set[ListingAction]()
        return tuple(each for each in TRANSITIONS if each.action not in closed)
    if not viewer.is_admin:
        return ()
    allowed = ADMIN_ACTIONS | {ListingAction.RESUME} if is_held else ADMIN_ACTIONS
    own = () if is_held else (HOLD,)
    return (*(each for each in TRANSITIONS if each.action in allowed), *own)


def _is_provider(viewer: Viewer, provider_id: UUID | None) -> bool:
    return provider_id is not None and viewer.user_id == provider_id
