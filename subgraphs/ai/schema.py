"""Root fields about conversations with models."""

import strawberry

from resolvers.ai.queries import conversations_page
from subgraphs.ai.types import Conversation, Message, User
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.lookahead import columns_below
from subgraphs.shared.showing import Shown


@strawberry.type
class Query:
    """Conversations."""

    @strawberry.field(
        description="The viewer's own conversations, newest first. For people who are signed in.",
        extensions=[VisibleTo(Audience.SIGNED_IN)],
    )
    async def conversations(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Conversation] | None:
        page = page_of(first, after, last, before)
        found = await conversations_page(info.context, page, *columns_below(info))
        return Connection(page=found, shown=Shown(Conversation))


AI = SubgraphDefinition(name="ai", query=Query, types=(User, Conversation, Message))
