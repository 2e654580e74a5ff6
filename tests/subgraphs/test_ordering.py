"""Buying and selling through the graph."""

import asyncio
from contextlib import aclosing, suppress
from decimal import Decimal

import pytest

from core.ids import decode_id, encode_id, new_id
from models.tables import OrderState, Role
from services.auth.viewer import Viewer
from services.ledger import freeze_wallet
from services.marketplace.orders.actions import accept_order
from tests.services.marketplace.orders.shop import FUNDS, PRICE, Shop, fresh
from tests.subgraphs.refusals import REFUSAL, codes

PATIENCE_SECONDS = 10
WALLET_MAX = Decimal("9999999999.99999999")
ORDER = """order {
    state availableActions nextDeadline { action at } serviceName note
    priceAzr commissionAzr sellerReceivesAzr refundedAzr
    buyer { id } seller { id } service { id } receipts
    history { nodes { action party fromState toState note refundedAzr actor { id } } }
    evidence { nodes { text link author { id } } }
}"""
PLACE = f"""mutation ($input: PlaceOrderInput!) {{ placeOrder(input: $input) {{
    __typename
    ... on OrderPayload {{ isReplay {ORDER} }}
    ... on PriceChangedError {{ priceAzr }}
    ... on InsufficientFundsError {{ available required }}
    {REFUSAL}
}} }}"""
INPUTS = {
    "acceptOrder": "AcceptOrderInput",
    "declineOrder": "CallOffOrderInput",
    "deliverOrder": "DeliverOrderInput",
    "confirmOrder": "ConfirmOrderInput",
    "cancelOrder": "CallOffOrderInput",
    "openDispute": "OpenDisputeInput",
    "addEvidence": "AddEvidenceInput",
    "resolveDispute": "ResolveDisputeInput",
    "refundOrder": "RefundOrderInput",
}
LIVE = "subscription ($id: ID!) { orderUpdated(orderId: $id) { state availableActions } }"


@pytest.fixture
async def shop(stores, make):
    return await Shop.open(stores, make)


@pytest.fixture
async def hearing(stores):
    """The signals of the stores, arriving."""
    task = asyncio.ensure_future(stores.signals.run())
    async with stores.signals.listen("ready") as heard:
        while not heard.is_set():
            await stores.signals.publish("ready")
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), 0.05)
    yield stores.signals
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
def order_by(ask, shop):
    """Place an order through the graph: what the mutation answers."""

    async def run(who="buyer", **values):
        asked = {"serviceId": encode_id("svc", shop.service.id), "idempotencyKey": fresh()}
        result = await ask(PLACE, shop.viewers[who], input={**asked, **values})
        assert result.errors is None
        return result.data["placeOrder"]

    return run


@pytest.fixture
def act(ask, shop):
    """Do something with an order through the graph: what the mutation answers."""

    async def run(who, name, order_id, **values):
        document = f"""mutation ($input: {INPUTS[name]}!) {{ it: {name}(input: $input) {{
            __typename
            ... on OrderPayload {{ isReplay {ORDER} }}
            ... on OrderStateError {{ state availableActions }}
            {"... on RefundTooLargeError { available required }" * (name == "refundOrder")}
            {REFUSAL}
        }} }}"""
        asked = {"orderId": encode_id("ord", order_id), **values}
        result = await ask(document, shop.viewers[who], input=asked)
        assert result.errors is None
        return result.data["it"]

    return run


class TestQuoteOrder:
    DOCUMENT = """query ($id: ID!) { quoteOrder(serviceId: $id) {
        service { id } priceAzr commissionAzr sellerReceivesAzr
    } }"""

    async def test_says_who_would_receive_what(self, ask, shop):
        id_ = encode_id("svc", shop.service.id)

        result = await ask(self.DOCUMENT, id=id_)

        assert result.data["quoteOrder"] == {
            "service": {"id": id_},
            "priceAzr": "40.00000100",
            "commissionAzr": "6.00000015",
            "sellerReceivesAzr": "34.00000085",
        }

    @pytest.mark.parametrize("values", [{"state": "paused"}, {"price_azr": None}])
    async def test_is_null_for_what_cannot_be_bought(self, ask, make, shop, values):
        service = await make.service(shop.seller, **values)

        for key in (service.id, new_id()):
            result = await ask(self.DOCUMENT, id=encode_id("svc", key))
            assert result.body() == {"data": {"quoteOrder": None}}


