"""Courses, lessons, enrolments and progress through the graph."""

from datetime import UTC, datetime

import pytest

from core.ids import encode_id, new_id
from tests.subgraphs.world import shown_time

COMPLETED_AT = datetime(2026, 11, 22, 18, 45, tzinfo=UTC)
PROGRESS = """progress {
    lessonsCompleted lessonsTotal percent enrolledAt completedAt nextLesson { id title }
}"""


def titles(result):
    """The titles of the courses on a page of `courses`."""
    return [course["title"] for course in result.data["courses"]["nodes"]]


@pytest.fixture
async def catalogue(make):
    """Three published courses, and a draft."""
    instructor = await make.user()
    await make.course(instructor, title="Soil", subject="Farming", level="beginner")
    await make.course(
        instructor, title="Python", subject="Programming", level="advanced", language="sw"
    )
    await make.course(
        instructor,
        title="Accounts",
        subject="Business",
        level="beginner",
        description="Books of a small shop.",
    )
    await make.course(instructor, title="Draft", subject="Farming", is_published=False)


class TestCourse:
    async def test_has_every_field(self, ask, make):
        instructor = await make.user()
        course = await make.course(instructor, lessons=2)
        lessons = await make.lessons(course)

        result = await ask(
            """query ($id: ID!) { course(id: $id) {
                id title description subject level language isPublished createdAt updatedAt
                instructor { id fullName }
                lessons { totalCount nodes {
                    id position title durationMinutes body isCompleted course { id }
                } }
                progress { percent }
            } }""",
            id=encode_id("crs", course.id),
        )

        course_id = encode_id("crs", course.id)
        assert result.body() == {
            "data": {
                "course": {
                    "id": course_id,
                    "title": course.title,
                    "description": "What it teaches.",
                    "subject": "Programming",
                    "level": "BEGINNER",
                    "language": "en",
                    "isPublished": True,
                    "createdAt": shown_time(course.created_at),
                    "updatedAt": shown_time(course.updated_at),
                    "instructor": {
                        "id": encode_id("usr", instructor.id),
                        "fullName": instructor.full_name,
                    },
                    "lessons": {
                        "totalCount": 2,
                        "nodes": [
                            {
                                "id": encode_id("les", lesson.id),
                                "position": position,
                                "title": f"Lesson {position}",
                                "durationMinutes": 10,
                                "body": f"# Lesson {position}",
                                "isCompleted": False,
                                "course": {"id": course_id},
                            }
                            for position, lesson in enumerate(lessons, start=1)
                        ],
                    },
                    "progress": None,
                }
            }
        }

    async def test_is_null_when_there_is_none(self, ask):
        result = await ask(
            "query ($id: ID!) { course(id: $id) { id } }", id=encode_id("crs", new_id())
        )

        assert result.body() == {"data": {"course": None}}

    async def test_refuses_the_id_of_something_else(self, ask):
        result = await ask(
            "query ($id: ID!) { course(id: $id) { id } }", id=encode_id("les", new_id())
        )

        assert result.data == {"course": None}
        assert [error["extensions"] for error in result.errors] == [{"code": "BAD_USER_INPUT"}]

    async def test_is_seen_by_its_instructor_and_admins_before_it_is_published(
        self, ask, make, world
    ):
        course = await make.course(world.owner, is_published=False)
        id_ = encode_id("crs", course.id)
        document = "query ($id: ID!) { course(id: $id) { isPublished } }"

        seen = {
            name: (await ask(document, viewer, id=id_)).data["course"]
            for name, viewer in world.viewers.items()
        }

        draft = {"isPublished": False}
        assert seen == {"anonymous": None, "stranger": None, "owner": draft, "admin": draft}

    async def test_shows_its_lessons_page_by_page(self, ask, make):
        course = await make.course(await make.user(), lessons=3)
        document = """query ($id: ID!, $before: String) { course(id: $id) {
            lessons(last: 2, before: $before) { nodes { position } pageInfo { startCursor } }
        } }"""
        id_ = encode_id("crs", course.id)

        last = await ask(document, id=id_)
        before = last.data["course"]["lessons"]["pageInfo"]["startCursor"]
        first = await ask(document, id=id_, before=before)

        assert last.data["course"]["lessons"]["nodes"] == [{"position": 2}, {"position": 3}]
        assert first.data["course"]["lessons"]["nodes"] == [{"position": 1}]


