"""Taking a course and completing its lessons. Both may be sent again without harm."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from core.database import WriteSession
from core.errors import DomainError
from core.stores import Stores
from models.subjects import Subject
from models.tables import Course, Enrolment, Lesson, LessonProgress, User
from services.auth.viewer import AccountGone


class CourseNotFound(DomainError):
    """No published course has this id."""

    code = "COURSE_NOT_FOUND"
    field = ("input", "courseId")

    def __init__(self) -> None:
        super().__init__("There is no such course.")


class LessonNotFound(DomainError):
    """No lesson has this id."""

    code = "LESSON_NOT_FOUND"
    field = ("input", "lessonId")

    def __init__(self) -> None:
        super().__init__("There is no such lesson.")


class NotEnrolled(DomainError):
    """Lessons are completed by people who take the course."""

    code = "NOT_ENROLLED"

    def __init__(self) -> None:
        super().__init__("Enrol in the course first, with `enrol`.")


async def enrol(stores: Stores, *, user_id: UUID, course_id: UUID) -> UUID:
    """Enrol a person in a published course; again, it answers with the same enrolment.

    Returns the enrolment's id. Raises CourseNotFound, AccountGone.
    """
    async with stores.database.transaction() as session:
        course = await session.get(Course, course_id)
        if course is None or not course.is_published:
            raise CourseNotFound
        if await session.get(User, user_id) is None:
            raise AccountGone
        enrolment = Enrolment(user_id=user_id, course_id=course_id, created_at=stores.clock())
        await session.execute(
            insert(Enrolment)
            .values(enrolment.model_dump())
            .on_conflict_do_nothing(constraint="uq_enrolments_user_course")
        )
        statement = select(Enrolment.id).where(
            col(Enrolment.user_id) == user_id, col(Enrolment.course_id) == course_id
        )
        return (await session.scalars(statement)).one()


async def complete_lesson(stores: Stores, *, user_id: UUID, lesson_id: UUID) -> UUID:
    """Mark a lesson completed, and the course with its last one; again, it changes nothing.

    Returns the enrolment's id. Raises LessonNotFound, NotEnrolled.
    """
    now = stores.clock()
    async with stores.change(subjects=[Subject.CERTIFICATES]) as session:
        lesson = await _published_lesson(session, lesson_id)
        if lesson is None:
            raise LessonNotFound
        statement = (
            select(Enrolment)
            .where(
                col(Enrolment.user_id) == user_id,
                col(Enrolment.course_id) == lesson.course_id,
            )
            .with_for_update()
        )
        enrolment = (await session.scalars(statement)).one_or_none()
        if enrolment is None:
            raise NotEnrolled
        await session.execute(
            insert(LessonProgress)
            .values(enrolment_id=enrolment.id, lesson_id=lesson_id, completed_at=now)
            .on_conflict_do_nothing()
        )
        await _complete_course(session, enrolment, now=now)
    return enrolment.id


async def _published_lesson(session: WriteSession, lesson_id: UUID) -> Lesson | None:
    statement = (
        select(Lesson)
        .join(Course, col(Course.id) == col(Lesson.course_id))
        .where(col(Lesson.id) == lesson_id, col(Course.is_published))
    )
    return (await session.scalars(statement)).one_or_none()


async def _complete_course(session: WriteSession, enrolment: Enrolment, *, now: datetime) -> None:
    """Set `completed_at` when no lesson is left. The caller holds the enrolment's lock."""
    done = (
        select(LessonProgress.lesson_id)
        .where(col(LessonProgress.enrolment_id) == enrolment.id)
        .scalar_subquery()
    )
    left = await session.scalar(
        select(func.count())
        .select_from(Lesson)
        .where(col(Lesson.course_id) == enrolment.course_id, col(Lesson.id).not_in(done))
    )
    if left == 0 and enrolment.completed_at is None:
        enrolment.completed_at = now