class TestPlaceOrder:
    async def test_answers_with_the_paid_order(self, order_by, shop):
        answer = await order_by(note="By Friday.", expectedPriceAzr="40.000001")

        order = answer["order"]
        buyer = {"id": encode_id("usr", shop.buyer.id)}
        assert (answer["__typename"], answer["isReplay"]) == ("OrderPayload", False)
        assert (order["state"], order["availableActions"]) == ("PAID", ["CANCEL"])
        assert order["nextDeadline"]["action"] == "EXPIRE"
        assert (order["serviceName"], order["note"]) == (shop.service.name, "By Friday.")
        assert (order["priceAzr"], order["commissionAzr"]) == ("40.00000100", "6.00000015")
        assert (order["sellerReceivesAzr"], order["refundedAzr"]) == ("34.00000085", "0.00000000")
        assert (order["buyer"], order["seller"]) == (
            buyer,
            {"id": encode_id("usr", shop.seller.id)},
        )
        assert order["service"] == {"id": encode_id("svc", shop.service.id)}
        assert [
            (each["action"], each["fromState"], each["toState"]) for each in history(order)
        ] == [
            ("PLACE", None, "CREATED"),
            ("PAY", "CREATED", "PAID"),
        ]
        assert [each["actor"] for each in history(order)] == [buyer, buyer]
        assert [code[:4] for code in order["receipts"]] == ["AZR-"]
        assert order["evidence"]["nodes"] == []
        assert await shop.balances() == (FUNDS - PRICE, 0)

    async def test_again_says_that_it_is_a_replay(self, order_by):
        key = fresh()

        first, again = [await order_by(idempotencyKey=key) for _ in range(2)]

        assert again == {**first, "isReplay": True}

    @pytest.mark.parametrize(
        ("values", "expected"),
        [
            (
                {"expectedPriceAzr": "39"},
                {"__typename": "PriceChangedError", "priceAzr": "40.00000100"},
            ),
            ({"serviceId": encode_id("svc", new_id())}, {"__typename": "ServiceNotFoundError"}),
            (
                {"idempotencyKey": "short", "note": "A" * 2001},
                {"__typename": "InvalidInputError", "field": ["input", "note"]},
            ),
        ],
    )
    async def test_names_why_it_refuses_and_changes_nothing(self, make, order_by, values, expected):
        before = await make.contents()

        answer = await order_by(**values)

        assert {name: answer[name] for name in expected} == expected
        assert await make.contents() == before

    async def test_says_what_a_wallet_is_short_of(self, make, order_by, shop):
        poor = await make.user(azr_balance=1)
        shop.viewers["poor"] = make.viewer(poor)

        answer = await order_by("poor")

        assert (answer["__typename"], answer["code"]) == (
            "InsufficientFundsError",
            "INSUFFICIENT_FUNDS",
        )
        assert (answer["available"], answer["required"]) == ("1.00000000", "40.00000100")

    async def test_names_refusals_of_the_ledger(self, order_by, shop, database):
        key = fresh()
        await order_by(idempotencyKey=key)
        mismatch = await order_by(idempotencyKey=key, note="Another.")
        own = await order_by("seller")
        async with database.transaction() as session:
            await freeze_wallet(session, shop.buyer.id)
        frozen = await order_by()

        assert [each["__typename"] for each in (mismatch, own, frozen)] == [
            "IdempotencyMismatchError",
            "PaymentToOneselfError",
            "AccountFrozenError",
        ]

    async def test_needs_an_account(self, ask, make, shop):
        asked = {"serviceId": encode_id("svc", shop.service.id), "idempotencyKey": fresh()}
        before = await make.contents()

        for viewer in (shop.viewers["stranger"], Viewer.ANONYMOUS):
            assert await codes(ask, PLACE, viewer, input=asked) == {"UNAUTHENTICATED"}

        assert await make.contents() == before


def history(order):
    return order["history"]["nodes"]


