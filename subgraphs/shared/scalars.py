"""The scalars of the schema. Money is text in and out; a JSON number would lose digits."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NewType

import pycountry
import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from core.money import InvalidAmount, format_azr, parse_azr

AZR = NewType("AZR", Decimal)
CountryCode = NewType("CountryCode", str)
JSON = NewType("JSON", object)

JSON_DEPTH_MAX = 20


def _parse_azr(value: Any) -> Decimal:
    if not isinstance(value, str):
        message = 'AZR is written as a string, such as "12.5", so that no digit is lost.'
        raise GraphQLError(message)
    try:
        return parse_azr(value)
    except InvalidAmount:
        message = (
            "AZR is written with at most 10 digits, then at most 8 decimals, and nothing else:"
            ' "12.5".'
        )
        raise GraphQLError(message) from None


def _parse_moment(value: Any) -> datetime:
    moment = _parsed("DateTime", "2026-11-22T18:45:00.000Z", datetime.fromisoformat, value)
    if moment.tzinfo is None:
        message = "DateTime needs its zone: end it with `Z` for UTC."
        raise GraphQLError(message)
    return moment.astimezone(UTC)


def _format_moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def _parse_day(value: Any) -> date:
    return _parsed("Date", "2026-11-22", date.fromisoformat, value)


def _parse_country_code(value: Any) -> str:
    if not isinstance(value, str) or value not in country_codes():
        message = 'CountryCode is one of the two-letter codes of ISO 3166-1, such as "ZA" or "KE".'
        raise GraphQLError(message)
    return value


def _parse_json(value: Any) -> Any:
    if _depth(value) > JSON_DEPTH_MAX:
        message = f"JSON may be nested at most {JSON_DEPTH_MAX} deep."
        raise GraphQLError(message)
    return value


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return 0
    return 1 + max(map(_depth, value), default=0)


def _parsed(name: str, example: str, parse: Callable[[str], Any], value: Any) -> Any:
    try:
        if not isinstance(value, str):
            raise TypeError(value)
        return parse(value)
    except (ValueError, TypeError, OverflowError):
        message = f'{name} is written as a string such as "{example}".'
        raise GraphQLError(message) from None


def _refuse_input(value: Any) -> Any:
    del value
    message = "Decimal appears in answers only."
    raise GraphQLError(message)


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """The codes of ISO 3166-1 alpha-2."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


SCALARS: dict[object, ScalarDefinition] = {
    AZR: strawberry.scalar(
        name="AZR",
        description=(
            "An amount of AZR, the platform's token: a string of at most 10 digits, then at most"
            ' 8 decimals, such as "12.50000000". Never a number, so that no digit is lost.'
        ),
        serialize=format_azr,
        parse_value=_parse_azr,
    ),
    CountryCode: strawberry.scalar(
        name="CountryCode",
        description="A country: its two-letter code of ISO 3166-1, such as `ZA`.",
        serialize=str,
        parse_value=_parse_country_code,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, nested at most 20 deep.",
        serialize=lambda value: value,
        parse_value=_parse_json,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment in UTC, to the millisecond: `2026-11-22T18:45:00.000Z` (RFC 3339).",
        serialize=_format_moment,
        parse_value=_parse_moment,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day of the calendar: `2026-11-22` (RFC 3339, `full-date`).",
        serialize=date.isoformat,
        parse_value=_parse_day,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A decimal number with all its digits, as a string. In answers only.",
        serialize=lambda value: f"{value:f}",
        parse_value=_refuse_input,
    ),
}


def schema_config() -> StrawberryConfig:
    """The configuration of every subgraph."""
    return StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True)
