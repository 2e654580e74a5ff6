"""Root fields about AZR."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry

from core.errors import DomainError
from models.subjects import Subject
from resolvers.tokens.prices import PriceSpan, prices_page, token_price, token_price_stream
from resolvers.tokens.queries import movements_of_users, transactions_page
from resolvers.tokens.wallets import wallet_stream, wallets
from services.tokens.transfers import preview_transfer, transfer_tokens
from subgraphs.shared.access import Audience, Info, VisibleTo
from subgraphs.shared.caching import cached
from subgraphs.shared.connections import After, Before, Connection, First, Last, given, page_of
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.lookahead import columns_below, columns_of
from subgraphs.shared.money import told_of_replay
from subgraphs.shared.showing import Shown
from subgraphs.tokens.administration import AdministrationMutation, AdministrationQuery
from subgraphs.tokens.errors import REFUSALS, PreviewTransferResult, TransferTokensResult
from subgraphs.tokens.granting import GrantingMutation
from subgraphs.tokens.inputs import PreviewTransferInput, TransactionFilter, TransferTokensInput
from subgraphs.tokens.payloads import TransferPreview, TransferTokensPayload
from subgraphs.tokens.payments import Payment, PaymentMutation
from subgraphs.tokens.plans import PlanMutation, PlanQuery
from subgraphs.tokens.treasury import Adjustment, Shortfall
from subgraphs.tokens.types import (
    Filter,
    ReceiptCode,
    TokenPrice,
    Transaction,
    User,
    Wallet,
    receipt_of,
)

Since = Annotated[datetime | None, strawberry.argument(description="Those posted then or later.")]
Until = Annotated[datetime | None, strawberry.argument(description="Those posted before then.")]


@strawberry.type
class Query(AdministrationQuery, PlanQuery):
    """AZR."""

    @strawberry.field(
        description="The viewer's own movements, newest first. For people who are signed in.",
        extensions=[VisibleTo(Audience.SIGNED_IN)],
    )
    async def transactions(
        self,
        info: Info,
        filter: Filter = strawberry.UNSET,  # noqa: A002
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Transaction] | None:
        wanted = (filter or TransactionFilter()).stored()
        page = page_of(first, after, last, before)
        found = await transactions_page(info.context, page, wanted, *columns_below(info))
        return Connection(page=found, shown=Shown(Transaction))

    @strawberry.field(
        description=(
            "The viewer's own movement with a receipt code; null if there is none. For people who"
            " are signed in."
        ),
        extensions=[VisibleTo(Audience.SIGNED_IN)],
    )
    async def receipt(self, info: Info, code: ReceiptCode) -> Transaction | None:
        return await receipt_of(info, info.context.viewer.required_id(), code)

    @strawberry.field(
        description=(
            "What `transferTokens` would do at this moment, and to whom. Moves nothing. For people"
            " who are signed in."
        ),
        extensions=[VisibleTo(Audience.SIGNED_IN)],
    )
    async def preview_transfer(
        self,
        info: Info,
        input: PreviewTransferInput,  # noqa: A002
    ) -> PreviewTransferResult | None:
        try:
            preview = await preview_transfer(
                info.context.stores,
                sender_id=info.context.viewer.required_id(),
                to=input.to.name(),
                amount_azr=input.amount,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return TransferPreview.of(preview)

    @strawberry.field(
        description="The posted price of AZR; null before the first was posted.",
        metadata=cached(30, Subject.PRICES),
    )
    async def token_price(self, info: Info) -> TokenPrice | None:
        row = await token_price(info.context)
        return None if row is None else TokenPrice.of(row)

    @strawberry.field(
        description="The prices of AZR that were posted, newest first.",
        metadata=cached(30, Subject.PRICES),
    )
    async def token_price_history(
        self,
        info: Info,
        since: Since = strawberry.UNSET,
        until: Until = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[TokenPrice]:
        wanted = PriceSpan(since=given(since), until=given(until))
        found = await prices_page(info.context, page_of(first, after, last, before), wanted)
        return Connection(page=found, shown=TokenPrice.of)


@strawberry.type
class Mutation(AdministrationMutation, GrantingMutation, PaymentMutation, PlanMutation):
    """Moving AZR."""

    @mutation(audience=Audience.SIGNED_IN, description="Send AZR to somebody.")
    async def transfer_tokens(
        self,
        info: Info,
        input: TransferTokensInput,  # noqa: A002
    ) -> TransferTokensResult:
        context, sender_id = info.context, info.context.viewer.required_id()
        try:
            posting = await transfer_tokens(
                context.stores,
                sender_id=sender_id,
                to=input.to.name(),
                amount_azr=input.amount,
                memo=given(input.memo),
                key=input.idempotency_key,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        columns = columns_of(info, Transaction, "transaction")
        movements = context.loader(movements_of_users, "posting_id", posting.id, columns)
        row, wallet = await movements.load(sender_id), await context.loader(wallets).load(sender_id)
        assert row is not None  # noqa: S101  # the command has posted it
        assert wallet is not None  # noqa: S101  # and so there is a wallet
        return TransferTokensPayload(
            transaction=Transaction.of(row),
            wallet=Wallet.of(wallet),
            is_replay=told_of_replay(context, is_replay=posting.is_replay),
        )


@strawberry.type
class Subscription:
    """AZR, live."""

    @strawberry.subscription(
        description=(
            "The viewer's wallet: at once, then after each change of it. For people who are signed"
            " in."
        )
    )
    async def balance_changed(self, info: Info) -> AsyncGenerator[Wallet, None]:
        async with aclosing(wallet_stream(info.context)) as stream:
            async for row in stream:
                yield Wallet.of(row)

    @strawberry.subscription(
        description="The posted price of AZR: at once, then each that is posted; null before any."
    )
    async def token_price(self, info: Info) -> AsyncGenerator[TokenPrice | None, None]:
        async with aclosing(token_price_stream(info.context)) as stream:
            async for row in stream:
                yield None if row is None else TokenPrice.of(row)


TOKENS = SubgraphDefinition(
    name="tokens",
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=(User, Transaction, Adjustment, Shortfall, Payment),
)
