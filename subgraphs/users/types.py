"""People, the platform's figures, and references to what `node` finds elsewhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

import strawberry
from strawberry import federation

from models.rows import StatsRow, UserRow
from resolvers.context import Context
from resolvers.users.queries import private_users_by_id, users_by_id
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.entities import Node, entity, resolve_by_id, stub
from subgraphs.shared.ids import Kind, public_id
from subgraphs.shared.scalars import AZR, JSON, CountryCode
from subgraphs.users.enums import Role


def private(name: str, annotation: Any, description: str) -> Any:
    """A field of `PrivateUserRow`, loaded for its owner and for admins only."""

    async def resolve(self: Any, info: Info) -> Any:
        row = await info.context.loader(private_users_by_id).load(self.parent)
        return None if row is None else getattr(row, name)

    resolve.__annotations__["return"] = annotation
    return federation.field(
        resolver=resolve, description=description, extensions=[VisibleTo(Audience.OWNER)]
    )


@entity(Kind.USER, audience=Audience.EVERYONE, description="A person on Azora.")
class User(Node):
    """A person, from the public part of their row."""

    parent: strawberry.Private[UUID]
    handle: str | None = strawberry.field(
        description="The name under which others find the person: a-z, 0-9 and _. Unique."
    )
    full_name: str | None = strawberry.field(description="The person's name as they write it.")
    country_code: CountryCode | None = strawberry.field(description="Where the person lives.")
    language: str = strawberry.field(
        description="The language the person reads best, as a BCP 47 tag such as `sw`."
    )
    avatar_url: str | None = strawberry.field(description="An address of the person's picture.")
    roles: list[Role] = strawberry.field(description="What the person may do.")
    created_at: datetime = strawberry.field(description="When the person joined.")
    email: str | None = private(
        "email", str | None, "The address for signing in. Its owner and admins only."
    )
    time_zone: str | None = private(
        "time_zone",
        str | None,
        "The IANA time zone of the person, such as `Africa/Lagos`. Its owner and admins only.",
    )
    preferences: JSON | None = private(
        "preferences",
        JSON | None,
        "Settings that apps keep for the person, a JSON object. Its owner and admins only.",
    )
    updated_at: datetime | None = private(
        "updated_at",
        datetime | None,
        "When the profile or balance last changed. Its owner and admins only.",
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent

    @classmethod
    def of(cls, row: UserRow) -> Self:
        return cls(
            parent=row.id,
            id=public_id(Kind.USER, row.id),
            handle=row.handle,
            full_name=row.full_name,
            country_code=CountryCode(row.country_code) if row.country_code else None,
            language=row.language,
            avatar_url=row.avatar_url,
            roles=[Role(role) for role in row.roles],
            created_at=row.created_at,
        )

    @classmethod
    async def resolve_references(
        cls, context: Context, representations: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        return await resolve_by_id(context, representations, Kind.USER, users_by_id, cls.of)


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
        description="How many people and visitors have a live connection, within a minute."
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
class Conversation(Node):
    """A conversation, of ai."""


@stub
class Message(Node):
    """A message, of ai."""


STUBS: Mapping[Kind, type[Node]] = {
    Kind.SERVICE: Service,
    Kind.REVIEW: Review,
    Kind.COURSE: Course,
    Kind.LESSON: Lesson,
    Kind.ENROLMENT: Enrolment,
    Kind.TRANSACTION: Transaction,
    Kind.CONVERSATION: Conversation,
    Kind.MESSAGE: Message,
}
