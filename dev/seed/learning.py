"""Invents courses and writes their lessons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from dev.seed.calendar import DAY, HOUR, MINUTE, Calendar, moment
from dev.seed.drawing import Draw
from dev.seed.library import CourseOutline, Subject, lesson_frames, subjects
from dev.seed.people import Person, positions_with
from dev.seed.plan import Plan
from dev.seed.rows import CourseRow, LessonRow
from models.tables import Role

WORDS_A_MINUTE = 25
# One course of so many is still a draft, the last of them first.
DRAFT_EVERY = 10


@dataclass(frozen=True, slots=True)
class Course:
    """A course with its lessons. `instructor` is a position in the list of people."""

    id: UUID
    title: str
    description: str
    subject: Subject
    outline: CourseOutline
    instructor: int
    is_published: bool
    created: int
    updated: int
    lesson_ids: tuple[UUID, ...]


def invent_courses(
    plan: Plan, people: Sequence[Person], calendar: Calendar, number: int
) -> list[Course]:
    """`plan.courses` courses, first each outline once, then editions for particular learners."""
    draw = Draw(number, "courses")
    instructors = positions_with(people, Role.INSTRUCTOR)
    return [
        _course(
            edition,
            _instructor(turn, edition.subject.language, instructors, people),
            people,
            calendar,
            draw,
            is_published=turn % DRAFT_EVERY != DRAFT_EVERY - 1,
        )
        for turn, edition in zip(range(plan.courses), _editions(draw), strict=False)
    ]


class _Edition(NamedTuple):
    """An outline as it is, or made for particular learners by an angle."""

    subject: Subject
    outline: CourseOutline
    angle: str | None

    @property
    def title(self) -> str:
        return self.outline.title if self.angle is None else f"{self.outline.title} ({self.angle})"

    @property
    def description(self) -> str:
        if self.angle is None:
            return self.outline.description
        frame = lesson_frames()[self.subject.language]
        return f"{self.outline.description} {frame.edition.format(angle=self.angle)}"


def _course(
    edition: _Edition,
    instructor: int,
    people: Sequence[Person],
    calendar: Calendar,
    draw: Draw,
    *,
    is_published: bool,
) -> Course:
    earliest = max(people[instructor].joined + DAY, calendar.beginning + 30 * DAY)
    created = draw.between(earliest, max(earliest, calendar.days_ago(10)))
    return Course(
        id=draw.id_at(moment(created)),
        title=edition.title,
        description=edition.description,
        subject=edition.subject,
        outline=edition.outline,
        instructor=instructor,
        is_published=is_published,
        created=created,
        updated=draw.between(created + HOUR, calendar.today - 1),
        lesson_ids=tuple(
            draw.id_at(moment(created + place * MINUTE))
            for place, _ in enumerate(edition.outline.lessons, start=1)
        ),
    )


def _editions(draw: Draw) -> Iterator[_Edition]:
    """All outlines in any order, then all of them again with one angle after the other."""
    outlines = [(subject, outline) for subject in subjects() for outline in subject.courses]
    for subject, outline in draw.sample(outlines, len(outlines)):
        yield _Edition(subject, outline, None)
    for turn in range(max(len(subject.angles) for subject in subjects())):
        for subject, outline in draw.sample(outlines, len(outlines)):
            if turn < len(subject.angles):
                yield _Edition(subject, outline, subject.angles[turn])


def _instructor(
    turn: int, language: str, instructors: Sequence[int], people: Sequence[Person]
) -> int:
    """Each instructor in turn, but somebody who speaks it for a course not in English."""
    speakers = [each for each in instructors if people[each].language == language]
    if language == "en" or not speakers:
        return instructors[turn % len(instructors)]
    return speakers[turn % len(speakers)]


def course_rows(courses: Sequence[Course], people: Sequence[Person]) -> list[CourseRow]:
    return [
        CourseRow(
            id=course.id,
            title=course.title,
            description=course.description,
            subject=course.subject.subject,
            level=course.outline.level.value,
            language=course.subject.language,
            instructor_id=people[course.instructor].id,
            is_published=course.is_published,
            created_at=moment(course.created),
            updated_at=moment(course.updated),
        )
        for course in courses
    ]


def lesson_rows(courses: Sequence[Course], number: int) -> list[LessonRow]:
    draw = Draw(number, "lessons")
    rows: list[LessonRow] = []
    for course in courses:
        for place, lesson_id in enumerate(course.lesson_ids, start=1):
            body = _body(course, place, draw)
            rows.append(
                LessonRow(
                    id=lesson_id,
                    course_id=course.id,
                    position=place,
                    title=course.outline.lessons[place - 1][0],
                    body=body,
                    duration_minutes=len(body.split()) // WORDS_A_MINUTE + draw.between(3, 9),
                )
            )
    return rows


def _body(course: Course, place: int, draw: Draw) -> str:
    """A lesson of a few paragraphs in Markdown: its idea, an example, an exercise, questions."""
    subject = course.subject
    frame = lesson_frames()[subject.language]
    title, idea, example, practice = course.outline.lessons[place - 1]
    first_check, second_check = draw.sample(subject.checks, 2)
    return "\n\n".join(
        (
            f"*{draw.pick(subject.openings)}*",
            idea,
            f"## {frame.example}",
            example,
            f"## {frame.practice}",
            practice,
            f"> {draw.pick(subject.tips)}",
            f"## {frame.checks}",
            f"1. {first_check}\n2. {second_check}\n3. {frame.last_check.format(title=title)}",
        )
    )
