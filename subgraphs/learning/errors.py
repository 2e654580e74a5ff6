"""Refusals about courses and lessons."""

from typing import Annotated

import strawberry

from services.learning.enrolments import CourseNotFound, LessonNotFound, NotEnrolled
from subgraphs.learning.payloads import CompleteLessonPayload, EnrolPayload
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


EnrolResult = Annotated[
    EnrolPayload | CourseNotFoundError,
    strawberry.union("EnrolResult", description="The enrolment, or why there is none."),
]
CompleteLessonResult = Annotated[
    CompleteLessonPayload | LessonNotFoundError | NotEnrolledError,
    strawberry.union("CompleteLessonResult", description="The progress made, or why none was."),
]
