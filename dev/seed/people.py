"""Invents people: their names, where they live, what they may do.

Four of them are the same in every world, so that a newcomer knows whom to sign in as.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import orjson

from dev.seed.calendar import DAY, HOUR, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.library import Community, communities
from dev.seed.plan import Plan, share_of_today
from models.tables import Role

# Public on purpose: it opens seeded people only, and `azora run` prints it.
DEMO_PASSWORD = "baobab-river-sunrise-42"  # noqa: S105
DEMO_DAYS = 420
HANDLE_LENGTH_MAX = 30
HANDLE_STEM_LENGTH_MAX = 24
# Who sells or teaches has been here for a while: so far into the list, oldest first.
SETTLED_SHARE = 0.7
_SEPARATORS = str.maketrans({" ": "_", "-": "_", "'": "", ".": ""})


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody whom every seeded world contains, to sign in as with DEMO_PASSWORD."""

    name: str
    role: str
    email: str


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person. Times are milliseconds; `first_name` is what others call them."""

    id: UUID
    first_name: str
    full_name: str
    handle: str
    email: str
    country: str
    city: str
    language: str
    time_zone: str
    avatar_url: str | None
    preferences: str
    roles: tuple[Role, ...]
    joined: int
    updated: int


LEARNER = DemoPerson("Amara Wanjiru", Role.LEARNER.value, "learner@azora.example")
SELLER = DemoPerson("Kwabena Ansah", Role.SELLER.value, "seller@azora.example")
PARTNER = DemoPerson("Lindiwe Khumalo", Role.PARTNER.value, "partner@azora.example")
ADMIN = DemoPerson("Tendai Moyo", Role.ADMIN.value, "admin@azora.example")
DEMO_PEOPLE: tuple[DemoPerson, ...] = (LEARNER, SELLER, PARTNER, ADMIN)
_DEMO_HOMES = (
    ("KE", "Nairobi", "Africa/Nairobi"),
    ("GH", "Kumasi", "Africa/Accra"),
    ("ZA", "Durban", "Africa/Johannesburg"),
    ("ZW", "Harare", "Africa/Harare"),
)


def invent_people(plan: Plan, calendar: Calendar, number: int) -> list[Person]:
    """`plan.users` people, the demo people first in the order of DEMO_PEOPLE, then by joining."""
    draw = Draw(number, "people")
    taken: set[str] = set()
    people = [_demo_person(index, calendar, draw, taken) for index in range(len(DEMO_PEOPLE))]
    choice = WeightedChoice([community.weight for community in communities()])
    for joined in _joining_times(plan.users - len(people), calendar, draw):
        community = communities()[choice.position(draw)]
        people.append(_person(community, joined, calendar, draw, taken))
    return _with_roles(people, plan, draw)


def positions_with(people: Sequence[Person], role: Role) -> list[int]:
    """Where in `people` those with `role` stand."""
    return [position for position, person in enumerate(people) if role in person.roles]


def _joining_times(count: int, calendar: Calendar, draw: Draw) -> list[int]:
    """When each joined: more from month to month, and some today."""
    today = share_of_today(count)
    span = calendar.today - calendar.beginning
    history = [
        calendar.today - 1 - int(span * draw.random.random() ** 1.6) for _ in range(count - today)
    ]
    return sorted(history + [calendar.during_today(draw) for _ in range(today)])


def _demo_person(index: int, calendar: Calendar, draw: Draw, taken: set[str]) -> Person:
    demo = DEMO_PEOPLE[index]
    country, city, time_zone = _DEMO_HOMES[index]
    roles = [Role.LEARNER] if demo is LEARNER else [Role.LEARNER, Role(demo.role)]
    joined = calendar.days_ago(DEMO_DAYS + index) + 9 * HOUR
    return Person(
        id=draw.id_at(moment(joined)),
        first_name=demo.name.partition(" ")[0],
        full_name=demo.name,
        handle=_free_handle(demo.name, draw, taken),
        email=demo.email,
        country=country,
        city=city,
        language="en",
        time_zone=time_zone,
        avatar_url=None,
        preferences=_preferences(draw),
        roles=tuple(roles),
        joined=joined,
        updated=joined + DAY,
    )


def _person(
    community: Community, joined: int, calendar: Calendar, draw: Draw, taken: set[str]
) -> Person:
    given_names = community.women if draw.is_lucky(0.52) else community.men
    first_name, second_name = draw.sample(given_names, 2)
    family_name = draw.pick(community.family_names)
    while family_name == first_name:
        family_name = draw.pick(community.family_names)
    middle = f" {second_name}" if draw.is_lucky(0.12) else ""
    full_name = f"{first_name}{middle} {family_name}"
    handle = _free_handle(f"{first_name} {family_name}", draw, taken)
    updated = joined
    if joined < calendar.today and draw.is_lucky(0.6):
        updated = calendar.in_history(draw, after=joined)
    return Person(
        id=draw.id_at(moment(joined)),
        first_name=first_name,
        full_name=full_name,
        handle=handle,
        email=f"{handle.replace('_', '.')}@example.com",
        country=community.country,
        city=draw.pick(community.cities),
        language=draw.pick(community.languages),
        time_zone=community.time_zone,
        avatar_url=f"https://avatars.azora.example/{handle}.webp" if draw.is_lucky(0.5) else None,
        preferences=_preferences(draw),
        roles=(Role.LEARNER,),
        joined=joined,
        updated=updated,
    )


def _with_roles(people: list[Person], plan: Plan, draw: Draw) -> list[Person]:
    """`people` with sellers, instructors and supporters named among those who came early."""
    settled = range(len(DEMO_PEOPLE), int(len(people) * SETTLED_SHARE))
    chosen = {
        Role.SELLER: draw.sample(settled, plan.sellers - 1),
        Role.INSTRUCTOR: draw.sample(settled, plan.instructors),
        Role.SUPPORT: draw.sample(settled, plan.supporters),
    }
    result = list(people)
    for role, positions in chosen.items():
        for position in positions:
            person = result[position]
            result[position] = replace(person, roles=(*person.roles, role))
    return result


def _preferences(draw: Draw) -> str:
    choices = {
        "theme": draw.pick(("light", "light", "dark", "system")),
        "dataSaver": draw.is_lucky(0.6),
        "weeklyGoalMinutes": draw.pick((30, 45, 60, 90, 120, 180)),
    }
    return orjson.dumps(choices).decode()


def _free_handle(name: str, draw: Draw, taken: set[str]) -> str:
    """A handle made of `name` that nobody has yet, and which then is taken."""
    stem = _ascii(name).lower().translate(_SEPARATORS)[:HANDLE_STEM_LENGTH_MAX]
    handle = stem
    while handle in taken:
        handle = f"{stem}{draw.between(2, 9999)}"[:HANDLE_LENGTH_MAX]
    taken.add(handle)
    return handle


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
