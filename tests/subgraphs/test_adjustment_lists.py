"""Adjustments by the list: every line is proposed, or none, whatever a cell holds."""

import asyncio
import csv
from io import StringIO

import pytest

from core.ids import encode_id, new_id
from models.tables import Role
from services.tokens.adjustment_lists import FAULTS_MAX, LINES_MAX
from tests.malformed import MALFORMED_TEXTS, ZEROES
from tests.subgraphs.refusals import GONE, REFUSAL, codes

PROPOSE = f"""mutation ($input: ProposeAdjustmentsInput!) {{ proposeAdjustments(input: $input) {{
    __typename {REFUSAL}
    ... on ProposeAdjustmentsPayload {{
        isReplay adjustments {{ id kind amount reason state user {{ id fullName }} }} }} }} }}"""
HEADER = "userId,kind,amount,reason\n"
# The edge refuses NUL wherever it is.
MALFORMED = [each for each in (*MALFORMED_TEXTS, *ZEROES) if "\x00" not in each]
# What is an amount where a minus is part of one.
SIGNED = {"-1", "-0.00000001"}


@pytest.fixture
async def person(make):
    return encode_id("usr", (await make.user(azr_balance=10)).id)


@pytest.fixture
async def proposer(make):
    return make.viewer(await make.user(Role.ADMIN))


@pytest.fixture
def propose(ask, proposer):
    async def run(text, key="proposals-1"):
        result = await ask(PROPOSE, proposer, input={"csv": text, "idempotencyKey": key})
        assert result.errors is None
        return result.data["proposeAdjustments"]

    return run


def listed(*lines):
    """A CSV as spreadsheets write it."""
    text = StringIO()
    csv.writer(text).writerows([HEADER.strip().split(","), *lines])
    return text.getvalue()


