"""Entities: types with a key, which other subgraphs refer to and `node` finds."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar, dataclass_transform
from uuid import UUID

import strawberry
from strawberry import federation
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from core.ids import encode_id
from core.loader import is_absent
from resolvers.context import Context
from subgraphs.shared.access import Audience, is_among
from subgraphs.shared.columns import PARENT, column
from subgraphs.shared.ids import Kind, keys_or_none

Class = TypeVar("Class", bound=type)
Find = Callable[[Context, Sequence[UUID]], Awaitable[Sequence[Any]]]
KEY = "id"
ENTITY_KEY = "entity_key"
"""The attribute of a class under which its `EntityKey` is."""
ID_DESCRIPTION = "Unique among everything: a prefix that names the kind, and 26 characters."


@dataclass(frozen=True, slots=True)
class EntityKey:
    """How a class's instances are known without their ids. Equal kinds have the same keys."""

    kind: Kind
    path: str
    """Where an instance has its key."""
    find: Callable[[Context, Sequence[UUID]], Awaitable[list[Any]]]
    """The instances of keys, in their order; `None` and exceptions as in `resolve_references`."""
    known: Callable[[Context, Sequence[UUID]], list[Any] | None]
    """What the instances hold, where nothing needs to be read and every key has one."""


@strawberry.interface(description="Anything with an id of its own. `node` finds it by that id.")
class Node:
    """An object that can be found again by its id."""

    id: strawberry.ID = strawberry.field(description=ID_DESCRIPTION)

    @classmethod
    def of(cls, parent: Any) -> Self:
        """The entity that shows a row, or what a subgraph adds to a key."""
        return cls(parent=parent)  # pyright: ignore[reportCallIssue]  # `entity` gives it an id

    @classmethod
    def of_all(cls, parents: Sequence[Any]) -> list[Self]:
        """The entities that show rows or keys, in their order.

        A response has hundreds: without calls for each they cost a third. Entities hold nothing
        besides.
        """
        new, entities = cls.__new__, []
        for parent in parents:
            shown = new(cls)
            shown.parent = parent  # pyright: ignore[reportAttributeAccessIssue]  # every entity declares it
            entities.append(shown)
        return entities


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, federation.field))
def entity(
    kind: Kind,
    *,
    audience: Audience,
    description: str | None = None,
    key: str = "",
    found_by: Find | None = None,
) -> Callable[[Class], Class]:
    """A federation entity with the key `id`, readable by `audience`.

    Objects hold what they show as `parent`: a row whose attribute `key` is their key, or the key.

    `found_by` answers keys with rows, or with `None` for what does not exist. Without it, the class
    is what a subgraph adds to another's entity, whose owner vouches that it exists. Of what is for
    its owner or admins only, others get `None`. The subgraph that owns it describes it.
    """
    described = None if description is None else f"{description} Its id begins with `{kind}_`."

    def declare(cls: Class) -> Class:
        cls.__annotations__[KEY] = strawberry.ID
        cls.id = column(key, description=ID_DESCRIPTION, shown=partial(encode_id, kind.value))
        path = f"{PARENT}.{key}" if key else PARENT
        found = _Found(cls, found_by, audience)
        setattr(cls, ENTITY_KEY, EntityKey(kind, path, found.by_keys, found.known))

        async def resolve_references(
            context: Context, representations: Sequence[Mapping[str, Any]]
        ) -> list[Any]:
            keys = keys_or_none(kind, [each.get(KEY, "") for each in representations])
            known = [each for each in keys if each is not None]
            instances = iter(await found.by_keys(context, known))
            return [None if each is None else next(instances) for each in keys]

        cls.resolve_references = staticmethod(resolve_references)
        declared = federation.type(cls, keys=[KEY], description=described)
        declared.__audience__ = audience
        return declared

    return declare


@dataclass(frozen=True, slots=True)
class _Found:
    """An entity's instances, by their keys."""

    cls: Any
    found_by: Find | None
    audience: Audience

    async def by_keys(self, context: Context, keys: Sequence[UUID]) -> list[Any]:
        if self.found_by is None:
            return self.cls.of_all(keys)
        rows = await context.loader(self.found_by).load_all(keys)
        if not any(map(is_absent, set(map(type, rows)))):
            found = self.cls.of_all(rows)
        else:
            found = [row if is_absent(type(row)) else self.cls.of(row) for row in rows]
        if self.audience is Audience.EVERYONE:
            return found
        return [self._visible(each, context) for each in found]

    def known(self, context: Context, keys: Sequence[UUID]) -> list[Any] | None:
        """The rows of `keys`, if all are at hand and for everyone."""
        if self.found_by is None or self.audience is not Audience.EVERYONE:
            return None
        rows = context.loader(self.found_by).known(keys)
        is_partly = rows is None or any(map(is_absent, set(map(type, rows))))
        return None if is_partly else rows

    def _visible(self, found: Any, context: Context) -> Any:
        is_visible = is_absent(type(found)) or is_among(self.audience, context.viewer, found)
        return found if is_visible else None


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, federation.field))
def stub(cls: Class) -> Class:
    """A reference to an entity of another subgraph, by its id alone."""
    return federation.type(cls, keys=[Key(fields=FieldSet(KEY), resolvable=False)])
