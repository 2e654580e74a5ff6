"""Pages, orders and cursors, without a database."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from core.errors import CodedError
from core.ids import new_id
from resolvers.ai.queries import BY_POSITION, NEWEST_CONVERSATION
from resolvers.keyset import CURSOR_LENGTH_MAX, NEWEST, Page, cut
from resolvers.learning.courses import BY_TITLE
from resolvers.marketplace.catalogue import ORDERS, ServiceSort

# What the columns hold: PostgreSQL has no NUL and no halves of characters.
NAMES = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=255)
AMOUNTS = st.integers(0, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-8))


@dataclass
class Row:
    """Every key that an order may have."""

    id: UUID
    created_at: datetime | None = None
    timestamp: datetime | None = None
    price_sort_azr: Decimal | None = None
    average_rating: Decimal | None = None
    name: str | None = None
    title: str | None = None
    position: int | None = None


ROWS = st.builds(
    Row,
    id=st.uuids(),
    created_at=st.datetimes(timezones=st.just(UTC)),
    timestamp=st.datetimes(timezones=st.just(UTC)),
    price_sort_azr=AMOUNTS,
    average_rating=st.decimals(0, 5, places=2),
    name=NAMES,
    title=NAMES,
    position=st.integers(0, 2**31 - 1),
)


async def unasked():
    raise AssertionError


class TestPage:
    @pytest.mark.parametrize("name", ["first", "last"])
    @pytest.mark.parametrize("size", [-1, 101, 10**9, -(10**9)])
    def test_is_refused_when_a_size_is_out_of_range(self, name, size):
        with pytest.raises(CodedError) as refusal:
            Page(**{name: size})

        assert refusal.value.code == "BAD_USER_INPUT"
        assert refusal.value.message == f"`{name}` must be from 0 to 100."

    @pytest.mark.parametrize(
        ("sizes", "size", "is_forward"),
        [
            ({}, 20, True),
            ({"first": 0}, 0, True),
            ({"first": 100}, 100, True),
            ({"last": 0}, 0, False),
            ({"last": 100}, 100, False),
            ({"first": 7, "last": 3}, 7, True),
            ({"after": "x"}, 20, True),
            ({"before": "x"}, 20, True),
        ],
    )
    def test_knows_how_many_rows_to_read_and_from_which_end(self, sizes, size, is_forward):
        page = Page(**sizes)

        assert (page.size, page.is_forward) == (size, is_forward)


class TestOrder:
    @pytest.mark.parametrize(
        "order",
        [NEWEST, *ORDERS.values(), BY_TITLE, BY_POSITION, NEWEST_CONVERSATION],
        ids=lambda order: order.name,
    )
    @given(row=ROWS)
    def test_finds_the_keys_of_a_row_in_its_cursor(self, order, row):
        cursor = order.cursor(row)

        assert order.position(cursor) == tuple(getattr(row, key) for key, _ in order.keys)

    def test_takes_back_the_longest_cursor_that_it_makes(self):
        order = ORDERS[ServiceSort.NAME]
        # JSON writes this character as six.
        row = Row(id=new_id(), name="\x01" * 255)

        cursor = order.cursor(row)

        assert len(cursor) <= CURSOR_LENGTH_MAX
        assert order.position(cursor) == ("\x01" * 255, row.id)

    def test_writes_cursors_that_need_no_escaping_in_urls(self):
        rows = [Row(id=uuid4(), name=name) for name in ("\xff\xfe?>~", "ÿþ", "???", "~~~")]

        text = "".join(ORDERS[ServiceSort.NAME].cursor(row) for row in rows)

        assert text.replace("-", "").replace("_", "").isalnum()


class TestCut:
    @pytest.mark.parametrize(
        ("page", "found", "rows", "has_next", "has_previous"),
        [
            (Page(first=2), "abc", "ab", True, False),
            (Page(first=2), "ab", "ab", False, False),
            (Page(first=0), "a", "", True, False),
            (Page(first=2), "", "", False, False),
            (Page(first=2, after="x"), "ab", "ab", False, True),
            (Page(first=2, before="x"), "ab", "ab", True, False),
            (Page(last=2), "cba", "bc", False, True),
            (Page(last=2), "ba", "ab", False, False),
            (Page(last=0), "a", "", False, True),
            (Page(last=2, before="x"), "ba", "ab", True, False),
            (Page(last=2, after="x"), "ba", "ab", False, True),
            (Page(last=2, after="x", before="y"), "ba", "ab", True, True),
            (Page(first=3, last=2), "abcd", "bc", True, True),
            (Page(first=3, last=3), "abc", "abc", False, False),
            (Page(first=3, last=0), "abc", "", False, True),
        ],
    )
    def test_says_what_lies_on_either_side(self, page, found, rows, has_next, has_previous):
        slice_ = cut(found, page, NEWEST, unasked)

        assert "".join(slice_.rows) == rows
        assert (slice_.has_next, slice_.has_previous) == (has_next, has_previous)
