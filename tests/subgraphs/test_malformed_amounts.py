"""Malformed amounts are refused wherever an amount can enter, and change nothing.

That is as a literal, as a variable and in the ledger's own functions. Amounts also enter in the
cells of a CSV (test_adjustment_lists.py) and over REST, in what payment providers tell
(tests/web/hooks). A new place in the schema fails a test here until it is among `PLACES`.
"""

import json
from dataclasses import dataclass
from uuid import uuid4

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.ids import encode_id
from models.tables import OrderState, Role
from tests.malformed import MALFORMED_LITERALS, MALFORMED_TEXTS, MALFORMED_VALUES, ZEROES
from tests.subgraphs.refusals import REFUSAL, codes

AMOUNTS = {"AZR", "SignedAZR", "Decimal"}
# What a sign makes of these is an amount again where signs are taken.
SIGNED = {"-1", "-0.00000001"}
# PostgreSQL knows no JSON with a NUL.
STORED = [
    each
    for each in [*MALFORMED_TEXTS, *ZEROES, None, True, [], {}]
    if not isinstance(each, str) or "\x00" not in each
]
CLIENT_ERRORS = {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}


@dataclass(frozen=True)
class Place:
    """A field with an amount: the operation around its input, of which `%s` is the amount."""

    scalar: str
    operation: str
    is_optional: bool = False

    def with_literal(self, literal):
        return f"{self._keyword} {{ {self.operation % literal} }}"

    def with_variable(self):
        type_ = self.scalar if self.is_optional else f"{self.scalar}!"
        return f"{self._keyword} ($amount: {type_}) {{ {self.operation % '$amount'} }}"

    @property
    def _keyword(self):
        return "query" if self.operation.startswith(("preview", "services")) else "mutation"


_KEY = 'idempotencyKey: "malformed-1"'
_OFFER = 'name: "A", category: "Design", description: "C"'
PLACES = {
    ("TransferTokensInput", "amount"): Place(
        "AZR",
        f'transferTokens(input: {{to: {{handle: "ama"}}, amount: %s, {_KEY}}}) {{ {REFUSAL} }}',
    ),
    ("PreviewTransferInput", "amount"): Place(
        "AZR", f'previewTransfer(input: {{to: {{handle: "ama"}}, amount: %s}}) {{ {REFUSAL} }}'
    ),
    ("ProposeAdjustmentInput", "amount"): Place(
        "SignedAZR",
        'proposeAdjustment(input: {userId: "<user>", kind: MINT, amount: %s, reason: "Why", '
        f"{_KEY}}}) {{ {REFUSAL} }}",
    ),
    ("ProposeSettlementInput", "amount"): Place(
        "AZR",
        'proposeSettlement(input: {shortfallId: "<shortfall>", kind: RECOVER, amount: %s, '
        f'reason: "Why", {_KEY}}}) {{ {REFUSAL} }}',
    ),
    ("PostTokenPriceInput", "usd"): Place(
        "Decimal", f'postTokenPrice(input: {{usd: %s, reason: "Why"}}) {{ {REFUSAL} }}'
    ),
    ("BuyTokensInput", "amountAzr"): Place(
        "AZR", f"buyTokens(input: {{amountAzr: %s, provider: LOCAL, {_KEY}}}) {{ {REFUSAL} }}"
    ),
    ("CreateServiceInput", "priceAzr"): Place(
        "AZR", f"createService(input: {{{_OFFER}, priceAzr: %s}}) {{ {REFUSAL} }}"
    ),
    ("UpdateServiceInput", "priceAzr"): Place(
        "AZR",
        f'updateService(input: {{id: "<service>", priceAzr: %s}}) {{ {REFUSAL} }}',
        is_optional=True,
    ),
    ("PlaceOrderInput", "expectedPriceAzr"): Place(
        "AZR",
        f'placeOrder(input: {{serviceId: "<service>", expectedPriceAzr: %s, {_KEY}}})'
        f" {{ {REFUSAL} }}",
        is_optional=True,
    ),
    ("RefundOrderInput", "amountAzr"): Place(
        "AZR",
        f'refundOrder(input: {{orderId: "<order>", amountAzr: %s, {_KEY}}}) {{ {REFUSAL} }}',
    ),
    ("ResolveDisputeInput", "refundAzr"): Place(
        "AZR",
        f'resolveDispute(input: {{orderId: "<order>", refundAzr: %s, reason: "Why", {_KEY}}})'
        f" {{ {REFUSAL} }}",
    ),
    ("ServiceFilter", "priceMinAzr"): Place(
        "AZR", "services(filter: {priceMinAzr: %s}) { totalCount }", is_optional=True
    ),
    ("ServiceFilter", "priceMaxAzr"): Place(
        "AZR", "services(filter: {priceMaxAzr: %s}) { totalCount }", is_optional=True
    ),
}
# Filters may be nothing, and so may what was expected, or what a buyer gets of a dispute.
MAY_BE_NOTHING = {"ServiceFilter", "PlaceOrderInput", "ResolveDisputeInput"}
MOVING = [place for place in PLACES if place[0] not in MAY_BE_NOTHING]


