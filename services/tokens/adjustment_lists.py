"""Adjustments proposed by the list: a CSV with a line for each, proposed together or not at all.

Each is then decided on its own, as any other.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from io import StringIO
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from core.database import WriteSession
from core.ids import InvalidId, decode_id
from core.money import InvalidAmount, parse_signed_azr
from core.stores import Stores
from core.validation import Checks
from models.tables import Adjustment, AdjustmentKind, User
from services.audit import Actor, require_admin
from services.ledger import IdempotencyMismatch, Key
from services.tokens.adjustments import Proposed, check_proposal, record_proposal
from services.tokens.shortfalls import SETTLEMENTS

COLUMNS = ("userId", "kind", "amount", "reason")
KINDS = {kind.name: kind for kind in AdjustmentKind if kind not in SETTLEMENTS}
LINES_MAX = 200
FAULTS_MAX = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list, and its number in the text."""

    number: int
    user_id: UUID
    kind: AdjustmentKind
    amount_azr: Decimal
    reason: str


async def propose_adjustments(
    stores: Stores, actor: Actor, *, csv_text: str, key: str
) -> list[Proposed]:
    """Propose every line of a CSV, in their order. Its header is `userId,kind,amount,reason`.

    Raises InvalidInput that names the lines, IdempotencyMismatch, and CodedError `FORBIDDEN`.
    """
    Key(str(actor.user_id), key)
    lines = _read(csv_text)
    # All keys of a list begin alike, so that a shorter or a longer list is known as another one.
    prefix = sha256(key.encode()).hexdigest()[:56]
    proposals = [
        Adjustment(
            user_id=line.user_id,
            kind=line.kind.value,
            amount=line.amount_azr,
            reason=line.reason,
            proposer_id=actor.user_id,
            idempotency_key=f"{prefix}-{place:03}",
            created_at=stores.clock(),
        )
        for place, line in enumerate(lines)
    ]
    async with stores.database.transaction() as session:
        await require_admin(session, actor)
        await _require_people(session, lines)
        adding = insert(Adjustment).values([each.model_dump() for each in proposals])
        added = await session.scalars(
            adding.on_conflict_do_nothing(constraint="uq_adjustments_key").returning(
                col(Adjustment.id)
            )
        )
        count = len(added.all())
        if count == 0:
            return await _known(session, proposals, prefix)
        if count < len(proposals):
            raise IdempotencyMismatch({})
        for each in proposals:
            await record_proposal(session, actor, each)
    return [Proposed(each.id, is_replay=False) for each in proposals]


def _read(csv_text: str) -> list[Line]:
    """The lines of a list. Raises InvalidInput with the first twenty faults."""
    checks = Checks()
    reader = csv.reader(StringIO(csv_text.removeprefix("\ufeff"), newline=""), strict=True)
    lines: list[Line] = []
    try:
        if tuple(next(reader, ())) != COLUMNS:
            checks.refuse("csv", f"`csv` must begin with the line {','.join(COLUMNS)}.")
            checks.done()
        for cells in filter(None, reader):
            lines += _line(checks, reader.line_num, cells)
    except csv.Error as error:
        checks.refuse("csv", f"Line {reader.line_num}: this is not CSV: {error}.")
    if not checks.faults and not 0 < len(lines) <= LINES_MAX:
        checks.refuse("csv", f"`csv` must have 1 to {LINES_MAX} lines below the first.")
    del checks.faults[FAULTS_MAX:]
    checks.done()
    return lines


def _line(checks: Checks, number: int, cells: list[str]) -> Iterator[Line]:
    """The line that these cells make, unless something is wrong with them."""
    own = Checks()
    if len(cells) != len(COLUMNS):
        own.refuse("csv", f"there must be {len(COLUMNS)} cells.")
    else:
        user_id, kind = _user_id(own, cells[0]), _kind(own, cells[1])
        amount_azr = _amount_azr(own, cells[2])
        reason = check_proposal(own, kind=kind, amount_azr=amount_azr, reason=cells[3])
        if user_id is not None and kind is not None and amount_azr is not None:
            yield Line(number, user_id, kind, amount_azr, reason)
    for fault in own.faults:
        checks.refuse("csv", f"Line {number}: {fault.message}")


def _user_id(checks: Checks, text: str) -> UUID | None:
    try:
        prefix, key = decode_id(text)
    except InvalidId:
        prefix, key = "", None
    if prefix == "usr":
        return key
    checks.refuse("userId", "`userId` must be the id of a person: `usr_...`.")
    return None


def _kind(checks: Checks, text: str) -> AdjustmentKind | None:
    kind = KINDS.get(text)
    if kind is None:
        checks.refuse("kind", f"`kind` must be one of {', '.join(KINDS)}.")
    return kind


def _amount_azr(checks: Checks, text: str) -> Decimal | None:
    try:
        return parse_signed_azr(text)
    except InvalidAmount:
        checks.refuse(
            "amount", "`amount` must have at most 10 digits, then at most 8 decimals: 12.5."
        )
        return None


async def _require_people(session: WriteSession, lines: list[Line]) -> None:
    ids = {line.user_id for line in lines}
    known = set(await session.scalars(select(User.id).where(col(User.id).in_(ids))))
    checks = Checks()
    for line in lines:
        if line.user_id not in known:
            checks.refuse("csv", f"Line {line.number}: there is no such person.")
    del checks.faults[FAULTS_MAX:]
    checks.done()


async def _known(session: WriteSession, proposals: list[Adjustment], prefix: str) -> list[Proposed]:
    """What an earlier request with the same key proposed. Raises IdempotencyMismatch."""
    by_key = (
        select(Adjustment)
        .where(
            col(Adjustment.proposer_id) == proposals[0].proposer_id,
            col(Adjustment.idempotency_key).startswith(prefix),
        )
        .order_by(col(Adjustment.idempotency_key))
    )
    known = (await session.scalars(by_key)).all()
    if list(map(_asked, known)) != list(map(_asked, proposals)):
        raise IdempotencyMismatch({})
    return [Proposed(each.id, is_replay=True) for each in known]


def _asked(proposal: Adjustment) -> tuple[UUID, str, Decimal, str]:
    return proposal.user_id, proposal.kind, proposal.amount, proposal.reason
