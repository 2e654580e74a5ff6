"""A believable world for development and measurement: the same number makes the same world."""

from dev.seed.people import DEMO_PASSWORD, DEMO_PEOPLE, DemoPerson
from dev.seed.plan import Size
from dev.seed.seeding import AlreadySeeded, Counts, is_seeded, seed

__all__ = [
    "DEMO_PASSWORD",
    "DEMO_PEOPLE",
    "AlreadySeeded",
    "Counts",
    "DemoPerson",
    "Size",
    "is_seeded",
    "seed",
]
