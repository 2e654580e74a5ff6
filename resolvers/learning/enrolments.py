"""Who takes which course, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from models.rows import CourseRow, EnrolmentRow, LessonRow
from models.tables import Enrolment, Lesson, LessonProgress
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.learning.courses import courses_by_id
from resolvers.lists import lists_of_parents
from resolvers.rows import counts_by_parent, rows_by_id


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person has come in one course."""

    enrolment_id: UUID
    user_id: UUID
    lessons_completed: int
    lessons_total: int
    next_lesson_id: UUID | None
    enrolled_at: datetime
    completed_at: datetime | None


async def enrolments_by_id(context: Context, ids: Sequence[UUID]) -> list[EnrolmentRow | None]:
    """Enrolments by id; `None` for those that the viewer may not see."""
    rows = await rows_by_id(context.stores.database, Enrolment, EnrolmentRow, ids)
    return [
        row if row is not None and context.viewer.may_see(row.user_id) else None for row in rows
    ]


async def enrolments_of_users(
    context: Context, user_ids: Sequence[UUID], page: Page
) -> list[Slice[EnrolmentRow]]:
    """Each person's enrolments, newest first."""
    listing = Listing(Enrolment, EnrolmentRow, NEWEST)
    return await lists_of_parents(
        context, listing, "user_id", user_ids, page, counts=enrolment_counts
    )


async def enrolment_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    return await counts_by_parent(context.stores.database, Enrolment, "user_id", user_ids)


async def certificate_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    """How many courses each person has completed."""
    is_completed = col(Enrolment.completed_at).is_not(None)
    return await counts_by_parent(
        context.stores.database, Enrolment, "user_id", user_ids, is_completed
    )


async def courses_of_enrolments(
    context: Context, enrolments: Sequence[EnrolmentRow]
) -> list[CourseRow | None]:
    """The course of each enrolment; `None` when it is no longer published."""
    return await context.loader(courses_by_id).load_many([each.course_id for each in enrolments])


async def progress_of_enrolments(
    context: Context, enrolments: Sequence[EnrolmentRow]
) -> list[Progress | None]:
    """How far the person of each enrolment has come."""
    return await context.loader(progress_by_enrolment).load_many([each.id for each in enrolments])


async def progress_of_viewer(
    context: Context, courses: Sequence[CourseRow]
) -> list[Progress | None]:
    """How far the viewer has come in each course; `None` where they are not enrolled."""
    if context.viewer.user_id is None:
        return [None] * len(courses)
    statement = select(col(Enrolment.course_id), col(Enrolment.id)).where(
        col(Enrolment.user_id) == context.viewer.user_id,
        col(Enrolment.course_id).in_([course.id for course in courses]),
    )
    async with context.stores.database.read() as session:
        ids = {record[0]: record[1] for record in await session.execute(statement)}
    enrolled = [ids[course.id] for course in courses if course.id in ids]
    found = await context.loader(progress_by_enrolment).load_many(enrolled)
    progress = dict(zip(enrolled, found, strict=True))
    return [progress[ids[course.id]] if course.id in ids else None for course in courses]


async def progress_by_enrolment(
    context: Context, enrolment_ids: Sequence[UUID]
) -> list[Progress | None]:
    """Lessons completed and left of each enrolment, in one query."""
    done = and_(
        col(LessonProgress.enrolment_id) == col(Enrolment.id),
        col(LessonProgress.lesson_id) == col(Lesson.id),
    )
    is_left = col(Lesson.id).is_not(None) & col(LessonProgress.lesson_id).is_(None)
    lessons_left = func.array_agg(aggregate_order_by(col(Lesson.id), col(Lesson.position)))
    statement = (
        select(
            col(Enrolment.id),
            col(Enrolment.user_id),
            func.count(col(LessonProgress.lesson_id)),
            func.count(col(Lesson.id)),
            lessons_left.filter(is_left)[1],
            col(Enrolment.created_at),
            col(Enrolment.completed_at),
        )
        .select_from(Enrolment)
        .outerjoin(Lesson, col(Lesson.course_id) == col(Enrolment.course_id))
        .outerjoin(LessonProgress, done)
        .where(col(Enrolment.id).in_(enrolment_ids))
        .group_by(col(Enrolment.id))
    )
    async with context.stores.database.read() as session:
        found = {record[0]: Progress(*record) for record in await session.execute(statement)}
    return [found.get(each) for each in enrolment_ids]


async def lesson_completions(context: Context, lessons: Sequence[LessonRow]) -> list[bool]:
    """Whether the viewer has completed each lesson."""
    if context.viewer.user_id is None:
        return [False] * len(lessons)
    statement = (
        select(col(LessonProgress.lesson_id))
        .join(Enrolment, col(Enrolment.id) == col(LessonProgress.enrolment_id))
        .where(
            col(Enrolment.user_id) == context.viewer.user_id,
            col(LessonProgress.lesson_id).in_([lesson.id for lesson in lessons]),
        )
    )
    async with context.stores.database.read() as session:
        completed = set(await session.scalars(statement))
    return [lesson.id in completed for lesson in lessons]
