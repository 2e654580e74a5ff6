"""Movements of AZR, its price, and what tokens adds to a person."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

import strawberry

from models.rows import TokenPriceRow, TransactionRow, WalletRow
from models.tables.tokens import INCOMING_TYPES
from resolvers.tokens.payments import payments_of_users
from resolvers.tokens.plans import plans_of_users
from resolvers.tokens.queries import (
    balances,
    movements_of_users,
    statements_of_users,
    transactions_by_id,
    transactions_of_users,
)
from resolvers.tokens.statements import Month, StatementFormat
from resolvers.tokens.wallets import wallets
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.columns import column
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.lookahead import columns_below
from subgraphs.shared.scalars import AZR
from subgraphs.shared.showing import Shown
from subgraphs.tokens.enums import TransactionDirection, TransactionStatus, TransactionType
from subgraphs.tokens.files import StatementFile
from subgraphs.tokens.inputs import TransactionFilter
from subgraphs.tokens.payments import Payment
from subgraphs.tokens.plans import CurrentPlan

_RECEIPT_CODE = re.compile(r"AZR(?:-[0-9A-F]{4}){3}")
ReceiptCode = Annotated[
    str, strawberry.argument(description="As on the statement: `AZR-1A2B-3C4D-5E6F`.")
]
MonthName = Annotated[str, strawberry.argument(description="Such as `2026-11`.")]
Format = Annotated[StatementFormat, strawberry.argument(description="The kind of file.")]
Filter = Annotated[
    TransactionFilter | None, strawberry.argument(description="Which movements to list.")
]


def _direction(type_: str) -> TransactionDirection:
    is_incoming = TransactionType(type_) in INCOMING_TYPES
    return TransactionDirection.IN if is_incoming else TransactionDirection.OUT


@entity(
    Kind.TRANSACTION,
    audience=Audience.OWNER,
    description="A movement on a person's statement of AZR.",
    key="id",
    found_by=transactions_by_id,
)
class Transaction(Node):
    """A movement."""

    parent: strawberry.Private[TransactionRow]
    type: TransactionType = column("type", shown=TransactionType, description="Why AZR moved.")
    direction: TransactionDirection = column(
        "type",
        shown=_direction,
        description="Whether AZR came in or went out; the amount itself has no sign.",
    )
    amount: AZR = column("amount", description="How much moved.")
    currency: str = column("currency", description="The currency of the amount: `AZR`.")
    status: TransactionStatus = column(
        "status", shown=TransactionStatus, description="How far it has come."
    )
    created_at: datetime = column("created_at", description="When it began.")
    balance_after: AZR | None = column(
        "balance_after", description="The balance that it left; null if it moved nothing."
    )
    receipt_code: str | None = column(
        "receipt_code",
        description="What to quote to support: `receipt` finds it. Null if it moved nothing.",
    )
    memo: str | None = column("memo", description="What the sender of a transfer wrote.")
    counterparty: "User | None" = column(
        "counterparty_id",
        shown=Shown(lambda: User),
        description="The person on the other side; null where there is none.",
    )
    user: "User | None" = column(
        "user_id",
        shown=Shown(lambda: User),
        description="The person whose statement this is on.",
    )

    @property
    def owner_id(self) -> UUID | None:
        return self.parent.user_id


@strawberry.type(description="What a person has in AZR, and how it came and went.")
class Wallet:
    """A wallet."""

    user_id: strawberry.Private[UUID]
    balance: AZR = strawberry.field(description="All AZR of the person, with what is set aside.")
    available: AZR = strawberry.field(description="What the person can spend at the moment.")
    held: AZR = strawberry.field(
        description="What is set aside for something whose price is not known yet."
    )
    is_frozen: bool = strawberry.field(
        description="Whether nothing may leave the wallet at the moment. Support knows why."
    )

    @strawberry.field(description="The movements, newest first.")
    async def statement(
        self,
        info: Info,
        filter: Filter = strawberry.UNSET,  # noqa: A002
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Transaction]:
        wanted = (filter or TransactionFilter()).stored()
        page = page_of(first, after, last, before)
        loader = info.context.loader(statements_of_users, page, wanted, *columns_below(info))
        return Connection(page=await loader.load(self.user_id), shown=Shown(Transaction))

    @strawberry.field(
        description="The movement with a receipt code; null if it is on another statement."
    )
    async def receipt(self, info: Info, code: ReceiptCode) -> Transaction | None:
        return await receipt_of(info, self.user_id, code)

    @strawberry.field(
        description="The statement of one month of the person's time zone, as a file to download."
    )
    def statement_file(self, info: Info, month: MonthName, format: Format) -> StatementFile:  # noqa: A002
        tokens = info.context.platform.tokens
        return StatementFile.of(tokens, self.user_id, Month.of(month), format)

    @classmethod
    def of(cls, row: WalletRow) -> Self:
        return cls(
            user_id=row.user_id,
            balance=AZR(row.balance),
            available=AZR(row.balance - row.held),
            held=AZR(row.held),
            is_frozen=row.is_frozen,
        )


async def receipt_of(info: Info, user_id: UUID, code: str) -> Transaction | None:
    """The movement with a receipt code on a person's statement."""
    spelled = code.strip().upper()
    if not _RECEIPT_CODE.fullmatch(spelled):
        return None
    columns = columns_below(info)
    row = await info.context.loader(movements_of_users, "receipt_code", spelled, *columns).load(
        user_id
    )
    return None if row is None else Transaction.of(row)


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person's AZR."""

    parent: strawberry.Private[UUID]
    wallet: Wallet | None = batch_field(
        wallets,
        shown=Wallet.of,
        description="What the person has and how it moved. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    azr_balance: AZR | None = batch_field(
        balances,
        shown=AZR,
        description="The AZR that the person has. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    transactions: Connection[Transaction] | None = batch_connection(
        transactions_of_users,
        shown=Shown(Transaction),
        description="The person's statement, newest first. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    payments: Connection[Payment] | None = batch_connection(
        payments_of_users,
        shown=Shown(Payment),
        description="The person's payments of money, newest first. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    plan: CurrentPlan | None = batch_field(
        plans_of_users,
        shown=CurrentPlan.of,
        description="The plan that the person has. Its owner and admins only.",
        audience=Audience.OWNER,
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent


@strawberry.type(description="The posted price of AZR.")
class TokenPrice:
    """A price."""

    usd: Decimal = strawberry.field(description="US dollars for one AZR.")
    posted_at: datetime = strawberry.field(description="Since when this price holds.")

    @classmethod
    def of(cls, row: TokenPriceRow) -> Self:
        return cls(usd=row.usd, posted_at=row.posted_at)
