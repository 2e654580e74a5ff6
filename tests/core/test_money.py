"""AZR amounts: plain digits in and out, exact to 8 decimals."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from core.money import AZR_MAX, InvalidAmount, format_azr, parse_azr

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
