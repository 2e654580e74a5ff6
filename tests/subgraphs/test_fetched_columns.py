"""Reads fetch the columns that are selected and no others, whichever engine asks."""

import re

import pytest

from models.rows import ServiceRow, UserRow
from models.tables import OrderState, Role
from resolvers.marketplace.catalogue import ServiceSort
from services.auth.viewer import Viewer
from subgraphs.shared.ids import Kind, public_id
from tests.graph.equivalence.executors import Request, Subject

ALL_OF_SERVICE = set(ServiceRow.__struct_fields__)
ALL_OF_USER = set(UserRow.__struct_fields__)
OF_PROGRESS = [
    {"course_id", "id"},
    {"id", "user_id", "lesson_id", "position", "created_at", "completed_at"},
]
BY_NAME = "services(sort: NAME) { nodes "
# What is asked, and what each statement of a read fetches, in their order.
READS = {
    "a list": (f"{{ {BY_NAME} {{ name category }} }} }}", [{"id", "name", "category"}]),
    "a list without items": ("{ services(sort: NAME) { totalCount } }", [{"id"}, set()]),
    "a list with cursors": (
        "{ services(sort: PRICE_LOW_TO_HIGH) { edges { node { name } } } }",
        [{"id", "name", "price_sort_azr"}],
    ),
    "a list in the cache, whole": ("{ services { nodes { name } } }", [ALL_OF_SERVICE]),
    "what is made of several columns": (
        f"{{ {BY_NAME} {{ averageRating }} }} }}",
        [{"id", "average_rating", "review_count"}],
    ),
    "lists in a list": (
        f"{{ {BY_NAME} {{ name reviews {{ nodes {{ rating }} }} }} }} }}",
        [{"id", "name"}, {"id", "rating"}],
    ),
    "parents of items": (
        f"{{ {BY_NAME} {{ reviews {{ nodes {{ service {{ isActive }} }} }} }} }} }}",
        [{"id"}, {"id", "service_id"}, {"id", "is_active"}],
    ),
    "an object": ('{ service(id: "%(service)s") { category } }', [{"id", "category"}]),
    "a list of a person": (
        '{ user(id: "%(user)s") { services { nodes { isActive } } } }',
        [ALL_OF_USER, {"id", "is_active"}],
    ),
    "the directory of people": ("{ users { nodes { handle } } }", [{"id", "handle"}]),
    "courses": (
        "{ courses { nodes { title lessons { nodes { position course { level } } } } } }",
        [{"id", "title"}, {"id", "course_id", "position"}, {"id", "level"}],
    ),
    "a lesson": (
        "{ courses { nodes { progress { nextLesson { title } } } } }",
        [{"id"}, *OF_PROGRESS, {"id", "title"}],
    ),
    "enrolments": (
        '{ user(id: "%(user)s") { enrolments { nodes { completedAt course { title } } } } }',
        [ALL_OF_USER, {"id", "course_id", "completed_at"}, {"id", "title"}],
    ),
    "transactions": ("{ transactions { nodes { amount } } }", [{"id", "amount"}]),
    "what was written": (
        """mutation { updateService(input: {id: "%(service)s"}) {
            ... on UpdateServicePayload { service { name } } } }""",
        [{"id", "name"}],
    ),
    "what was written for its owner": (
        """mutation { completeLesson(input: {lessonId: "%(lesson)s"}) {
            ... on CompleteLessonPayload { lesson { title } enrolment { completedAt } } } }""",
        [{"id", "title"}, {"id", "user_id", "completed_at"}],
    ),
    "each object that was written": (
        """mutation { reviewOrder(input: {orderId: "%(order)s", rating: 5, comment: "Good."}) {
            ... on ReviewPayload {
                review { rating order { priceAzr service { category } } }
            } } }""",
        [
            {"buyer_id", "seller_id"},
            {"id", "rating", "order_id"},
            {"id", "price_azr", "service_id"},
            {"id", "category"},
        ],
    ),
}


def fetched(sql):
    """The names of the columns that a statement answers with."""
    return set(re.findall(r"\.(\w+)", sql.partition("\nFROM ")[0]))


@pytest.fixture(params=["by_plan", "by_reference"])
def run(request, graph, platform, statements):
    """Ask one of the engines: the data, and what was fetched."""
    execute = getattr(Subject(graph.schema), request.param)

    async def run(document, viewer=Viewer.ANONYMOUS):
        with statements.counting():
            result = await execute(
                Request(document), platform.context(viewer=viewer, request_id="test")
            )
        assert result.errors is None
        return result.data, [fetched(sql) for sql in statements.sql]

    return run


class TestReads:
    @pytest.mark.parametrize(("document", "columns"), READS.values(), ids=READS)
    async def test_fetch_what_is_selected(self, make, run, document, columns):
        person, other = await make.user(Role.SELLER), await make.user()
        service = await make.service(person)
        await make.review(service, other)
        bought = await make.service(other)
        order = await make.order(bought, person, OrderState.COMPLETED)
        course = await make.course(other)
        await make.enrolment(person, course)
        await make.transaction(person)
        names = {
            "user": public_id(Kind.USER, person.id),
            "service": public_id(Kind.SERVICE, service.id),
            "lesson": public_id(Kind.LESSON, (await make.lessons(course))[0].id),
            "order": public_id(Kind.ORDER, order.id),
        }

        _, found = await run(document % names, make.viewer(person))

        assert found == columns


class TestCursors:
    @pytest.mark.parametrize("sort", ServiceSort)
    async def test_lead_on_whatever_else_is_selected(self, make, run, sort):
        person = await make.user()
        for _ in range(3):
            await make.service(person)
        page = f"services(first: 2, sort: {sort.name}"

        first, _ = await run(f"{{ {page}) {{ nodes {{ category }} pageInfo {{ endCursor }} }} }}")
        cursor = first["services"]["pageInfo"]["endCursor"]
        second, _ = await run(f'{{ {page}, after: "{cursor}") {{ nodes {{ name }} }} }}')

        every, _ = await run(f"{{ services(sort: {sort.name}) {{ nodes {{ name }} }} }}")
        assert second["services"]["nodes"] == every["services"]["nodes"][2:]
