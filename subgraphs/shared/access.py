"""Who may use what. Every mutation, every entity and every private field states its audience."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import strawberry
from strawberry.extensions.field_extension import FieldExtension

from core.errors import CodedError
from resolvers.context import Context
from services.auth.viewer import Viewer

Info = strawberry.Info[Context, None]


class Audience(StrEnum):
    """Who may use a field, a mutation or an entity."""

    EVERYONE = "everyone"
    SIGNED_IN = "people who are signed in"
    OWNER = "its owner and admins"
    ADMINS = "admins"
    SUPPORT = "support and admins"
    PARTIES = "its buyer, its seller, support and admins"
    """Of entities whose loaders answer others with nothing."""


class VisibleTo(FieldExtension):
    """Lets only its audience through to a field.

    Private fields belong to the person whom `source.owner_id` names, whichever path led there.
    """

    def __init__(self, audience: Audience) -> None:
        self.audience = audience

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        require_visible(self.audience, source, info.context.viewer, info.field_name)
        return next_(source, info, **arguments)

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any
    ) -> Any:
        require_visible(self.audience, source, info.context.viewer, info.field_name)
        return await next_(source, info, **arguments)


def require_visible(audience: Audience, source: Any, viewer: Viewer, field_name: str) -> None:
    """Return if the viewer may see a field of `source`. Raises CodedError otherwise."""
    if audience is Audience.EVERYONE:
        return
    viewer.required_id()
    if not is_among(audience, viewer, source):
        message = f"Only {audience.value} may see `{field_name}`."
        raise CodedError(message, code="FORBIDDEN")


def is_among(audience: Audience, viewer: Viewer, source: Any) -> bool:
    """Whether somebody who is signed in belongs to an audience of `source`."""
    if audience is Audience.ADMINS:
        return viewer.is_admin
    if audience is Audience.SUPPORT:
        return viewer.is_support
    return audience is not Audience.OWNER or viewer.may_see(source.owner_id)
