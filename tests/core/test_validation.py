"""Checks of input: every fault is found before the first is refused."""

import re

import pytest

from core.validation import Checks, Fault, InvalidInput


class TestText:
    @pytest.mark.parametrize(
        ("value", "cleaned"),
        [
            ("Amara", "Amara"),
            ("  Amara \n", "Amara"),
            ("a" * 20, "a" * 20),
            ("Ọládélé Àkànní", "Ọládélé Àkànní"),
            ("tab\tinside", "tab\tinside"),
        ],
    )
    def test_comes_back_without_outer_spaces(self, value, cleaned):
        checks = Checks()

        found = checks.text("name", value, length_max=20)
        checks.done()

        assert found == cleaned

    @pytest.mark.parametrize("value", ["", "   ", "\n", "a" * 21])
    def test_is_refused_when_its_length_is_out_of_range(self, value):
        checks = Checks()

        checks.text("name", value, length_max=20)

        assert checks.faults == [Fault("name", "`name` must have 1 to 20 characters.")]

    @pytest.mark.parametrize(
        "character", ["\x00", "\x07", "\x0b", "\x0c", "\x1b", "\x7f", "\x80", "\x9f"]
    )
    @pytest.mark.parametrize("is_long", [True, False])
    def test_is_refused_with_control_characters(self, character, is_long):
        checks = Checks()

        checks.text("name", f"a{character}b", length_max=20, is_long=is_long)

        assert checks.faults == [Fault("name", "`name` must not have control characters.")]

    @pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\x85", "\u2028", "\u2029"])
    def test_has_several_lines_only_where_it_is_long(self, line_break):
        checks = Checks()

        checks.text("name", f"a{line_break}b", length_max=20)
        checks.text("bio", f"a{line_break}b", length_max=20, is_long=True)

        assert checks.faults == [Fault("name", "`name` must be one line.")]


class TestMatching:
    def test_takes_only_values_of_exactly_the_form(self):
        checks = Checks()
        form = re.compile(r"[a-z]{3}")

        found = [checks.matching("code", value, form, "no") for value in (" abc ", "abcd", "ABC")]

        assert found[0] == "abc"
        assert checks.faults == [Fault("code", "no"), Fault("code", "no")]


class TestMember:
    def test_takes_only_known_values(self):
        checks = Checks()

        for value in ("ZA", "XX"):
            checks.member("country", value, {"ZA", "KE"}.__contains__, "unknown")

        assert checks.faults == [Fault("country", "unknown")]


class TestDone:
    def test_refuses_with_every_fault_and_points_at_the_first(self):
        checks = Checks()
        checks.text("name", "", length_max=20)
        checks.refuse("price", "`price` is wrong.")

        with pytest.raises(InvalidInput) as refusal:
            checks.done()

        assert refusal.value.code == "INVALID_INPUT"
        assert refusal.value.message == "`name` must have 1 to 20 characters."
        assert refusal.value.field == ("input", "name")
        assert refusal.value.faults == (
            Fault("name", "`name` must have 1 to 20 characters."),
            Fault("price", "`price` is wrong."),
        )
