"""How often subgraphs are asked, and what becomes of the others when one field fails."""

import asyncio

import pytest

from tests.graph.bazaar.composed import events, run
from tests.graph.bazaar.shared import Context
from tests.tasks import our_tasks


class TestReferences:
    async def test_of_siblings_are_one_call_for_each_subgraph(self, visit, world):
        result = await visit(
            """{ listings(window: { first: 50 }) { nodes { sku
                 seller { id name role balance { amount } wallet { id } } } } }"""
        )

        assert result.errors is None
        assert len(result.data["listings"]["nodes"]) == 50
        assert sorted(world.calls) == [("accounts.User", 50), ("wallets.User", 50)]

    async def test_with_required_fields_are_one_call(self, visit, world):
        result = await visit("{ listings(window: { first: 30 }) { nodes { fee { amount } } } }")

        assert result.errors is None
        assert world.calls == [("wallets.Listing", 30)]

    async def test_with_fields_of_a_third_subgraph_are_one_call_each(self, visit, world):
        result = await visit("{ listings(window: { first: 20 }) { nodes { sender } } }")

        assert result.errors is None
        assert world.calls == [("accounts.User", 20), ("wallets.Listing", 20)]

    async def test_over_two_hops_are_one_call_for_each_hop(self, visit, world):
        result = await visit("{ shelf { fee { amount } } items { stock } }")

        assert result.errors is None
        assert sorted(world.calls) == [
            ("depots.Item", 2),
            ("stalls.Listing", 2),
            ("wallets.Item", 3),
            ("wallets.Listing", 2),
        ]

    async def test_ask_for_each_entity_once(self, visit, world):
        await visit('{ sellers(ids: ["1", "2", "1", "1"]) { name } ghost { id } }')

        assert world.calls == [("accounts.User", 2)]

    async def test_are_not_made_for_keys_alone(self, visit, world):
        await visit("{ listings(window: { first: 5 }) { nodes { seller { id } } } }")

        assert world.calls == []

    async def test_at_deeper_levels_reuse_what_was_loaded(self, visit, world):
        result = await visit(
            """{ sellers(ids: ["1"]) { name wallet { owner { name
                 wallet { owner { name role } } } } } }"""
        )

        assert result.errors is None
        assert world.calls == [("accounts.User", 1), ("wallets.User", 1)]


@pytest.mark.parametrize(("fault", "field"), [("later", "text"), ("at once", "slogan")])
class TestFailedSibling:
    """graphql-core 3.3 cancels the pending siblings of a failed non-null field."""

    async def test_leaves_others_with_the_same_entity_alone(self, visit, world, fault, field):
        world.turns = 20

        result = await visit(f'{{ ads(fault: "{fault}") {{ buyer {{ name }} {field} }} }}')

        assert result.data["ads"][0] is None
        assert result.data["ads"][1]["buyer"] == {"name": "user7"}
        assert [(error.message, error.path) for error in result.errors] == [
            (fault, ["ads", 0, field])
        ]
        assert world.calls == [("accounts.User", 1)]

    async def test_leaves_no_task_behind(self, visit, world, fault, field):
        before = our_tasks()
        world.turns = 20

        await visit(f'{{ ads(fault: "{fault}") {{ {field} buyer {{ name }} }} }}')

        for _ in range(world.turns):
            await asyncio.sleep(0)
        assert our_tasks() <= before


class TestCancellation:
    async def test_of_an_operation_stops_what_it_was_loading(self, composition, world):
        before = our_tasks()
        world.turns = 1_000_000
        document = '{ shelf { seller { name } } sellers(ids: ["1"]) { name } }'
        task = asyncio.create_task(run(composition.schema, document, Context(world)))
        async with asyncio.timeout(5):
            await world.called.wait()

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert our_tasks() - {task} <= before


class TestScope:
    async def test_is_fresh_for_each_mutation_field(self, visit, world):
        result = await visit(
            """mutation {
                 a: transfer(data: { to: "8", amount: "1" }) { ... on TransferMade { to { name } } }
                 b: rename(id: "8", name: "renamed") { name }
                 c: transfer(data: { to: "8", amount: "1" }) { ... on TransferMade { to { name } } }
               }"""
        )

        assert result.errors is None
        assert result.data == {
            "a": {"to": {"name": "user8"}},
            "b": {"name": "renamed"},
            "c": {"to": {"name": "renamed"}},
        }
        assert world.calls == [("accounts.User", 1), ("accounts.User", 1)]

    async def test_is_fresh_for_each_event(self, composition, world):
        document = "subscription { transfers(count: 2) { to { name role } amount { unit } } }"

        shown = await events(composition.schema, document, Context(world))

        assert [event.errors for event in shown] == [None, None]
        assert [event.data["transfers"]["to"]["name"] for event in shown] == [
            "renamed 0",
            "renamed 1",
        ]
        assert world.calls == [("accounts.User", 1), ("accounts.User", 1)]

    async def test_of_one_operation_ends_with_it(self, composition, world):
        for _ in range(2):
            await run(composition.schema, "{ sellers(ids: [1]) { name } }", Context(world))

        assert world.calls == [("accounts.User", 1), ("accounts.User", 1)]


class TestSubscription:
    async def test_of_an_entity_shows_fields_of_other_subgraphs(self, composition, world):
        document = "subscription { ticks(count: 2) { name balance { amount } } }"

        shown = await events(composition.schema, document, Context(world))

        assert [event.data for event in shown] == [
            {"ticks": {"name": "user0", "balance": {"amount": "0.00"}}},
            {"ticks": {"name": "user1", "balance": {"amount": "10.00"}}},
        ]
