"""New AZR, less AZR and corrections by hand: one admin proposes, another one decides.

Whoever has the wallet does not approve either. The approval posts in its own transaction.
"""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from core.database import WriteSession
from core.errors import DomainError
from core.stores import Stores
from core.validation import Checks
from models.tables import Adjustment, AdjustmentKind, AdjustmentState, User
from models.topics import balance_topic
from services.audit import REASON_LENGTH_MAX, Actor, record, require_admin
from services.ledger import (
    IdempotencyMismatch,
    Key,
    Posting,
    Recipe,
    Reference,
    adjust,
    burn,
    carry_out,
    earlier,
    mint,
    post,
    recover,
    write_off,
)
from services.tokens.freezing import WalletNotFound
from services.tokens.news import movement
from services.tokens.shortfalls import SETTLEMENTS, owed, settled, whose

KIND = "adj"


class AdjustmentNotFound(DomainError):
    """No adjustment has this id."""

    code = "ADJUSTMENT_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such adjustment.", field=("input", "id"))


class AdjustmentDecided(DomainError):
    """Somebody approved or rejected it before; `state` says which."""

    code = "ADJUSTMENT_DECIDED"

    def __init__(self, state: AdjustmentState) -> None:
        super().__init__(f"This adjustment has been {state} before.")
        self.state = state


