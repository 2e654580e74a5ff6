"""Taking courses and completing lessons through the graph."""

import asyncio

import pytest

from core.ids import encode_id, new_id
from services.auth.viewer import Viewer
from tests.subgraphs.refusals import GONE

ENROL = """mutation ($id: ID!) { enrol(input: {courseId: $id}) {
    __typename
    ... on EnrolPayload { enrolment {
        id learner { id } completedAt course { id }
        progress { lessonsCompleted lessonsTotal percent nextLesson { id } }
    } }
    ... on UserError { code message field }
} }"""
COMPLETE = """mutation ($id: ID!) { completeLesson(input: {lessonId: $id}) {
    __typename
    ... on CompleteLessonPayload {
        lesson { id isCompleted }
        enrolment {
            id completedAt
            progress { lessonsCompleted percent completedAt nextLesson { id } }
        }
    }
    ... on UserError { code message field }
} }"""


@pytest.fixture
async def course(make):
    return await make.course(await make.user(), lessons=2)


@pytest.fixture
async def lesson_ids(make, course):
    return [encode_id("les", lesson.id) for lesson in await make.lessons(course)]


@pytest.fixture
async def learner(make):
    return await make.user()


@pytest.fixture
def course_id(course):
    return encode_id("crs", course.id)


class TestEnrol:
    async def test_answers_with_the_enrolment(self, ask, make, learner, course_id, lesson_ids):
        result = await ask(ENROL, make.viewer(learner), id=course_id)

        payload = result.data["enrol"]
        assert payload["enrolment"].pop("id").startswith("enr_")
        assert payload == {
            "__typename": "EnrolPayload",
            "enrolment": {
                "learner": {"id": encode_id("usr", learner.id)},
                "completedAt": None,
                "course": {"id": course_id},
                "progress": {
                    "lessonsCompleted": 0,
                    "lessonsTotal": 2,
                    "percent": 0,
                    "nextLesson": {"id": lesson_ids[0]},
                },
            },
        }

    async def test_answers_the_same_again_and_at_once(self, ask, make, learner, course_id):
        viewer = make.viewer(learner)

        results = await asyncio.gather(*(ask(ENROL, viewer, id=course_id) for _ in range(10)))
        before = await make.contents()
        again = await ask(ENROL, viewer, id=course_id)

        assert [result.body() for result in results] == [again.body()] * 10
        assert len(before["enrolments"]) == 1
        assert await make.contents() == before

    async def test_refuses_a_course_that_is_not_published_and_changes_nothing(
        self, ask, make, learner
    ):
        draft = await make.course(learner, is_published=False)
        before = await make.contents()

        for key in (draft.id, new_id()):
            result = await ask(ENROL, make.viewer(learner), id=encode_id("crs", key))

            assert result.body() == {
                "data": {
                    "enrol": {
                        "__typename": "CourseNotFoundError",
                        "code": "COURSE_NOT_FOUND",
                        "message": "There is no such course.",
                        "field": ["input", "courseId"],
                    }
                }
            }
        assert await make.contents() == before

    @pytest.mark.parametrize("id_", ["", "crs_", "nonsense", "les_00000000000000000000000000"])
    async def test_refuses_the_id_of_something_else_and_changes_nothing(
        self, ask, make, learner, id_
    ):
        before = await make.contents()

        result = await ask(ENROL, make.viewer(learner), id=id_)

        assert [error["extensions"] for error in result.errors] == [{"code": "BAD_USER_INPUT"}]
        assert await make.contents() == before

    @pytest.mark.parametrize("viewer", [Viewer.ANONYMOUS, GONE])
    async def test_needs_an_account_and_changes_nothing(self, ask, make, course_id, viewer):
        before = await make.contents()

        result = await ask(ENROL, viewer, id=course_id)

        assert result.data is None
        assert [error["extensions"] for error in result.errors] == [{"code": "UNAUTHENTICATED"}]
        assert await make.contents() == before


