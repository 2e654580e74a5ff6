"""No field asks the databases once for each of its parents.

Each field of every type that a list leads to is asked for three parents and for nine, along every
way below: the statements must be the same in number. A type without a way fails a test.
"""

from decimal import Decimal

import pytest
from graphql import (
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_object_type,
)

from models.tables import OrderState, Review, Role, Service
from tests.subgraphs.ways import ARGUMENTS
from tests.subgraphs.world import found

FEW, MANY = 3, 9
# Lists of which there is one, as long as a table of our own.
TABLES = {"plans"}
PAGE = """{
    totalCount nodes { %(item)s } edges { cursor node { %(item)s } }
    pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
}"""
_USERS = "users(first: %(size)d) { nodes { "
_SERVICES = "services(first: %(size)d) { nodes { "
_COURSES = "courses(first: %(size)d) { nodes { "
_SHORTFALLS = "shortfalls(first: %(size)d) { nodes { "
_ADJUSTMENTS = "adjustments(first: %(size)d) { nodes { "
_CONVERSATIONS = "conversations(first: %(size)d) { nodes { "

# Ways to `size` parents of each type. `%(ids)s` are the ids of as many things of the type.
WAYS = {
    "User": [
        _USERS + "%(fields)s } }",
        _SERVICES + "provider { %(fields)s } } }",
        _SERVICES + "reviews { nodes { author { %(fields)s } } } } }",
        _COURSES + "instructor { %(fields)s } } }",
        _CONVERSATIONS + "owner { %(fields)s } } }",
        _USERS + "enrolments { nodes { learner { %(fields)s } } } } }",
        _USERS + "transactions { nodes { user { %(fields)s } } } } }",
        *(
            _ADJUSTMENTS + f"{role} {{ %(fields)s }} }} }}"
            for role in ("user", "proposer", "decider")
        ),
        "auditLog(first: %(size)d) { nodes { actor { %(fields)s } } }",
        _SHORTFALLS + "user { %(fields)s } } }",
        _USERS + "transactions { nodes { counterparty { %(fields)s } } } } }",
    ],
    "Service": [
        _SERVICES + "%(fields)s } }",
        "services(first: %(size)d, sort: NAME) { nodes { %(fields)s } }",
        _USERS + "services { nodes { %(fields)s } } } }",
        _USERS + "listings(state: PUBLISHED) { nodes { %(fields)s } } } }",
        _SERVICES + "reviews { nodes { service { %(fields)s } } } } }",
    ],
    "Review": [
        _USERS + "buyerReviews { nodes { %(fields)s } } } }",
        _USERS + "orders(role: SELLER) { nodes { reviews { %(fields)s } } } } }",
        _SERVICES + "reviews { nodes { %(fields)s } } } }",
        _SERVICES + "reviews(first: 1) { edges { node { %(fields)s } } } } }",
    ],
    "Order": [
        "disputedOrders(first: %(size)d) { nodes { %(fields)s } }",
        _USERS + "orders(role: SELLER) { nodes { %(fields)s } } } }",
        _USERS + "orders(role: BUYER, state: COMPLETED) { edges { node { %(fields)s } } } } }",
        _USERS + "sales { payouts { nodes { order { %(fields)s } } } } } }",
        _USERS + "buyerReviews { nodes { order { %(fields)s } } } } }",
    ],
    "OrderDeadline": [
        _USERS + "orders(role: SELLER, state: PAID) { nodes { nextDeadline { %(fields)s } } } } }"
    ],
    "OrderEvent": [
        _USERS + "orders(role: SELLER) { nodes { history(first: 1) { nodes { %(fields)s } } } } } }"
    ],
    "OrderEvidence": [
        _USERS + "orders(role: SELLER) { nodes { evidence { nodes { %(fields)s } } } } } }"
    ],
    "Sales": [_USERS + "sales { %(fields)s } } }"],
    "MonthlyEarnings": [_USERS + "sales { earnings { %(fields)s } } } }"],
    "OrderCount": [_USERS + "sales { orders { %(fields)s } } } }"],
    "Payout": [_USERS + "sales { payouts { nodes { %(fields)s } } } } }"],
    "Course": [
        _COURSES + "%(fields)s } }",
        _COURSES + "lessons { nodes { course { %(fields)s } } } } }",
        _USERS + "enrolments { nodes { course { %(fields)s } } } } }",
    ],
    "Lesson": [
        _COURSES + "lessons { nodes { %(fields)s } } } }",
        _COURSES + "progress { nextLesson { %(fields)s } } } }",
    ],
    "CourseProgress": [
        _COURSES + "progress { %(fields)s } } }",
        _USERS + "enrolments { nodes { progress { %(fields)s } } } } }",
    ],
    "Enrolment": [_USERS + "enrolments { nodes { %(fields)s } } } }"],
    "Transaction": [
        "transactions(first: %(size)d) { nodes { %(fields)s } }",
        _USERS + "transactions { nodes { %(fields)s } } } }",
        _USERS + "wallet { statement(filter: {direction: IN}) { nodes { %(fields)s } } } } }",
    ],
    "TokenPrice": ["tokenPriceHistory(first: %(size)d) { nodes { %(fields)s } }"],
    "Adjustment": [
        _ADJUSTMENTS + "%(fields)s } }",
        "adjustments(first: %(size)d, state: REJECTED) { nodes { %(fields)s } }",
    ],
    "Shortfall": [
        _SHORTFALLS + "%(fields)s } }",
        _ADJUSTMENTS + "shortfall { %(fields)s } } }",
    ],
    "AuditEvent": ["auditLog(first: %(size)d) { nodes { %(fields)s } }"],
    "StatementFile": [
        _USERS + 'wallet { statementFile(month: "2026-11", format: PDF) { %(fields)s } } } }'
    ],
    "Wallet": [_USERS + "wallet { %(fields)s } } }"],
    "Payment": [
        _USERS + "payments { nodes { %(fields)s } } } }",
        _SHORTFALLS + "payment { %(fields)s } } }",
    ],
    "CurrentPlan": [_USERS + "plan { %(fields)s } } }"],
    "PlanEntitlements": [_USERS + "plan { entitlements { %(fields)s } } } }"],
    "PlanChange": [_USERS + "plan { pendingChange { %(fields)s } } } }"],
    "PlanUsage": [_USERS + "plan { usage { %(fields)s } } } }"],
    "Conversation": [
        _CONVERSATIONS + "%(fields)s } }",
        _USERS + "conversations { nodes { %(fields)s } } } }",
        _CONVERSATIONS + "messages { nodes { conversation { %(fields)s } } } } }",
    ],
    "Message": [
        _CONVERSATIONS + "messages { nodes { %(fields)s } } } }",
        _USERS + "conversations { nodes { messages { nodes { %(fields)s } } } } } }",
    ],
    "AiUsage": [_USERS + "aiUsage { %(fields)s } } }"],
}


