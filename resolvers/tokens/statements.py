"""A person's statement of one month, for a file: whole, oldest first, read page by page.

A month is one of the person's own time zone.
"""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from core.errors import CodedError
from models.rows import TransactionRow, UserRow
from models.tables.tokens import INCOMING_TYPES
from resolvers.context import Context
from resolvers.keyset import NEWEST, PAGE_SIZE_MAX, Page
from resolvers.tokens.queries import TransactionFilter, statements_of_users
from resolvers.users.queries import private_users_by_id, users_by_id
from services.auth.viewer import AccountGone

_MONTH = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")


class StatementFormat(StrEnum):
    """What kind of file a statement comes as."""

    CSV = "csv"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar."""

    year: int
    number: int

    @classmethod
    def of(cls, text: str) -> Self:
        """The month that a text such as `2026-11` names. Raises CodedError."""
        found = _MONTH.fullmatch(text)
        if found is None:
            message = "A month is written as its year and number, such as `2026-11`."
            raise CodedError(message)
        return cls(int(found[1]), int(found[2]))

    def begin(self, zone: ZoneInfo) -> datetime:
        """Its first moment in a time zone, in UTC."""
        return datetime(self.year, self.number, 1, tzinfo=zone).astimezone(UTC)

    def next(self) -> "Month":
        years, number = divmod(self.number, 12)
        return Month(self.year + years, number + 1)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Line:
    """A movement, and who was on the other side."""

    movement: TransactionRow
    counterparty: UserRow | None

    @property
    def is_incoming(self) -> bool:
        return self.movement.type in INCOMING_TYPES


@dataclass(frozen=True, slots=True)
class MonthlyStatement:
    """Whose statement of which month it is. `zone` is where its days begin."""

    owner: UserRow
    month: Month
    zone: ZoneInfo

    async def pages(self, context: Context) -> AsyncGenerator[list[Line], None]:
        """The lines, oldest first, at most a hundred at a time."""
        span = TransactionFilter(
            since=self.month.begin(self.zone), until=self.month.next().begin(self.zone)
        )
        before: str | None = None
        while True:
            page = Page(last=PAGE_SIZE_MAX, before=before)
            (found,) = await statements_of_users(context, [self.owner.id], page, span)
            yield await _lines(context, found.rows[::-1])
            if not found.has_previous or not found.rows:
                return
            before = NEWEST.cursor(found.rows[0])


async def monthly_statement(context: Context, month: Month) -> MonthlyStatement:
    """The viewer's statement of a month. Raises CodedError `UNAUTHENTICATED`."""
    user_id = context.viewer.required_id()
    owner = await context.loader(users_by_id).load(user_id)
    private = await context.loader(private_users_by_id).load(user_id)
    if owner is None or private is None:
        raise AccountGone
    return MonthlyStatement(owner, month, ZoneInfo(private.time_zone))


async def _lines(context: Context, movements: Sequence[TransactionRow]) -> list[Line]:
    ids: list[UUID | None] = [each.counterparty_id for each in movements]
    known = list(dict.fromkeys(each for each in ids if each is not None))
    people = dict(zip(known, await users_by_id(context, known), strict=True))
    return [
        Line(each, None if id_ is None else people[id_])
        for each, id_ in zip(movements, ids, strict=True)
    ]
