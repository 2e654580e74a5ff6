"""The scalars: the same in both directions, and clear about what they refuse."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pycountry
import pytest
import strawberry
from graphql import GraphQLError
from hypothesis import given, strategies as st

from subgraphs.shared.scalars import JSON, SCALARS, CountryCode, SignedAZR, schema_config


@strawberry.type
class Echo:
    """Gives each scalar back, as the schema writes it, with what it was read as."""

    @strawberry.field
    def moment(self, value: datetime) -> datetime:
        return value

    @strawberry.field
    def read_moment(self, value: datetime) -> str:
        return value.isoformat()

    @strawberry.field
    def day(self, value: date) -> date:
        return value

    @strawberry.field
    def json(self, value: JSON) -> JSON:
        return value

    @strawberry.field
    def country(self, value: CountryCode) -> CountryCode:
        return value

    @strawberry.field
    def decimal(self) -> Decimal:
        return Decimal("0.00000010")

    @strawberry.field
    def decimal_input(self, value: Decimal) -> str:
        return str(value)


@pytest.fixture(scope="module")
def echo():
    """Runs one field of `Echo` with a variable, and with the same value as a literal."""
    schema = strawberry.Schema(Echo, config=schema_config())
    kinds = {"moment": "DateTime", "day": "Date", "json": "JSON", "country": "CountryCode"}

    def run(field, value):
        kind = kinds[field]
        document = f"query ($value: {kind}!) {{ {field}(value: $value) }}"
        result = schema.execute_sync(document, variable_values={"value": value})
        if result.errors:
            return result.errors[0].message
        return result.data[field]

    run.schema = schema
    return run


class TestDateTime:
    @pytest.mark.parametrize(
        ("sent", "shown"),
        [
            ("2026-11-22T18:45:00Z", "2026-11-22T18:45:00.000Z"),
            ("2026-11-22T18:45:00.5Z", "2026-11-22T18:45:00.500Z"),
            ("2026-11-22T18:45:00.123Z", "2026-11-22T18:45:00.123Z"),
            ("2026-11-22T18:45:00.123987Z", "2026-11-22T18:45:00.123Z"),
            ("2026-11-22T18:45:00.123987654Z", "2026-11-22T18:45:00.123Z"),
            ("2026-11-22T20:45:00+02:00", "2026-11-22T18:45:00.000Z"),
            ("2026-01-01T01:30:00+03:00", "2025-12-31T22:30:00.000Z"),
            ("2026-11-22T13:15:00-05:30", "2026-11-22T18:45:00.000Z"),
            ("2026-11-22T18:45:00-00:00", "2026-11-22T18:45:00.000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ],
    )
    def test_is_shown_in_utc_to_the_millisecond(self, echo, sent, shown):
        found = echo("moment", sent)

        assert found == shown

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "2026-11-22T18:45:00",
            "2026-11-22T18:45:00.000",
            "2026-11-22",
            "2026-11-22T18:45Z",
            "2026-11-22 18:45:00Z",
            "2026-11-22x18:45:00Z",
            "2026-11-22T18:45:00z",
            "2026-11-22T18:45:00,5Z",
            "2026-11-22T18:45:00.Z",
            "2026-11-22T18:45:00Z\n",
            " 2026-11-22T18:45:00Z",
            "20261122T184500Z",
            "2026-W47-7T18:45:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-22T24:00:01Z",
            "2026-11-22T18:60:00Z",
            "2026-11-22T18:45:61Z",
            "2026-11-22T18:45:00+24:00",
            "2026-11-22T18:45:00+0200",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
            "0000-01-01T00:00:00Z",
            "\u0662026-11-22T18:45:00Z",
            "now",
            1_795_286_700,
            1.5,
            True,
            ["2026-11-22T18:45:00Z"],
        ],
    )
    def test_refuses_other_forms_and_impossible_times(self, echo, value):
        found = echo("moment", value)

        assert found.endswith('DateTime is written as a string such as "2026-11-22T18:45:00.000Z".')

    def test_is_read_as_utc(self, echo):
        result = echo.schema.execute_sync('{ readMoment(value: "2026-11-22T20:45:00+02:00") }')

        assert result.data == {"readMoment": "2026-11-22T18:45:00+00:00"}

    @given(moment=st.datetimes(timezones=st.just(UTC)))
    def test_reads_what_it_writes(self, moment):
        scalar = SCALARS[datetime]

        read = scalar.parse_value(scalar.serialize(moment))

        assert read == moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def test_shows_moments_of_any_zone_in_utc(self):
        nairobi = timezone(timedelta(hours=3))

        shown = SCALARS[datetime].serialize(datetime(2026, 1, 1, 1, 30, tzinfo=nairobi))

        assert shown == "2025-12-31T22:30:00.000Z"


class TestDate:
    @pytest.mark.parametrize("text", ["2026-11-22", "2028-02-29", "0001-01-01", "9999-12-31"])
    def test_comes_back_as_it_was(self, echo, text):
        found = echo("day", text)

        assert found == text

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "2026-11-22T00:00:00Z",
            "20261122",
            "2026-W47-7",
            "2026-11-22\n",
            " 2026-11-22",
            "2026-1-2",
            "2026-02-29",
            "2026-13-01",
            "0000-01-01",
            "22.11.2026",
            "\uff12026-11-22",
            20261122,
            "today",
        ],
    )
    def test_refuses_other_forms_and_impossible_days(self, echo, value):
        found = echo("day", value)

        assert found.endswith('Date is written as a string such as "2026-11-22".')


def nested(depth, *, of):
    value = of(None)
    for _ in range(depth - 1):
        value = of(value)
    return value


def as_list(inner):
    return [] if inner is None else [inner]


def as_object(inner):
    return {} if inner is None else {"a": inner}


class TestJson:
    @pytest.mark.parametrize(
        "value",
        [
            {},
            [],
            "text",
            "Ọládélé 🦁",
            0,
            -1,
            2**63 - 1,
            -(2**63),
            0.1,
            1e300,
            True,
            [None],
            {"a": [1, {"b": None}], "ñ": False},
        ],
    )
    def test_comes_back_as_it_was(self, echo, value):
        found = echo("json", value)

        assert found == value

    @pytest.mark.parametrize("of", [as_list, as_object])
    def test_is_nested_at_most_twenty_deep(self, echo, of):
        deepest, too_deep = nested(20, of=of), nested(21, of=of)

        found = [echo("json", deepest), echo("json", too_deep)]

        assert found[0] == deepest
        assert found[1].endswith("JSON may be nested at most 20 deep.")

    def test_counts_no_level_for_the_values_within(self, echo):
        value = nested(20, of=lambda inner: [1] if inner is None else [inner])

        found = echo("json", value)

        assert found == value

    @pytest.mark.parametrize("depth", [1000, 100_000])
    def test_is_refused_without_recursion_however_deep(self, depth):
        value = nested(depth, of=as_list)

        with pytest.raises(Exception, match="at most 20 deep") as refused:
            SCALARS[JSON].parse_value(value)

        assert type(refused.value).__name__ == "GraphQLError"

    @pytest.mark.parametrize(
        "value",
        [2**64, -(2**63) - 1, 10**100, float("inf"), float("nan"), "\ud800", {"\udfff": 1}],
    )
    @pytest.mark.parametrize("within", [lambda value: [value], lambda value: {"a": [value]}])
    def test_refuses_what_the_database_would_change_or_refuse(self, echo, value, within):
        found = echo("json", within(value))

        assert found.endswith("JSON numbers must fit into 64 bits, and text must be valid Unicode.")

    @pytest.mark.parametrize("literal", ["99999999999999999999999", "1e999", "[[1e999]]"])
    async def test_refuses_literals_that_the_database_would_change(self, refusal_codes, literal):
        changes = f"{{preferences: {{a: {literal}}}}}"

        codes = await refusal_codes(
            f"mutation {{ updateProfile(input: {changes}) {{ __typename }} }}"
        )

        assert codes == {"GRAPHQL_VALIDATION_FAILED"}


class TestCountryCode:
    def test_takes_every_code_of_iso_3166(self, echo):
        codes = [country.alpha_2 for country in pycountry.countries]

        found = [echo("country", code) for code in codes]

        assert found == codes
        assert len(codes) == 249

    @pytest.mark.parametrize(
        "value",
        ["", "za", "Za", "ZAF", "710", "XX", "EU", "UK", "ZA ", " ZA", "ZA\n", "Z\u0391", 27, True],
    )
    def test_refuses_everything_else(self, echo, value):
        found = echo("country", value)

        assert found.endswith(
            'CountryCode is one of the two-letter codes of ISO 3166-1, such as "ZA" or "KE".'
        )

    async def test_refuses_lower_case_through_the_graph(self, refusal_codes):
        document = "query ($of: CountryCode) { users(filter: {countryCode: $of}) { totalCount } }"

        codes = await refusal_codes(document, of="za")

        assert codes == {"BAD_USER_INPUT"}


class TestDecimal:
    def test_shows_every_digit_and_no_exponent(self, echo):
        result = echo.schema.execute_sync("{ decimal }")

        assert result.data == {"decimal": "0.00000010"}

    def test_comes_back_as_it_was_sent(self, echo):
        result = echo.schema.execute_sync('{ decimalInput(value: "0.05") }')

        assert result.data == {"decimalInput": "0.05000000"}

    @pytest.mark.parametrize("value", ['"-1"', '"NaN"', '"1e3"', '"1.123456789"', "1", "0.5"])
    def test_has_plain_digits_only(self, echo, value):
        result = echo.schema.execute_sync(f"{{ decimalInput(value: {value}) }}")

        assert result.errors[0].message.endswith(': "0.05".')


class TestSignedAzr:
    @pytest.mark.parametrize("text", ["12.5", "-12.5", "0", "-9999999999.99999999"])
    def test_comes_back_with_its_sign(self, text):
        scalar = SCALARS[SignedAZR]

        assert scalar.serialize(scalar.parse_value(text)) == f"{Decimal(text):.8f}"

    @pytest.mark.parametrize("value", ["-0", "-0.0", "--1", "+1", "-", "- 1", "1-", "-1e3", -1, 1])
    def test_has_one_sign_at_most(self, value):
        with pytest.raises(GraphQLError):
            SCALARS[SignedAZR].parse_value(value)
