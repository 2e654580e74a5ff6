"""Invents what visitors did lately: the analytics events."""

from collections.abc import Sequence
from typing import Any

from dev.seed.calendar import DAY, MINUTE, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.people import Person
from dev.seed.plan import Plan
from dev.seed.rows import EventEntry

EVENT_DAYS = 30
TODAY_SHARE = 0.04
ANONYMOUS_SHARE = 0.35
SEARCH_SHARE = 0.08
INSTALL_PROMPT_SHARE = 0.04
_PAGES = (
    ("/landing", 30),
    ("/courses", 18),
    ("/marketplace", 16),
    ("/tutor", 9),
    ("/wallet", 7),
    ("/me/learning", 8),
    ("/register", 5),
    ("/login", 6),
    ("/about", 2),
    ("/help", 2),
)
_SEARCHES = (
    ("/courses", "python"),
    ("/courses", "bookkeeping"),
    ("/courses", "kiswahili"),
    ("/courses", "solar"),
    ("/courses", "first aid"),
    ("/marketplace", "logo"),
    ("/marketplace", "translation"),
    ("/marketplace", "maths tutor"),
    ("/marketplace", "wedding"),
    ("/marketplace", "phone repair"),
)
_REFERRERS = (None, None, "whatsapp", "search", "facebook", "a friend's link", "newsletter")
_VIEWPORTS = ("360x800", "360x640", "393x873", "412x915", "768x1024", "1366x768", "1440x900")
_CONNECTIONS = ("3g", "4g", "4g", "4g", "wifi", "slow-2g")


def event_entries(
    plan: Plan, people: Sequence[Person], calendar: Calendar, number: int
) -> list[EventEntry]:
    """`plan.events` events of the last EVENT_DAYS days in the order of time."""
    draw = Draw(number, "events")
    pages = WeightedChoice([weight for _, weight in _PAGES])
    beginning = calendar.today - EVENT_DAYS * DAY
    times = sorted(
        calendar.during_today(draw)
        if draw.is_lucky(TODAY_SHARE)
        else calendar.in_history(draw, after=beginning)
        for _ in range(plan.events)
    )
    return [_event(at, people, pages, draw) for at in times]


def _event(at: int, people: Sequence[Person], pages: WeightedChoice, draw: Draw) -> EventEntry:
    person = draw.pick(people)
    is_known = person.joined + MINUTE < at and not draw.is_lucky(ANONYMOUS_SHARE)
    happened = moment(at)
    kind, page, metadata = "page_view", _PAGES[pages.position(draw)][0], _view(person, draw)
    if draw.is_lucky(SEARCH_SHARE):
        page, query = draw.pick(_SEARCHES)
        kind, metadata = "search", {"query": query, "results": draw.between(0, 40)}
    elif draw.is_lucky(INSTALL_PROMPT_SHARE):
        kind, metadata = "install_prompt", {"outcome": draw.pick(("accepted", "dismissed"))}
    user_id = person.id if is_known else None
    return EventEntry(draw.id_at(happened), kind, page, user_id, metadata, happened)


def _view(person: Person, draw: Draw) -> dict[str, Any]:
    """What is noted with a page view."""
    return {
        "referrer": draw.pick(_REFERRERS),
        "viewport": draw.pick(_VIEWPORTS),
        "connection": draw.pick(_CONNECTIONS),
        "country": person.country,
        "language": person.language,
        "seconds": draw.between(2, 240),
    }
