"""Shortfalls: what people owe after a provider took money back, and how two admins settle it."""

import asyncio
from decimal import Decimal

import pytest

from core.ids import encode_id, new_id
from models.tables import Role
from tests.services.ledger.bank import Bank
from tests.subgraphs.refusals import REFUSAL, codes

OPEN = """{ shortfalls { totalCount nodes {
    id amount recovered writtenOff left user { id } payment { id amountAzr } } } }"""
SETTLE = f"""mutation ($input: ProposeSettlementInput!) {{ proposeSettlement(input: $input) {{
    __typename {REFUSAL} ... on SettlementTooLargeError {{ available required }}
    ... on ProposeAdjustmentPayload {{ isReplay adjustment {{
        id kind amount state user {{ id }} shortfall {{ id }} }} }} }} }}"""
APPROVE = """mutation ($input: ApproveAdjustmentInput!) { approveAdjustment(input: $input) {
    __typename ... on UserError { code } ... on InsufficientFundsError { available required }
    ... on SettlementTooLargeError { available required }
    ... on ApproveAdjustmentPayload { isReplay adjustment { state } } } }"""
AUDIT = "{ auditLog { nodes { action subjectId facts } } }"


@pytest.fixture
def bank(database):
    return Bank(database)


@pytest.fixture
async def person(make):
    return await make.user(azr_balance=8)


@pytest.fixture
async def shortfall(make, person):
    """5 AZR that the person had spent; they have come to 8 since."""
    return await make.shortfall(await make.payment(person), azr=5)


@pytest.fixture
async def proposer(make):
    return make.viewer(await make.user(Role.ADMIN))


@pytest.fixture
async def approver(make):
    return make.viewer(await make.user(Role.ADMIN))


@pytest.fixture
def propose(ask, shortfall, proposer):
    async def run(**values):
        wanted = {
            "shortfallId": encode_id("sho", shortfall.id),
            "kind": "RECOVER",
            "amount": "5",
            "reason": "A chargeback.",
            "idempotencyKey": new_id().hex,
            **values,
        }
        result = await ask(SETTLE, proposer, input=wanted)
        assert result.errors is None
        return result.data["proposeSettlement"]

    return run


@pytest.fixture
def approve(ask, approver):
    async def run(proposed, viewer=approver, key=None):
        wanted = {"id": proposed["adjustment"]["id"], "idempotencyKey": key or new_id().hex}
        result = await ask(APPROVE, viewer, input=wanted)
        assert result.errors is None
        return result.data["approveAdjustment"]

    return run


@pytest.fixture
def unchanged(make):
    """Proves that awaiting something changes nothing but what the ledger remembers of keys."""

    async def run(doing):
        before = await make.contents()
        answer = await doing
        after = await make.contents()
        assert {**after, "ledger_keys": None} == {**before, "ledger_keys": None}
        return answer

    return run


