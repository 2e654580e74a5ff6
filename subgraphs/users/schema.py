"""Root fields about people and about the platform as a whole."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

import strawberry

from core.errors import CodedError, DomainError
from models.subjects import Subject
from resolvers.nodes import exists
from resolvers.users.queries import users_by_id, users_page
from resolvers.users.stats import stats, stats_stream
from services.users.profiles import update_profile
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import PRIVATE, cached
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.entities import Node
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of, kind_and_key, public_id
from subgraphs.shared.lookahead import columns_below
from subgraphs.shared.showing import Shown
from subgraphs.users.errors import REFUSALS, UpdateProfileResult
from subgraphs.users.inputs import UpdateProfileInput, UserFilter
from subgraphs.users.payloads import UpdateProfilePayload
from subgraphs.users.sessions import SessionMutation
from subgraphs.users.types import STUBS, Stats, User

NODES_MAX = 100

UserId = Annotated[strawberry.ID, strawberry.argument(description="The person's id.")]
NodeId = Annotated[strawberry.ID, strawberry.argument(description="Any id that the API gave.")]
NodeIds = Annotated[
    list[strawberry.ID], strawberry.argument(description="At most 100 ids that the API gave.")
]


@strawberry.type
class Query:
    """People, and the platform as a whole."""

    @strawberry.field(
        description="The person who is signed in; null for anonymous requests.", metadata=PRIVATE
    )
    async def me(self, info: Info) -> User | None:
        user_id = info.context.viewer.user_id
        return None if user_id is None else await _user(info, user_id)

    @strawberry.field(
        description="A person by id; null if there is none.", metadata=cached(60, Subject.USERS)
    )
    async def user(self, info: Info, id: UserId) -> User | None:  # noqa: A002
        return await _user(info, key_of(Kind.USER, id))

    @strawberry.field(
        description="The directory of people, newest first.", metadata=cached(60, Subject.USERS)
    )
    async def users(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002
            UserFilter | None, strawberry.argument(description="Which people to list.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[User]:
        wanted = (filter or UserFilter()).stored()
        page = page_of(first, after, last, before)
        found = await users_page(info.context, page, wanted, *columns_below(info))
        return Connection(page=found, shown=Shown(User))

    @strawberry.field(
        description="Anything by its id; null if there is none that the viewer may see.",
        metadata=PRIVATE,
    )
    async def node(self, info: Info, id: NodeId) -> Node | None:  # noqa: A002
        return await _node(info, id)

    @strawberry.field(description="Like `node` for many ids, in their order.", metadata=PRIVATE)
    async def nodes(self, info: Info, ids: NodeIds) -> list[Node | None]:
        if len(ids) > NODES_MAX:
            message = f"`ids` must have at most {NODES_MAX} ids."
            raise CodedError(message)
        return await asyncio.gather(*(_node(info, each) for each in ids))

    @strawberry.field(description="The platform in figures.", metadata=cached(30, Subject.STATS))
    async def stats(self, info: Info) -> Stats:
        return Stats.of(await stats(info.context))


@strawberry.type
class Mutation(SessionMutation):
    """Sessions and profiles."""

    @mutation(audience=Audience.SIGNED_IN, description="Change the viewer's own profile.")
    async def update_profile(
        self,
        info: Info,
        input: UpdateProfileInput,  # noqa: A002
    ) -> UpdateProfileResult:
        user_id = info.context.viewer.required_id()
        try:
            await update_profile(info.context.stores, user_id=user_id, changes=input.changes())
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        user = await _user(info, user_id)
        assert user is not None  # noqa: S101  # the command has just changed it
        return UpdateProfilePayload(user=user)


@strawberry.type
class Subscription:
    """The platform, live."""

    @strawberry.subscription(
        description="The platform in figures: at once, then at each change, at most once a second."
    )
    async def live_stats(self, info: Info) -> AsyncGenerator[Stats, None]:
        async with aclosing(stats_stream(info.context)) as stream:
            async for row in stream:
                yield Stats.of(row)


async def _user(info: Info, user_id: UUID) -> User | None:
    row = await info.context.loader(users_by_id).load(user_id)
    return None if row is None else User.of(row)


async def _node(info: Info, id_: str) -> Node | None:
    kind, key = kind_and_key(id_)
    if kind is Kind.USER:
        return await _user(info, key)
    if not await exists(info.context, kind.name.lower(), key):
        return None
    return STUBS[kind](id=public_id(kind, key))


USERS = SubgraphDefinition(
    name="users",
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=(User, *STUBS.values()),
)
