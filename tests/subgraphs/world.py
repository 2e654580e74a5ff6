"""A small world in which one person owns one of everything, and the ways that lead to each type.

The ways are documents with `%(fields)s` for what is asked of the type, and names of ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.ids import encode_id
from models.tables import Role, User
from services.auth.passwords import Passwords
from services.auth.viewer import Viewer
from tests.factories import Make

PASSWORD = "a sentence that nobody guesses"


@dataclass(frozen=True, slots=True)
class World:
    """The people, and the ids of everything by name."""

    owner: User
    stranger: User
    admin: User
    ids: Mapping[str, str]
    viewers: Mapping[str, Viewer]

    def document(self, way: str, fields: str) -> str:
        """The operation that asks `fields` along `way`."""
        return way % {**self.ids, "fields": fields}


async def make_world(make: Make, passwords: Passwords) -> World:
    """Make a person who owns one of everything, a stranger who does too, and an admin."""
    owner = await make.user(
        password_hash=passwords.hash_now(PASSWORD),
        azr_balance=Decimal("12.5"),
        preferences={"theme": "dark"},
    )
    stranger, admin = await make.user(), await make.user(Role.ADMIN)
    service = await make.service(owner)
    other_service = await make.service(stranger)
    review = await make.review(service, stranger)
    own_review = await make.review(other_service, owner)
    course = await make.course(owner, lessons=2)
    lessons = await make.lessons(course)
    enrolment = await make.enrolment(owner, course)
    await make.progress(enrolment, lessons[0])
    untaken_course = await make.course(stranger, lessons=1)
    transaction = await make.transaction(owner)
    conversation = await make.conversation(owner)
    await make.token_price("0.05")
    ids = {
        "owner": encode_id("usr", owner.id),
        "stranger": encode_id("usr", stranger.id),
        "admin": encode_id("usr", admin.id),
        "service": encode_id("svc", service.id),
        "other_service": encode_id("svc", other_service.id),
        "review": encode_id("rev", review.id),
        "own_review": encode_id("rev", own_review.id),
        "course": encode_id("crs", course.id),
        "untaken_course": encode_id("crs", untaken_course.id),
        "lesson": encode_id("les", lessons[0].id),
        "next_lesson": encode_id("les", lessons[1].id),
        "untaken_lesson": encode_id("les", (await make.lessons(untaken_course))[0].id),
        "enrolment": encode_id("enr", enrolment.id),
        "transaction": encode_id("txn", transaction.id),
        "conversation": encode_id("cnv", conversation.id),
        "message": encode_id("msg", conversation.messages[0].id),
        "email": owner.email,
        "handle": str(owner.handle),
        "other_handle": str(stranger.handle),
    }
    viewers = {
        "anonymous": Viewer.ANONYMOUS,
        "stranger": make.viewer(stranger),
        "owner": make.viewer(owner),
        "admin": make.viewer(admin),
    }
    return World(owner, stranger, admin, ids, viewers)


def shown_time(moment: datetime) -> str:
    """A time as clients see it."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def found(data: Any, name: str) -> list[Any]:
    """Every value under the key `name` within an answer's data."""
    if isinstance(data, list):
        return [value for item in data for value in found(item, name)]
    if not isinstance(data, dict):
        return []
    return [
        value
        for key, item in data.items()
        for value in ([item] if key == name else found(item, name))
    ]


# Ways to the owner that are open to everyone.
OPEN_WAYS_TO_USER = {
    "user": '{ user(id: "%(owner)s") { %(fields)s } }',
    "users.nodes": '{ users(filter: {search: "%(handle)s"}) { nodes { %(fields)s } } }',
    "users.edges": '{ users(filter: {search: "%(handle)s"}) { edges { node { %(fields)s } } } }',
    "service.provider": '{ service(id: "%(service)s") { provider { %(fields)s } } }',
    "services.provider": "{ services(last: 1) { nodes { provider { %(fields)s } } } }",
    "review.author": (
        '{ service(id: "%(other_service)s") { reviews { nodes { author { %(fields)s } } } } }'
    ),
    "node.author": (
        '{ node(id: "%(own_review)s") { ... on Review { author { %(fields)s } } } }'
    ),
    "course.instructor": '{ course(id: "%(course)s") { instructor { %(fields)s } } }',
    "lesson.course.instructor": (
        '{ node(id: "%(lesson)s") { ... on Lesson { course { instructor { %(fields)s } } } } }'
    ),
    "node": '{ node(id: "%(owner)s") { ... on User { %(fields)s } } }',
    "nodes": '{ nodes(ids: ["%(owner)s"]) { ... on User { %(fields)s } } }',
}
# Ways to the owner through what only the owner and admins see.
PRIVATE_WAYS_TO_USER = {
    "conversation.owner": (
        '{ node(id: "%(conversation)s") { ... on Conversation { owner { %(fields)s } } } }'
    ),
    "message.conversation.owner": (
        '{ node(id: "%(message)s")'
        " { ... on Message { conversation { owner { %(fields)s } } } } }"
    ),
    "transaction.user": (
        '{ node(id: "%(transaction)s") { ... on Transaction { user { %(fields)s } } } }'
    ),
    "enrolment.learner": (
        '{ node(id: "%(enrolment)s") { ... on Enrolment { learner { %(fields)s } } } }'
    ),
}

