"""AZR through the graph: balances, statements and the posted price."""

from decimal import Decimal

import pytest

from core.ids import encode_id
from models.tables import TransactionStatus, TransactionType
from models.tables.tokens import INCOMING_TYPES
from tests.subgraphs.world import shown_time


def transaction_id(transaction):
    return encode_id("txn", transaction.id)


class TestTransactions:
    async def test_are_the_viewers_own_newest_first(self, ask, make):
        user, other = await make.user(), await make.user()
        first = await make.transaction(user, amount=Decimal("1.00000001"))
        second = await make.transaction(user, type="purchase", status="pending")
        await make.transaction(other)

        result = await ask(
            """{ transactions { totalCount nodes {
                id type direction amount currency status createdAt user { id email }
            } } }""",
            make.viewer(user),
        )

        owner = {"id": encode_id("usr", user.id), "email": user.email}
        assert result.body() == {
            "data": {
                "transactions": {
                    "totalCount": 2,
                    "nodes": [
                        {
                            "id": transaction_id(second),
                            "type": "PURCHASE",
                            "direction": "OUT",
                            "amount": "5.00000000",
                            "currency": "AZR",
                            "status": "PENDING",
                            "createdAt": shown_time(second.created_at),
                            "user": owner,
                        },
                        {
                            "id": transaction_id(first),
                            "type": "REWARD",
                            "direction": "IN",
                            "amount": "1.00000001",
                            "currency": "AZR",
                            "status": "COMPLETED",
                            "createdAt": shown_time(first.created_at),
                            "user": owner,
                        },
                    ],
                }
            }
        }

    async def test_need_a_sign_in(self, ask):
        result = await ask("{ transactions { totalCount } }")

        assert result.data == {"transactions": None}
        (error,) = result.errors
        assert error["extensions"] == {"code": "UNAUTHENTICATED"}
        assert error["path"] == ["transactions"]

    async def test_are_those_of_the_admin_for_admins_too(self, ask, make, world):
        result = await ask("{ transactions { totalCount } }", world.viewers["admin"])

        assert result.body() == {"data": {"transactions": {"totalCount": 0}}}

    @pytest.mark.parametrize("type_", TransactionType)
    async def test_filter_by_type_and_say_the_direction(self, ask, make, type_):
        user = await make.user()
        for each in TransactionType:
            await make.transaction(user, type=each.value)

        result = await ask(
            "query ($filter: TransactionFilter) { transactions(filter: $filter)"
            " { totalCount nodes { type direction } } }",
            make.viewer(user),
            filter={"types": [type_.name]},
        )

        direction = "IN" if type_ in INCOMING_TYPES else "OUT"
        assert result.data["transactions"] == {
            "totalCount": 1,
            "nodes": [{"type": type_.name, "direction": direction}],
        }

    @pytest.mark.parametrize("status", TransactionStatus)
    async def test_filter_by_status(self, ask, make, status):
        user = await make.user()
        for each in TransactionStatus:
            await make.transaction(user, status=each.value)

        result = await ask(
            "query ($filter: TransactionFilter) { transactions(filter: $filter)"
            " { totalCount nodes { status } } }",
            make.viewer(user),
            filter={"status": status.name},
        )

        assert result.data["transactions"] == {"totalCount": 1, "nodes": [{"status": status.name}]}

    async def test_filter_by_both(self, ask, make):
        user = await make.user()
        await make.transaction(user, type="sale", status="failed")
        await make.transaction(user, type="sale")
        await make.transaction(user, status="failed")

        result = await ask(
            "{ transactions(filter: {types: SALE, status: FAILED}) { totalCount } }",
            make.viewer(user),
        )

        assert result.data == {"transactions": {"totalCount": 1}}

    async def test_come_page_by_page(self, ask, make):
        user = await make.user()
        made = [transaction_id(await make.transaction(user)) for _ in range(3)]
        document = """query ($after: String) { transactions(first: 2, after: $after) {
            nodes { id } pageInfo { endCursor hasNextPage } } }"""

        first = await ask(document, make.viewer(user))
        after = first.data["transactions"]["pageInfo"]["endCursor"]
        second = await ask(document, make.viewer(user), after=after)

        assert [node["id"] for node in first.data["transactions"]["nodes"]] == made[:0:-1]
        assert first.data["transactions"]["pageInfo"]["hasNextPage"] is True
        assert [node["id"] for node in second.data["transactions"]["nodes"]] == made[:1]
        assert second.data["transactions"]["pageInfo"]["hasNextPage"] is False


class TestBalance:
    @pytest.mark.parametrize("amount", ["0.00000001", "12.50000000", "9999999999.99999999"])
    async def test_has_all_its_digits(self, ask, make, amount):
        user = await make.user(azr_balance=Decimal(amount))

        result = await ask("{ me { azrBalance } }", make.viewer(user))

        assert result.body() == {"data": {"me": {"azrBalance": amount}}}


class TestTokenPrice:
    async def test_is_null_before_the_first_was_posted(self, ask):
        result = await ask("{ tokenPrice { usd } }")

        assert result.body() == {"data": {"tokenPrice": None}}

    async def test_is_the_last_that_was_posted(self, ask, make):
        await make.token_price("0.05")
        posted = await make.token_price("0.06250000")

        first = await ask("{ tokenPrice { usd postedAt } }")
        cached = await ask("{ tokenPrice { usd postedAt } }")

        assert first.body() == {
            "data": {"tokenPrice": {"usd": "0.06250000", "postedAt": shown_time(posted.posted_at)}}
        }
        assert cached.body() == first.body()
