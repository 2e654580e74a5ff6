"""Invents talks between people and the tutor."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dev.seed.calendar import DAY, HOUR, SECOND, Calendar, moment
from dev.seed.drawing import Draw, WeightedChoice
from dev.seed.library import Dialogue, dialogues
from dev.seed.people import DEMO_PEOPLE, LEARNER, Person
from dev.seed.plan import Plan, share_of_today
from dev.seed.rows import ConversationEntry, MessageEntry
from models.documents import MessageRole

# Tokens that each person may use for nothing on each day in UTC (blueprint 9.1).
FREE_TOKENS_A_DAY = 1000
DEMO_TALKS = 7
DEMO_TALKS_TODAY = 2
DEMO_TURNS_TODAY_MAX = 4
CHARACTERS_A_TOKEN = 3.6
INSTRUCTION_TOKENS = 45
THANKS_SHARE = 0.4
# How long a person and the tutor take to write, at the least and at the most.
QUESTION_SECONDS = (15, 150)
ANSWER_SECONDS = (2, 9)
# Model families, how often people choose them, and US dollars for a million tokens.
MODELS = ("claude", "gpt", "gemini")
USD_A_MILLION_TOKENS = {
    "claude": Decimal("6.5"),
    "gpt": Decimal("5.2"),
    "gemini": Decimal("2.4"),
}
_MICRO_USD = Decimal("0.000001")
_MODEL_CHOICE = WeightedChoice((5, 3, 3))


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation. `person` is a position; a turn is its time, its text and its tokens.

    Turns alternate, the person's first.
    """

    person: int
    model: str
    title: str
    turns: tuple[tuple[int, str, int], ...]

    @property
    def tokens(self) -> int:
        return sum(tokens for _, _, tokens in self.turns)


def invent_talks(
    plan: Plan, people: Sequence[Person], calendar: Calendar, number: int
) -> list[Talk]:
    """`plan.conversations` talks. The demo learner has several, some of them today."""
    return _demo_talks(people, calendar, number) + _other_talks(plan, people, calendar, number)


def _demo_talks(people: Sequence[Person], calendar: Calendar, number: int) -> list[Talk]:
    """Short ones today, within the free tokens; longer ones before. None about the same thing."""
    draw = Draw(number, "demo conversations")
    person = DEMO_PEOPLE.index(LEARNER)
    talks: list[Talk] = []
    for dialogue in draw.sample(_told_in(people[person].language), DEMO_TALKS):
        is_today = len(talks) < DEMO_TALKS_TODAY
        title, texts = _script(dialogue, draw)
        turns = _timed(texts[:DEMO_TURNS_TODAY_MAX] if is_today else texts, draw)
        began = _beginning(people[person], turns, calendar, draw, is_today=is_today)
        talks.append(_talk(person, title, began, turns, draw))
    return talks


def _other_talks(
    plan: Plan, people: Sequence[Person], calendar: Calendar, number: int
) -> list[Talk]:
    draw = Draw(number, "conversations")
    askers = WeightedChoice(
        [
            0.1 + draw.random.expovariate(1.0)
            if person.joined < calendar.today - HOUR and person.email != LEARNER.email
            else 0.0
            for person in people
        ]
    )
    today = share_of_today(plan.conversations)
    talks: list[Talk] = []
    for turn in range(plan.conversations - DEMO_TALKS):
        person = askers.position(draw)
        title, texts = _script(_dialogue(people[person].language, draw), draw)
        turns = _timed(texts, draw)
        began = _beginning(people[person], turns, calendar, draw, is_today=turn < today)
        talks.append(_talk(person, title, began, turns, draw))
    return talks


def _talk(
    person: int, title: str, began: int, turns: Sequence[tuple[int, str, int]], draw: Draw
) -> Talk:
    return Talk(
        person=person,
        model=MODELS[_MODEL_CHOICE.position(draw)],
        title=title,
        turns=tuple((began + at, text, tokens) for at, text, tokens in turns),
    )


