"""Every connection against a model of the Relay specification, whatever page is asked for."""

import base64
from collections import Counter

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from core.errors import CodedError
from resolvers.keyset import Page
from services.auth.viewer import Viewer
from tests.resolvers.crowded_lists import BUILD, CROWD
from tests.resolvers.relay import Asked, expected_page

# Examples only read, so that they may share the rows of their test.
READING = settings(
    deadline=None,
    max_examples=70,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SIZES = st.none() | st.integers(0, 6) | st.integers(0, 100)
PLACES = st.none() | st.integers(0, CROWD - 1)
ASKED = st.builds(Asked, first=SIZES, after=PLACES, last=SIZES, before=PLACES)
ORDER_NAMES = [
    "newest",
    "price_low_to_high",
    "price_high_to_low",
    "name",
    "rating",
    "title",
    "position",
    "payout",
    "oldest",
]
KEY = "01890a5d-ac96-774b-bcce-b302099a8057"
# Values of every type that a key may have, and the worst of each.
EXTREMES = [
    None,
    True,
    5,
    2**31,
    -1,
    1.5,
    "",
    "\x00",
    "name" * 400,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-22T18:45:00",
    "0",
    "1000.00",
    "9999999999.99999999",
    "10000000000",
    "1e11",
    "1e999999999",
    "1e-999999999",
    "NaN",
    "-Infinity",
    KEY,
    [],
    {},
]
# One of these is a first key of every order.
PLAUSIBLE = ["2026-11-22T18:45:00Z", "1", "name", 1]
KEY_VALUES = (
    st.sampled_from(EXTREMES)
    | st.integers()
    | st.integers().map(str)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals().map(str)
    | st.text(max_size=20)
    | st.datetimes().map(lambda moment: moment.isoformat())
    | st.uuids().map(str)
)


def forged(values):
    """What a cursor would be if the server had made it of `values`."""
    try:
        text = orjson.dumps(values)
    except TypeError:
        text = b"[]"
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


FORGED = st.builds(
    lambda name, values: forged([name, *values]),
    st.sampled_from(ORDER_NAMES) | st.text(max_size=5),
    st.lists(KEY_VALUES, max_size=3),
)
WITH_A_KEY = st.builds(
    lambda name, value, key: forged([name, value, key]),
    st.sampled_from(ORDER_NAMES),
    KEY_VALUES,
    st.uuids().map(str),
)


@pytest.fixture(params=BUILD)
async def lists(request, crowds):
    """The lists of one connection, full of rows."""
    return await BUILD[request.param](crowds)


@pytest.fixture
def read(lists, platform):
    """Reads the same page of each list, in an operation of its own."""

    async def run(page):
        context = platform.context(viewer=Viewer.ANONYMOUS, request_id="test")
        return await lists.read(context, page)

    return run


@pytest.fixture
async def cursors(lists, read):
    """The cursor of each row, by the row's id."""
    slices = await read(Page(first=100))
    return {row.id: each.order.cursor(row) for each in slices for row in each.rows}


class TestPages:
    @READING
    @given(asked=ASKED)
    @example(asked=Asked())
    @example(asked=Asked(first=100))
    @example(asked=Asked(last=100))
    @example(asked=Asked(first=0, last=0))
    @example(asked=Asked(first=5, after=CROWD - 1))
    @example(asked=Asked(last=5, before=0))
    @example(asked=Asked(first=10, last=3, after=4, before=40))
    @example(asked=Asked(after=30, before=10))
    async def test_are_those_of_the_specification(self, lists, read, cursors, asked):
        ordered = lists.ordered()
        page = Page(
            first=asked.first,
            after=None if asked.after is None else cursors[ordered[asked.after].id],
            last=asked.last,
            before=None if asked.before is None else cursors[ordered[asked.before].id],
        )

        slices = await read(page)

        assert len(slices) == len(lists.parents)
        for parent, found in zip(lists.parents, slices, strict=True):
            own = [row.id if lists.parent_of(row) == parent else None for row in ordered]
            expected = expected_page(own, asked)
            assert [row.id for row in found.rows] == expected.rows
            assert (found.has_next, found.has_previous) == (
                expected.has_next,
                expected.has_previous,
            )

    async def test_count_every_row_of_each_list(self, lists, read):
        slices = await read(Page(first=1))

        counts = [await each.count() for each in slices]

        sizes = Counter(lists.parent_of(row) for row in lists.rows)
        assert counts == [sizes[parent] for parent in lists.parents]


def first_list(lists):
    """The ids of the first parent's rows, in their order."""
    own = lists.parents[0]
    return [row.id for row in lists.ordered() if lists.parent_of(row) == own]


async def walked(read, *, size, is_forward, between):
    """The ids of the first list's rows, page by page until none is left."""
    ids, cursor = [], None
    for _ in range(200):
        page = Page(first=size, after=cursor) if is_forward else Page(last=size, before=cursor)
        found = (await read(page))[0]
        rows = [row.id for row in found.rows]
        ids = [*ids, *rows] if is_forward else [*rows, *ids]
        if not (found.has_next if is_forward else found.has_previous):
            return ids
        cursor = found.order.cursor(found.rows[-1 if is_forward else 0])
        await between()
    raise AssertionError


class TestWalks:
    async def test_visit_every_row_once_in_order(self, lists, read):
        async def nothing():
            return

        found = [
            await walked(read, size=size, is_forward=is_forward, between=nothing)
            for size in (1, 7, 20)
            for is_forward in (True, False)
        ]

        assert found == [first_list(lists)] * 6

    @pytest.mark.parametrize("is_forward", [True, False])
    async def test_skip_and_repeat_nothing_while_rows_are_added(self, lists, read, is_forward):
        async def add_rows():
            for _ in range(2):
                await lists.add()

        ids = await walked(read, size=4, is_forward=is_forward, between=add_rows)

        old = first_list(lists)
        assert [each for each in ids if each in old] == old
        assert max(Counter(ids).values()) == 1


async def outcome(read, page):
    """The code with which a page was refused; `None` when it was read."""
    try:
        await read(page)
    except CodedError as refusal:
        return refusal.code
    return None


class TestWrongCursors:
    @READING
    @given(cursor=st.text() | FORGED | WITH_A_KEY, side=st.sampled_from(["after", "before"]))
    async def test_are_refused_with_a_code_or_mark_a_place(self, read, cursor, side):
        code = await outcome(read, Page(**{side: cursor}))

        assert code in (None, "BAD_USER_INPUT")

    async def test_are_refused_with_a_code_or_mark_a_place_at_every_extreme(self, read, cursors):
        order = (await read(Page(first=0)))[0].order.name
        wrong = [
            *([order, value, KEY] for value in EXTREMES),
            *([order, value, key] for value in PLAUSIBLE for key in EXTREMES),
            [],
            [order],
            [order, KEY],
            [order, *PLAUSIBLE, KEY],
            {"name": order},
            order,
        ]

        outcomes = [await outcome(read, Page(after=forged(values))) for values in wrong]

        assert set(outcomes) <= {None, "BAD_USER_INPUT"}

    async def test_are_refused_when_they_are_cut_short_or_very_long(self, read, cursors):
        cursor = next(iter(cursors.values()))
        wrong = [cursor[:length] for length in range(1, len(cursor) - 1)]

        for each in [*wrong, cursor * 1000, "A" * 1_000_000]:
            with pytest.raises(CodedError, match="does not belong to this list and order"):
                await read(Page(after=each))

    async def test_are_refused_when_another_order_made_them(self, read, cursors):
        cursor = next(iter(cursors.values()))
        (own, *values) = orjson.loads(base64.urlsafe_b64decode(cursor + "==="))
        others = [forged([name, *values]) for name in ORDER_NAMES if name != own]

        for each in others:
            with pytest.raises(CodedError, match="does not belong to this list and order"):
                await read(Page(before=each))
