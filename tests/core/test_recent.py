"""What was read a moment ago is shown again, and never what may have changed since."""

import pytest

from core.recent import KEPT_MAX, KEPT_SECONDS, RecentValues


class Clock:
    """A time that the test moves."""

    def __init__(self):
        self.seconds = 100.0
        self.hears = True

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def recent(clock):
    return RecentValues(may_recall=lambda: clock.hears, monotonic=clock)


class TestRecall:
    def test_answers_for_what_was_kept(self, recent):
        recent.keep({1: "one", 2: "two"}, read_since=recent.now())

        assert recent.recall([1, 3]) == ["one", None]

    def test_ends_some_seconds_after_the_first_was_kept(self, recent, clock):
        recent.keep({1: "one"}, read_since=recent.now())
        clock.seconds += KEPT_SECONDS - 1
        recent.keep({2: "two"}, read_since=recent.now())
        before = recent.recall([1, 2])
        clock.seconds += 1

        assert before == ["one", "two"]
        assert recent.recall([1, 2]) == [None, None]

    def test_ends_when_changes_would_not_be_heard_of(self, recent, clock):
        recent.keep({1: "one"}, read_since=recent.now())
        clock.hears = False
        meanwhile = recent.recall([1])
        clock.hears = True

        assert meanwhile == [None]
        assert recent.recall([1]) == [None]


class TestForget:
    def test_forgets_everything(self, recent):
        recent.keep({1: "one"}, read_since=recent.now())

        recent.forget()

        assert recent.recall([1]) == [None]

    @pytest.mark.parametrize("known", [{}, {2: "two"}])
    def test_refuses_what_was_read_before_it(self, recent, known):
        recent.keep(known, read_since=recent.now())
        began = recent.now()
        recent.forget()

        recent.keep({1: "old"}, read_since=began)

        assert recent.recall([1]) == [None]


class TestKeep:
    def test_is_bounded(self, recent):
        recent.keep(dict.fromkeys(range(KEPT_MAX), "x"), read_since=recent.now())

        recent.keep({"one": "more"}, read_since=recent.now())

        assert recent.recall(["one", *range(KEPT_MAX)]) == ["more", *[None] * KEPT_MAX]