class TestCourses:
    async def test_are_the_published_ones_newest_first(self, ask, catalogue):
        result = await ask("{ courses { totalCount nodes { title } } }")

        assert titles(result) == ["Accounts", "Python", "Soil"]
        assert result.data["courses"]["totalCount"] == 3

    async def test_hide_drafts_from_admins_too(self, ask, catalogue, world):
        result = await ask("{ courses { nodes { title } } }", world.viewers["admin"])

        assert "Draft" not in titles(result)

    @pytest.mark.parametrize(
        ("sort", "expected"),
        [
            ("NEWEST", ["Accounts", "Python", "Soil"]),
            ("TITLE", ["Accounts", "Python", "Soil"]),
        ],
    )
    async def test_come_in_the_order_that_is_asked(self, ask, catalogue, make, sort, expected):
        await make.course(await make.user(), title="Zebra")
        document = """query ($sort: CourseSort!, $after: String) {
            courses(sort: $sort, first: 3, after: $after) {
                nodes { title } pageInfo { endCursor }
            }
        }"""

        first = await ask(document, sort=sort)
        after = first.data["courses"]["pageInfo"]["endCursor"]
        second = await ask(document, sort=sort, after=after)

        at = 0 if sort == "NEWEST" else 3
        assert titles(first) + titles(second) == [*expected[:at], "Zebra", *expected[at:]]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            ('{subject: "Farming"}', ["Soil"]),
            ('{subject: "farming"}', []),
            ("{level: BEGINNER}", ["Accounts", "Soil"]),
            ("{level: INTERMEDIATE}", []),
            ("{level: ADVANCED}", ["Python"]),
            ('{language: "sw"}', ["Python"]),
            ('{language: "en"}', ["Accounts", "Soil"]),
            ('{search: "prog"}', ["Python"]),
            ('{search: "small shop"}', ["Accounts"]),
            ('{level: BEGINNER, search: "soil"}', ["Soil"]),
            ('{subject: "Farming", level: ADVANCED}', []),
            (
                "{subject: null, level: null, language: null, search: null}",
                ["Accounts", "Python", "Soil"],
            ),
        ],
    )
    async def test_are_filtered(self, ask, catalogue, wanted, expected):
        result = await ask(f"{{ courses(filter: {wanted}) {{ totalCount nodes {{ title }} }} }}")

        assert titles(result) == expected
        assert result.data["courses"]["totalCount"] == len(expected)


class TestProgress:
    async def test_counts_what_the_viewer_has_completed(self, ask, make):
        learner, other = await make.user(), await make.user()
        course = await make.course(await make.user(), lessons=3)
        lessons = await make.lessons(course)
        enrolment = await make.enrolment(learner, course)
        await make.progress(enrolment, lessons[0])
        others = await make.enrolment(other, course)
        for lesson in lessons[1:]:
            await make.progress(others, lesson)

        result = await ask(
            f"query ($id: ID!) {{ course(id: $id) {{ {PROGRESS}"
            " lessons { nodes { isCompleted } } } }",
            make.viewer(learner),
            id=encode_id("crs", course.id),
        )

        assert result.data["course"] == {
            "progress": {
                "lessonsCompleted": 1,
                "lessonsTotal": 3,
                "percent": 33,
                "enrolledAt": shown_time(enrolment.created_at),
                "completedAt": None,
                "nextLesson": {"id": encode_id("les", lessons[1].id), "title": "Lesson 2"},
            },
            "lessons": {
                "nodes": [{"isCompleted": True}, {"isCompleted": False}, {"isCompleted": False}]
            },
        }

    async def test_names_the_first_lesson_left_when_a_later_one_is_done(self, ask, make):
        learner = await make.user()
        course = await make.course(await make.user(), lessons=3)
        lessons = await make.lessons(course)
        enrolment = await make.enrolment(learner, course)
        await make.progress(enrolment, lessons[1])

        result = await ask(
            f"query ($id: ID!) {{ course(id: $id) {{ {PROGRESS} }} }}",
            make.viewer(learner),
            id=encode_id("crs", course.id),
        )

        assert result.data["course"]["progress"]["nextLesson"]["title"] == "Lesson 1"

    async def test_is_whole_when_every_lesson_is_completed(self, ask, make):
        learner = await make.user()
        course = await make.course(await make.user(), lessons=1)
        enrolment = await make.enrolment(learner, course, completed_at=COMPLETED_AT)
        await make.progress(enrolment, (await make.lessons(course))[0])

        result = await ask(
            f"query ($id: ID!) {{ course(id: $id) {{ {PROGRESS} }} me {{ certificatesCount }} }}",
            make.viewer(learner),
            id=encode_id("crs", course.id),
        )

        assert result.data == {
            "course": {
                "progress": {
                    "lessonsCompleted": 1,
                    "lessonsTotal": 1,
                    "percent": 100,
                    "enrolledAt": shown_time(enrolment.created_at),
                    "completedAt": "2026-11-22T18:45:00.000Z",
                    "nextLesson": None,
                }
            },
            "me": {"certificatesCount": 1},
        }

    async def test_of_a_course_without_lessons_is_zero(self, ask, make):
        learner = await make.user()
        course = await make.course(await make.user(), lessons=0)
        enrolment = await make.enrolment(learner, course)

        result = await ask(
            f"query ($id: ID!) {{ course(id: $id) {{ {PROGRESS} }} }}",
            make.viewer(learner),
            id=encode_id("crs", course.id),
        )

        assert result.data["course"]["progress"] == {
            "lessonsCompleted": 0,
            "lessonsTotal": 0,
            "percent": 0,
            "enrolledAt": shown_time(enrolment.created_at),
            "completedAt": None,
            "nextLesson": None,
        }

    async def test_is_null_for_those_who_are_not_enrolled(self, ask, make):
        course = await make.course(await make.user())
        document = "query ($id: ID!) { course(id: $id) { progress { percent } } }"
        id_ = encode_id("crs", course.id)

        anonymous = await ask(document, id=id_)
        not_enrolled = await ask(document, make.viewer(await make.user()), id=id_)

        assert anonymous.body() == {"data": {"course": {"progress": None}}}
        assert not_enrolled.body() == {"data": {"course": {"progress": None}}}