def is_page(type_):
    """Whether a type is part of a connection, which `PAGE` asks as a whole."""
    return type_.name.endswith(("Connection", "Edge")) or type_.name == "PageInfo"


def composite_types_of(type_):
    """The object types that the fields of a type lead to."""
    named = [get_named_type(field.type) for field in type_.fields.values()]
    return [each for each in named if is_object_type(each)]


def types_reached_by_lists(schema):
    """The types of which an answer may hold many: those within lists, and what they lead to."""
    waiting = [
        inner
        for type_ in schema.type_map.values()
        if isinstance(type_, GraphQLObjectType) and type_.name.endswith("Edge")
        for inner in composite_types_of(type_)
    ]
    reached = {}
    while waiting:
        type_ = waiting.pop()
        if type_.name not in reached:
            reached[type_.name] = type_
            waiting += composite_types_of(type_)
    return {name: type_ for name, type_ in reached.items() if not is_page(type_)}


def whole(field):
    """What is asked inside a field: a connection's every part, or an object's plain fields."""
    type_ = get_named_type(field.type)
    if is_leaf_type(type_):
        return ""
    if is_page(type_):
        item = get_named_type(type_.fields["nodes"].type)
        return PAGE % {"item": "id" if "id" in item.fields else leaves(item)}
    return f"{{ {leaves(type_)} }}"


