"""The words of the seeded world, read from `texts/` and checked while reading."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from models.tables.learning import CourseLevel

TEXTS = Path(__file__).resolve().parent / "texts"
Strings = tuple[str, ...]


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Community(_Text):
    """Names that go together, and where the people live who bear them."""

    country: str
    weight: int
    time_zone: str
    languages: Strings
    cities: Strings
    women: Strings
    men: Strings
    family_names: Strings


class _Communities(_Text):
    community: tuple[Community, ...]


class Offer(_Text):
    """Something to sell, for `lowest` to `highest` AZR, and what its buyers notice.

    An angle follows the name and narrows it down.
    """

    name: str
    pitch: str
    lowest: int
    highest: int
    angles: Strings
    praise: Strings
    gripe: str


class Trade(_Text):
    """A category of services: how its sellers work, and what buyers of any of them notice."""

    name: str
    process: Strings
    terms: Strings
    praise: Strings
    gripes: Strings
    failures: Strings
    offers: tuple[Offer, ...]


class ReviewWords(_Text):
    """The parts of a comment for one number of stars."""

    openings: Strings
    closings: Strings
    bridges: Strings = ()


class _Reviews(_Text):
    general_praise: Strings
    one: ReviewWords
    two: ReviewWords
    three: ReviewWords
    four: ReviewWords
    five: ReviewWords


class LessonFrame(_Text):
    """The words around every lesson in one language."""

    example: str
    practice: str
    checks: str
    last_check: str
    edition: str


class CourseOutline(_Text):
    """A course. A lesson is its title, its idea, an example and an exercise."""

    title: str
    level: CourseLevel
    description: str
    lessons: tuple[tuple[str, str, str, str], ...]


class Subject(_Text):
    """Courses of one subject in one language, and the sentences that suit all their lessons."""

    subject: str
    language: str
    openings: Strings
    tips: Strings
    checks: Strings
    angles: Strings
    courses: tuple[CourseOutline, ...]


class Dialogue(_Text):
    """A talk with the tutor; each scenario fills its braces."""

    title: str
    language: str
    openings: Strings
    answer: str
    follow_ups: tuple[tuple[str, str], ...]
    scenarios: tuple[dict[str, str], ...]


class Dialogues(_Text):
    """All talks, and the ways to say thanks by language."""

    thanks: dict[str, tuple[tuple[str, str], ...]]
    dialogues: tuple[Dialogue, ...]


@lru_cache(maxsize=1)
def communities() -> tuple[Community, ...]:
    return _read("communities.toml", _Communities).community


@lru_cache(maxsize=1)
def trades() -> tuple[Trade, ...]:
    return _read_folder("offers", Trade)


@lru_cache(maxsize=1)
def review_words() -> dict[int, ReviewWords]:
    """The words for each number of stars."""
    words = _reviews()
    return {1: words.one, 2: words.two, 3: words.three, 4: words.four, 5: words.five}


def general_praise() -> Strings:
    """Praise that suits every service."""
    return _reviews().general_praise


@lru_cache(maxsize=1)
def _reviews() -> _Reviews:
    return _read("reviews.toml", _Reviews)


@lru_cache(maxsize=1)
def lesson_frames() -> dict[str, LessonFrame]:
    """The lesson frame of each language."""
    content = tomllib.loads((TEXTS / "frames.toml").read_text("utf-8"))
    return {language: LessonFrame.model_validate(frame) for language, frame in content.items()}


@lru_cache(maxsize=1)
def subjects() -> tuple[Subject, ...]:
    return _read_folder("courses", Subject)


@lru_cache(maxsize=1)
def dialogues() -> Dialogues:
    return _read("dialogues.toml", Dialogues)


_Shape = TypeVar("_Shape", bound=_Text)


def _read_folder(folder: str, shape: type[_Shape]) -> tuple[_Shape, ...]:
    names = sorted(path.name for path in (TEXTS / folder).glob("*.toml"))
    return tuple(_read(f"{folder}/{name}", shape) for name in names)


def _read(name: str, shape: type[_Shape]) -> _Shape:
    return shape.model_validate(tomllib.loads((TEXTS / name).read_text("utf-8")))
