"""The state machine: every action in every state by everybody, and what it says of itself."""

from collections import Counter
from itertools import product

import pytest

from models.tables import OrderAction, OrderParty, OrderState, PostingKind
from services.marketplace.orders.refusals import OrderNotFound, WrongOrderState
from services.marketplace.orders.states import (
    DEADLINES,
    PLACING,
    TRANSITIONS,
    available_actions,
    transitions,
)
from tests.services.marketplace.orders.shop import COMMANDS, WAYS

IN_ESCROW = {OrderState.PAID, OrderState.ACCEPTED, OrderState.DELIVERED, OrderState.DISPUTED}
PEOPLE = ("buyer", "seller", "support")
# What each may do, written by hand.
MAY = {
    "paid": {"buyer": {"cancel"}, "seller": {"accept", "decline"}},
    "accepted": {"buyer": {"open_dispute"}, "seller": {"cancel", "deliver"}},
    "delivered": {"buyer": {"confirm", "open_dispute"}},
    "disputed": {
        "buyer": {"add_evidence"},
        "seller": {"add_evidence"},
        "support": {"resolve_dispute"},
    },
    "completed": {"seller": {"refund"}},
    "cancelled": {},
    "refunded": {},
    "expired": {},
}


class TestTransitions:
    def test_lead_to_every_state_from_the_first(self):
        reached, before = {None}, set()
        while reached != before:
            before = set(reached)
            reached |= {each.to_state for each in TRANSITIONS if each.from_state in before}

        assert reached == {None, *OrderState}

    def test_use_every_action(self):
        assert {each.action for each in TRANSITIONS} == {*OrderAction}

    def test_are_told_apart_by_where_they_lead_or_what_they_post(self):
        assert max(Counter(TRANSITIONS).values()) == 1

    def test_empty_the_escrow_with_whatever_leaves_its_states(self):
        settling = {PostingKind.REFUND, PostingKind.RELEASE, PostingKind.SETTLEMENT}
        for each in TRANSITIONS:
            leaves = each.from_state in IN_ESCROW and each.to_state not in IN_ESCROW
            assert (each.posts in settling) == leaves
            fills = each.from_state not in IN_ESCROW and each.to_state in IN_ESCROW
            assert (each.posts is PostingKind.PURCHASE) == fills

    def test_of_the_clock_are_those_of_the_deadlines(self):
        of_clock = {
            (each.from_state, each.action) for each in TRANSITIONS if each.party is OrderParty.CLOCK
        }

        assert of_clock == {(state, each.action) for state, each in DEADLINES.items()}

    def test_begin_with_placing_and_paying(self):
        assert [each.action for each in PLACING] == [OrderAction.PLACE, OrderAction.PAY]


class TestAvailableActions:
    @pytest.mark.parametrize("state", MAY)
    def test_are_those_that_somebody_meant(self, state):
        for party in PEOPLE:
            found = available_actions(OrderParty(party), OrderState(state))
            assert {*found} == MAY[state].get(party, set())
            assert len({*found}) == len(found)
            assert all(transitions(each, OrderParty(party), OrderState(state)) for each in found)


class TestActions:
    @pytest.mark.parametrize("state", WAYS)
    async def test_that_are_not_available_change_nothing(self, shop, make, state):
        order_id = await shop.order_in(state)
        before = await make.contents()

        for who, action in product(PEOPLE, COMMANDS):
            if action in MAY[state].get(who, set()):
                continue
            with pytest.raises(WrongOrderState) as refused:
                await shop.act(who, action, order_id)
            assert refused.value.state == state
            assert {*refused.value.available_actions} == MAY[state].get(who, set())

        assert await make.contents() == before
        assert await shop.contradictions() == []

    @pytest.mark.parametrize(
        ("state", "who", "action"),
        [
            (state, who, action)
            for state, parties in MAY.items()
            for who, actions in parties.items()
            for action in sorted(actions)
        ],
    )
    async def test_that_are_available_are_carried_out(self, shop, state, who, action):
        order_id = await shop.order_in(state)

        done = await shop.act(who, action, order_id)

        *_, event = await shop.history(order_id)
        assert (done.order_id, done.is_replay) == (order_id, False)
        assert (event.action, event.party, event.from_state) == (action, who, state)
        assert await shop.contradictions() == []

    @pytest.mark.parametrize("action", COMMANDS)
    async def test_of_strangers_find_no_order(self, shop, refused, action):
        order_id = await shop.order_in("paid")

        await refused(OrderNotFound, shop.act("stranger", action, order_id))
