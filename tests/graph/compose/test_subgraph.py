"""A subgraph on its own: what it answers to a gateway's `_entities`."""

from typing import Annotated

import pytest
import strawberry
from strawberry import ID, federation

from core.errors import CodedError
from graph.compose import CompositionError
from graph.compose.subgraph import NO_ENTITY, REPRESENTATIONS_MAX
from tests.graph.bazaar.accounts import ACCOUNTS
from tests.graph.bazaar.composed import run
from tests.graph.bazaar.depots import DEPOTS
from tests.graph.bazaar.shared import Context
from tests.graph.bazaar.stalls import STALLS
from tests.graph.bazaar.wallets import WALLETS
from tests.graph.compose.small import Found, subgraph


@pytest.fixture
def entities(world):
    """Asks a subgraph for entities, as a gateway does."""

    async def asked(of, representations, selection):
        document = (
            "query($representations: [_Any!]!) {"
            f" _entities(representations: $representations) {{ __typename {selection} }} }}"
        )
        return await run(of.core_schema, document, Context(world), representations=representations)

    return asked


def user(key):
    return {"__typename": "User", "id": key}


class TestEntities:
    async def test_come_in_order_with_one_call_for_each_type(self, entities, world):
        office = {"__typename": "Office", "country": {"code": "ZA"}, "number": 1}

        result = await entities(
            ACCOUNTS,
            [user("2"), office, user("1"), user("999"), user("2")],
            "... on User { name } ... on Office { city }",
        )

        assert result.errors is None
        assert result.data["_entities"] == [
            {"__typename": "User", "name": "user2"},
            {"__typename": "Office", "city": "city of ZA-1"},
            {"__typename": "User", "name": "user1"},
            None,
            {"__typename": "User", "name": "user2"},
        ]
        assert world.calls == [("accounts.User", 4), ("accounts.Office", 1)]

    async def test_are_found_by_any_key(self, entities):
        result = await entities(
            STALLS,
            [{"__typename": "Listing", "slug": "l-s1"}, {"__typename": "Listing", "sku": "s2"}],
            "... on Listing { sku slug }",
        )

        assert result.data["_entities"] == [
            {"__typename": "Listing", "sku": "s1", "slug": "l-s1"},
            {"__typename": "Listing", "sku": "s2", "slug": "l-s2"},
        ]

    async def test_take_required_fields(self, entities):
        price = {"amount": "100", "unit": "GEM"}
        listing = {"__typename": "Listing", "sku": "s1", "price": price, "weight": 2}

        result = await entities(WALLETS, [listing], "... on Listing { fee { amount unit } }")

        assert result.data["_entities"] == [
            {"__typename": "Listing", "fee": {"amount": "3.00", "unit": "GEM"}}
        ]

    @pytest.mark.parametrize(
        "representation",
        [
            {"__typename": "Nope", "id": "1"},
            {"__typename": "HumanProfile", "bio": "hi"},
            {"__typename": "String"},
            {"__typename": ["User"], "id": "1"},
            {"id": "1"},
            "User",
            ["User"],
            7,
        ],
    )
    async def test_that_are_malformed_fail_alone_with_a_code(self, entities, world, representation):
        result = await entities(ACCOUNTS, [user("1"), representation], "... on User { name }")

        assert result.data["_entities"] == [{"__typename": "User", "name": "user1"}, None]
        [error] = result.errors
        assert (error.message, error.path) == (NO_ENTITY, ["_entities", 1])
        assert isinstance(error.original_error, CodedError)
        assert world.calls == [("accounts.User", 1)]

    async def test_of_stubs_are_refused(self, entities):
        result = await entities(DEPOTS, [{"__typename": "Listing", "slug": "l-s1"}], "")

        assert result.data == {"_entities": [None]}
        assert result.errors[0].message == NO_ENTITY

    async def test_are_at_most_a_thousand(self, entities, world):
        too_many = [user("1")] * (REPRESENTATIONS_MAX + 1)

        refused = await entities(ACCOUNTS, too_many, "")
        taken = await entities(ACCOUNTS, too_many[1:], "")

        assert refused.data is None
        assert refused.errors[0].message == "Send at most 1000 representations."
        assert isinstance(refused.errors[0].original_error, CodedError)
        assert taken.errors is None
        assert world.calls == [("accounts.User", 1000)]

    async def test_that_fail_leave_other_types_alone(self, entities, world):
        world.failing["accounts.Office"] = ValueError("down")
        office = {"__typename": "Office", "country": {"code": "ZA"}, "number": 1}

        result = await entities(ACCOUNTS, [office, user("1"), office], "")

        assert result.data["_entities"] == [None, {"__typename": "User"}, None]
        assert [(error.message, error.path) for error in result.errors] == [
            ("down", ["_entities", 0]),
            ("down", ["_entities", 2]),
        ]

    async def test_that_are_answered_incompletely_all_fail(self):
        @federation.type(keys=["id"])
        class User(Found):
            id: ID

        @federation.type(keys=["id"])
        class Shop(Found):
            id: ID

            @classmethod
            async def resolve_references(cls, context, representations):
                return await super().resolve_references(context, representations[1:])

        shop = {"__typename": "Shop", "id": "3"}

        answers = await subgraph(User, Shop).resolve_entities(None, [shop, user("1"), shop])

        assert [type(answer) for answer in answers] == [RuntimeError, User, RuntimeError]
        assert str(answers[0]) == "Shop answered 2 representations with 1 instances"


class TestSubgraph:
    def test_has_a_version_that_composers_know(self):
        assert 'url: "https://specs.apollo.dev/federation/v2.9"' in STALLS.as_str()

    async def test_needs_no_entities(self):
        @strawberry.type
        class Query:
            ping: str = "pong"

        result = await run(subgraph(query=Query).core_schema, "{ _service { sdl } }")

        assert "type Query" in result.data["_service"]["sdl"]

    def test_lists_entities_that_only_a_union_leads_to(self):
        @federation.type(keys=["id"])
        class User(Found):
            id: ID

        @strawberry.type
        class Query:
            found: Annotated[User, strawberry.union("Anything")]

        with pytest.raises(CompositionError) as refused:
            subgraph(query=Query)

        assert str(refused.value) == "User: only a union leads there. List it in `types`."
        assert subgraph(User, query=Query).core_schema.type_map["_Entity"]