class TestActions:
    async def test_take_an_order_to_its_end(self, act, order_by, shop):
        order_id = (await shop.place()).order_id
        steps = [
            ("seller", "acceptOrder", {}),
            ("seller", "deliverOrder", {"note": "In your mail."}),
            ("buyer", "confirmOrder", {"idempotencyKey": fresh()}),
            ("seller", "refundOrder", {"amountAzr": "10", "idempotencyKey": fresh()}),
        ]

        answers = [await act(who, name, order_id, **values) for who, name, values in steps]

        orders = [answer["order"] for answer in answers]
        assert [each["state"] for each in orders] == [
            "ACCEPTED",
            "DELIVERED",
            "COMPLETED",
            "COMPLETED",
        ]
        assert [each["availableActions"] for each in orders] == [
            ["CANCEL", "DELIVER"],
            [],
            [],
            ["REFUND"],
        ]
        assert (orders[-1]["refundedAzr"], orders[-1]["commissionAzr"]) == (
            "10.00000000",
            "4.50000015",
        )
        assert (len(orders[-1]["receipts"]), orders[-1]["nextDeadline"]) == (2, None)
        assert await shop.contradictions() == []

    async def test_lead_through_a_dispute(self, act, shop):
        order_id = await shop.order_in("accepted")
        evidence = [{"text": "A picture.", "link": "https://example.com/1.png"}]

        opened = await act("buyer", "openDispute", order_id, reason="Late.", evidence=evidence)
        added = await act("seller", "addEvidence", order_id, evidence=[{"text": "A letter."}])
        resolved = await act(
            "support",
            "resolveDispute",
            order_id,
            refundAzr="10.000001",
            reason="Half done.",
            idempotencyKey=fresh(),
        )

        assert [each["order"]["state"] for each in (opened, added, resolved)] == [
            "DISPUTED",
            "DISPUTED",
            "REFUNDED",
        ]
        order = resolved["order"]
        buyer, seller = encode_id("usr", shop.buyer.id), encode_id("usr", shop.seller.id)
        assert order["evidence"]["nodes"] == [
            {**evidence[0], "author": {"id": buyer}},
            {"text": "A letter.", "link": None, "author": {"id": seller}},
        ]
        assert (order["refundedAzr"], order["sellerReceivesAzr"]) == ("10.00000100", "25.50000000")
        assert (history(order)[-1]["party"], history(order)[-1]["note"]) == (
            "SUPPORT",
            "Half done.",
        )
        assert order["receipts"] == []

    @pytest.mark.parametrize(
        ("state", "who", "name"),
        [("paid", "seller", "declineOrder"), ("paid", "buyer", "cancelOrder")],
    )
    async def test_call_an_order_off(self, act, shop, state, who, name):
        order_id = await shop.order_in(state)

        answer = await act(who, name, order_id, reason="No time.", idempotencyKey=fresh())

        assert (answer["order"]["state"], answer["order"]["refundedAzr"]) == (
            "CANCELLED",
            "40.00000100",
        )

    async def test_say_what_else_may_be_done_and_change_nothing(self, act, make, shop):
        order_id = await shop.order_in("paid")
        before = await make.contents()

        wrong = await act("buyer", "acceptOrder", order_id)
        stranger = await act("stranger", "acceptOrder", order_id)

        assert wrong == {
            "__typename": "OrderStateError",
            "code": "ORDER_STATE",
            "message": "You cannot do this with an order that is paid.",
            "field": None,
            "state": "PAID",
            "availableActions": ["CANCEL"],
        }
        assert (stranger["__typename"], stranger["field"]) == (
            "OrderNotFoundError",
            ["input", "orderId"],
        )
        assert await make.contents() == before

    async def test_name_refusals_of_the_ledger(self, act, make, shop):
        completed, delivered = [await shop.order_in(each) for each in ("completed", "delivered")]
        await make.azr(shop.seller, WALLET_MAX - 50)

        much = await act("seller", "refundOrder", completed, amountAzr="41", idempotencyKey=fresh())
        full = await act("buyer", "confirmOrder", delivered, idempotencyKey=fresh())

        assert (much["__typename"], much["available"], much["required"]) == (
            "RefundTooLargeError",
            "40.00000100",
            "41.00000000",
        )
        assert full["__typename"] == "BalanceTooLargeError"