class TestProposeAdjustments:
    async def test_proposes_every_line_in_its_order(self, ask, propose, proposer, person, make):
        other = encode_id("usr", (await make.user()).id)
        text = "\ufeff" + listed(
            [person, "MINT", "12.5", "A prize, and thanks"],
            [],
            [other, "ADJUST", "-2.00000001", 'The "second" time'],
            [person, "BURN", "1", "A mistake"],
        )

        proposed = await propose(text)

        assert proposed["isReplay"] is False
        for each in proposed["adjustments"]:
            assert each.pop("id").startswith("adj_")
            each["user"] = each["user"]["id"]
        assert [tuple(each.values()) for each in proposed["adjustments"]] == [
            ("MINT", "12.50000000", "A prize, and thanks", "PROPOSED", person),
            ("ADJUST", "-2.00000001", 'The "second" time', "PROPOSED", other),
            ("BURN", "1.00000000", "A mistake", "PROPOSED", person),
        ]
        audit = await ask("{ auditLog { nodes { action facts } } }", proposer)
        events = audit.data["auditLog"]["nodes"]
        assert [event["action"] for event in events] == ["adjustment_proposed"] * 3
        assert {event["facts"]["amount"] for event in events} == {
            "12.50000000",
            "-2.00000001",
            "1.00000000",
        }

    async def test_is_the_same_list_for_the_same_key(self, propose, person, unchanged):
        text = listed([person, "MINT", "1", "One"], [person, "MINT", "2", "Two"])
        first = await propose(text)

        again = await unchanged(propose(text))

        assert (again["isReplay"], again["adjustments"]) == (True, first["adjustments"])

    async def test_is_read_as_often_for_one_line_as_for_nine(self, propose, make, statements):
        people = [encode_id("usr", (await make.user()).id) for _ in range(9)]
        counts = []

        for size in (1, 9):
            lines = [[each, "MINT", "1", "One"] for each in people[:size]]
            with statements.counting():
                proposed = await propose(listed(*lines), key=f"proposals-of-{size}")
            assert [each["user"]["id"] for each in proposed["adjustments"]] == people[:size]
            counts.append(len(statements.sql))

        assert counts[0] == counts[1] > 0

    async def test_is_proposed_once_by_ten_at_once(self, propose, person, make):
        text = listed([person, "MINT", "1", "One"], [person, "MINT", "2", "Two"])

        answers = await asyncio.gather(*(propose(text) for _ in range(10)))

        assert [answer["isReplay"] for answer in answers].count(False) == 1
        assert len((await make.contents())["adjustments"]) == 2

    @pytest.mark.parametrize(
        "amounts", [["1"], ["1", "2", "3"], ["1", "3"], ["2", "1"]], ids=", ".join
    )
    async def test_refuses_another_list_under_the_same_key(
        self, propose, person, unchanged, amounts
    ):
        await propose(listed([person, "MINT", "1", "One"], [person, "MINT", "2", "One"]))

        another = listed(*([person, "MINT", amount, "One"] for amount in amounts))
        refusal = await unchanged(propose(another))

        assert refusal["code"] == "IDEMPOTENCY_MISMATCH"

    async def test_names_the_lines_of_all_faults_and_changes_nothing(
        self, propose, person, unchanged
    ):
        text = listed(
            [person, "MINT", "1", "Right"],
            ["svc_1", "GIFT", "1e3", ""],
            [person, "MINT", "-1", "A sign"],
            [person, "MINT"],
        )

        refusal = await unchanged(propose(text))

        assert {fault["field"] for fault in refusal["faults"]} == {"csv"}
        assert [fault["message"].partition(": ")[::2] for fault in refusal["faults"]] == [
            ("Line 3", "`userId` must be the id of a person: `usr_...`."),
            ("Line 3", "`kind` must be one of MINT, BURN, ADJUST."),
            ("Line 3", "`amount` must have at most 10 digits, then at most 8 decimals: 12.5."),
            ("Line 3", "`reason` must have 1 to 500 characters."),
            ("Line 4", "`amount` must be above 0. Only `ADJUST` takes a sign."),
            ("Line 5", "there must be 4 cells."),
        ]

    async def test_refuses_people_who_are_not_there(self, propose, person, unchanged):
        nobody = encode_id("usr", new_id())
        text = listed([person, "MINT", "1", "One"], [nobody, "MINT", "1", "One"])

        refusal = await unchanged(propose(text))

        assert [fault["message"] for fault in refusal["faults"]] == [
            "Line 3: there is no such person."
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            HEADER,
            "amount,userId,kind,reason\n",
            "userId;kind;amount;reason\n",
            HEADER + '"usr_1',
            HEADER + "usr_1,MINT,1,One\n" * (LINES_MAX + 1),
        ],
    )
    async def test_refuses_what_is_no_list(self, propose, unchanged, text):
        refusal = await unchanged(propose(text))

        assert refusal["code"] == "INVALID_INPUT"
        assert 0 < len(refusal["faults"]) <= FAULTS_MAX

    async def test_refuses_a_list_that_is_too_long(self, propose, person, unchanged):
        refusal = await unchanged(
            propose(listed(*[[person, "MINT", "1", "One"]] * (LINES_MAX + 1)))
        )

        assert refusal["message"] == "`csv` must have 1 to 200 lines below the first."

    @pytest.mark.parametrize("kind", ["MINT", "ADJUST"])
    async def test_refuses_malformed_amounts_in_every_cell(self, propose, person, unchanged, kind):
        for amount in MALFORMED:
            if kind == "MINT" or amount not in SIGNED:
                refusal = await unchanged(propose(listed([person, kind, amount, "One"])))
                assert refusal["code"] == "INVALID_INPUT", amount

    async def test_is_for_admins(self, ask, make, person, unchanged):
        wanted = {"csv": listed([person, "MINT", "1", "One"]), "idempotencyKey": "proposals-1"}
        viewer = make.viewer(await make.user())

        assert await unchanged(codes(ask, PROPOSE, viewer, input=wanted)) == {"FORBIDDEN"}
        assert await unchanged(codes(ask, PROPOSE, GONE, input=wanted)) == {"FORBIDDEN"}
        assert await unchanged(codes(ask, PROPOSE, input=wanted)) == {"UNAUTHENTICATED"}
