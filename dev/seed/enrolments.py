"""Invents who takes which course and how far each has come."""

from collections.abc import Sequence
from dataclasses import dataclass

from dev.seed.calendar import DAY, HOUR, MINUTE, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.learning import Course
from dev.seed.people import DEMO_PEOPLE, LEARNER, Person
from dev.seed.plan import Plan, share_of_today
from dev.seed.rows import EnrolmentRow, LessonProgressRow

ATTEMPTS_EACH_MAX = 400
# What the demo learner has done: everything of two courses, something of three, nothing of one.
DEMO_SHARES = (1.0, 1.0, 0.7, 0.5, 0.2, 0.0)
FINISHED_SHARE = 0.32
UNTOUCHED_SHARE = 0.14
FOREIGN_LANGUAGE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody takes a course. `learner` and `course` are positions.

    `completions` says when each lesson was completed, in the order of the lessons.
    """

    learner: int
    course: int
    enrolled: int
    completions: tuple[int, ...]
    is_finished: bool


def invent_enrolments(
    plan: Plan,
    people: Sequence[Person],
    courses: Sequence[Course],
    calendar: Calendar,
    number: int,
) -> list[Enrolment]:
    """`plan.enrolments` enrolments in published courses, the demo learner's first."""
    draw = Draw(number, "enrolments")
    enrolments = _demo_enrolments(people, courses, calendar, draw)
    pairs = {(each.learner, each.course) for each in enrolments}
    learners = WeightedChoice([0.3 + draw.random.expovariate(1.0) for _ in people])
    popularity = WeightedChoice(
        [draw.random.paretovariate(1.4) if course.is_published else 0.0 for course in courses]
    )
    today = share_of_today(plan.enrolments) // 3 + 1
    for _ in range(plan.enrolments * ATTEMPTS_EACH_MAX):
        if len(enrolments) == plan.enrolments:
            break
        learner, course = learners.position(draw), popularity.position(draw)
        if (learner, course) in pairs or not _is_suitable(
            people[learner], courses[course], people[courses[course].instructor], calendar, draw
        ):
            continue
        pairs.add((learner, course))
        is_today = len(enrolments) >= plan.enrolments - today
        enrolments.append(
            _enrolment(learner, people, course, courses, calendar, draw, is_today=is_today)
        )
    return enrolments


def _is_suitable(
    learner: Person, course: Course, instructor: Person, calendar: Calendar, draw: Draw
) -> bool:
    if learner is instructor or max(course.created, learner.joined) > calendar.today - HOUR:
        return False
    language = course.subject.language
    return language in ("en", learner.language) or draw.is_lucky(FOREIGN_LANGUAGE_SHARE)


def _demo_enrolments(
    people: Sequence[Person], courses: Sequence[Course], calendar: Calendar, draw: Draw
) -> list[Enrolment]:
    """The demo learner's courses; the latest lesson of one of them was completed today."""
    learner = DEMO_PEOPLE.index(LEARNER)
    known = [
        position
        for position, course in enumerate(courses)
        if course.is_published and course.subject.language == "en"
    ]
    enrolments: list[Enrolment] = []
    for share, position in zip(DEMO_SHARES, known, strict=False):
        course = courses[position]
        earliest = max(course.created, people[learner].joined) + HOUR
        enrolled = draw.between(earliest, max(earliest, calendar.days_ago(8)))
        lessons = int(share * len(course.lesson_ids))
        completions = draw.between_sorted(enrolled + MINUTE, calendar.today - 1, count=lessons)
        if len(enrolments) == DEMO_SHARES.index(0.7):
            completions[-1] = calendar.during_today(draw)
        enrolments.append(
            Enrolment(learner, position, enrolled, tuple(completions), is_finished=share == 1.0)
        )
    return enrolments


def _enrolment(
    learner: int,
    people: Sequence[Person],
    course: int,
    courses: Sequence[Course],
    calendar: Calendar,
    draw: Draw,
    *,
    is_today: bool,
) -> Enrolment:
    earliest = max(courses[course].created, people[learner].joined) + 5 * MINUTE
    if is_today:
        return Enrolment(learner, course, calendar.during_today(draw), (), is_finished=False)
    enrolled = calendar.in_history(draw, after=earliest)
    total = len(courses[course].lesson_ids)
    lessons = _lessons_done(total, draw)
    time_needed = int(draw.random.triangular(DAY, 60 * DAY, 12 * DAY))
    latest = min(enrolled + time_needed, calendar.today - 1)
    if latest - enrolled < lessons * HOUR:
        lessons = min(lessons, 1)
    completions = draw.between_sorted(min(enrolled + MINUTE, latest), latest, count=lessons)
    return Enrolment(learner, course, enrolled, tuple(completions), is_finished=lessons == total)


def _lessons_done(total: int, draw: Draw) -> int:
    fate = draw.random.random()
    if fate < FINISHED_SHARE:
        return total
    return 0 if fate < FINISHED_SHARE + UNTOUCHED_SHARE else draw.between(1, total - 1)


def enrolment_rows(
    enrolments: Sequence[Enrolment],
    people: Sequence[Person],
    courses: Sequence[Course],
    number: int,
) -> tuple[list[EnrolmentRow], list[LessonProgressRow]]:
    """The rows of enrolments, and those of the lessons that were completed in them."""
    draw = Draw(number, "enrolment ids")
    rows: list[EnrolmentRow] = []
    progress: list[LessonProgressRow] = []
    for enrolment in enrolments:
        enrolled = moment(enrolment.enrolled)
        enrolment_id = draw.id_at(enrolled)
        course = courses[enrolment.course]
        times = [moment(at) for at in enrolment.completions]
        rows.append(
            EnrolmentRow(
                id=enrolment_id,
                user_id=people[enrolment.learner].id,
                course_id=course.id,
                created_at=enrolled,
                completed_at=times[-1] if enrolment.is_finished else None,
            )
        )
        progress.extend(
            LessonProgressRow(enrolment_id, lesson_id, time)
            for lesson_id, time in zip(course.lesson_ids, times, strict=False)
        )
    return rows, progress
