"""The keys and lifetimes of the blueprint, section 4.2, and what they hold."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from models.cache import (
    ACTIVE_SERVICES,
    ACTIVE_SERVICES_KEY,
    STATS,
    STATS_KEY,
    TOKEN_PRICE,
    TOKEN_PRICE_KEY,
    USER,
    user_key,
)
from models.rows import ServiceRow, StatsRow, TokenPriceRow, UserRow

KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NOW = datetime(2026, 11, 22, 18, 45, 0, 123_456, tzinfo=UTC)
ROWS = [
    (USER, UserRow(KEY, None, "Ọládélé", "ZA", "en", None, ["learner"], NOW)),
    (STATS, StatsRow(1, 2, 3, Decimal("9999999999.99999999"))),
    (TOKEN_PRICE, TokenPriceRow(KEY, Decimal("0.00000001"), NOW)),
    (TOKEN_PRICE, None),
]


def plain(row):
    return row if row is None else [getattr(row, name) for name in row.__struct_fields__]


class TestKeysOfTheCache:
    def test_are_those_of_the_blueprint(self):
        keys = [user_key(KEY), STATS_KEY, ACTIVE_SERVICES_KEY, TOKEN_PRICE_KEY]

        assert keys == [f"user:{KEY}", "global:stats", "services:active", "token:azr:price"]

    def test_live_as_long_as_the_blueprint_says(self):
        entries = [USER, STATS, ACTIVE_SERVICES, TOKEN_PRICE]

        assert [entry.lifetime_seconds for entry in entries] == [3600, 300, 600, 60]


class TestForms:
    @pytest.mark.parametrize(("entry", "row"), ROWS)
    def test_keep_every_digit_and_every_microsecond(self, entry, row):
        found = entry.form.decode(entry.form.encode(row))

        assert plain(found) == plain(row)

    def test_keep_lists_of_services(self):
        service = ServiceRow(
            KEY,
            "Logo",
            None,
            "",
            Decimal("0.00000001"),
            Decimal("0.00000001"),
            None,
            True,
            "published",
            False,
            1,
            Decimal("4.50"),
            NOW,
            NOW,
        )

        (found,) = ACTIVE_SERVICES.form.decode(ACTIVE_SERVICES.form.encode((service,)))

        assert plain(found) == plain(service)