class TestEnrolments:
    DOCUMENT = f"""query ($id: ID!) {{ user(id: $id) {{ enrolments {{ totalCount nodes {{
        id learner {{ id email }} enrolledAt completedAt course {{ id title }} {PROGRESS}
    }} }} }} }}"""

    async def test_have_every_field(self, ask, make):
        learner = await make.user()
        course = await make.course(await make.user(), lessons=2)
        lessons = await make.lessons(course)
        enrolment = await make.enrolment(learner, course)
        await make.progress(enrolment, lessons[0])

        result = await ask(self.DOCUMENT, make.viewer(learner), id=encode_id("usr", learner.id))

        assert result.body() == {
            "data": {
                "user": {
                    "enrolments": {
                        "totalCount": 1,
                        "nodes": [
                            {
                                "id": encode_id("enr", enrolment.id),
                                "learner": {
                                    "id": encode_id("usr", learner.id),
                                    "email": learner.email,
                                },
                                "enrolledAt": shown_time(enrolment.created_at),
                                "completedAt": None,
                                "course": {
                                    "id": encode_id("crs", course.id),
                                    "title": course.title,
                                },
                                "progress": {
                                    "lessonsCompleted": 1,
                                    "lessonsTotal": 2,
                                    "percent": 50,
                                    "enrolledAt": shown_time(enrolment.created_at),
                                    "completedAt": None,
                                    "nextLesson": {
                                        "id": encode_id("les", lessons[1].id),
                                        "title": "Lesson 2",
                                    },
                                },
                            }
                        ],
                    }
                }
            }
        }

    async def test_lose_their_course_when_it_is_no_longer_published(self, ask, make):
        learner = await make.user()
        course = await make.course(await make.user(), lessons=1, is_published=False)
        await make.enrolment(learner, course)

        result = await ask(self.DOCUMENT, make.viewer(learner), id=encode_id("usr", learner.id))

        (enrolment,) = result.data["user"]["enrolments"]["nodes"]
        assert result.errors is None
        assert enrolment["course"] is None
        assert enrolment["progress"]["lessonsTotal"] == 1
        assert enrolment["progress"]["nextLesson"] is None

    async def test_show_admins_the_progress_of_the_learner(self, ask, make, world):
        result = await ask(self.DOCUMENT, world.viewers["admin"], id=world.ids["owner"])

        (enrolment,) = result.data["user"]["enrolments"]["nodes"]
        assert enrolment["learner"]["email"] == world.owner.email
        assert enrolment["progress"]["percent"] == 50


class TestParentsReachedTwice:
    async def test_show_each_of_their_lessons_once(self, ask, make):
        await make.course(await make.user(), lessons=2)

        result = await ask(
            """{
                a: courses { nodes { lessons { nodes { position body } } } }
                b: courses(sort: TITLE) { nodes { lessons { nodes { position body } } } }
            }"""
        )

        lessons = [
            {"position": 1, "body": "# Lesson 1"},
            {"position": 2, "body": "# Lesson 2"},
        ]
        once = {"nodes": [{"lessons": {"nodes": lessons}}]}
        assert result.body() == {"data": {"a": once, "b": once}}