def leaves(type_):
    """The plain fields of a type."""
    return " ".join(
        name for name, field in type_.fields.items() if is_leaf_type(get_named_type(field.type))
    )


@pytest.fixture
async def viewer(make):
    """An admin, who sees everything, with nine of what only the viewer has."""
    admin = await make.user(Role.ADMIN)
    for _ in range(MANY):
        await make.transaction(admin, counterparty_id=admin.id)
        await make.conversation(admin)
    people = [await make.user() for _ in range(MANY)]
    for person, other in zip(people, [*people[1:], people[0]], strict=True):
        service = await make.service(person)
        order = await make.order(service, other, OrderState.COMPLETED)
        await make.order(service, other, OrderState.DISPUTED)
        await make.evidence(order, other)
        await make.evidence(await make.order(service, other), other)
        await make.review(service, other, order_id=order.id)
        await make.review_of_buyer(order)
        await make.review(service, admin)
        course = await make.course(person, lessons=2)
        lessons = await make.lessons(course)
        await make.progress(await make.enrolment(other, course), lessons[0])
        await make.enrolment(admin, course)
        await make.token_price("0.05")
        shortfall = await make.shortfall(await make.payment(person))
        await make.adjustment(
            person,
            other,
            kind="write_off",
            return_id=shortfall.id,
            state="rejected",
            decider_id=admin.id,
            decided_at=service.created_at,
            rejection_reason="No.",
        )
        await make.audit_event(admin, person)
        await make.transaction(person, counterparty_id=other.id)
        await make.conversation(person)
        await make.subscription(person, pending_plan="professional")
    return make.viewer(admin)


@pytest.fixture
def counted(ask, stores, statements):
    """Ask with empty caches: the answer, and how many SQL statements and commands it took."""

    async def run(document, viewer):
        await stores.redis.client.flushdb()
        with statements.counting():
            result = await ask(document, viewer)
        assert result.errors is None
        return result, (len(statements.sql), statements.mongo)

    return run


class TestWays:
    def test_lead_to_every_type_that_lists_reach(self, graph):
        assert set(WAYS) == set(types_reached_by_lists(graph.schema))

    def test_go_through_every_list_at_the_root(self, graph):
        lists = {
            name
            for name, field in graph.schema.query_type.fields.items()
            if is_page(get_named_type(field.type)) or is_list_type(get_nullable_type(field.type))
        }

        walked = {way.split("(")[0] for ways in WAYS.values() for way in ways} | {
            "nodes",
            "categories",
        }

        assert walked == lists - TABLES


