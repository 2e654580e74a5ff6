"""Movements of AZR, its price, and what tokens adds to a person."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Self
from uuid import UUID

import strawberry

from models.rows import TokenPriceRow, TransactionRow
from models.tables.tokens import INCOMING_TYPES
from resolvers.tokens.queries import balances, transactions_by_id, transactions_of_users
from subgraphs.shared.access import Audience
from subgraphs.shared.columns import column
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.scalars import AZR
from subgraphs.tokens.enums import TransactionStatus, TransactionType


@strawberry.enum(description="Whether AZR came in or went out.")
class TransactionDirection(Enum):
    """The side of the statement's owner."""

    IN = "in"
    OUT = "out"


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
    user: "User | None" = column(
        "user_id",
        shown=lambda key: User.of(key),
        description="The person whose statement this is on.",
    )

    @property
    def owner_id(self) -> UUID | None:
        return self.parent.user_id


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person's AZR."""

    parent: strawberry.Private[UUID]
    azr_balance: AZR | None = batch_field(
        balances,
        shown=AZR,
        description="The AZR that the person has. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    transactions: Connection[Transaction] | None = batch_connection(
        transactions_of_users,
        shown=Transaction.of,
        description="The person's statement, newest first. Its owner and admins only.",
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