class TestOrder:
    DOCUMENT = "query ($id: ID!) { order(id: $id) { id } node(id: $id) { id } }"

    @pytest.mark.parametrize("who", ["buyer", "seller", "support"])
    async def test_is_seen_by_its_parties_and_support(self, ask, shop, who):
        id_ = encode_id("ord", await shop.order_in("paid"))

        result = await ask(self.DOCUMENT, shop.viewers[who], id=id_)

        assert result.body() == {"data": {"order": {"id": id_}, "node": {"id": id_}}}

    async def test_is_not_seen_by_others(self, ask, shop):
        id_ = encode_id("ord", await shop.order_in("paid"))

        for viewer in (shop.viewers["stranger"], Viewer.ANONYMOUS):
            result = await ask(self.DOCUMENT, viewer, id=id_)
            assert result.body() == {"data": {"order": None, "node": None}}


class TestOrdersOfPeople:
    DOCUMENT = """query ($role: OrderRole!, $state: OrderState) { me {
        orders(role: $role, state: $state, first: 2) { totalCount nodes { id state } }
    } }"""

    async def test_are_those_of_one_side_in_one_state(self, ask, shop):
        paid, completed = [await shop.order_in(each) for each in ("paid", "completed")]

        async def listed(who, **variables):
            result = await ask(self.DOCUMENT, shop.viewers[who], **variables)
            return [
                decode_id(node["id"])[1] for node in result.data["me"]["orders"]["nodes"]
            ], result.data["me"]["orders"]["totalCount"]

        assert await listed("buyer", role="BUYER") == ([completed, paid], 2)
        assert await listed("seller", role="SELLER", state="COMPLETED") == ([completed], 1)
        assert await listed("seller", role="BUYER") == ([], 0)


class TestSales:
    DOCUMENT = """{ me { sales {
        earnings { month earnedAzr orders } orders { state orders } averageRating reviewCount
        payouts(first: 1) { totalCount nodes { amountAzr paidAt order { refundedAzr } } }
    } } }"""

    async def test_are_what_the_seller_earned(self, ask, make, shop):
        await shop.order_in("paid")
        await shop.order_in("completed")
        completed = await shop.order_in("completed")
        await shop.act("seller", "refund", completed, amount_azr=Decimal(10))
        await make.review(shop.service, shop.buyer, 4)

        result = await ask(self.DOCUMENT, shop.viewers["seller"])

        sales = result.data["me"]["sales"]
        (month,) = sales["earnings"]
        assert (month["earnedAzr"], month["orders"]) == ("59.50000170", 2)
        assert month["month"].endswith("-01")
        assert sales["orders"] == [
            {"state": "COMPLETED", "orders": 2},
            {"state": "PAID", "orders": 1},
        ]
        assert (sales["averageRating"], sales["reviewCount"]) == (4.0, 1)
        (payout,) = sales["payouts"]["nodes"]
        assert (payout["amountAzr"], payout["order"]) == (
            "25.50000085",
            {"refundedAzr": "10.00000000"},
        )
        assert sales["payouts"]["totalCount"] == 2

    async def test_leave_out_what_was_paid_a_year_ago(self, ask, make, shop, stores):
        moment = stores.clock()
        for year in (moment.year, moment.year - 1):
            paid = moment.replace(year=year, day=1)
            await make.order(shop.service, shop.buyer, OrderState.COMPLETED, paid_out_at=paid)

        result = await ask(self.DOCUMENT, shop.viewers["seller"])

        months = [each["month"] for each in result.data["me"]["sales"]["earnings"]]
        assert months == [f"{moment:%Y-%m}-01"]