class TestStatements:
    @pytest.mark.parametrize("type_name", WAYS)
    async def test_are_as_many_for_three_parents_as_for_nine(
        self, graph, viewer, counted, type_name
    ):
        type_ = graph.schema.type_map[type_name]
        grown = []

        for way in WAYS[type_name]:
            for name, field in type_.fields.items():
                asked = f"it: {name}{ARGUMENTS.get((type_name, name), '')} {whole(field)}"
                few, of_few = await counted(
                    "{ " + way % {"size": FEW, "fields": asked} + " }", viewer
                )
                many, of_many = await counted(
                    "{ " + way % {"size": MANY, "fields": asked} + " }", viewer
                )
                parents = len(found(few.data, "it")), len(found(many.data, "it"))
                assert parents[0] >= FEW
                assert parents[1] == 3 * parents[0]
                if of_few != of_many:
                    grown.append((way, name, of_few, of_many))

        assert grown == []

    @pytest.mark.parametrize(
        ("path", "fields"),
        [
            ("users { nodes { id } }", "User { fullName rating azrBalance }"),
            ("services { nodes { id } }", "Service { name provider { fullName } }"),
            (
                "services { nodes { reviews(first: 1) { nodes { id } } } }",
                "Review { rating author { fullName } service { name } }",
            ),
            ("courses { nodes { id } }", "Course { title progress { percent } }"),
            (
                "courses { nodes { lessons(first: 1) { nodes { id } } } }",
                "Lesson { body isCompleted course { title } }",
            ),
            (
                "users { nodes { enrolments(first: 1) { nodes { id } } } }",
                "Enrolment { learner { fullName } course { title } progress { percent } }",
            ),
            ("users { nodes { payments { nodes { id } } } }", "Payment { amountUsd state }"),
            ("transactions { nodes { id } }", "Transaction { amount user { fullName } }"),
            ("shortfalls { nodes { id } }", "Shortfall { left user { fullName } payment { id } }"),
            ("adjustments { nodes { id } }", "Adjustment { reason user { fullName } }"),
            ("conversations { nodes { id } }", "Conversation { owner { fullName } title }"),
            (
                "conversations { nodes { messages(first: 1) { nodes { id } } } }",
                "Message { content conversation { title } }",
            ),
        ],
    )
    async def test_are_as_many_for_three_nodes_as_for_nine(
        self, ask, viewer, counted, path, fields
    ):
        ids = found((await ask(f"{{ {path} }}", viewer)).data, "id")[:MANY]
        document = f"{{ nodes(ids: [%s]) {{ __typename id ... on {fields} }} }}"

        _, few = await counted(document % " ".join(f'"{id_}"' for id_ in ids[:FEW]), viewer)
        result, many = await counted(document % " ".join(f'"{id_}"' for id_ in ids), viewer)

        assert [node["__typename"] for node in result.data["nodes"]] == [fields.split()[0]] * MANY
        assert few == many


class TestCatalogue:
    """Services with provider, three reviews each with author, and each provider's rating."""

    DOCUMENT = """query ($size: Int!) { services(first: $size) { nodes {
        name priceAzr averageRating
        provider { fullName rating }
        reviews(first: 3) { nodes { rating comment author { fullName } } }
    } } }"""

    @pytest.fixture
    async def catalogue(self, make, database):
        """A hundred services of twenty providers, each reviewed by three of ten authors."""
        providers = [await make.user() for _ in range(20)]
        authors = [await make.user() for _ in range(10)]
        async with database.transaction() as session:
            services = [
                Service(
                    name=f"Service {number}",
                    price_azr=Decimal(number + 1),
                    provider_id=providers[number % 20].id,
                    review_count=3,
                    rating_total=12,
                    created_at=providers[0].created_at,
                    updated_at=providers[0].created_at,
                )
                for number in range(100)
            ]
            session.add_all(services)
            await session.flush()
            session.add_all(
                Review(
                    service_id=service.id,
                    author_id=authors[(number + turn) % 10].id,
                    rating=3 + turn,
                    comment="Well done.",
                    created_at=providers[0].created_at,
                    shown_at=providers[0].created_at,
                )
                for number, service in enumerate(services)
                for turn in range(3)
            )

    @pytest.mark.parametrize("size", [10, 100])
    async def test_takes_five_statements_whatever_its_size(self, ask, statements, catalogue, size):
        with statements.counting():
            result = await ask(self.DOCUMENT, size=size)

        nodes = result.data["services"]["nodes"]
        assert len(nodes) == size
        assert [node["provider"]["rating"] for node in nodes] == [4.0] * size
        assert [len(node["reviews"]["nodes"]) for node in nodes] == [3] * size
        assert (len(statements.sql), statements.mongo) == (5, 0)
