"""Entities: types with a key, which other subgraphs refer to and `node` finds."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Self, TypeVar, dataclass_transform
from uuid import UUID

import strawberry
from strawberry import federation
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from core.ids import encode_id
from resolvers.context import Context
from subgraphs.shared.access import Audience
from subgraphs.shared.columns import column
from subgraphs.shared.ids import Kind, keys_or_none

Class = TypeVar("Class", bound=type)
KEY = "id"
ID_DESCRIPTION = "Unique among everything: a prefix that names the kind, and 26 characters."


@strawberry.interface(description="Anything with an id of its own. `node` finds it by that id.")
class Node:
    """An object that can be found again by its id."""

    id: strawberry.ID = strawberry.field(description=ID_DESCRIPTION)

    @classmethod
    def of(cls, parent: Any) -> Self:
        """The entity that shows a row, or what a subgraph adds to a key."""
        return cls(parent=parent)  # pyright: ignore[reportCallIssue]  # `entity` gives it an id


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, federation.field))
def entity(
    kind: Kind, *, audience: Audience, description: str | None = None, key: str = ""
) -> Callable[[Class], Class]:
    """A federation entity with the key `id`, readable by `audience`.

    Objects hold what they show as `parent`: a row whose attribute `key` is their key, or the key.

    The class resolves references itself; of what is for its owner only, others get `None`. The
    subgraph that owns it describes it; those that add to it do not.
    """
    described = None if description is None else f"{description} Its id begins with `{kind}_`."

    def declare(cls: Class) -> Class:
        cls.__annotations__[KEY] = strawberry.ID
        cls.id = column(key, description=ID_DESCRIPTION, shown=partial(encode_id, kind.value))
        declared = federation.type(cls, keys=[KEY], description=described)
        declared.__audience__ = audience
        if audience is Audience.OWNER:
            _hide_from_others(declared)
        return declared

    return declare


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, federation.field))
def stub(cls: Class) -> Class:
    """A reference to an entity of another subgraph, by its id alone."""
    return federation.type(cls, keys=[Key(fields=FieldSet(KEY), resolvable=False)])


async def resolve_by_id(
    context: Context,
    representations: Sequence[Mapping[str, Any]],
    kind: Kind,
    fetch: Callable[..., Any],
    shown: Callable[[Any], Any],
) -> list[Any]:
    """The instances that representations name: those that `fetch` finds, as `shown`."""
    keys = keys_or_none(kind, [each.get(KEY, "") for each in representations])
    loader: Any = context.loader(fetch)
    rows = iter(await loader.load_all([key for key in keys if key is not None]))
    found = [None if key is None else next(rows) for key in keys]
    return [row if row is None or isinstance(row, Exception) else shown(row) for row in found]


def contributions_by_id(
    representations: Sequence[Mapping[str, Any]], kind: Kind, shown: Callable[[UUID], Any]
) -> list[Any]:
    """What a subgraph adds to entities of another, which vouches that they exist."""
    keys = keys_or_none(kind, [each.get(KEY, "") for each in representations])
    return [None if key is None else shown(key) for key in keys]


def _hide_from_others(cls: Any) -> None:
    resolve = cls.resolve_references

    async def visible_references(
        context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        found = await resolve(context, representations)
        return [
            instance if instance is not None and context.viewer.may_see(instance.owner_id) else None
            for instance in found
        ]

    cls.resolve_references = staticmethod(visible_references)
