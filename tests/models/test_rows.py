"""Rows of some columns: what was not read is not there, rather than null."""

import pytest

from core.ids import new_id
from models.rows import LessonRow, including, narrowed

KEY = new_id()


class TestNarrowed:
    def test_rows_have_their_key_and_the_columns_in_their_own_order(self):
        row = narrowed(LessonRow, frozenset({"title", "position"}))

        assert row.__struct_fields__ == ("id", "position", "title")
        assert row(KEY, 1, "Sums").title == "Sums"

    def test_rows_raise_for_a_column_that_was_not_read(self):
        lesson = narrowed(LessonRow, frozenset({"title"}))(KEY, "Sums")

        with pytest.raises(AttributeError):
            _ = lesson.position

    def test_rows_are_frozen_and_compared_by_identity(self):
        row = narrowed(LessonRow, frozenset({"title"}))

        assert row(KEY, "Sums") != row(KEY, "Sums")
        with pytest.raises(AttributeError):
            row(KEY, "Sums").title = "Differences"

    @pytest.mark.parametrize("columns", [None, frozenset(LessonRow.__struct_fields__)])
    def test_rows_of_all_columns_are_the_whole_rows(self, columns):
        assert narrowed(LessonRow, columns) is LessonRow

    def test_rows_of_the_same_columns_are_of_one_class(self):
        with_key = narrowed(LessonRow, frozenset({"id", "title", "no column of lessons"}))

        assert with_key is narrowed(LessonRow, frozenset({"title"}))


class TestIncluding:
    def test_adds_names_where_not_all_are_wanted_already(self):
        assert including(frozenset({"title"}), "id", "title") == {"id", "title"}
        assert including(None, "id") is None
