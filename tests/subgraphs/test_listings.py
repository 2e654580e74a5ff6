"""The life of a listing through the graph, and the categories."""

import pytest

from core.ids import encode_id, new_id
from models.tables import Plan, Role
from services.auth.viewer import Viewer
from services.plans import RULES
from tests.subgraphs.refusals import codes

LISTINGS = """query ($id: ID!, $state: ListingState, $first: Int, $after: String) {
    user(id: $id) { listings(state: $state, first: $first, after: $after) {
        totalCount nodes { name state availableActions } pageInfo { endCursor hasNextPage }
    } }
}"""


STATE = "... on ListingStateError { state availableActions }"
LIMIT = "... on ListingLimitError { limit }"
FUNDS = "... on InsufficientFundsError { available required }"
FAULTS = "... on InvalidInputError { faults { field message } }"
REFUSALS = {
    "publishService": f"{STATE} {LIMIT} {FUNDS} {FAULTS}",
    "pauseService": STATE,
    "resumeService": f"{STATE} {LIMIT}",
    "closeService": STATE,
}


MUTATIONS = list(REFUSALS)


def document(mutation):
    name = mutation[0].upper() + mutation[1:]
    replay = "isReplay" if mutation == "publishService" else ""
    return f"""mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{
        __typename
        ... on {name}Payload {{ service {{ id state isActive availableActions }} {replay} }}
        ... on UserError {{ code message field }}
        {REFUSALS[mutation]}
    }} }}"""


def input_of(mutation, service_id, key="publish-1"):
    keyed = {"idempotencyKey": key} if mutation == "publishService" else {}
    return {"id": service_id, **keyed}


@pytest.fixture
def do(ask, make):
    """What a mutation answers a person about a service."""

    async def done(mutation, person, service, **values):
        asked = {**input_of(mutation, encode_id("svc", service.id)), **values}
        result = await ask(document(mutation), make.viewer(person), input=asked)
        assert result.errors is None
        return result.data[mutation]

    return done


class TestLife:
    async def test_goes_from_a_draft_to_the_end(self, make, do):
        seller = await make.user(azr_balance=10)
        service = await make.service(seller, state="draft")

        done = [await do(each, seller, service) for each in MUTATIONS]

        assert [each["service"]["state"] for each in done] == [
            "PUBLISHED",
            "PAUSED",
            "PUBLISHED",
            "CLOSED",
        ]
        assert [each["service"]["isActive"] for each in done] == [True, False, True, False]
        assert [each["service"]["availableActions"] for each in done] == [
            ["UPDATE", "PAUSE", "CLOSE"],
            ["UPDATE", "RESUME", "CLOSE"],
            ["UPDATE", "PAUSE", "CLOSE"],
            [],
        ]
        assert done[0]["isReplay"] is False

    async def test_answers_a_retry_with_the_service_as_it_is_now(self, make, do):
        seller = await make.user(azr_balance=10)
        service = await make.service(seller, state="draft")
        await do("publishService", seller, service)
        await do("pauseService", seller, service)

        again = await do("publishService", seller, service)

        assert again["isReplay"] is True
        assert again["service"]["state"] == "PAUSED"


class TestRefusals:
    async def test_say_what_is_missing(self, make, do):
        seller = await make.user(azr_balance=4)
        service = await make.service(seller, state="draft")

        refusal = await do("publishService", seller, service)

        assert refusal == {
            "__typename": "InsufficientFundsError",
            "available": "4.00000000",
            "required": "10.00000000",
            "code": "INSUFFICIENT_FUNDS",
            "message": "There is not enough AZR for this.",
            "field": None,
        }

    @pytest.mark.parametrize("mutation", MUTATIONS)
    async def test_say_what_is_possible_instead(self, make, do, mutation):
        seller = await make.user(azr_balance=10)
        service = await make.service(seller, state="closed")
        before = await make.contents()

        refusal = await do(mutation, seller, service)

        assert refusal == {
            "__typename": "ListingStateError",
            "state": "CLOSED",
            "availableActions": [],
            "code": "LISTING_STATE",
            "message": "This cannot be done with a listing that is closed.",
            "field": None,
        }
        assert await make.contents() == before

    async def test_of_changes_say_so_too(self, ask, make):
        seller = await make.user()
        service = await make.service(seller, state="closed")
        before = await make.contents()

        result = await ask(
            "mutation ($input: UpdateServiceInput!) { updateService(input: $input) {"
            " ... on ListingStateError { code state availableActions } } }",
            make.viewer(seller),
            input={"id": encode_id("svc", service.id), "name": "Again"},
        )

        assert result.data["updateService"] == {
            "code": "LISTING_STATE",
            "state": "CLOSED",
            "availableActions": [],
        }
        assert await make.contents() == before

    @pytest.mark.parametrize(
        ("mutation", "state"), [("publishService", "draft"), ("resumeService", "paused")]
    )
    async def test_name_the_limit_of_the_plan(self, make, do, mutation, state):
        seller = await make.user(azr_balance=10)
        limit = RULES[Plan.FREE].listings_max
        for _ in range(limit):
            await make.service(seller)
        service = await make.service(seller, state=state)
        before = await make.contents()

        refusal = await do(mutation, seller, service)

        assert refusal == {
            "__typename": "ListingLimitError",
            "limit": limit,
            "code": "LISTING_LIMIT",
            "message": f"Your plan allows {limit} published listings. Pause or close one first.",
            "field": None,
        }
        assert await make.contents() == before

    async def test_name_a_malformed_key(self, make, do):
        seller = await make.user(azr_balance=10)
        service = await make.service(seller, state="draft")
        before = await make.contents()

        refusal = await do("publishService", seller, service, idempotencyKey="?")

        assert [fault["field"] for fault in refusal["faults"]] == ["idempotencyKey"]
        assert await make.contents() == before

    @pytest.mark.parametrize("mutation", MUTATIONS)
    async def test_meet_strangers_and_services_that_are_not_there(self, ask, make, do, mutation):
        service, stranger = await make.service(await make.user()), await make.user(azr_balance=10)
        missing = input_of(mutation, encode_id("svc", new_id()))
        before = await make.contents()

        refusal = await do(mutation, stranger, service)
        result = await ask(document(mutation), make.viewer(stranger), input=missing)

        assert refusal["__typename"] == "NotTheProviderError"
        assert result.data[mutation]["__typename"] == "ServiceNotFoundError"
        assert result.data[mutation]["field"] == ["input", "id"]
        assert await make.contents() == before

    @pytest.mark.parametrize("mutation", MUTATIONS)
    async def test_meet_nobody_in_particular_and_ids_of_something_else(self, ask, make, mutation):
        seller = await make.user(azr_balance=10)
        service = await make.service(seller, state="draft")
        mine, other = encode_id("svc", service.id), encode_id("usr", seller.id)
        before = await make.contents()

        anonymous = await codes(ask, document(mutation), input=input_of(mutation, mine))
        wrong = await codes(
            ask, document(mutation), make.viewer(seller), input=input_of(mutation, other)
        )

        assert (anonymous, wrong) == ({"UNAUTHENTICATED"}, {"BAD_USER_INPUT"})
        assert await make.contents() == before


