"""Root fields about AZR."""

from typing import Annotated

import strawberry

from models.subjects import Subject
from resolvers.tokens.queries import token_price, transactions_page
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.caching import cached
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.lookahead import columns_below
from subgraphs.tokens.inputs import TransactionFilter
from subgraphs.tokens.types import TokenPrice, Transaction, User


@strawberry.type
class Query:
    """AZR."""

    @strawberry.field(
        description="The viewer's own movements, newest first. For people who are signed in.",
        extensions=[VisibleTo(Audience.SIGNED_IN)],
    )
    async def transactions(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002
            TransactionFilter | None, strawberry.argument(description="Which movements to list.")
        ] = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Transaction] | None:
        wanted = (filter or TransactionFilter()).stored()
        page = page_of(first, after, last, before)
        found = await transactions_page(info.context, page, wanted, *columns_below(info))
        return Connection(page=found, shown=Transaction.of)

    @strawberry.field(
        description="The posted price of AZR; null before the first was posted.",
        metadata=cached(30, Subject.PRICES),
    )
    async def token_price(self, info: Info) -> TokenPrice | None:
        row = await token_price(info.context)
        return None if row is None else TokenPrice.of(row)


TOKENS = SubgraphDefinition(name="tokens", query=Query, types=(User, Transaction))