class AnotherAdminNeeded(DomainError):
    """Neither the admin who proposed an adjustment approves it, nor the one whom it is for."""

    code = "ANOTHER_ADMIN_NEEDED"

    def __init__(self) -> None:
        super().__init__(
            "Another admin must approve this: not the one who proposed it or has the wallet."
        )


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal. `is_replay` says that an earlier request with the same key made it."""

    id: UUID
    is_replay: bool


async def propose_adjustment(
    stores: Stores,
    actor: Actor,
    *,
    user_id: UUID,
    kind: AdjustmentKind,
    amount_azr: Decimal,
    reason: str,
    key: str,
) -> Proposed:
    """Propose to change a wallet by an amount, which is negative for corrections downwards only.

    Raises InvalidInput, WalletNotFound, IdempotencyMismatch, and CodedError `FORBIDDEN`.
    """
    checks = Checks()
    why = check_proposal(checks, kind=kind, amount_azr=amount_azr, reason=reason)
    checks.done()
    Key(str(actor.user_id), key)
    async with stores.database.transaction() as session:
        await require_admin(session, actor)
        if await session.get(User, user_id) is None:
            raise WalletNotFound
        proposal = Adjustment(
            user_id=user_id,
            kind=kind.value,
            amount=amount_azr,
            reason=why,
            proposer_id=actor.user_id,
            idempotency_key=key,
            created_at=stores.clock(),
        )
        return await _proposed(session, actor, proposal)


async def propose_settlement(
    stores: Stores,
    actor: Actor,
    *,
    return_id: UUID,
    kind: AdjustmentKind,
    amount_azr: Decimal,
    reason: str,
    key: str,
) -> Proposed:
    """Propose to settle a shortfall, or a part of it: `RECOVER` it from the person, or `WRITE_OFF`.

    Raises InvalidInput, ShortfallNotFound, SettlementTooLarge, IdempotencyMismatch, and CodedError
    `FORBIDDEN`.
    """
    checks = Checks()
    why = checks.text("reason", reason, length_max=REASON_LENGTH_MAX)
    if amount_azr == 0:
        checks.refuse("amount", "`amount` must be above 0.")
    checks.done()
    Key(str(actor.user_id), key)
    async with stores.database.transaction() as session:
        await require_admin(session, actor)
        proposal = Adjustment(
            user_id=await whose(session, return_id),
            kind=kind.value,
            amount=amount_azr,
            return_id=return_id,
            reason=why,
            proposer_id=actor.user_id,
            idempotency_key=key,
            created_at=stores.clock(),
        )
        proposed = await _proposed(session, actor, proposal)
        if not proposed.is_replay:
            await owed(session, return_id, amount_azr)
        return proposed


def check_proposal(
    checks: Checks, *, kind: AdjustmentKind | None, amount_azr: Decimal | None, reason: str
) -> str:
    """Refuse what cannot be proposed; `None` was refused before. The reason comes back cleaned."""
    why = checks.text("reason", reason, length_max=REASON_LENGTH_MAX)
    if kind is not None and kind in SETTLEMENTS:
        checks.refuse("kind", f"`{kind.name}` settles a shortfall: use `proposeSettlement`.")
    if amount_azr == 0:
        checks.refuse("amount", "`amount` must not be 0.")
    elif amount_azr is not None and amount_azr < 0 and kind is not AdjustmentKind.ADJUST:
        checks.refuse("amount", "`amount` must be above 0. Only `ADJUST` takes a sign.")
    return why


async def record_proposal(session: WriteSession, actor: Actor, proposal: Adjustment) -> None:
    """Write down that an adjustment was proposed."""
    settles = {} if proposal.return_id is None else {"return_id": proposal.return_id}
    await record(
        session,
        actor,
        "adjustment_proposed",
        subject_kind=KIND,
        subject_id=proposal.id,
        user_id=proposal.user_id,
        kind=proposal.kind,
        amount=proposal.amount,
        reason=proposal.reason,
        **settles,
    )


async def approve_adjustment(
    stores: Stores, actor: Actor, *, adjustment_id: UUID, key: str
) -> Posting:
    """Carry a proposal out. What the ledger refuses leaves it as it was.

    It may be approved later, with another key. Raises InvalidInput, AdjustmentNotFound,
    AdjustmentDecided, AnotherAdminNeeded, SettlementTooLarge, InsufficientFunds, AccountFrozen,
    BalanceTooLarge, IdempotencyMismatch, and CodedError `FORBIDDEN`.
    """
    topics: list[str] = []
    request = Key.of(actor.user_id, "approveAdjustment", key, {"id": adjustment_id})

    async def work(session: WriteSession) -> Posting:
        await require_admin(session, actor)
        if (known := await earlier(session, request)) is not None:
            return known
        proposal = await _open_proposal(session, adjustment_id)
        if actor.user_id in {proposal.proposer_id, proposal.user_id}:
            raise AnotherAdminNeeded
        topics.append(balance_topic(proposal.user_id))
        debt = (
            None
            if proposal.return_id is None
            else await owed(session, proposal.return_id, proposal.amount)
        )
        posting = await post(session, _recipe(proposal, actor), key=request)
        if debt is not None:
            settled(debt, AdjustmentKind(proposal.kind), proposal.amount)
        _decide(stores, proposal, actor, AdjustmentState.APPROVED)
        proposal.ledger_transaction_id = posting.id
        await record(
            session,
            actor,
            "adjustment_approved",
            subject_kind=KIND,
            subject_id=proposal.id,
            posting=posting.id,
        )
        return posting

    return await carry_out(stores.database, work, change=movement(stores, topics))


async def reject_adjustment(
    stores: Stores, actor: Actor, *, adjustment_id: UUID, reason: str
) -> None:
    """Decide against a proposal; its proposer may withdraw it so.

    Raises InvalidInput, AdjustmentNotFound, AdjustmentDecided, and CodedError `FORBIDDEN`.
    """
    checks = Checks()
    why = checks.text("reason", reason, length_max=REASON_LENGTH_MAX)
    checks.done()
    async with stores.database.transaction() as session:
        await require_admin(session, actor)
        proposal = await _open_proposal(session, adjustment_id)
        _decide(stores, proposal, actor, AdjustmentState.REJECTED)
        proposal.rejection_reason = why
        await record(
            session,
            actor,
            "adjustment_rejected",
            subject_kind=KIND,
            subject_id=proposal.id,
            reason=why,
        )


async def _proposed(session: WriteSession, actor: Actor, proposal: Adjustment) -> Proposed:
    """Write a proposal down, or find the one that its key made."""
    known = await _inserted_or_known(session, proposal)
    if known is not None:
        return known
    await record_proposal(session, actor, proposal)
    return Proposed(proposal.id, is_replay=False)


async def _inserted_or_known(session: WriteSession, proposal: Adjustment) -> Proposed | None:
    """Insert a proposal; if its key was used before, what it was used for. Waits for the first."""
    inserted = await session.scalar(
        insert(Adjustment)
        .values(proposal.model_dump())
        .on_conflict_do_nothing(constraint="uq_adjustments_key")
        .returning(col(Adjustment.id))
    )
    if inserted is not None:
        return None
    by_key = select(Adjustment).where(
        col(Adjustment.proposer_id) == proposal.proposer_id,
        col(Adjustment.idempotency_key) == proposal.idempotency_key,
    )
    known = (await session.scalars(by_key)).one()
    if any(
        getattr(known, name) != getattr(proposal, name)
        for name in ("user_id", "kind", "amount", "return_id", "reason")
    ):
        raise IdempotencyMismatch({})
    return Proposed(known.id, is_replay=True)


async def _open_proposal(session: WriteSession, adjustment_id: UUID) -> Adjustment:
    """A proposal that nobody has decided, locked."""
    proposal = await session.get(Adjustment, adjustment_id, with_for_update=True)
    if proposal is None:
        raise AdjustmentNotFound
    if proposal.state != AdjustmentState.PROPOSED:
        raise AdjustmentDecided(AdjustmentState(proposal.state))
    return proposal


def _decide(stores: Stores, proposal: Adjustment, actor: Actor, state: AdjustmentState) -> None:
    proposal.state = state.value
    proposal.decider_id = actor.user_id
    proposal.decided_at = stores.clock()


def _recipe(proposal: Adjustment, actor: Actor) -> Recipe:
    amount, reference = proposal.amount, Reference("adjustment", proposal.id)
    if proposal.kind == AdjustmentKind.WRITE_OFF:
        return write_off(amount_azr=amount, actor_id=actor.user_id, reference=reference)
    recipe = {
        AdjustmentKind.MINT: mint,
        AdjustmentKind.BURN: burn,
        AdjustmentKind.ADJUST: adjust,
        AdjustmentKind.RECOVER: recover,
    }[AdjustmentKind(proposal.kind)]
    return recipe(
        user_id=proposal.user_id,
        amount_azr=amount,
        actor_id=actor.user_id,
        reference=reference,
    )