def _beginning(
    person: Person,
    turns: Sequence[tuple[int, str, int]],
    calendar: Calendar,
    draw: Draw,
    *,
    is_today: bool,
) -> int:
    """A time for the first turn that leaves room for the others before the day, or now, is over."""
    length = turns[-1][0]
    if is_today:
        return calendar.during_today(draw, length=length)
    return draw.between(person.joined + SECOND, calendar.today - length - 1)


def _script(dialogue: Dialogue, draw: Draw) -> tuple[str, list[str]]:
    """A title, and what is said in turn."""
    scenario = draw.pick(dialogue.scenarios)
    texts = [draw.pick(dialogue.openings), dialogue.answer]
    for question, answer in dialogue.follow_ups:
        if draw.is_lucky(0.6):
            texts += [question, answer]
    if draw.is_lucky(THANKS_SHARE):
        texts += draw.pick(dialogues().thanks[dialogue.language])
    return _filled(dialogue.title, scenario), [_filled(text, scenario) for text in texts]


def _told_in(language: str) -> list[Dialogue]:
    return [each for each in dialogues().dialogues if each.language == language]


def _dialogue(language: str, draw: Draw) -> Dialogue:
    """Most likely one in the person's language, if there is one; else one in English."""
    own = _told_in(language)
    return draw.pick(own if own and draw.is_lucky(0.8) else _told_in("en"))


def _filled(text: str, scenario: dict[str, str]) -> str:
    for name, value in scenario.items():
        text = text.replace(f"{{{name}}}", value)
    return text[:1].upper() + text[1:]


def _timed(texts: Sequence[str], draw: Draw) -> list[tuple[int, str, int]]:
    """Each text with its time, from zero on, and its tokens.

    A question counts with all that the tutor reads again to answer it.
    """
    at = said = 0
    turns: list[tuple[int, str, int]] = []
    for place, text in enumerate(texts):
        if place:
            shortest, longest = ANSWER_SECONDS if place % 2 else QUESTION_SECONDS
            at += draw.between(shortest * SECOND, longest * SECOND)
        written = max(2, round(len(text) / CHARACTERS_A_TOKEN))
        is_question = place % 2 == 0
        turns.append((at, text, INSTRUCTION_TOKENS + said + written if is_question else written))
        said += written
    return turns


def overage_by_day(talks: Sequence[Talk]) -> Iterator[tuple[int, int, int]]:
    """Person, time of the last answer, and tokens beyond the free ones, for each person and day."""
    used: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for talk in talks:
        for at, _, tokens in talk.turns:
            usage = used[talk.person, at // DAY]
            usage[0] += tokens
            usage[1] = max(usage[1], at)
    for (person, _), (tokens, latest) in sorted(used.items()):
        if tokens > FREE_TOKENS_A_DAY:
            yield person, latest, tokens - FREE_TOKENS_A_DAY


def conversation_entries(
    talks: Sequence[Talk], people: Sequence[Person], number: int
) -> list[ConversationEntry]:
    draw = Draw(number, "conversation ids")
    entries: list[ConversationEntry] = []
    for talk in talks:
        began = moment(talk.turns[0][0])
        entries.append(
            ConversationEntry(
                id=draw.id_at(began),
                user_id=people[talk.person].id,
                model=talk.model,
                title=talk.title,
                messages=tuple(_messages(talk, draw)),
                tokens=talk.tokens,
                cost=_cost(talk),
                timestamp=began,
            )
        )
    return entries


def _messages(talk: Talk, draw: Draw) -> Iterator[MessageEntry]:
    for place, (at, text, tokens) in enumerate(talk.turns):
        role = MessageRole.ASSISTANT if place % 2 else MessageRole.USER
        written = moment(at)
        yield MessageEntry(draw.id_at(written), role.value, text, tokens, written)


def _cost(talk: Talk) -> Decimal:
    return (USD_A_MILLION_TOKENS[talk.model] * talk.tokens / 1_000_000).quantize(_MICRO_USD)
