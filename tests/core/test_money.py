"""AZR amounts: plain digits in and out, exact to 8 decimals."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal, FloatOperation

import pytest
from hypothesis import given, strategies as st

from core.money import AZR_MAX, InvalidAmount, exact_azr, format_azr, parse_azr, share_azr

AMOUNTS = st.integers(0, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-8))


class TestParseAzr:
    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("0", "0.00000000"),
            ("00", "0.00000000"),
            ("12.5", "12.50000000"),
            ("0.00000001", "0.00000001"),
            ("0000000012.50", "12.50000000"),
            ("9999999999.99999999", "9999999999.99999999"),
        ],
    )
    def test_reads_plain_digits_exactly(self, text, amount):
        found = parse_azr(text)

        assert str(found) == str(Decimal(amount))

    @given(text=st.text("0123456789.eE+-_, ", max_size=24) | st.text())
    def test_accepts_only_what_has_the_form(self, text):
        try:
            amount = parse_azr(text)
        except InvalidAmount:
            return

        whole, _, decimals = text.partition(".")
        assert 1 <= len(whole) <= 10
        assert len(decimals) <= 8
        assert 0 <= amount <= AZR_MAX


class TestFormatAzr:
    @given(amount=AMOUNTS)
    def test_is_undone_by_parsing(self, amount):
        text = format_azr(amount)

        assert len(text.partition(".")[2]) == 8
        assert parse_azr(text) == amount

    @pytest.mark.parametrize(
        "amount",
        [
            "NaN",
            "sNaN",
            "Infinity",
            "-Infinity",
            "-0.00000001",
            "10000000000",
            "9999999999.999999995",
            "1e400",
        ],
    )
    def test_refuses_amounts_that_no_column_holds(self, amount):
        with pytest.raises(InvalidAmount):
            format_azr(Decimal(amount))


class TestExactAzr:
    @pytest.mark.parametrize("text", ["1e-8", "1", "1e3", "9999999999.99999999", "1.500000000"])
    def test_has_eight_decimals(self, text):
        found = exact_azr(Decimal(text))

        assert found == Decimal(text)
        assert found.as_tuple().exponent == -8

    @pytest.mark.parametrize(
        "amount",
        ["0", "-0", "-1", "NaN", "sNaN", "Infinity", "0.000000001", "10000000000", "1.000000005"],
    )
    def test_refuses_what_is_none(self, amount):
        with pytest.raises(InvalidAmount):
            exact_azr(Decimal(amount))

    @pytest.mark.parametrize("amount", [1.5, 1, "1"])
    def test_refuses_other_types(self, amount):
        with pytest.raises(InvalidAmount):
            exact_azr(amount)

    def test_counts_the_decimals_that_a_price_may_have(self):
        assert exact_azr(Decimal("1.123456"), places_max=6) == Decimal("1.123456")
        with pytest.raises(InvalidAmount):
            exact_azr(Decimal("1.1234567"), places_max=6)


class TestShareAzr:
    @given(units=st.integers(1, 10**16 - 1))
    def test_is_exact_for_15_percent_of_six_decimals(self, units):
        price = Decimal(units).scaleb(-6)

        assert share_azr(price, Decimal("0.15")) * 100 == price * 15

    @pytest.mark.parametrize(
        ("part", "expected"), [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4), (10, 5)]
    )
    def test_rounds_halves_to_even(self, part, expected):
        found = share_azr(Decimal("5e-8"), Decimal(part), total=Decimal(10))

        assert found == Decimal(expected).scaleb(-8)

    @given(whole=AMOUNTS, parts=st.lists(st.integers(1, 10**18), min_size=1, max_size=8))
    def test_adds_up_when_each_part_is_what_is_missing(self, whole, parts):
        given_out, done = Decimal(0), 0
        for part in parts:
            done += part
            share = share_azr(whole, Decimal(done), total=Decimal(sum(parts))) - given_out
            given_out += share
            assert share >= 0

        assert given_out == whole


class TestTrapFloats:
    """The tests' own session has called it."""

    def test_makes_an_error_of_what_would_be_a_rounding(self):
        with pytest.raises(FloatOperation):
            Decimal(1 / 10)
        with pytest.raises(FloatOperation):
            _ = Decimal(1) < 1 / 10

    def test_is_there_in_threads(self):
        with ThreadPoolExecutor(1) as threads, pytest.raises(FloatOperation):
            threads.submit(Decimal, 1 / 10).result()
