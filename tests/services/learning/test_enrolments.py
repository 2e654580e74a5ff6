"""Taking a course and completing its lessons."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from core.ids import new_id
from models.tables import Enrolment, LessonProgress
from services.auth.viewer import AccountGone
from services.learning.enrolments import (
    CourseNotFound,
    LessonNotFound,
    NotEnrolled,
    complete_lesson,
    enrol,
)


@pytest.fixture
def stored(database):
    """Every row of a table."""

    async def rows(table):
        async with database.read() as session:
            return list(await session.scalars(select(table)))

    return rows


class TestEnrol:
    async def test_enrols_a_person(self, make, timed, stored, watch):
        learner, course = await make.user(), await make.course(await make.user())

        enrolment_id = await enrol(timed, user_id=learner.id, course_id=course.id)

        (enrolment,) = await stored(Enrolment)
        assert enrolment.id == enrolment_id
        assert (enrolment.user_id, enrolment.course_id) == (learner.id, course.id)
        assert (enrolment.created_at, enrolment.completed_at) == (watch.now, None)

    async def test_answers_the_same_enrolment_again_and_changes_nothing(self, make, timed, watch):
        learner, course = await make.user(), await make.course(await make.user())
        first = await enrol(timed, user_id=learner.id, course_id=course.id)
        before = await make.contents()
        watch.move(days=1)

        again = await enrol(timed, user_id=learner.id, course_id=course.id)

        assert again == first
        assert await make.contents() == before

    async def test_enrols_once_when_twenty_come_at_once(self, make, timed, stored):
        learner, course = await make.user(), await make.course(await make.user())

        made = await asyncio.gather(
            *(enrol(timed, user_id=learner.id, course_id=course.id) for _ in range(20))
        )

        (enrolment,) = await stored(Enrolment)
        assert set(made) == {enrolment.id}

    async def test_refuses_a_course_that_is_not_there_and_changes_nothing(self, make, timed):
        learner = await make.user()
        before = await make.contents()

        with pytest.raises(CourseNotFound) as refused:
            await enrol(timed, user_id=learner.id, course_id=new_id())

        assert refused.value.code == "COURSE_NOT_FOUND"
        assert refused.value.field == ("input", "courseId")
        assert await make.contents() == before

    async def test_refuses_a_draft_to_its_instructor_too(self, make, timed):
        instructor, learner = await make.user(), await make.user()
        course = await make.course(instructor, is_published=False)
        before = await make.contents()

        for person in (instructor, learner):
            with pytest.raises(CourseNotFound):
                await enrol(timed, user_id=person.id, course_id=course.id)

        assert await make.contents() == before

    async def test_refuses_an_account_that_is_gone_and_changes_nothing(self, make, timed):
        course = await make.course(await make.user())
        before = await make.contents()

        with pytest.raises(AccountGone):
            await enrol(timed, user_id=new_id(), course_id=course.id)

        assert await make.contents() == before


class TestCompleteLesson:
    async def test_completes_a_lesson(self, make, timed, stored, watch):
        learner, course = await make.user(), await make.course(await make.user(), lessons=2)
        enrolment = await make.enrolment(learner, course)
        first, _ = await make.lessons(course)

        answered = await complete_lesson(timed, user_id=learner.id, lesson_id=first.id)

        (progress,) = await stored(LessonProgress)
        (kept,) = await stored(Enrolment)
        assert answered == enrolment.id
        assert (progress.enrolment_id, progress.lesson_id) == (enrolment.id, first.id)
        assert progress.completed_at == watch.now
        assert kept.completed_at is None

    async def test_completes_the_course_with_its_last_lesson(self, make, timed, stored, watch):
        learner, course = await make.user(), await make.course(await make.user(), lessons=2)
        await make.enrolment(learner, course)
        first, second = await make.lessons(course)

        await complete_lesson(timed, user_id=learner.id, lesson_id=second.id)
        watch.move(days=1)
        await complete_lesson(timed, user_id=learner.id, lesson_id=first.id)

        (enrolment,) = await stored(Enrolment)
        assert enrolment.completed_at == watch.now

    async def test_changes_nothing_again(self, make, timed, watch):
        learner, course = await make.user(), await make.course(await make.user(), lessons=1)
        await make.enrolment(learner, course)
        (lesson,) = await make.lessons(course)
        first = await complete_lesson(timed, user_id=learner.id, lesson_id=lesson.id)
        before = await make.contents()
        watch.move(days=1)

        again = await complete_lesson(timed, user_id=learner.id, lesson_id=lesson.id)

        assert again == first
        assert await make.contents() == before

    async def test_completes_the_course_once_when_twenty_come_at_once(
        self, make, timed, stored, watch
    ):
        learner, course = await make.user(), await make.course(await make.user(), lessons=4)
        enrolment = await make.enrolment(learner, course)
        lessons = await make.lessons(course)
        minutes = count(1)

        async def complete(lesson):
            moment = watch.now + timedelta(minutes=next(minutes))
            stores = replace(timed, clock=lambda: moment)
            return await complete_lesson(stores, user_id=learner.id, lesson_id=lesson.id)

        answered = await asyncio.gather(*(complete(lessons[turn % 4]) for turn in range(20)))

        progress = await stored(LessonProgress)
        (completed,) = await stored(Enrolment)
        assert set(answered) == {enrolment.id}
        assert sorted(each.lesson_id for each in progress) == sorted(
            lesson.id for lesson in lessons
        )
        assert completed.completed_at in {each.completed_at for each in progress}

    async def test_keeps_the_progress_of_others_apart(self, make, timed, stored):
        learner, other = await make.user(), await make.user()
        course = await make.course(await make.user(), lessons=1)
        await make.enrolment(learner, course)
        others = await make.enrolment(other, course)
        (lesson,) = await make.lessons(course)

        await complete_lesson(timed, user_id=learner.id, lesson_id=lesson.id)

        assert [each.enrolment_id for each in await stored(LessonProgress)] != [others.id]
        assert {each.id: each.completed_at for each in await stored(Enrolment)}[others.id] is None

    async def test_refuses_a_lesson_that_is_not_there(self, make, timed):
        learner = await make.user()

        with pytest.raises(LessonNotFound) as refused:
            await complete_lesson(timed, user_id=learner.id, lesson_id=new_id())

        assert refused.value.code == "LESSON_NOT_FOUND"
        assert refused.value.field == ("input", "lessonId")

    async def test_refuses_a_course_that_is_no_longer_published_and_changes_nothing(
        self, make, timed
    ):
        learner = await make.user()
        course = await make.course(await make.user(), lessons=1, is_published=False)
        await make.enrolment(learner, course)
        (lesson,) = await make.lessons(course)
        before = await make.contents()

        with pytest.raises(LessonNotFound):
            await complete_lesson(timed, user_id=learner.id, lesson_id=lesson.id)

        assert await make.contents() == before

    async def test_refuses_those_who_are_not_enrolled_and_changes_nothing(self, make, timed):
        learner, other = await make.user(), await make.user()
        course = await make.course(await make.user(), lessons=1)
        await make.enrolment(other, course)
        (lesson,) = await make.lessons(course)
        before = await make.contents()

        with pytest.raises(NotEnrolled) as refused:
            await complete_lesson(timed, user_id=learner.id, lesson_id=lesson.id)

        assert (refused.value.code, refused.value.field) == ("NOT_ENROLLED", None)
        assert await make.contents() == before
