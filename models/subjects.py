"""What public answers are about. A write names what it changed; answers about that are dropped."""

from enum import StrEnum


class Subject(StrEnum):
    """One kind of thing that anonymous answers show."""

    USERS = "users"
    SERVICES = "services"
    REVIEWS = "reviews"
    COURSES = "courses"
    CERTIFICATES = "certificates"
    STATS = "stats"
    PRICES = "prices"
