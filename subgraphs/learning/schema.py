"""Root fields about courses and lessons."""

from typing import Annotated
from uuid import UUID

import strawberry

from core.errors import DomainError
from models.subjects import Subject
from resolvers.learning.courses import (
    CourseSort,
    courses_by_id,
    courses_page,
    lessons_by_id,
)
from resolvers.learning.enrolments import enrolments_by_id
from services.learning.enrolments import complete_lesson, enrol
from subgraphs.learning.errors import REFUSALS, CompleteLessonResult, EnrolResult
from subgraphs.learning.inputs import CompleteLessonInput, CourseFilter, EnrolInput
from subgraphs.learning.payloads import CompleteLessonPayload, EnrolPayload
from subgraphs.learning.types import Course, Enrolment, Lesson, User
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import PRIVATE, cached
from subgraphs.shared.connections import After, Before, Connection, First, Last, page_of
from subgraphs.shared.definition import SubgraphDefinition
from subgraphs.shared.errors import shown_refusal
from subgraphs.shared.fields import mutation
from subgraphs.shared.ids import Kind, key_of
from subgraphs.shared.lookahead import columns_below, columns_of
from subgraphs.shared.showing import Shown


@strawberry.type
class Query:
    """The catalogue."""

    @strawberry.field(
        description="A course by id; null if there is none that the viewer may see.",
        metadata=PRIVATE,
    )
    async def course(
        self,
        info: Info,
        id: Annotated[  # noqa: A002
            strawberry.ID, strawberry.argument(description="The course: `crs_...`.")
        ],
    ) -> Course | None:
        courses = info.context.loader(courses_by_id, *columns_below(info))
        row = await courses.load(key_of(Kind.COURSE, id))
        return None if row is None else Course.of(row)

    @strawberry.field(description="The published courses.", metadata=cached(60, Subject.COURSES))
    async def courses(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002
            CourseFilter | None, strawberry.argument(description="Which courses to list.")
        ] = strawberry.UNSET,
        sort: Annotated[
            CourseSort, strawberry.argument(description="The order of the list.")
        ] = CourseSort.NEWEST,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Course]:
        wanted = (filter or CourseFilter()).stored()
        page = page_of(first, after, last, before)
        found = await courses_page(info.context, page, wanted, sort, *columns_below(info))
        return Connection(page=found, shown=Shown(Course))


@strawberry.type
class Mutation:
    """Learning."""

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Take a course. Sent again, it answers with the same enrolment.",
    )
    async def enrol(self, info: Info, input: EnrolInput) -> EnrolResult:  # noqa: A002
        try:
            enrolment_id = await enrol(
                info.context.stores,
                user_id=info.context.viewer.required_id(),
                course_id=key_of(Kind.COURSE, input.course_id),
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        return EnrolPayload(enrolment=await _written_enrolment(info, enrolment_id))

    @mutation(
        audience=Audience.SIGNED_IN,
        description="Mark a lesson completed. Sent again, it changes nothing.",
    )
    async def complete_lesson(
        self,
        info: Info,
        input: CompleteLessonInput,  # noqa: A002
    ) -> CompleteLessonResult:
        lesson_id = key_of(Kind.LESSON, input.lesson_id)
        try:
            enrolment_id = await complete_lesson(
                info.context.stores,
                user_id=info.context.viewer.required_id(),
                lesson_id=lesson_id,
            )
        except DomainError as error:
            return shown_refusal(error, REFUSALS)
        lessons = info.context.loader(lessons_by_id, columns_of(info, Lesson, "lesson"))
        lesson = await lessons.load(lesson_id)
        assert lesson is not None  # noqa: S101  # the command has just completed it
        enrolment = await _written_enrolment(info, enrolment_id)
        return CompleteLessonPayload(lesson=Lesson.of(lesson), enrolment=enrolment)


async def _written_enrolment(info: Info, enrolment_id: UUID) -> Enrolment:
    enrolments = info.context.loader(enrolments_by_id, columns_of(info, Enrolment, "enrolment"))
    row = await enrolments.load(enrolment_id)
    assert row is not None  # noqa: S101  # the command has just written it
    return Enrolment.of(row)


LEARNING = SubgraphDefinition(
    name="learning", query=Query, mutation=Mutation, types=(User, Course, Lesson, Enrolment)
)
