"""The scalars of the schema. Money is text in and out; a JSON number would lose digits."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any, NewType

import orjson
import pycountry
import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from core.money import InvalidAmount, format_azr, parse_azr, parse_signed_azr

AZR = NewType("AZR", Decimal)
SignedAZR = NewType("SignedAZR", Decimal)
CountryCode = NewType("CountryCode", str)
JSON = NewType("JSON", object)

JSON_DEPTH_MAX = 20
# RFC 3339, section 5.6; `fromisoformat` alone would also take weeks and other separators.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _parse_azr(value: Any) -> Decimal:
    return _parsed_azr(value, parse_azr)


def _parse_signed_azr(value: Any) -> Decimal:
    return _parsed_azr(value, parse_signed_azr)


def _parsed_azr(value: Any, parse: Callable[[str], Decimal]) -> Decimal:
    if not isinstance(value, str):
        message = 'AZR is written as a string, such as "12.5", so that no digit is lost.'
        raise GraphQLError(message)
    try:
        return parse(value)
    except InvalidAmount:
        message = (
            "AZR is written with at most 10 digits, then at most 8 decimals, and nothing else:"
            ' "12.5".'
        )
        raise GraphQLError(message) from None


def _parse_decimal(value: Any) -> Decimal:
    try:
        return _parse_azr(value)
    except GraphQLError:
        message = (
            "Decimal is written as a string of at most 10 digits, then at most 8 decimals, and"
            ' nothing else: "0.05".'
        )
        raise GraphQLError(message) from None


def _parse_moment(value: Any) -> datetime:
    return _parsed("DateTime", "2026-11-22T18:45:00.000Z", _MOMENT, _moment, value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _format_moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _parse_day(value: Any) -> date:
    return _parsed("Date", "2026-11-22", _DAY, date.fromisoformat, value)


def _parse_country_code(value: Any) -> str:
    if not isinstance(value, str) or value not in country_codes():
        message = 'CountryCode is one of the two-letter codes of ISO 3166-1, such as "ZA" or "KE".'
        raise GraphQLError(message)
    return value


def _parse_json(value: Any) -> Any:
    if _is_deeper(value, JSON_DEPTH_MAX):
        message = f"JSON may be nested at most {JSON_DEPTH_MAX} deep."
        raise GraphQLError(message)
    if not _is_kept(value):
        message = "JSON numbers must fit into 64 bits, and text must be valid Unicode."
        raise GraphQLError(message)
    return value


def _is_deeper(value: Any, depth_max: int) -> bool:
    """Whether lists and objects are nested deeper, found without recursion."""
    level = [value]
    for _ in range(depth_max + 1):
        lists = [
            list(each.values()) if isinstance(each, dict) else each
            for each in level
            if isinstance(each, dict | list)
        ]
        if not lists:
            return False
        level = list(chain.from_iterable(lists))
    return True


def _is_kept(value: Any) -> bool:
    """Whether `value` comes back from the database as it was sent."""
    try:
        return orjson.loads(orjson.dumps(value)) == value
    except TypeError:
        return False


def _parsed(
    name: str, example: str, form: re.Pattern[str], parse: Callable[[str], Any], value: Any
) -> Any:
    try:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise TypeError(value)
        return parse(value)
    except (ValueError, TypeError, OverflowError):
        message = f'{name} is written as a string such as "{example}".'
        raise GraphQLError(message) from None


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
    SignedAZR: strawberry.scalar(
        name="SignedAZR",
        description='A change of an amount of AZR: as `AZR`, and "-12.5" where it becomes less.',
        serialize=lambda value: f"{value:.8f}",
        parse_value=_parse_signed_azr,
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
        description=(
            "A decimal number with all its digits, as a string. What clients send has at most 10"
            " digits, then at most 8 decimals, and no sign."
        ),
        serialize=lambda value: f"{value:f}",
        parse_value=_parse_decimal,
    ),
}


def schema_config() -> StrawberryConfig:
    """The configuration of every subgraph."""
    return StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True)