class TestCompleteLesson:
    async def test_answers_with_the_progress_made(self, ask, make, learner, course, lesson_ids):
        enrolment = await make.enrolment(learner, course)

        result = await ask(COMPLETE, make.viewer(learner), id=lesson_ids[0])

        assert result.body() == {
            "data": {
                "completeLesson": {
                    "__typename": "CompleteLessonPayload",
                    "lesson": {"id": lesson_ids[0], "isCompleted": True},
                    "enrolment": {
                        "id": encode_id("enr", enrolment.id),
                        "completedAt": None,
                        "progress": {
                            "lessonsCompleted": 1,
                            "percent": 50,
                            "completedAt": None,
                            "nextLesson": {"id": lesson_ids[1]},
                        },
                    },
                }
            }
        }

    async def test_completes_the_course_with_its_last_lesson(
        self, ask, make, learner, course, lesson_ids
    ):
        await make.enrolment(learner, course)
        viewer = make.viewer(learner)

        results = await asyncio.gather(
            *(ask(COMPLETE, viewer, id=lesson_ids[turn % 2]) for turn in range(20))
        )
        before = await make.contents()
        again = await ask(COMPLETE, viewer, id=lesson_ids[1])

        enrolment = again.data["completeLesson"]["enrolment"]
        assert [result.errors for result in results] == [None] * 20
        assert enrolment["completedAt"] is not None
        assert enrolment["progress"] == {
            "lessonsCompleted": 2,
            "percent": 100,
            "completedAt": enrolment["completedAt"],
            "nextLesson": None,
        }
        assert await make.contents() == before
        counted = await ask("{ me { certificatesCount } }", viewer)
        assert counted.data == {"me": {"certificatesCount": 1}}

    async def test_refuses_those_who_are_not_enrolled_and_changes_nothing(
        self, ask, make, learner, lesson_ids
    ):
        before = await make.contents()

        result = await ask(COMPLETE, make.viewer(learner), id=lesson_ids[0])

        assert result.body() == {
            "data": {
                "completeLesson": {
                    "__typename": "NotEnrolledError",
                    "code": "NOT_ENROLLED",
                    "message": "Enrol in the course first, with `enrol`.",
                    "field": None,
                }
            }
        }
        assert await make.contents() == before

    async def test_refuses_a_lesson_that_is_not_there_or_not_published(self, ask, make, learner):
        draft = await make.course(learner, lessons=1, is_published=False)
        await make.enrolment(learner, draft)
        (lesson,) = await make.lessons(draft)
        before = await make.contents()

        for key in (lesson.id, new_id()):
            result = await ask(COMPLETE, make.viewer(learner), id=encode_id("les", key))

            assert result.body() == {
                "data": {
                    "completeLesson": {
                        "__typename": "LessonNotFoundError",
                        "code": "LESSON_NOT_FOUND",
                        "message": "There is no such lesson.",
                        "field": ["input", "lessonId"],
                    }
                }
            }
        assert await make.contents() == before

    @pytest.mark.parametrize("id_", ["", "les_", "nonsense", "crs_00000000000000000000000000"])
    async def test_refuses_the_id_of_something_else_and_changes_nothing(
        self, ask, make, learner, id_
    ):
        before = await make.contents()

        result = await ask(COMPLETE, make.viewer(learner), id=id_)

        assert [error["extensions"] for error in result.errors] == [{"code": "BAD_USER_INPUT"}]
        assert await make.contents() == before

    async def test_needs_a_sign_in_and_changes_nothing(self, ask, make, lesson_ids):
        before = await make.contents()

        result = await ask(COMPLETE, id=lesson_ids[0])

        assert result.data is None
        assert [error["extensions"] for error in result.errors] == [{"code": "UNAUTHENTICATED"}]
        assert await make.contents() == before


class TestOneOperation:
    async def test_sees_in_each_mutation_what_those_before_it_wrote(
        self, ask, make, learner, course_id, lesson_ids
    ):
        document = """mutation ($course: ID!, $first: ID!, $second: ID!) {
            enrol(input: {courseId: $course}) { ...Percent }
            first: completeLesson(input: {lessonId: $first}) { ...Done }
            second: completeLesson(input: {lessonId: $second}) { ...Done }
        }
        fragment Percent on EnrolPayload { enrolment { progress { percent } } }
        fragment Done on CompleteLessonPayload { enrolment { progress { percent } } }"""

        result = await ask(
            document,
            make.viewer(learner),
            course=course_id,
            first=lesson_ids[0],
            second=lesson_ids[1],
        )

        assert result.body() == {
            "data": {
                "enrol": {"enrolment": {"progress": {"percent": 0}}},
                "first": {"enrolment": {"progress": {"percent": 50}}},
                "second": {"enrolment": {"progress": {"percent": 100}}},
            }
        }
