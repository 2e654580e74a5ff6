"""Movements of AZR, its price, and what tokens adds to a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Self
from uuid import UUID

import strawberry

from models.rows import TokenPriceRow, TransactionRow
from models.tables.tokens import INCOMING_TYPES
from resolvers.context import Context
from resolvers.tokens.queries import balances, transactions_by_id, transactions_of_users
from subgraphs.shared.access import Audience
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, contributions_by_id, entity, resolve_by_id
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind, public_id
from subgraphs.shared.scalars import AZR
from subgraphs.tokens.enums import TransactionStatus, TransactionType


@strawberry.enum(description="Whether AZR came in or went out.")
class TransactionDirection(Enum):
    """The side of the statement's owner."""

    IN = "in"
    OUT = "out"


@entity(
    Kind.TRANSACTION,
    audience=Audience.OWNER,
    description="A movement on a person's statement of AZR.",
)
class Transaction(Node):
    """A movement."""

    owner_id: strawberry.Private[UUID | None]
    type: TransactionType = strawberry.field(description="Why AZR moved.")
    direction: TransactionDirection = strawberry.field(
        description="Whether AZR came in or went out; the amount itself has no sign."
    )
    amount: AZR = strawberry.field(description="How much moved.")
    currency: str = strawberry.field(description="The currency of the amount: `AZR`.")
    status: TransactionStatus = strawberry.field(description="How far it has come.")
    created_at: datetime = strawberry.field(description="When it began.")
    user: "User | None" = strawberry.field(description="The person whose statement this is on.")

    @classmethod
    def of(cls, row: TransactionRow) -> Self:
        type_ = TransactionType(row.type)
        is_incoming = type_ in INCOMING_TYPES
        return cls(
            owner_id=row.user_id,
            id=public_id(Kind.TRANSACTION, row.id),
            type=type_,
            direction=TransactionDirection.IN if is_incoming else TransactionDirection.OUT,
            amount=AZR(row.amount),
            currency=row.currency,
            status=TransactionStatus(row.status),
            created_at=row.created_at,
            user=User.of(row.user_id) if row.user_id is not None else None,
        )

    @classmethod
    async def resolve_references(
        cls, context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        return await resolve_by_id(
            context, representations, Kind.TRANSACTION, transactions_by_id, cls.of
        )


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

    @classmethod
    def of(cls, key: UUID) -> Self:
        return cls(parent=key, id=public_id(Kind.USER, key))

    @classmethod
    async def resolve_references(
        cls, context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        del context
        return contributions_by_id(representations, Kind.USER, cls.of)


@strawberry.type(description="The posted price of AZR.")
class TokenPrice:
    """A price."""

    usd: Decimal = strawberry.field(description="US dollars for one AZR.")
    posted_at: datetime = strawberry.field(description="Since when this price holds.")

    @classmethod
    def of(cls, row: TokenPriceRow) -> Self:
        return cls(usd=row.usd, posted_at=row.posted_at)
