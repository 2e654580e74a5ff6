"""People: by id through the cache, and as a directory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, bindparam, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from models.cache import USER, user_key
from models.rows import Columns, PrivateUserRow, UserRow
from models.tables import Role, User
from resolvers.context import Context, recalling
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import whole_list
from resolvers.rows import RowsById
from resolvers.search import matches, search_query


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which people to list. Absent conditions do not filter."""

    country_code: str | None = None
    role: Role | None = None
    search: str | None = None

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `FILTERS`."""
        pairs = (
            ("country_code", self.country_code),
            ("roles", None if self.role is None else [self.role.value]),
            ("search", None if self.search is None else search_query(self.search)),
        )
        return {name: value for name, value in pairs if value is not None}


_STRINGS = ARRAY(String())
FILTERS: Mapping[str, ColumnElement[bool]] = {
    "country_code": col(User.country_code) == bindparam("country_code"),
    "roles": type_coerce(col(User.roles), _STRINGS).contains(bindparam("roles", type_=_STRINGS)),
    "search": matches(col(User.search), "search"),
}
DIRECTORY = Listing(User, UserRow, NEWEST, choices=FILTERS)
USERS = RowsById(User, UserRow)
PRIVATE_USERS = RowsById(User, PrivateUserRow)


def recent_people(context: Context, ids: Sequence[UUID]) -> list[UserRow | None]:
    """Those of `ids` that this process has just read, in their order.

    Never the viewers themselves, who may have written to another process a moment ago.
    """
    found, own = context.platform.people.recall(ids), context.viewer.user_id
    if own is None:
        return found
    return [None if id_ == own else row for id_, row in zip(ids, found, strict=True)]


@recalling(recent_people)
async def users_by_id(context: Context, ids: Sequence[UUID]) -> list[UserRow | None]:
    """What everyone may know of people, read through `user:{id}`."""
    people = context.platform.people
    began = people.now()

    async def load(misses: list[int]) -> Mapping[int, UserRow]:
        missing = [ids[position] for position in misses]
        rows = await USERS.read(context.stores.database, missing)
        return {
            position: row for position, row in zip(misses, rows, strict=True) if row is not None
        }

    rows = await context.stores.cache.read_many([user_key(each) for each in ids], USER, load)
    found = {id_: row for id_, row in zip(ids, rows, strict=True) if row is not None}
    people.keep(found, read_since=began)
    return rows


async def private_users_by_id(context: Context, ids: Sequence[UUID]) -> list[PrivateUserRow | None]:
    """What only the people themselves and admins may know; `None` for anybody else's."""
    visible = [each for each in ids if context.viewer.may_see(each)]
    rows = await PRIVATE_USERS.read(context.stores.database, visible)
    by_id = dict(zip(visible, rows, strict=True))
    return [by_id.get(each) for each in ids]


async def users_page(
    context: Context, page: Page, wanted: UserFilter, columns: Columns = None
) -> Slice[UserRow]:
    """The directory of people, newest first."""
    return await whole_list(context, DIRECTORY, page, wanted.parameters(), columns)
