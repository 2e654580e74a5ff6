"""What fails in one subgraph fails the fields that wait for it, and no others."""

import pytest

UNDECLARED = "a resolver returned dict, which no subgraph declares as User"


def told(result):
    """Message and path of each error."""
    return [(error.message, error.path) for error in result.errors]


class TestFailingReferences:
    async def test_fail_the_fields_that_wait_for_them(self, visit, world):
        world.failing["accounts.User"] = ValueError("down")

        result = await visit(
            "{ things { ... on Wallet { owner { id balance { amount } } } } version"
            ' listing(sku: "s1") { sku fee { amount } seller { id } } ghost { name } }'
        )

        assert result.data == {
            "things": [{"owner": {"id": "1", "balance": {"amount": "10.00"}}}, {}],
            "version": "1",
            "listing": {"sku": "s1", "fee": {"amount": "1.05"}, "seller": {"id": "1"}},
            "ghost": None,
        }
        assert told(result) == [("down", ["ghost", "name"])]

    async def test_fail_every_field_that_waits_for_them(self, visit, world):
        world.failing["accounts.User"] = ValueError("down")

        result = await visit('{ sellers(ids: ["1", "2"]) { name } ghost { name } }')

        assert result.data == {"sellers": [None, None], "ghost": None}
        assert sorted(told(result), key=str) == [
            ("down", ["ghost", "name"]),
            ("down", ["sellers", 0, "name"]),
            ("down", ["sellers", 1, "name"]),
        ]
        assert world.calls == [("accounts.User", 3)]

    async def test_fail_one_entity_where_its_answer_is_an_exception(self, visit, world):
        world.failing["2"] = ValueError("two")

        result = await visit('{ sellers(ids: ["1", "2", "3"]) { name } }')

        assert result.data == {"sellers": [{"name": "user1"}, None, {"name": "user3"}]}
        assert told(result) == [("two", ["sellers", 1, "name"])]

    async def test_fail_again_where_the_same_entity_is_met_later(self, visit, world):
        world.failing["1"] = ValueError("one")

        result = await visit('{ sellers(ids: ["1"]) { name } shelf { slug seller { name } } }')

        assert result.data is None
        assert told(result) == [
            ("one", ["sellers", 0, "name"]),
            ("one", ["shelf", 0, "seller", "name"]),
        ]
        assert world.calls == [("accounts.User", 1), ("stalls.Listing", 2), ("accounts.User", 1)]

    async def test_fail_required_fields_with_their_own_error(self, visit, world):
        world.failing["5"] = ValueError("five")

        result = await visit('{ listing(sku: "s5") { sku sender } }')

        assert told(result) == [("five", ["listing", "sender"])]


class TestMissingEntities:
    async def test_are_null(self, visit):
        result = await visit("{ items { stock } offices { crates } }")

        assert result.errors is None
        assert result.data["items"][2] == {"stock": None}
        assert result.data["offices"][2:] == [{"crates": None}, {"crates": None}]

    @pytest.mark.parametrize("field", ["ghost", "nameless"])
    async def test_are_errors_where_null_is_not_allowed(self, visit, field):
        result = await visit(f"{{ {field} {{ name }} version }}")

        assert result.data == {field: None, "version": "1"}
        assert told(result) == [
            ("Cannot return null for non-nullable field User.name.", [field, "name"])
        ]


class TestUndeclaredClasses:
    async def test_are_a_clear_error(self, visit):
        result = await visit("{ rogue { id } }")

        assert result.data == {"rogue": None}
        assert told(result) == [(UNDECLARED, ["rogue", "id"])]

    async def test_are_a_clear_error_in_foreign_fields(self, visit):
        result = await visit("{ rogue { name } }")

        assert told(result) == [(UNDECLARED, ["rogue", "name"])]
