"""Refusals about courses and lessons, and what mutations about them answer with."""

from typing import Annotated

import strawberry

from services.learning.enrolments import CourseNotFound, LessonNotFound, NotEnrolled
from subgraphs.learning.types import Enrolment, Lesson
from subgraphs.shared.errors import Refusals, UserError


@strawberry.type(description="No published course has this id.")
class CourseNotFoundError(UserError):
    """CourseNotFound, as clients see it."""


@strawberry.type(description="No lesson has this id.")
class LessonNotFoundError(UserError):
    """LessonNotFound, as clients see it."""


@strawberry.type(description="The person does not take the course: call `enrol` first.")
class NotEnrolledError(UserError):
    """NotEnrolled, as clients see it."""


REFUSALS: Refusals = {
    CourseNotFound: CourseNotFoundError,
    LessonNotFound: LessonNotFoundError,
    NotEnrolled: NotEnrolledError,
}


@strawberry.type(description="The enrolment: the same one when it is sent again.")
class EnrolPayload:
    """An enrolment."""

    enrolment: Enrolment = strawberry.field(description="The enrolment.")


@strawberry.type(description="The lesson and the enrolment with it counted.")
class CompleteLessonPayload:
    """Progress made."""

    lesson: Lesson = strawberry.field(description="The completed lesson.")
    enrolment: Enrolment = strawberry.field(description="The enrolment, with its progress.")


EnrolResult = Annotated[
    EnrolPayload | CourseNotFoundError,
    strawberry.union("EnrolResult", description="The enrolment, or why there is none."),
]
CompleteLessonResult = Annotated[
    CompleteLessonPayload | LessonNotFoundError | NotEnrolledError,
    strawberry.union("CompleteLessonResult", description="The progress made, or why none was."),
]
