"""The catalogue of courses and their lessons."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlmodel import col

from models.rows import CourseRow, LessonRow
from models.tables import Course, CourseLevel, Lesson
from resolvers.context import Context
from resolvers.keyset import (
    NEWEST,
    Listing,
    Order,
    Page,
    Slice,
    columns_by_name,
    text_value,
    whole_value,
)
from resolvers.lists import lists_of_parents, whole_list
from resolvers.rows import counts_by_parent, rows_by_id
from resolvers.search import matches

BY_TITLE = Order("title", (("title", text_value), ("id", UUID)), is_descending=False)
BY_POSITION = Order("position", (("position", whole_value), ("id", UUID)), is_descending=False)


class CourseSort(StrEnum):
    """The orders of the catalogue."""

    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class CourseFilter:
    """Which courses to list. Absent conditions do not filter."""

    subject: str | None = None
    level: CourseLevel | None = None
    language: str | None = None
    search: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        level = self.level.value if self.level is not None else None
        pairs = (
            (Course.subject, self.subject),
            (Course.level, level),
            (Course.language, self.language),
        )
        found = [col(column) == value for column, value in pairs if value is not None]
        if self.search is not None:
            search = matches(col(Course.search), self.search)
            found.extend([search] if search is not None else [])
        return found


def _visible(context: Context) -> ColumnElement[bool]:
    """Published courses; others for their instructors and admins only."""
    if context.viewer.is_admin:
        return true()
    return or_(col(Course.is_published), col(Course.instructor_id) == context.viewer.user_id)


async def courses_by_id(context: Context, ids: Sequence[UUID]) -> list[CourseRow | None]:
    """Courses by id; `None` for those that the viewer may not see."""
    return await rows_by_id(context.stores.database, Course, CourseRow, ids, _visible(context))


async def courses_page(
    context: Context, page: Page, wanted: CourseFilter, sort: CourseSort
) -> Slice[CourseRow]:
    """Published courses."""
    order = BY_TITLE if sort is CourseSort.TITLE else NEWEST
    # Bare, as the partial indexes have it: PostgreSQL does not match `IS true` with them.
    where = (columns_by_name(Course)["is_published"], *wanted.conditions())
    return await whole_list(context, Listing(Course, CourseRow, order, where), page)


async def lessons_of_courses(
    context: Context, courses: Sequence[CourseRow], page: Page
) -> list[Slice[LessonRow]]:
    """Each course's lessons, in their order."""
    listing = Listing(Lesson, LessonRow, BY_POSITION)
    ids = [course.id for course in courses]
    return await lists_of_parents(context, listing, "course_id", ids, page, counts=lesson_counts)


async def lesson_counts(context: Context, course_ids: Sequence[UUID]) -> list[int]:
    return await counts_by_parent(context.stores.database, Lesson, "course_id", course_ids)


async def lessons_by_id(context: Context, ids: Sequence[UUID]) -> list[LessonRow | None]:
    """Lessons by id; `None` for those of courses that the viewer may not see."""
    rows = await rows_by_id(context.stores.database, Lesson, LessonRow, ids)
    courses = await context.loader(courses_by_id).load_many(
        [row.course_id for row in rows if row is not None]
    )
    visible = {course.id for course in courses if course is not None}
    return [row if row is not None and row.course_id in visible else None for row in rows]


async def lesson_bodies(context: Context, lessons: Sequence[LessonRow]) -> list[str]:
    """The text of each lesson, in Markdown."""
    statement = select(col(Lesson.id), col(Lesson.body)).where(
        col(Lesson.id).in_([lesson.id for lesson in lessons])
    )
    async with context.stores.database.read() as session:
        bodies: dict[UUID, str] = {
            record[0]: record[1] for record in await session.execute(statement)
        }
    return [bodies.get(lesson.id, "") for lesson in lessons]


async def courses_of_lessons(
    context: Context, lessons: Sequence[LessonRow]
) -> list[CourseRow | None]:
    """The course that each lesson belongs to."""
    return await context.loader(courses_by_id).load_many([each.course_id for each in lessons])
