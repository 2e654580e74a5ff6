"""What payment providers took back and people had spent: in suspense until it is settled."""

from decimal import Decimal
from uuid import UUID

from sqlmodel import col, select

from core.database import WriteSession
from core.errors import DomainError
from models.tables import AdjustmentKind, Payment, PaymentReturn, ReturnState

SETTLEMENTS = frozenset({AdjustmentKind.RECOVER, AdjustmentKind.WRITE_OFF})


class ShortfallNotFound(DomainError):
    """No shortfall has this id."""

    code = "SHORTFALL_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("There is no such shortfall.", field=("input", "shortfallId"))


class SettlementTooLarge(DomainError):
    """Less than this is in suspense: some of it was settled, or the money came back."""

    code = "SETTLEMENT_TOO_LARGE"

    def __init__(self, available_azr: Decimal, required_azr: Decimal) -> None:
        super().__init__(f"Only {available_azr:f} AZR of this shortfall is left to settle.")
        self.available_azr = available_azr
        self.required_azr = required_azr


async def whose(session: WriteSession, return_id: UUID) -> UUID:
    """The person whose payment was taken back. Raises ShortfallNotFound."""
    user_id = await session.scalar(
        select(Payment.user_id)
        .join(PaymentReturn, col(PaymentReturn.payment_id) == col(Payment.id))
        .where(col(PaymentReturn.id) == return_id, col(PaymentReturn.shortfall_azr) > 0)
    )
    if user_id is None:
        raise ShortfallNotFound
    return user_id


async def owed(session: WriteSession, return_id: UUID, amount_azr: Decimal) -> PaymentReturn:
    """A return, locked, of which `amount_azr` is in suspense. Raises SettlementTooLarge."""
    debt = await session.get_one(PaymentReturn, return_id, with_for_update=True)
    left = debt.shortfall_azr - debt.recovered_azr - debt.written_off_azr
    if debt.state == ReturnState.GIVEN_BACK:
        left = Decimal(0)
    if amount_azr > left:
        raise SettlementTooLarge(left, amount_azr)
    return debt


def settled(debt: PaymentReturn, kind: AdjustmentKind, amount_azr: Decimal) -> None:
    """Write down what was posted."""
    if kind is AdjustmentKind.RECOVER:
        debt.recovered_azr += amount_azr
    else:
        debt.written_off_azr += amount_azr
