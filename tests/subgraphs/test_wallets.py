"""Wallets and their statements through the graph."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.ids import encode_id
from models.tables import Role
from tests.services.ledger.bank import Bank
from tests.subgraphs.world import shown_time

WALLET = "{ me { wallet { balance available held isFrozen } } }"
STATEMENT = """query ($filter: TransactionFilter, $first: Int, $after: String) { me { wallet {
    statement(filter: $filter, first: $first, after: $after) {
        totalCount nodes { type amount } pageInfo { endCursor hasNextPage }
    } } } }"""


@pytest.fixture
def bank(database):
    return Bank(database)


async def statement(ask, viewer, **variables):
    """The types on the viewer's statement, and how many there are in all."""
    result = await ask(STATEMENT, viewer, **variables)
    assert result.errors is None
    found = result.data["me"]["wallet"]["statement"]
    return [node["type"] for node in found["nodes"]], found["totalCount"]


class TestWallet:
    async def test_is_empty_for_somebody_who_never_had_azr(self, ask, make):
        result = await ask(WALLET, make.viewer(await make.user()))

        nothing = "0.00000000"
        assert result.body() == {
            "data": {
                "me": {
                    "wallet": {
                        "balance": nothing,
                        "available": nothing,
                        "held": nothing,
                        "isFrozen": False,
                    }
                }
            }
        }

    async def test_says_what_is_set_aside_and_that_it_is_frozen(self, ask, make, bank):
        user = await make.user(azr_balance=Decimal(10))
        await bank.reserve(user.id, "2.5")
        await bank.freeze(user.id)

        result = await ask(WALLET, make.viewer(user))

        assert result.data["me"]["wallet"] == {
            "balance": "10.00000000",
            "available": "7.50000000",
            "held": "2.50000000",
            "isFrozen": True,
        }

    async def test_is_told_to_admins_and_to_no_stranger(self, ask, make):
        user = await make.user(azr_balance=Decimal(10))
        stranger, admin = await make.user(), await make.user(Role.ADMIN)
        document = "query ($id: ID!) { user(id: $id) { wallet { balance } } }"
        id_ = encode_id("usr", user.id)

        refused = await ask(document, make.viewer(stranger), id=id_)
        told = await ask(document, make.viewer(admin), id=id_)

        assert refused.data == {"user": {"wallet": None}}
        assert [error["extensions"]["code"] for error in refused.errors] == ["FORBIDDEN"]
        assert told.data == {"user": {"wallet": {"balance": "10.00000000"}}}


class TestStatement:
    async def test_has_running_balance_counterparty_and_receipt(self, ask, make, bank):
        sender, recipient = await make.user(azr_balance=Decimal(10)), await make.user()
        await bank.transfer(sender.id, recipient.id, "4")
        await bank.transfer(recipient.id, sender.id, "1.5")

        result = await ask(
            """{ me { wallet { statement { nodes {
                type direction amount balanceAfter memo counterparty { fullName } receiptCode
            } } } } }""",
            make.viewer(sender),
        )

        nodes = result.data["me"]["wallet"]["statement"]["nodes"]
        codes = [node.pop("receiptCode") for node in nodes]
        other = {"memo": None, "counterparty": {"fullName": recipient.full_name}}
        assert nodes == [
            {
                "type": "TRANSFER_IN",
                "direction": "IN",
                "amount": "1.50000000",
                "balanceAfter": "7.50000000",
                **other,
            },
            {
                "type": "TRANSFER_OUT",
                "direction": "OUT",
                "amount": "4.00000000",
                "balanceAfter": "6.00000000",
                **other,
            },
        ]
        assert len(set(codes)) == 2
        assert all(code.startswith("AZR-") for code in codes)

    @pytest.mark.parametrize(
        ("wanted", "types"),
        [
            ({}, ["SALE", "PURCHASE", "REWARD"]),
            ({"types": ["SALE", "REWARD"]}, ["SALE", "REWARD"]),
            ({"types": "PURCHASE"}, ["PURCHASE"]),
            ({"types": []}, []),
            ({"direction": "IN"}, ["SALE", "REWARD"]),
            ({"direction": "OUT"}, ["PURCHASE"]),
            ({"types": ["SALE", "PURCHASE"], "direction": "OUT"}, ["PURCHASE"]),
            ({"types": ["SALE"], "direction": "OUT"}, []),
            ({"types": None, "direction": None, "since": None}, ["SALE", "PURCHASE", "REWARD"]),
        ],
    )
    async def test_filters_by_types_and_direction(self, ask, make, wanted, types):
        user = await make.user()
        for each in ("reward", "purchase", "sale"):
            await make.transaction(user, type=each)

        assert await statement(ask, make.viewer(user), filter=wanted) == (types, len(types))

    async def test_filters_by_time_with_an_end_that_is_not_included(self, ask, make):
        user = await make.user()
        first = await make.transaction(user, type="reward")
        day = timedelta(days=1)
        for number, type_ in enumerate(("purchase", "sale", "plan"), start=1):
            await make.transaction(user, type=type_, created_at=first.created_at + number * day)
        since, until = (shown_time(first.created_at + number * day) for number in (1, 3))

        found = await statement(ask, make.viewer(user), filter={"since": since, "until": until})

        assert found == (["SALE", "PURCHASE"], 2)

    async def test_comes_page_by_page_with_its_filter(self, ask, make):
        user = await make.user()
        for type_ in ("reward", "purchase", "reward", "sale"):
            await make.transaction(user, type=type_)
        wanted = {"direction": "IN"}

        first = await ask(STATEMENT, make.viewer(user), filter=wanted, first=2)
        page = first.data["me"]["wallet"]["statement"]["pageInfo"]
        rest = await statement(
            ask, make.viewer(user), filter=wanted, first=2, after=page["endCursor"]
        )

        assert page["hasNextPage"] is True
        assert rest == (["REWARD"], 3)


class TestReceipt:
    DOCUMENT = """query ($code: String!) {
        receipt(code: $code) { amount } me { wallet { receipt(code: $code) { amount } } } }"""

    @pytest.fixture
    async def owner(self, make):
        return await make.user()

    @pytest.fixture
    async def code(self, make, owner):
        await make.transaction(owner, receipt_code="AZR-0000-0000-00FF", amount=Decimal(7))
        return "AZR-0000-0000-00FF"

    async def test_is_found_by_its_code_however_it_is_typed(self, ask, make, owner, code):
        for typed in (code, f" {code.lower()} "):
            result = await ask(self.DOCUMENT, make.viewer(owner), code=typed)

            movement = {"amount": "7.00000000"}
            assert result.body() == {
                "data": {"receipt": movement, "me": {"wallet": {"receipt": movement}}}
            }

    async def test_is_on_its_owners_statement_only(self, ask, make, code):
        stranger, admin = await make.user(), await make.user(Role.ADMIN)

        for each in (stranger, admin):
            result = await ask(self.DOCUMENT, make.viewer(each), code=code)

            assert result.body() == {"data": {"receipt": None, "me": {"wallet": {"receipt": None}}}}

    @pytest.mark.parametrize("code", ["", "AZR", "AZR-0000-0000-00FG"])
    async def test_is_null_for_what_is_no_code(self, ask, make, owner, code):
        result = await ask(self.DOCUMENT, make.viewer(owner), code=code)

        assert result.data["receipt"] is None

    async def test_needs_a_sign_in(self, ask, code):
        result = await ask("query ($code: String!) { receipt(code: $code) { amount } }", code=code)

        assert result.data == {"receipt": None}
        assert [error["extensions"]["code"] for error in result.errors] == ["UNAUTHENTICATED"]
