"""What mutations about courses and lessons answer with."""

import strawberry

from subgraphs.learning.types import Enrolment, Lesson


@strawberry.type(description="The enrolment: the same one when it is sent again.")
class EnrolPayload:
    """An enrolment."""

    enrolment: Enrolment = strawberry.field(description="The enrolment.")


@strawberry.type(description="The lesson and the enrolment with it counted.")
class CompleteLessonPayload:
    """Progress made."""

    lesson: Lesson = strawberry.field(description="The completed lesson.")
    enrolment: Enrolment = strawberry.field(description="The enrolment, with its progress.")
