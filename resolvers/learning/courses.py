"""The catalogue of courses and their lessons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, or_, select
from sqlmodel import col

from core.statements import Statement, is_among
from models.rows import Columns, CourseRow, LessonRow
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
from resolvers.rows import CountsByParent, RowsById
from resolvers.search import matches, search_query

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

    def parameters(self) -> dict[str, Any]:
        """The values of the conditions that filter, by the names of `FILTERS`."""
        pairs = (
            ("subject", self.subject),
            ("level", self.level.value if self.level is not None else None),
            ("language", self.language),
            ("search", None if self.search is None else search_query(self.search)),
        )
        return {name: value for name, value in pairs if value is not None}


FILTERS: Mapping[str, ColumnElement[bool]] = {
    "subject": col(Course.subject) == bindparam("subject"),
    "level": col(Course.level) == bindparam("level"),
    "language": col(Course.language) == bindparam("language"),
    "search": matches(col(Course.search), "search"),
}
# Bare, as the partial indexes have it: PostgreSQL does not match `IS true` with them.
IS_PUBLISHED = columns_by_name(Course)["is_published"]
CATALOGUES = {
    sort: Listing(Course, CourseRow, order, where=(IS_PUBLISHED,), choices=FILTERS)
    for sort, order in ((CourseSort.NEWEST, NEWEST), (CourseSort.TITLE, BY_TITLE))
}
# Unpublished courses are for their instructors and admins only; these read without a parameter.
VISIBLE = {
    "viewer_id": or_(
        IS_PUBLISHED, col(Course.instructor_id) == bindparam("viewer_id", type_=Uuid())
    )
}
COURSES = RowsById(Course, CourseRow, choices=VISIBLE)
VISIBLE_LESSONS = {
    "viewer_id": col(Lesson.course_id).in_(select(col(Course.id)).where(VISIBLE["viewer_id"]))
}
LESSONS = RowsById(Lesson, LessonRow, choices=VISIBLE_LESSONS)
LESSONS_OF_COURSES = Listing(Lesson, LessonRow, BY_POSITION)
LESSON_COUNTS = CountsByParent(Lesson, "course_id")
BODIES = Statement(select(col(Lesson.id), col(Lesson.body)).where(is_among(col(Lesson.id), "ids")))


async def courses_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[CourseRow | None]:
    """Courses by id; `None` for those that the viewer may not see."""
    return await COURSES.read(context.stores.database, ids, _visibility(context), columns)


async def courses_page(
    context: Context,
    page: Page,
    wanted: CourseFilter,
    sort: CourseSort,
    columns: Columns = None,
) -> Slice[CourseRow]:
    """Published courses."""
    return await whole_list(context, CATALOGUES[sort], page, wanted.parameters(), columns)


async def lessons_of_courses(
    context: Context, course_ids: Sequence[UUID], page: Page, columns: Columns = None
) -> list[Slice[LessonRow]]:
    """Each course's lessons, in their order."""
    return await lists_of_parents(
        context, LESSONS_OF_COURSES, "course_id", course_ids, page, columns, counts=lesson_counts
    )


async def lesson_counts(context: Context, course_ids: Sequence[UUID]) -> list[int]:
    return await LESSON_COUNTS.read(context.stores.database, course_ids)


async def lessons_by_id(
    context: Context, ids: Sequence[UUID], columns: Columns = None
) -> list[LessonRow | None]:
    """Lessons by id; `None` for those of courses that the viewer may not see."""
    return await LESSONS.read(context.stores.database, ids, _visibility(context), columns)


async def lesson_bodies(context: Context, lesson_ids: Sequence[UUID]) -> list[str]:
    """The text of each lesson, in Markdown."""
    found = await context.stores.database.fetch(BODIES, {"ids": lesson_ids})
    bodies: dict[UUID, str] = dict(found)
    return [bodies.get(lesson_id, "") for lesson_id in lesson_ids]


def _visibility(context: Context) -> dict[str, UUID | None]:
    return {} if context.viewer.is_admin else {"viewer_id": context.viewer.user_id}
