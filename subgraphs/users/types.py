"""People, the platform's figures, and references to what `node` finds elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Self
from uuid import UUID

import strawberry

from models.rows import StatsRow, UserRow
from resolvers.users.queries import private_users_by_id, users_by_id
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import cached
from subgraphs.shared.columns import column
from subgraphs.shared.entities import Node, entity, stub
from subgraphs.shared.fields import batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.scalars import AZR, JSON, CountryCode
from subgraphs.users.enums import Role


def private(name: str, description: str) -> Any:
    """A field of `PrivateUserRow`, loaded for its owner and for admins only."""
    return batch_field(
        private_users_by_id,
        key="owner_id",
        shown=attrgetter(name),
        description=description,
        audience=Audience.OWNER,
    )


def _roles(roles: Sequence[str]) -> list[Role]:
    return [Role(role) for role in roles]


@entity(
    Kind.USER,
    audience=Audience.EVERYONE,
    description="A person on Azora.",
    key="id",
    found_by=users_by_id,
)
class User(Node):
    """A person, from the public part of their row."""

    parent: strawberry.Private[UserRow]
    handle: str | None = column(
        "handle", description="The name under which others find the person: a-z, 0-9 and _. Unique."
    )
    full_name: str | None = column("full_name", description="The person's name as they write it.")
    country_code: CountryCode | None = column("country_code", description="Where the person lives.")
    language: str = column(
        "language", description="The language the person reads best, as a BCP 47 tag such as `sw`."
    )
    avatar_url: str | None = column("avatar_url", description="An address of the person's picture.")
    roles: list[Role] = column("roles", shown=_roles, description="What the person may do.")
    created_at: datetime = column("created_at", description="When the person joined.")
    email: str | None = private("email", "The address for signing in. Its owner and admins only.")
    time_zone: str | None = private(
        "time_zone",
        "The IANA time zone of the person, such as `Africa/Lagos`. Its owner and admins only.",
    )
    preferences: JSON | None = private(
        "preferences",
        "Settings that apps keep for the person, a JSON object. Its owner and admins only.",
    )
    updated_at: datetime | None = private(
        "updated_at",
        "When the profile last changed. Its owner and admins only.",
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent.id


@strawberry.type(description="The platform in figures.")
class Stats:
    """Counts for the landing page."""

    users: int = strawberry.field(description="How many people have joined.")
    services: int = strawberry.field(description="How many services are on offer.")
    courses: int = strawberry.field(description="How many courses are published.")
    azr_moved_today: AZR = strawberry.field(
        description="The AZR that people have received since midnight UTC."
    )

    @strawberry.field(
        description="How many people and visitors have a live connection, within a minute.",
        metadata=cached(5),
    )
    async def online_now(self, info: Info) -> int:
        return await info.context.platform.presence.count()

    @classmethod
    def of(cls, row: StatsRow) -> Self:
        return cls(
            users=row.users,
            services=row.services,
            courses=row.courses,
            azr_moved_today=AZR(Decimal(row.azr_moved_today)),
        )


@stub
class Service(Node):
    """A service, of the marketplace."""


@stub
class Review(Node):
    """A review, of the marketplace."""


@stub
class Order(Node):
    """An order, of the marketplace."""


@stub
class Course(Node):
    """A course, of learning."""


@stub
class Lesson(Node):
    """A lesson, of learning."""


@stub
class Enrolment(Node):
    """An enrolment, of learning."""


@stub
class Transaction(Node):
    """A movement of AZR, of tokens."""


@stub
class Adjustment(Node):
    """A change of a wallet that two admins make, of tokens."""


@stub
class Payment(Node):
    """A payment of money, of tokens."""


@stub
class Shortfall(Node):
    """What was taken back of a payment and spent before, of tokens."""


@stub
class Conversation(Node):
    """A conversation, of ai."""


@stub
class Message(Node):
    """A message, of ai."""


STUBS: Mapping[Kind, type[Node]] = {
    Kind.SERVICE: Service,
    Kind.REVIEW: Review,
    Kind.ORDER: Order,
    Kind.COURSE: Course,
    Kind.LESSON: Lesson,
    Kind.ENROLMENT: Enrolment,
    Kind.TRANSACTION: Transaction,
    Kind.ADJUSTMENT: Adjustment,
    Kind.PAYMENT: Payment,
    Kind.SHORTFALL: Shortfall,
    Kind.CONVERSATION: Conversation,
    Kind.MESSAGE: Message,
}
