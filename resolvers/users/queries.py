"""People: by id through the cache, and as a directory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import String, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from models.cache import USER, user_key
from models.rows import PrivateUserRow, UserRow
from models.tables import Role, User
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import whole_list
from resolvers.rows import rows_by_id
from resolvers.search import matches


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which people to list. Absent conditions do not filter."""

    country_code: str | None = None
    role: Role | None = None
    search: str | None = None


async def users_by_id(context: Context, ids: Sequence[UUID]) -> list[UserRow | None]:
    """What everyone may know of people, read through `user:{id}`."""

    async def load(misses: list[int]) -> Mapping[int, UserRow]:
        rows = await rows_by_id(
            context.stores.database, User, UserRow, [ids[position] for position in misses]
        )
        return {
            position: row for position, row in zip(misses, rows, strict=True) if row is not None
        }

    return await context.stores.cache.read_many([user_key(each) for each in ids], USER, load)


async def private_users_by_id(context: Context, ids: Sequence[UUID]) -> list[PrivateUserRow | None]:
    """What only the people themselves and admins may know; `None` for anybody else's."""
    visible = [each for each in ids if context.viewer.may_see(each)]
    rows = await rows_by_id(context.stores.database, User, PrivateUserRow, visible)
    by_id = dict(zip(visible, rows, strict=True))
    return [by_id.get(each) for each in ids]


async def users_page(context: Context, page: Page, wanted: UserFilter) -> Slice[UserRow]:
    """The directory of people, newest first."""
    conditions = []
    if wanted.country_code is not None:
        conditions.append(col(User.country_code) == wanted.country_code)
    if wanted.role is not None:
        roles = type_coerce(col(User.roles), ARRAY(String))
        conditions.append(roles.contains([wanted.role.value]))
    if (
        wanted.search is not None
        and (found := matches(col(User.search), wanted.search)) is not None
    ):
        conditions.append(found)
    listing = Listing(User, UserRow, NEWEST, where=tuple(conditions))
    return await whole_list(context, listing, page)
