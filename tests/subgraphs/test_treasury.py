"""The treasury: prices, frozen wallets, and adjustments that two admins make."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.ids import decode_id, encode_id, new_id
from models.tables import Role
from services.auth.viewer import Viewer
from services.ledger import AccountFrozen
from tests.services.ledger.bank import Bank
from tests.subgraphs.refusals import REFUSAL, codes
from tests.subgraphs.world import shown_time

POST = f"""mutation ($input: PostTokenPriceInput!) {{ postTokenPrice(input: $input) {{
    __typename ... on PostTokenPricePayload {{ tokenPrice {{ usd }} }} {REFUSAL} }} }}"""
PROPOSE = f"""mutation ($input: ProposeAdjustmentInput!) {{ proposeAdjustment(input: $input) {{
    __typename {REFUSAL}
    ... on ProposeAdjustmentPayload {{ isReplay adjustment {{
        id kind amount reason state user {{ id }} proposer {{ id }} decider {{ id }} }} }} }} }}"""
APPROVE = """mutation ($input: ApproveAdjustmentInput!) { approveAdjustment(input: $input) {
    __typename ... on UserError { code } ... on AdjustmentDecidedError { state }
    ... on ApproveAdjustmentPayload { isReplay adjustment { state decider { id } } } } }"""
REJECT = f"""mutation ($input: RejectAdjustmentInput!) {{ rejectAdjustment(input: $input) {{
    __typename {REFUSAL}
    ... on RejectAdjustmentPayload {{ adjustment {{ state rejectionReason }} }} }} }}"""
FREEZE = """mutation ($input: FreezeWalletInput!) {{ {}(input: $input) {{
    __typename {} ... on FreezeWalletPayload {{ wallet {{ isFrozen }} }} }} }}"""
PRICE = {"usd": "0.0625", "reason": "The market."}
AUDIT = "{ auditLog { nodes { action subjectId facts requestId actor { id } } } }"


def user_id(user):
    return encode_id("usr", user.id)


@pytest.fixture
def bank(database):
    return Bank(database)


@pytest.fixture
async def person(make):
    return await make.user(azr_balance=10)


@pytest.fixture
async def admins(make):
    return [await make.user(Role.ADMIN) for _ in range(2)]


@pytest.fixture
async def proposer(make, admins):
    return make.viewer(admins[0])


@pytest.fixture
async def approver(make, admins):
    return make.viewer(admins[1])


@pytest.fixture
def propose(ask, person, proposer):
    """Propose, and answer with the result."""

    async def run(viewer=proposer, **values):
        wanted = {
            "userId": user_id(person),
            "kind": "MINT",
            "amount": "5",
            "reason": "A prize.",
            "idempotencyKey": new_id().hex,
            **values,
        }
        result = await ask(PROPOSE, viewer, input=wanted)
        assert result.errors is None
        return result.data["proposeAdjustment"]

    return run


@pytest.fixture
def approve(ask, approver):
    """Approve, and answer with the result."""

    async def run(id_, viewer=approver, key=None):
        wanted = {"id": id_, "idempotencyKey": key or new_id().hex}
        result = await ask(APPROVE, viewer, input=wanted)
        assert result.errors is None
        return result.data["approveAdjustment"]

    return run


class TestPostTokenPrice:
    async def test_is_the_price_at_once_and_in_the_history(self, ask, make, proposer):
        old = await make.token_price("0.05")
        before = await ask("{ tokenPrice { usd } }")

        posted = await ask(POST, proposer, input=PRICE)

        after = await ask("{ tokenPrice { usd } tokenPriceHistory { totalCount nodes { usd } } }")
        assert before.data == {"tokenPrice": {"usd": "0.05000000"}}
        assert posted.data["postTokenPrice"]["tokenPrice"] == {"usd": "0.06250000"}
        assert after.data == {
            "tokenPrice": {"usd": "0.06250000"},
            "tokenPriceHistory": {
                "totalCount": 2,
                "nodes": [{"usd": "0.06250000"}, {"usd": f"{old.usd:.8f}"}],
            },
        }

    async def test_is_written_down_with_its_reason(self, ask, proposer, admins):
        await ask(POST, proposer, input=PRICE)

        (event,) = (await ask(AUDIT, proposer)).data["auditLog"]["nodes"]
        assert event.pop("subjectId").startswith("prc_")
        assert event == {
            "action": "token_price_posted",
            "facts": {"usd": "0.06250000", "reason": "The market."},
            "requestId": "test",
            "actor": {"id": user_id(admins[0])},
        }

    async def test_lists_every_fault_and_changes_nothing(self, ask, proposer, unchanged):
        result = await unchanged(ask(POST, proposer, input={"usd": "0", "reason": " "}))

        refusal = result.data["postTokenPrice"]
        assert [fault["field"] for fault in refusal["faults"]] == ["reason", "usd"]

    async def test_is_refused_to_admins_of_yesterday(self, ask, make, person, unchanged):
        stale = Viewer(user_id=person.id, session_id=new_id(), roles=frozenset({"admin"}))

        assert await unchanged(codes(ask, POST, stale, input=PRICE)) == {"FORBIDDEN"}

    async def test_history_filters_by_time_page_by_page(self, ask, make):
        prices = [await make.token_price(usd) for usd in ("0.01", "0.02", "0.03", "0.04")]
        document = """query ($since: DateTime, $until: DateTime, $after: String) {
            tokenPriceHistory(since: $since, until: $until, after: $after, first: 1) {
                totalCount nodes { usd } pageInfo { endCursor } } }"""
        span = {"since": shown_time(prices[1].posted_at), "until": shown_time(prices[3].posted_at)}

        first = (await ask(document, **span)).data["tokenPriceHistory"]
        second = (await ask(document, **span, after=first["pageInfo"]["endCursor"])).data

        assert (first["totalCount"], first["nodes"]) == (2, [{"usd": "0.03000000"}])
        assert second["tokenPriceHistory"]["nodes"] == [{"usd": "0.02000000"}]


class TestProposeAdjustment:
    async def test_moves_nothing_and_is_written_down(self, ask, bank, person, propose, proposer):
        proposed = await propose(kind="ADJUST", amount="-2.5")

        adjustment = proposed["adjustment"]
        id_ = adjustment.pop("id")
        own_id = encode_id("usr", proposer.user_id)
        assert proposed["isReplay"] is False
        assert adjustment == {
            "kind": "ADJUST",
            "amount": "-2.50000000",
            "reason": "A prize.",
            "state": "PROPOSED",
            "user": {"id": user_id(person)},
            "proposer": {"id": own_id},
            "decider": None,
        }
        assert await bank.balance(person.id) == 10
        (event,) = (await ask(AUDIT, proposer)).data["auditLog"]["nodes"]
        assert (event["action"], event["subjectId"]) == ("adjustment_proposed", id_)
        assert event["facts"]["amount"] == "-2.50000000"

    async def test_is_the_same_proposal_for_the_same_key(self, propose, unchanged):
        first = await propose(idempotencyKey="proposal-1")

        again = await unchanged(propose(idempotencyKey="proposal-1"))

        assert again["isReplay"] is True
        assert again["adjustment"] == first["adjustment"]

    async def test_is_made_once_by_twenty_at_once(self, propose, make):
        answers = await asyncio.gather(*(propose(idempotencyKey="proposal-1") for _ in range(20)))

        assert len({answer["adjustment"]["id"] for answer in answers}) == 1
        assert [answer["isReplay"] for answer in answers].count(False) == 1
        assert len((await make.contents())["adjustments"]) == 1

    @pytest.mark.parametrize("change", [{"amount": "6"}, {"kind": "BURN"}, {"reason": "Another."}])
    async def test_refuses_another_one_under_the_same_key(self, propose, unchanged, change):
        await propose(idempotencyKey="proposal-1")

        refusal = await unchanged(propose(idempotencyKey="proposal-1", **change))

        assert refusal["__typename"] == "IdempotencyMismatchError"

    @pytest.mark.parametrize(
        ("values", "fields"),
        [
            ({"amount": "0"}, ["amount"]),
            ({"amount": "-1"}, ["amount"]),
            ({"amount": "-1", "kind": "BURN"}, ["amount"]),
            ({"reason": "", "amount": "0"}, ["reason", "amount"]),
            ({"idempotencyKey": "short"}, ["idempotencyKey"]),
        ],
    )
    async def test_lists_faults_and_changes_nothing(self, propose, unchanged, values, fields):
        refusal = await unchanged(propose(**values))

        assert [fault["field"] for fault in refusal["faults"]] == fields

    async def test_needs_a_person(self, propose, unchanged):
        refusal = await unchanged(propose(userId=encode_id("usr", new_id())))

        assert refusal["code"] == "WALLET_NOT_FOUND"


class TestApproveAdjustment:
    @pytest.mark.parametrize(
        ("kind", "amount", "type_", "left"),
        [
            ("MINT", "5", "top_up", 15),
            ("BURN", "4", "withdrawal", 6),
            ("ADJUST", "1.5", "adjustment_in", Decimal("11.5")),
            ("ADJUST", "-10", "adjustment_out", 0),
        ],
    )
    async def test_posts_what_was_proposed(
        self, bank, person, propose, approve, admins, kind, amount, type_, left
    ):
        proposed = await propose(kind=kind, amount=amount)

        decided = await approve(proposed["adjustment"]["id"])

        decider = {"id": user_id(admins[1])}
        assert decided["adjustment"] == {"state": "APPROVED", "decider": decider}
        moved = Decimal(amount).copy_abs()
        assert await bank.statement(person.id) == [(type_, moved, left, None)]
        assert await bank.balance(person.id) == left
        assert await bank.contradictions() == []

    async def test_is_written_down_with_its_posting(self, ask, bank, propose, approve, proposer):
        id_ = (await propose())["adjustment"]["id"]

        await approve(id_)

        events = (await ask(AUDIT, proposer)).data["auditLog"]["nodes"]
        assert [event["action"] for event in events] == [
            "adjustment_approved",
            "adjustment_proposed",
        ]
        posting = await bank.one(
            "SELECT id FROM ledger_transactions WHERE reference_kind = 'adjustment'"
            " AND reference_id = :id",
            id=decode_id(id_)[1],
        )
        assert events[0]["facts"] == {"posting": str(posting)}

    async def test_is_refused_to_the_proposer(self, propose, approve, proposer, unchanged):
        id_ = (await propose())["adjustment"]["id"]

        refusal = await unchanged(approve(id_, proposer))

        assert refusal["code"] == "ANOTHER_ADMIN_NEEDED"

    async def test_is_refused_to_the_owner_of_the_wallet(self, propose, approve, admins, unchanged):
        id_ = (await propose(userId=user_id(admins[1])))["adjustment"]["id"]

        refusal = await unchanged(approve(id_))

        assert refusal["code"] == "ANOTHER_ADMIN_NEEDED"

    async def test_happens_once_when_many_approve_at_once(
        self, make, bank, person, propose, approve
    ):
        id_ = (await propose())["adjustment"]["id"]
        crowd = [make.viewer(await make.user(Role.ADMIN)) for _ in range(8)]

        answers = await asyncio.gather(*(approve(id_, viewer) for viewer in crowd))

        names = sorted(answer["__typename"] for answer in answers)
        assert names == ["AdjustmentDecidedError"] * 7 + ["ApproveAdjustmentPayload"]
        assert await bank.balance(person.id) == 15
        assert await bank.contradictions() == []

    async def test_has_the_same_answer_when_it_is_sent_again(
        self, bank, person, propose, approve, unchanged
    ):
        id_, other = [(await propose())["adjustment"]["id"] for _ in range(2)]

        first = await approve(id_, key="approval-1")
        again = await unchanged(approve(id_, key="approval-1"))
        mismatch = await unchanged(approve(other, key="approval-1"))
        malformed = await unchanged(approve(other, key="short"))

        assert (first["isReplay"], again["isReplay"]) == (False, True)
        assert again["adjustment"] == first["adjustment"]
        assert mismatch["code"] == "IDEMPOTENCY_MISMATCH"
        assert malformed["code"] == "INVALID_INPUT"
        assert await bank.balance(person.id) == 15

    async def test_waits_for_funds_when_there_are_none(
        self, bank, person, propose, approve, unchanged
    ):
        id_ = (await propose(kind="BURN", amount="10.5"))["adjustment"]["id"]

        refusal = await unchanged(approve(id_))
        await bank.mint(person.id, "1")
        decided = await approve(id_)

        assert refusal["code"] == "INSUFFICIENT_FUNDS"
        assert decided["adjustment"]["state"] == "APPROVED"
        assert await bank.balance(person.id) == Decimal("0.5")

    async def test_needs_an_adjustment(self, approve, unchanged):
        refusal = await unchanged(approve(encode_id("adj", new_id())))

        assert refusal["code"] == "ADJUSTMENT_NOT_FOUND"


class TestRejectAdjustment:
    async def test_ends_it_for_good(self, ask, propose, approve, proposer, unchanged):
        id_ = (await propose())["adjustment"]["id"]

        rejected = await ask(REJECT, proposer, input={"id": id_, "reason": "A mistake."})
        refusal = await unchanged(approve(id_))

        assert rejected.data["rejectAdjustment"]["adjustment"] == {
            "state": "REJECTED",
            "rejectionReason": "A mistake.",
        }
        assert (refusal["code"], refusal["state"]) == ("ADJUSTMENT_DECIDED", "REJECTED")

    async def test_needs_a_reason(self, ask, propose, proposer, unchanged):
        id_ = (await propose())["adjustment"]["id"]

        refusal = await unchanged(ask(REJECT, proposer, input={"id": id_, "reason": ""}))

        assert refusal.data["rejectAdjustment"]["code"] == "INVALID_INPUT"


class TestFreezeWallet:
    async def test_stops_what_leaves_until_it_is_undone(self, ask, bank, person, proposer, admins):
        wanted = {"userId": user_id(person), "reason": "A complaint."}
        freeze, unfreeze = (
            FREEZE.format(name, REFUSAL) for name in ("freezeWallet", "unfreezeWallet")
        )

        frozen = await ask(freeze, proposer, input=wanted)
        opened = await ask(unfreeze, proposer, input=wanted)

        assert frozen.data["freezeWallet"]["wallet"] == {"isFrozen": True}
        assert opened.data["unfreezeWallet"]["wallet"] == {"isFrozen": False}
        events = (await ask(AUDIT, proposer)).data["auditLog"]["nodes"]
        assert [event["action"] for event in events] == ["wallet_unfrozen", "wallet_frozen"]
        assert {event["subjectId"] for event in events} == {user_id(person)}

    async def test_holds_before_the_first_azr_comes(self, ask, make, bank, person, proposer):
        newcomer = await make.user()
        wanted = {"userId": user_id(newcomer), "reason": "A complaint."}

        frozen = await ask(FREEZE.format("freezeWallet", REFUSAL), proposer, input=wanted)
        await bank.transfer(person.id, newcomer.id, 3)
        with pytest.raises(AccountFrozen):
            await bank.transfer(newcomer.id, person.id, 1)

        assert frozen.data["freezeWallet"]["wallet"] == {"isFrozen": True}
        assert await bank.balance(newcomer.id) == 3
        assert await bank.contradictions() == []

    @pytest.mark.parametrize("name", ["freezeWallet", "unfreezeWallet"])
    async def test_needs_a_person(self, ask, proposer, unchanged, name):
        wanted = {"userId": encode_id("usr", new_id()), "reason": "A complaint."}

        refusal = await unchanged(ask(FREEZE.format(name, REFUSAL), proposer, input=wanted))

        assert refusal.data[name]["code"] == "WALLET_NOT_FOUND"


class TestAuditLog:
    @pytest.mark.parametrize(
        "statement",
        ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"],
    )
    async def test_is_only_appended_to(self, database, make, person, unchanged, statement):
        await make.audit_event(person, person)

        async def change():
            with pytest.raises(DBAPIError, match="audit_log is only appended to"):
                async with database.transaction() as session:
                    await session.execute(text(statement))

        await unchanged(change())

    async def test_is_written_and_read_by_the_application_and_nothing_else(self, bank):
        may = await bank.rows(
            """
            SELECT privilege FROM unnest(ARRAY[
                'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'
            ]) privilege
            WHERE has_table_privilege('azora_application', 'audit_log', privilege)
            """
        )

        assert may == [("SELECT",), ("INSERT",)]
