"""How many of everything a seeded world holds."""

from dataclasses import dataclass
from enum import StrEnum

TOKEN_PRICE_DAYS = 90


class Size(StrEnum):
    """A small world to look at, a large one to measure with."""

    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Plan:
    """Exact numbers. Lessons, progress and transactions follow from them."""

    users: int
    sellers: int
    instructors: int
    supporters: int
    services: int
    reviews: int
    courses: int
    enrolments: int
    conversations: int
    unreviewed_purchases: int
    transfers: int
    top_ups: int
    events: int


PLANS = {
    Size.SMALL: Plan(
        users=200,
        sellers=26,
        instructors=9,
        supporters=2,
        services=60,
        reviews=400,
        courses=20,
        enrolments=600,
        conversations=80,
        unreviewed_purchases=90,
        transfers=120,
        top_ups=80,
        events=1_500,
    ),
    Size.LARGE: Plan(
        users=10_000,
        sellers=900,
        instructors=150,
        supporters=20,
        services=2_000,
        reviews=20_000,
        courses=300,
        enrolments=50_000,
        conversations=5_000,
        unreviewed_purchases=4_000,
        transfers=6_000,
        top_ups=4_000,
        events=60_000,
    ),
}


def share_of_today(total: int) -> int:
    """How many of `total` happen today."""
    return max(3, total // 100)
