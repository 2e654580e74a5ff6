"""Who takes which course, and how far they have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from core.statements import Records, Statement, is_among
from models.rows import Columns, EnrolmentRow, including
from models.tables import Enrolment, Lesson, LessonProgress
from resolvers.context import Context
from resolvers.keyset import NEWEST, Listing, Page, Slice
from resolvers.lists import lists_of_parents
from resolvers.rows import CountsByParent, RowsById


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


ENROLMENTS = RowsById(Enrolment, EnrolmentRow)
ENROLMENTS_OF_USERS = Listing(Enrolment, EnrolmentRow, NEWEST)
ENROLMENT_COUNTS = CountsByParent(Enrolment, "user_id")
CERTIFICATE_COUNTS = CountsByParent(
    Enrolment, "user_id", where=(col(Enrolment.completed_at).is_not(None),)
)
ENROLMENTS_OF_VIEWER = Statement(
    select(col(Enrolment.course_id), col(Enrolment.id)).where(
        col(Enrolment.user_id) == bindparam("viewer_id", type_=Uuid()),
        is_among(col(Enrolment.course_id), "ids"),
    )
)
LESSONS_COMPLETED = Statement(
    select(col(LessonProgress.lesson_id))
    .join(Enrolment, col(Enrolment.id) == col(LessonProgress.enrolment_id))
    .where(
        col(Enrolment.user_id) == bindparam("viewer_id", type_=Uuid()),
        is_among(col(LessonProgress.lesson_id), "ids"),
    )
)


def _progress_statement() -> Statement[Records]:
    """Lessons completed, all lessons and the first one left, of each enrolment."""
    done = and_(
        col(LessonProgress.enrolment_id) == col(Enrolment.id),
        col(LessonProgress.lesson_id) == col(Lesson.id),
    )
    is_left = col(Lesson.id).is_not(None) & col(LessonProgress.lesson_id).is_(None)
    lessons_left = func.array_agg(aggregate_order_by(col(Lesson.id), col(Lesson.position)))
    return Statement(
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
        .where(is_among(col(Enrolment.id), "ids"))
        .group_by(col(Enrolment.id))
    )


PROGRESS = _progress_statement()


async def enrolments_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[EnrolmentRow | None]:
    """Enrolments by id; `None` for those that the viewer may not see."""
    needed = including(columns, "user_id")
    rows = await ENROLMENTS.read(context.stores.database, ids, columns=needed)
    return [
        row if row is not None and context.viewer.may_see(row.user_id) else None for row in rows
    ]


async def enrolments_of_users(
    context: Context, user_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[EnrolmentRow]]:
    """Each person's enrolments, newest first."""
    return await lists_of_parents(
        context, ENROLMENTS_OF_USERS, "user_id", user_ids, page, columns, counts=enrolment_counts
    )


async def enrolment_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    return await ENROLMENT_COUNTS.read(context.stores.database, user_ids)


async def certificate_counts(context: Context, user_ids: Sequence[UUID]) -> list[int]:
    """How many courses each person has completed."""
    return await CERTIFICATE_COUNTS.read(context.stores.database, user_ids)


async def progress_of_viewer(context: Context, course_ids: Sequence[UUID]) -> list[Progress | None]:
    """How far the viewer has come in each course; `None` where they are not enrolled."""
    if context.viewer.user_id is None:
        return [None] * len(course_ids)
    wanted = {"viewer_id": context.viewer.user_id, "ids": course_ids}
    ids: dict[UUID, UUID] = dict(await context.stores.database.fetch(ENROLMENTS_OF_VIEWER, wanted))
    enrolled = [ids[course_id] for course_id in course_ids if course_id in ids]
    found = await context.loader(progress_by_enrolment).load_many(enrolled)
    progress = dict(zip(enrolled, found, strict=True))
    return [progress[ids[each]] if each in ids else None for each in course_ids]


async def progress_by_enrolment(
    context: Context, enrolment_ids: Sequence[UUID]
) -> list[Progress | None]:
    """Lessons completed and left of each enrolment, in one query."""
    records = await context.stores.database.fetch(PROGRESS, {"ids": enrolment_ids})
    found = {record[0]: Progress(*record) for record in records}
    return [found.get(each) for each in enrolment_ids]


async def lesson_completions(context: Context, lesson_ids: Sequence[UUID]) -> list[bool]:
    """Whether the viewer has completed each lesson."""
    if context.viewer.user_id is None:
        return [False] * len(lesson_ids)
    wanted = {"viewer_id": context.viewer.user_id, "ids": lesson_ids}
    found = await context.stores.database.fetch(LESSONS_COMPLETED, wanted)
    completed: set[UUID] = {record[0] for record in found}
    return [lesson_id in completed for lesson_id in lesson_ids]