class TestShortfalls:
    async def test_are_those_that_are_left_to_settle_oldest_first(
        self, ask, make, person, shortfall, proposer
    ):
        later = await make.shortfall(await make.payment(person), azr=2)

        found = (await ask(OPEN, proposer)).data["shortfalls"]

        assert found["totalCount"] == 2
        assert found["nodes"][0] == {
            "id": encode_id("sho", shortfall.id),
            "amount": "5.00000000",
            "recovered": "0.00000000",
            "writtenOff": "0.00000000",
            "left": "5.00000000",
            "user": {"id": encode_id("usr", person.id)},
            "payment": {"id": encode_id("pay", shortfall.payment_id), "amountAzr": "40.00000000"},
        }
        assert found["nodes"][1]["id"] == encode_id("sho", later.id)

    async def test_are_shown_page_by_page(self, ask, make, person, shortfall, proposer):
        for azr in (2, 3):
            await make.shortfall(await make.payment(person), azr=azr)
        document = """query ($after: String) { shortfalls(first: 1, after: $after) {
            nodes { amount } pageInfo { endCursor hasNextPage } } }"""

        amounts, after = [], None
        for _ in range(3):
            page = (await ask(document, proposer, after=after)).data["shortfalls"]
            amounts += [node["amount"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]

        assert amounts == ["5.00000000", "2.00000000", "3.00000000"]
        assert page["pageInfo"]["hasNextPage"] is False

    async def test_are_for_admins(self, ask, make, person, shortfall):
        for viewer in (make.viewer(person), make.viewer(await make.user(Role.SUPPORT))):
            assert await codes(ask, OPEN, viewer) == {"FORBIDDEN"}
            node = await ask(
                "query ($id: ID!) { node(id: $id) { id } }",
                viewer,
                id=encode_id("sho", shortfall.id),
            )
            assert node.data == {"node": None}


class TestSettle:
    @pytest.mark.parametrize(
        ("kind", "left", "account"), [("RECOVER", 3, None), ("WRITE_OFF", 8, Decimal(-5))]
    )
    async def test_empties_suspense(
        self, ask, bank, person, propose, approve, proposer, kind, left, account
    ):
        before = [name for name, _ in await bank.contradictions()]
        proposed = await propose(kind=kind)
        waiting = await bank.balance(person.id)

        decided = await approve(proposed)

        assert before == ["I16"]
        assert waiting == 8
        assert decided["adjustment"] == {"state": "APPROVED"}
        assert await bank.balance(person.id) == left
        assert (await bank.balances()).get(("bad_debt", None)) == account
        assert await bank.contradictions() == []
        assert (await ask(OPEN, proposer)).data["shortfalls"] == {"totalCount": 0, "nodes": []}

    async def test_in_parts_by_both(self, ask, bank, person, propose, approve, proposer):
        await approve(await propose(kind="RECOVER", amount="3.5"))
        between = (await ask(OPEN, proposer)).data["shortfalls"]["nodes"][0]
        await approve(await propose(kind="WRITE_OFF", amount="1.5"))

        assert (between["recovered"], between["left"]) == ("3.50000000", "1.50000000")
        assert await bank.statement(person.id) == [
            ("withdrawal", Decimal("3.5"), Decimal("4.5"), None)
        ]
        assert await bank.contradictions() == []

    async def test_recovers_from_a_frozen_wallet(self, bank, person, propose, approve):
        await bank.freeze(person.id)

        await approve(await propose())

        assert await bank.balance(person.id) == 3
        assert await bank.contradictions() == []

    async def test_is_written_down_with_its_reason(
        self, ask, person, shortfall, propose, approve, proposer
    ):
        proposed = await propose()
        await approve(proposed)

        approval, proposal = (await ask(AUDIT, proposer)).data["auditLog"]["nodes"]

        assert approval["action"] == "adjustment_approved"
        assert proposal == {
            "action": "adjustment_proposed",
            "subjectId": proposed["adjustment"]["id"],
            "facts": {
                "kind": "recover",
                "amount": "5.00000000",
                "reason": "A chargeback.",
                "user_id": str(person.id),
                "return_id": str(shortfall.id),
            },
        }

    async def test_happens_once_for_each_key(self, bank, person, propose, approve, unchanged):
        proposed = await propose(idempotencyKey="settlement-1")
        again = await unchanged(propose(idempotencyKey="settlement-1"))
        mismatch = await unchanged(propose(idempotencyKey="settlement-1", kind="WRITE_OFF"))
        approved = await approve(proposed, key="approval-1")

        replayed = await unchanged(approve(proposed, key="approval-1"))

        assert (proposed["isReplay"], again["isReplay"]) == (False, True)
        assert mismatch["code"] == "IDEMPOTENCY_MISMATCH"
        assert (approved["isReplay"], replayed["isReplay"]) == (False, True)
        assert await bank.balance(person.id) == 3

    async def test_settles_no_more_than_is_owed_whoever_races(
        self, make, bank, person, propose, approve
    ):
        proposals = [await propose(kind=kind) for kind in ("RECOVER", "WRITE_OFF") * 3]
        admins = [make.viewer(await make.user(Role.ADMIN)) for _ in proposals]

        answers = await asyncio.gather(*map(approve, proposals, admins))

        names = sorted(answer["__typename"] for answer in answers)
        assert names == ["ApproveAdjustmentPayload"] + ["SettlementTooLargeError"] * 5
        assert await bank.contradictions() == []


class TestRefusals:
    async def test_of_proposals_change_nothing(self, propose, unchanged):
        missing = encode_id("sho", new_id())

        too_large = await unchanged(propose(amount="5.00000001"))
        unknown = await unchanged(propose(shortfallId=missing))
        faulty = await unchanged(propose(amount="0", reason=" "))

        assert too_large["code"] == "SETTLEMENT_TOO_LARGE"
        assert (too_large["available"], too_large["required"]) == ("5.00000000", "5.00000001")
        assert (unknown["code"], unknown["field"]) == (
            "SHORTFALL_NOT_FOUND",
            ["input", "shortfallId"],
        )
        assert [fault["field"] for fault in faulty["faults"]] == ["reason", "amount"]

    async def test_of_approvals_leave_the_proposal_open(
        self, make, bank, person, propose, approve, proposer, unchanged
    ):
        first, second = await propose(), await propose()
        own = await unchanged(approve(first, viewer=proposer))
        await bank.transfer(person.id, (await make.user()).id, 4)
        poor = await unchanged(approve(first))
        await bank.mint(person.id, 1)

        settled = await approve(first)
        too_late = await unchanged(approve(second))

        assert own["code"] == "ANOTHER_ADMIN_NEEDED"
        assert (poor["code"], poor["available"]) == ("INSUFFICIENT_FUNDS", "4.00000000")
        assert settled["adjustment"] == {"state": "APPROVED"}
        assert (too_late["code"], too_late["available"]) == ("SETTLEMENT_TOO_LARGE", "0.00000000")

    async def test_of_settling_without_a_shortfall(self, ask, person, proposer, unchanged):
        document = f"""mutation ($input: ProposeAdjustmentInput!) {{
            proposeAdjustment(input: $input) {{ __typename {REFUSAL} }} }}"""
        wanted = {
            "userId": encode_id("usr", person.id),
            "kind": "RECOVER",
            "amount": "1",
            "reason": "Why.",
            "idempotencyKey": "proposal-1",
        }

        refused = await unchanged(ask(document, proposer, input=wanted))

        faults = refused.data["proposeAdjustment"]["faults"]
        assert [fault["field"] for fault in faults] == ["kind"]
