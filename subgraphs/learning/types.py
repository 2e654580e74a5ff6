"""Courses, lessons, enrolments, and what learning adds to a person."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

import strawberry

from models.rows import CourseRow, EnrolmentRow, LessonRow
from models.subjects import Subject
from resolvers.learning.courses import (
    CourseSort,
    courses_by_id,
    lesson_bodies,
    lessons_by_id,
    lessons_of_courses,
)
from resolvers.learning.enrolments import (
    Progress,
    certificate_counts,
    enrolments_by_id,
    enrolments_of_users,
    lesson_completions,
    progress_by_enrolment,
    progress_of_viewer,
)
from subgraphs.learning.enums import CourseLevel
from subgraphs.shared.access import Audience, Info
from subgraphs.shared.caching import PRIVATE, PRIVATE_HINT, CacheHint, cached, inherited
from subgraphs.shared.columns import column
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node, entity
from subgraphs.shared.fields import batch_connection, batch_field
from subgraphs.shared.ids import Kind
from subgraphs.shared.lookahead import columns_below
from subgraphs.shared.showing import Shown

strawberry.enum(CourseSort, description="The order of a list of courses.")


@entity(
    Kind.LESSON,
    audience=Audience.EVERYONE,
    description="A lesson of a course.",
    key="id",
    found_by=lessons_by_id,
)
class Lesson(Node):
    """A lesson."""

    parent: strawberry.Private[LessonRow]
    position: int = column("position", description="Its place in the course, from 1.")
    title: str = column("title", description="What it is about.")
    duration_minutes: int = column(
        "duration_minutes", description="About how many minutes it takes."
    )
    body: str = batch_field(lesson_bodies, key="parent.id", description="The text, in Markdown.")
    course: "Course | None" = batch_field(
        courses_by_id,
        key="parent.course_id",
        shown=Shown(lambda: Course),
        description="The course that it belongs to.",
        metadata=PRIVATE,
    )
    is_completed: bool = batch_field(
        lesson_completions,
        key="parent.id",
        description="Whether the viewer has completed it; false for anonymous requests.",
        metadata=PRIVATE,
    )


@strawberry.type(description="How far a person has come in a course.")
class CourseProgress:
    """Progress."""

    __cache_hint__: ClassVar[CacheHint] = PRIVATE_HINT
    next_lesson_id: strawberry.Private[UUID | None]
    lessons_completed: int = strawberry.field(description="How many lessons are completed.")
    lessons_total: int = strawberry.field(description="How many lessons the course has.")
    percent: int = strawberry.field(description="Lessons completed in percent, rounded down.")
    enrolled_at: datetime = strawberry.field(description="When the person enrolled.")
    completed_at: datetime | None = strawberry.field(
        description="When the last lesson was completed; null until then."
    )

    @strawberry.field(description="The first lesson not yet completed; null when all are.")
    async def next_lesson(self, info: Info) -> Lesson | None:
        if self.next_lesson_id is None:
            return None
        lessons = info.context.loader(lessons_by_id, *columns_below(info))
        row = await lessons.load(self.next_lesson_id)
        return None if row is None else Lesson.of(row)

    @classmethod
    def of(cls, progress: Progress) -> Self:
        done, total = progress.lessons_completed, progress.lessons_total
        return cls(
            next_lesson_id=progress.next_lesson_id,
            lessons_completed=done,
            lessons_total=total,
            percent=100 * done // total if total else 0,
            enrolled_at=progress.enrolled_at,
            completed_at=progress.completed_at,
        )


@entity(
    Kind.COURSE,
    audience=Audience.EVERYONE,
    description="A course.",
    key="id",
    found_by=courses_by_id,
)
class Course(Node):
    """A course."""

    parent: strawberry.Private[CourseRow]
    title: str = column("title", description="What it is called.")
    description: str = column("description", description="What it teaches.")
    subject: str = column("subject", description="Its subject, such as `Programming`.")
    level: CourseLevel = column(
        "level", shown=CourseLevel, description="What it expects its learners to know."
    )
    language: str = column("language", description="Its language, a BCP 47 tag such as `en`.")
    is_published: bool = column("is_published", description="Whether everyone can see it.")
    created_at: datetime = column("created_at", description="When it was made.")
    updated_at: datetime = column("updated_at", description="When it last changed.")
    instructor: "User" = column(
        "instructor_id",
        shown=Shown(lambda: User),
        description="The person who teaches it.",
        metadata=cached(60, Subject.USERS),
    )
    lessons: Connection[Lesson] = batch_connection(
        lessons_of_courses,
        key="parent.id",
        shown=Shown(Lesson),
        description="Its lessons, in their order.",
        metadata=cached(60, Subject.COURSES),
    )
    progress: CourseProgress | None = batch_field(
        progress_of_viewer,
        key="parent.id",
        shown=CourseProgress.of,
        description="How far the viewer has come; null unless they are enrolled.",
    )


@entity(
    Kind.ENROLMENT,
    audience=Audience.OWNER,
    description="A person taking a course.",
    key="id",
    found_by=enrolments_by_id,
)
class Enrolment(Node):
    """An enrolment."""

    parent: strawberry.Private[EnrolmentRow]
    learner: "User" = column(
        "user_id", shown=Shown(lambda: User), description="The person who takes the course."
    )
    enrolled_at: datetime = column("created_at", description="When the person enrolled.")
    completed_at: datetime | None = column(
        "completed_at", description="When the last lesson was completed; null until then."
    )
    course: Course | None = batch_field(
        courses_by_id,
        key="parent.course_id",
        shown=Shown(Course),
        description="The course; null when it is no longer published.",
    )
    progress: CourseProgress | None = batch_field(
        progress_by_enrolment,
        key="parent.id",
        shown=CourseProgress.of,
        description="How far the person has come.",
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent.user_id


@entity(Kind.USER, audience=Audience.EVERYONE)
class User(Node):
    """A person as a learner."""

    parent: strawberry.Private[UUID]
    enrolments: Connection[Enrolment] | None = batch_connection(
        enrolments_of_users,
        shown=Shown(Enrolment),
        description="The courses that the person takes, newest first. Its owner and admins only.",
        audience=Audience.OWNER,
    )
    certificates_count: int = batch_field(
        certificate_counts,
        description="How many courses the person has completed.",
        metadata=inherited(Subject.CERTIFICATES),
    )

    @property
    def owner_id(self) -> UUID:
        return self.parent