@pytest.fixture
async def admin(make):
    """Somebody who may do all of it, and has AZR to do it with."""
    return await make.user(Role.ADMIN, azr_balance=100)


@pytest.fixture
async def try_in(ask, make, admin):
    """Sends a document as the admin, to people and services that are there."""
    other = await make.user(handle="ama")
    service = await make.service(admin)
    order = await make.order(service, other, OrderState.COMPLETED)
    shortfall = await make.shortfall(await make.payment(other))
    names = {
        "<user>": encode_id("usr", other.id),
        "<service>": encode_id("svc", service.id),
        "<shortfall>": encode_id("sho", shortfall.id),
        "<order>": encode_id("ord", order.id),
    }

    def run(document, _viewer=None, **variables):
        for name, id_ in names.items():
            document = document.replace(name, id_)
        return ask(document, make.viewer(admin), **variables)

    return run


class TestPlaces:
    def test_are_all_that_the_schema_has(self, graph):
        inputs = {
            (type_.name, name)
            for type_ in graph.schema.type_map.values()
            if isinstance(type_, GraphQLInputObjectType)
            for name, field in type_.fields.items()
            if get_named_type(field.type).name in AMOUNTS
        }
        arguments = {
            (type_.name, name, argument)
            for type_ in graph.schema.type_map.values()
            for name, field in getattr(type_, "fields", {}).items()
            for argument, found in getattr(field, "args", {}).items()
            if get_named_type(found.type).name in AMOUNTS
        }

        assert inputs == set(PLACES)
        assert arguments == set()

    def test_are_tried_with_dozens_of_amounts(self):
        assert len({*MALFORMED_TEXTS, *map(repr, MALFORMED_VALUES)}) >= 60


class TestMalformedAmounts:
    @pytest.mark.parametrize("name", PLACES)
    async def test_are_refused_and_change_nothing(self, make, try_in, name):
        place = PLACES[name]
        texts = [
            each for each in MALFORMED_TEXTS if place.scalar != "SignedAZR" or each not in SIGNED
        ]
        before = await make.contents()

        for each in [*texts, *MALFORMED_VALUES, *([] if place.is_optional else [None])]:
            refused = await codes(try_in, place.with_variable(), amount=each)
            assert refused == {"BAD_USER_INPUT"}, each
        for each in [*map(json.dumps, texts), *MALFORMED_LITERALS]:
            (refused,) = await codes(try_in, place.with_literal(each))
            assert refused in CLIENT_ERRORS, each
        assert await make.contents() == before

    @pytest.mark.parametrize("name", MOVING)
    async def test_are_refused_when_they_are_nothing(self, make, try_in, name):
        place, field = PLACES[name], name[1]
        before = await make.contents()

        for each in ZEROES:
            as_variable = await try_in(place.with_variable(), amount=each)
            as_literal = await try_in(place.with_literal(json.dumps(each)))
            for result in (as_variable, as_literal):
                (answer,) = result.data.values()
                assert answer["code"] == "INVALID_INPUT"
                assert [fault["field"] for fault in answer["faults"]] == [field]
        assert await make.contents() == before


class TestLedger:
    @pytest.fixture
    def call(self, database):
        """Calls a function of the ledger with a request, which it must refuse as malformed."""

        async def run(function, request):
            statement = text(f"SELECT {function}('tests', :key, :id, CAST(:request AS jsonb))")
            values = {"key": uuid4().hex, "id": uuid4(), "request": json.dumps(request)}
            with pytest.raises(DBAPIError) as caught:
                async with database.transaction() as session:
                    await session.execute(statement, values)
            return caught.value.orig.__cause__.sqlstate

        return run

    @pytest.fixture
    async def people(self, make):
        return await make.user(azr_balance=100), await make.user()

    async def test_posts_none_of_them(self, make, call, people):
        sender, recipient = (str(person.id) for person in people)
        before = await make.contents()

        for each in STORED:
            debit = f"-{each}" if isinstance(each, str) else each
            legs = [
                {"account": "wallet", "owner": sender, "amount": debit},
                {"account": "wallet", "owner": recipient, "amount": each},
            ]
            assert await call("ledger_post", {"kind": "transfer", "legs": legs}) == "AZ002", each
        assert await make.contents() == before

    async def test_sets_none_of_them_aside(self, make, call, people):
        before = await make.contents()

        for each in STORED:
            request = {"owner": str(people[0].id), "amount": each, "seconds": 60}
            assert await call("ledger_hold", request) == "AZ002", each
        assert await make.contents() == before

    async def test_gives_none_of_them_back(self, make, call, people):
        before = await make.contents()

        for each in STORED:
            request = {
                "kind": "refund_released",
                "reference_kind": "order",
                "reference_id": str(uuid4()),
                "amount": each,
            }
            assert await call("ledger_refund_released", request) == "AZ002", each
        assert await make.contents() == before