_OWNER = '{ user(id: "%(owner)s") { '
_ADD_REVIEW = 'mutation { addReview(input: {serviceId: "%s", rating: %d, comment: "%s"}) { %s } }'
_INVALID = (
    "mutation { createService(input: {name: \"\", category: \"x\", description: \"x\","
    ' priceAzr: "1"}) { ... on InvalidInputError { %(fields)s } } }'
)

# One way to each object type of the schema, which the owner may go.
WAYS: Mapping[str, str] = {
    "Query": "{ %(fields)s }",
    "Mutation": "mutation { %(fields)s }",
    "User": OPEN_WAYS_TO_USER["user"],
    "UserConnection": "{ users(first: 1) { %(fields)s } }",
    "UserEdge": "{ users(first: 1) { edges { %(fields)s } } }",
    "PageInfo": "{ users(first: 1) { pageInfo { %(fields)s } } }",
    "Stats": "{ stats { %(fields)s } }",
    "TokenPrice": "{ tokenPrice { %(fields)s } }",
    "Service": '{ service(id: "%(service)s") { %(fields)s } }',
    "ServiceConnection": _OWNER + "services { %(fields)s } } }",
    "ServiceEdge": _OWNER + "services { edges { %(fields)s } } } }",
    "Review": '{ node(id: "%(review)s") { ... on Review { %(fields)s } } }',
    "ReviewConnection": '{ service(id: "%(service)s") { reviews { %(fields)s } } }',
    "ReviewEdge": '{ service(id: "%(service)s") { reviews { edges { %(fields)s } } } }',
    "Course": '{ course(id: "%(course)s") { %(fields)s } }',
    "CourseConnection": "{ courses(first: 1) { %(fields)s } }",
    "CourseEdge": "{ courses(first: 1) { edges { %(fields)s } } }",
    "CourseProgress": '{ course(id: "%(course)s") { progress { %(fields)s } } }',
    "Lesson": '{ node(id: "%(lesson)s") { ... on Lesson { %(fields)s } } }',
    "LessonConnection": '{ course(id: "%(course)s") { lessons { %(fields)s } } }',
    "LessonEdge": '{ course(id: "%(course)s") { lessons(first: 1) { edges { %(fields)s } } } }',
    "Enrolment": '{ node(id: "%(enrolment)s") { ... on Enrolment { %(fields)s } } }',
    "EnrolmentConnection": _OWNER + "enrolments { %(fields)s } } }",
    "EnrolmentEdge": _OWNER + "enrolments { edges { %(fields)s } } } }",
    "Transaction": '{ node(id: "%(transaction)s") { ... on Transaction { %(fields)s } } }',
    "TransactionConnection": "{ transactions { %(fields)s } }",
    "TransactionEdge": "{ transactions { edges { %(fields)s } } }",
    "Conversation": '{ node(id: "%(conversation)s") { ... on Conversation { %(fields)s } } }',
    "ConversationConnection": "{ conversations { %(fields)s } }",
    "ConversationEdge": "{ conversations { edges { %(fields)s } } }",
    "Message": '{ node(id: "%(message)s") { ... on Message { %(fields)s } } }',
    "MessageConnection": "{ conversations { nodes { messages { %(fields)s } } } }",
    "MessageEdge": "{ conversations { nodes { messages(first: 1) { edges { %(fields)s } } } } }",
    "AiUsage": "{ me { aiUsage { %(fields)s } } }",
    "SignInPayload": (
        'mutation { login(input: {email: "%(email)s", password: "' + PASSWORD + '"})'
        " { ... on SignInPayload { %(fields)s } } }"
    ),
    "LogoutPayload": "mutation { logout { %(fields)s } }",
    "UpdateProfilePayload": (
        'mutation { updateProfile(input: {fullName: "Ama"})'
        " { ... on UpdateProfilePayload { %(fields)s } } }"
    ),
    "CreateServicePayload": (
        'mutation { createService(input: {name: "x", category: "x", description: "x",'
        ' priceAzr: "1"}) { ... on CreateServicePayload { %(fields)s } } }'
    ),
    "UpdateServicePayload": (
        'mutation { updateService(input: {id: "%(service)s"})'
        " { ... on UpdateServicePayload { %(fields)s } } }"
    ),
    "AddReviewPayload": "",
    "EnrolPayload": (
        'mutation { enrol(input: {courseId: "%(course)s"})'
        " { ... on EnrolPayload { %(fields)s } } }"
    ),
    "CompleteLessonPayload": (
        'mutation { completeLesson(input: {lessonId: "%(lesson)s"})'
        " { ... on CompleteLessonPayload { %(fields)s } } }"
    ),
}
