"""What clients send about courses and lessons."""

import strawberry

from resolvers.learning.courses import CourseFilter as StoredFilter
from subgraphs.learning.enums import CourseLevel
from subgraphs.shared.connections import given


@strawberry.input(description="Which courses to list. What is left out does not filter.")
class CourseFilter:
    """Conditions on courses."""

    subject: str | None = strawberry.field(
        default=strawberry.UNSET, description="Courses of exactly this subject."
    )
    level: CourseLevel | None = strawberry.field(
        default=strawberry.UNSET, description="Courses of this level."
    )
    language: str | None = strawberry.field(
        default=strawberry.UNSET, description="Courses in this language, a BCP 47 tag."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Words, or beginnings of words, of the title, subject or description.",
    )

    def stored(self) -> StoredFilter:
        return StoredFilter(**{name: given(value) for name, value in vars(self).items()})


@strawberry.input(description="Which course to take.")
class EnrolInput:
    """A course."""

    course_id: strawberry.ID = strawberry.field(description="The course: `crs_...`.")


@strawberry.input(description="Which lesson is completed.")
class CompleteLessonInput:
    """A lesson."""

    lesson_id: strawberry.ID = strawberry.field(description="The lesson: `les_...`.")
