"""Granting plans through the graph."""

from core.ids import encode_id
from models.tables import Role
from tests.subgraphs.refusals import REFUSAL, codes

GRANT = f"""mutation ($input: GrantPlanInput!) {{ grantPlan(input: $input) {{
    __typename {REFUSAL} ... on GrantPlanPayload {{ plan {{ plan }} }} }} }}"""
OWN = """{ me { plan { plan state payWith currentPeriodEnd cancelAtPeriodEnd
    pendingChange { plan } entitlements { transferDayMaxAzr listingsMax } } } }"""
UNTIL = "2999-01-01T00:00:00.000Z"


async def test_a_granted_plan_is_shown_to_its_owner_and_written_down(ask, make):
    person, admin = await make.user(), make.viewer(await make.user(Role.ADMIN))
    person_id = encode_id("usr", person.id)
    wanted = {"userId": person_id, "plan": "ENTERPRISE", "until": UNTIL, "reason": "A contract."}

    granted = await ask(GRANT, admin, input=wanted)

    own = (await ask(OWN, make.viewer(person))).data["me"]["plan"]
    (event,) = (await ask("{ auditLog { nodes { action subjectId facts } } }", admin)).data[
        "auditLog"
    ]["nodes"]
    assert granted.data["grantPlan"]["plan"] == {"plan": "ENTERPRISE"}
    assert own == {
        "plan": "ENTERPRISE",
        "state": "ACTIVE",
        "payWith": "AGREEMENT",
        "currentPeriodEnd": UNTIL,
        "cancelAtPeriodEnd": True,
        "pendingChange": {"plan": "FREE"},
        "entitlements": {"transferDayMaxAzr": "1000000.00000000", "listingsMax": 2000},
    }
    assert event == {
        "action": "plan_granted",
        "subjectId": person_id,
        "facts": {
            "plan": "enterprise",
            "until": "2999-01-01T00:00:00+00:00",
            "reason": "A contract.",
        },
    }


async def test_plans_are_granted_by_admins_only(ask, make):
    person = await make.user()
    wanted = {
        "userId": encode_id("usr", person.id),
        "plan": "ENTERPRISE",
        "until": UNTIL,
        "reason": "Mine.",
    }
    before = await make.contents()

    assert await codes(ask, GRANT, make.viewer(person), input=wanted) == {"FORBIDDEN"}
    assert await make.contents() == before