class TestAvailableActions:
    async def test_are_those_of_whoever_asks(self, ask, make):
        seller, stranger, admin = (
            await make.user(),
            await make.user(Role.SELLER),
            await make.user(Role.ADMIN),
        )
        service = await make.service(seller)
        asked = "query ($id: ID!) { service(id: $id) { availableActions } }"

        found = [
            (await ask(asked, viewer, id=encode_id("svc", service.id))).data["service"]
            for viewer in (
                make.viewer(seller),
                make.viewer(admin),
                make.viewer(stranger),
                Viewer.ANONYMOUS,
            )
        ]

        possible = ["UPDATE", "PAUSE", "CLOSE"]
        assert [each["availableActions"] for each in found] == [possible, possible, [], []]


class TestListings:
    @pytest.fixture
    async def seller(self, make):
        seller = await make.user()
        for name, state in (("A", "draft"), ("B", "published"), ("C", "paused"), ("D", "closed")):
            await make.service(seller, name=name, state=state)
        await make.service(await make.user(), name="Else", state="draft")
        return seller

    @pytest.mark.parametrize("role", [None, Role.ADMIN])
    async def test_are_all_of_the_person_newest_first(self, ask, make, seller, role):
        viewer = make.viewer(seller if role is None else await make.user(role))

        result = await ask(LISTINGS, viewer, id=encode_id("usr", seller.id))

        listings = result.data["user"]["listings"]
        assert listings["totalCount"] == 4
        assert [(each["name"], each["state"]) for each in listings["nodes"]] == [
            ("D", "CLOSED"),
            ("C", "PAUSED"),
            ("B", "PUBLISHED"),
            ("A", "DRAFT"),
        ]

    async def test_are_those_of_one_state(self, ask, make, seller):
        result = await ask(
            LISTINGS, make.viewer(seller), id=encode_id("usr", seller.id), state="DRAFT"
        )

        listings = result.data["user"]["listings"]
        assert listings["totalCount"] == 1
        assert [each["name"] for each in listings["nodes"]] == ["A"]
        assert listings["nodes"][0]["availableActions"] == ["UPDATE", "PUBLISH", "CLOSE"]

    async def test_come_in_pages(self, ask, make, seller):
        names, after = [], None
        for _ in range(4):
            result = await ask(
                LISTINGS, make.viewer(seller), id=encode_id("usr", seller.id), first=1, after=after
            )
            page = result.data["user"]["listings"]
            names += [each["name"] for each in page["nodes"]]
            after = page["pageInfo"]["endCursor"]

        assert names == ["D", "C", "B", "A"]
        assert not page["pageInfo"]["hasNextPage"]

    async def test_are_hidden_from_others(self, ask, make, seller):
        stranger = make.viewer(await make.user(Role.SELLER))

        result = await ask(LISTINGS, stranger, id=encode_id("usr", seller.id))

        assert result.data["user"]["listings"] is None
        assert [each["extensions"]["code"] for each in result.errors] == ["FORBIDDEN"]

    async def test_of_the_catalogue_have_published_ones_only(self, ask, seller):
        result = await ask("{ services { totalCount nodes { name state } } }")

        assert result.data["services"] == {
            "totalCount": 1,
            "nodes": [{"name": "B", "state": "PUBLISHED"}],
        }


class TestCategories:
    async def test_count_what_is_on_offer_in_one_statement(self, ask, make, statements):
        seller = await make.user()
        for category, state in (
            ("Design", "published"),
            ("Design", "published"),
            ("Design", "draft"),
            ("Agriculture", "paused"),
            ("Tutoring", "published"),
            ("Of old", "published"),
        ):
            await make.service(seller, category=category, state=state)

        with statements.counting():
            result = await ask("{ categories { name serviceCount } }")

        counts = {each["name"]: each["serviceCount"] for each in result.data["categories"]}
        assert list(counts) == sorted(counts)
        assert len(counts) == 14
        assert {name: count for name, count in counts.items() if count} == {
            "Design": 2,
            "Tutoring": 1,
        }
        assert len(statements.sql) == 1