class TestReviews:
    REVIEW = f"""mutation ($input: ReviewOrderInput!) {{ reviewOrder(input: $input) {{
        __typename
        ... on ReviewPayload {{ review {{
            id rating comment shownAt editedAt author {{ id }} buyer {{ id }}
            order {{ id reviews {{ rating }} }} service {{ id reviewCount averageRating }}
        }} }}
        {REFUSAL}
    }} }}"""
    EDIT = f"""mutation ($input: EditReviewInput!) {{ editReview(input: $input) {{
        __typename ... on ReviewPayload {{ review {{ rating comment editedAt }} }} {REFUSAL}
    }} }}"""
    SEEN = """query ($id: ID!, $user: ID!) {
        node(id: $id) { ... on Review { rating order { id } } }
        user(id: $user) { buyerRating buyerReviews { totalCount nodes { rating } } }
    }"""

    @pytest.fixture
    def review(self, ask, shop):
        async def run(who, order_id, rating=4):
            asked = {"orderId": encode_id("ord", order_id), "rating": rating, "comment": "Good."}
            result = await ask(self.REVIEW, shop.viewers[who], input=asked)
            assert result.errors is None
            return result.data["reviewOrder"]

        return run

    async def test_are_seen_by_everybody_when_both_are_there(self, ask, review, shop):
        order_id = await shop.order_in("completed")
        user = encode_id("usr", shop.buyer.id)
        first = (await review("seller", order_id, 2))["review"]
        seen = {"id": first["id"], "user": user}

        hidden = await ask(self.SEEN, **seen)
        own = await ask(self.SEEN, shop.viewers["seller"], **seen)
        second = (await review("buyer", order_id, 5))["review"]
        shown = await ask(self.SEEN, **seen)

        assert (first["shownAt"], first["buyer"]) == (None, {"id": user})
        assert first["order"] == {"id": encode_id("ord", order_id), "reviews": [{"rating": 2}]}
        assert hidden.data == {
            "node": None,
            "user": {"buyerRating": None, "buyerReviews": {"totalCount": 0, "nodes": []}},
        }
        assert own.data["node"]["rating"] == 2
        assert (second["buyer"], len(second["order"]["reviews"])) == (None, 2)
        assert second["service"]["reviewCount"] == 1
        assert second["service"]["averageRating"] == 5.0
        assert shown.data == {
            "node": {"rating": 2, "order": None},
            "user": {
                "buyerRating": 2.0,
                "buyerReviews": {"totalCount": 1, "nodes": [{"rating": 2}]},
            },
        }

    async def test_are_edited_by_their_author(self, ask, review, shop):
        written = (await review("buyer", await shop.order_in("completed")))["review"]

        result = await ask(
            self.EDIT, shop.viewers["buyer"], input={"id": written["id"], "rating": 3}
        )

        edited = result.data["editReview"]["review"]
        assert (edited["rating"], edited["comment"]) == (3, "Good.")
        assert edited["editedAt"] is not None

    async def test_are_refused_with_reasons(self, ask, review, shop, make):
        order_id = await shop.order_in("completed")
        await review("buyer", order_id)
        before = await make.contents()

        again = await review("buyer", order_id)
        stranger = await review("stranger", order_id)
        invalid = await review("seller", order_id, rating=6)
        missing = await ask(
            self.EDIT, shop.viewers["buyer"], input={"id": encode_id("rev", new_id())}
        )

        assert [each["code"] for each in (again, stranger, invalid)] == [
            "ALREADY_REVIEWED",
            "ORDER_NOT_FOUND",
            "INVALID_INPUT",
        ]
        assert missing.data["editReview"]["code"] == "REVIEW_NOT_FOUND"
        assert await make.contents() == before


class TestOrderUpdated:
    @pytest.fixture
    def live(self, graph, platform, shop):
        """An order's events, as one of its parties hears of them."""

        def run(who, order_id):
            id_ = encode_id("ord", order_id)
            operation = graph.prepare(LIVE, operation_name=None, variables={"id": id_})
            context = platform.context(viewer=shop.viewers[who], request_id="test")
            return aclosing(graph.subscribe(operation, context))

        return run

    async def test_tells_the_state_at_once_and_after_each_change(self, hearing, live, shop):
        order_id = await shop.order_in("paid")

        async with live("buyer", order_id) as stream, asyncio.timeout(PATIENCE_SECONDS):
            told = [(await anext(stream)).data["orderUpdated"]]
            await accept_order(shop.stores, shop.viewers["seller"], order_id=order_id)
            told.append((await anext(stream)).data["orderUpdated"])

        assert told == [
            {"state": "PAID", "availableActions": ["CANCEL"]},
            {"state": "ACCEPTED", "availableActions": ["OPEN_DISPUTE"]},
        ]

    async def test_is_for_its_parties(self, live, shop, make):
        order_id = await shop.order_in("paid")
        shop.viewers["admin"] = make.viewer(await make.user(Role.ADMIN))
        shop.viewers["anonymous"] = Viewer.ANONYMOUS

        async with live("admin", order_id) as seen, asyncio.timeout(PATIENCE_SECONDS):
            assert (await anext(seen)).data["orderUpdated"]["state"] == "PAID"
        for who, code in (("stranger", "NOT_FOUND"), ("anonymous", "UNAUTHENTICATED")):
            async with live(who, order_id) as stream, asyncio.timeout(PATIENCE_SECONDS):
                (error,) = (await anext(stream)).errors
            assert error["extensions"]["code"] == code
