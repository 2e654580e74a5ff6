"""The third adversarial schema: odd scalars and enums, all kinds of arguments, default resolvers.

Its objects are dictionaries, plain objects or mappings; what they hold may be functions.
"""

import json
from enum import Enum
from random import Random
from types import SimpleNamespace
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLScalarType, GraphQLSchema, build_schema

from tests.graph.equivalence.worlds import Inventor, Planted, World, resolve_everything

SDL = """
scalar Fussy
enum Mood { GLAD SAD NUMB }
input Point { x: Int! y: Int = 2 label: String }
input Filter {
  text: String = "all" tags: [String!] moods: [Mood!] = [GLAD] at: Point path: [[Point!]] limit: Int
  fussy: Fussy = "calm"
}
input Either @oneOf { text: String number: Int point: Point }
type Query {
  record: Record records: [Record] requiredRecords: [Record!]! required: Record! fussy: Fussy
  moods: [Mood!] echo(
    text: String = "unset" number: Int many: [Int] filter: Filter mood: Mood = SAD
    flag: Boolean! = true point: Point = {x: 1} either: Either ids: [ID!] float: Float fussy: Fussy
    grid: [[Int]]
  ): String
  need(text: String!): String! hurried(number: Int! = 3, filters: [Filter!]): [String!]!
}
type Record {
  id: ID! text: String requiredText: String! number: Int requiredNumber: Int! ratio: Float
  flag: Boolean! fussy: Fussy requiredFussy: Fussy! fussies: [Fussy!] mood: Mood
  requiredMood: Mood! moods: [Mood] grid: [[Int]!] texts: [String!]! one: Record
  requiredOne: Record! many: [Record] requiredMany: [Record!]! computed(by: Int = 2): Int
  computedRecord(text: String): Record echo(text: String, filter: Filter): String
}
type Mutation {
  bump(by: Int = 1): Int! set(to: Int!): Int fail(text: String): Int failHard: Int!
  record: Record requiredRecord: Record!
}
"""


class Feeling(Enum):
    GLAD = "glad"
    SAD = "sad"


def oddities_schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    _make_fussy(schema.type_map["Fussy"])
    _give_values(schema.type_map["Mood"])
    inventor = Inventor({"Fussy": _fussy, "Mood": _mood}, _record)
    for name in ("echo", "need", "hurried"):
        schema.type_map["Query"].fields[name].resolve = _echo
    schema.type_map["Record"].fields["echo"].resolve = _echo
    for name, change in (("bump", _bump), ("set", _set), ("fail", _fail), ("failHard", _fail)):
        schema.type_map["Mutation"].fields[name].resolve = change
    records = schema.type_map.pop("Record")
    resolve_everything(schema.type_map, inventor)
    schema.type_map["Record"] = records
    return schema


def _make_fussy(scalar: Any) -> None:
    assert isinstance(scalar, GraphQLScalarType)

    def serialize(value: Any) -> Any:
        if value == "raise":
            raise Planted(value)
        if value == "refuse":
            raise GraphQLError(value, extensions={"code": "FUSSY"})
        return None if value == "nothing" else f"<{value}>"

    def parse(value: Any) -> Any:
        if value == "raise":
            raise Planted(value)
        return ("fussy", str(value))

    scalar.serialize = scalar.coerce_output_value = serialize
    scalar.parse_value = scalar.coerce_input_value = parse


def _give_values(enum: Any) -> None:
    """`GLAD` and `SAD` are members of a Python class, `NUMB` is a text."""
    assert isinstance(enum, GraphQLEnumType)
    enum.values["GLAD"].value = Feeling.GLAD
    enum.values["SAD"].value = Feeling.SAD
    enum.values["NUMB"].value = "numb"


def _fussy(world: World, dice: Random) -> Any:
    if dice.random() < world.trouble:
        return dice.choice(["raise", "refuse", "nothing"])
    return dice.choice(["calm", 5, 1.5])


def _mood(world: World, dice: Random) -> Any:
    if dice.random() < world.trouble:
        return dice.choice(["GLAD", "glad", 9, [], {}])
    return dice.choice([Feeling.GLAD, Feeling.SAD, "numb"])


def _record(world: World, type_: Any, identity: str, dice: Random) -> Any:
    """An object whose members are read by graphql-core's default resolver."""
    members = {"identity": identity}
    for name, field in type_.fields.items():
        if field.resolve is None:
            members[name] = _member(world, field, f"{identity}.{name}")
    if dice.random() < world.trouble:
        del members[dice.choice(list(members)[1:])]
    return members if dice.random() < 0.5 else SimpleNamespace(**members)


def _member(world: World, field: Any, identity: str) -> Any:
    """A value, or a function that is called with the arguments."""
    inventor = Inventor({"Fussy": _fussy, "Mood": _mood}, _record, awaitable_share=0, forms=0.6)

    def function(info: Any, **arguments: Any) -> Any:
        world.calls[tuple(info.path.as_list())] += 1
        dice = world.dice(f"{identity}{arguments}")
        value = inventor.value(world, field.type, f"{identity}{arguments}", dice)
        if isinstance(value, Planted):
            raise value
        return world.later(value, 2) if dice.random() < 0.3 else value

    dice = world.dice(f"form of {identity}")
    if field.args or _holds_records(field.type) or dice.random() < 0.3:
        return function
    value = inventor.value(world, field.type, identity, dice)
    return ValueError(str(value)) if isinstance(value, Planted) else value


def _holds_records(type_: Any) -> bool:
    while hasattr(type_, "of_type"):
        type_ = type_.of_type
    return hasattr(type_, "fields")


def _echo(source: Any, info: Any, **arguments: Any) -> Any:
    """What the arguments are, with everything that a resolver could tell."""
    info.context.calls[tuple(info.path.as_list())] += 1
    told = json.dumps(arguments, default=repr, sort_keys=True)
    answer = [told] if info.field_name == "hurried" else told
    return info.context.later(answer) if "number" in arguments else answer


async def _bump(_source: Any, info: Any, by: int | None = 1) -> int:
    """Loses what others add at the same time."""
    before = info.context.counter
    info.context.log.append(f"bump from {before}")
    await _turns(info)
    info.context.counter = before + (by or 0)
    info.context.log.append(f"bumped to {info.context.counter}")
    return info.context.counter


def _set(_source: Any, info: Any, to: int) -> int:
    info.context.log.append(f"set to {to}")
    info.context.counter = to
    return to


async def _fail(_source: Any, info: Any, text: str | None = None) -> int:
    info.context.log.append("failing")
    await _turns(info)
    info.context.log.append("failed")
    raise Planted(text or "failed")


async def _turns(info: Any) -> None:
    info.context.calls[tuple(info.path.as_list())] += 1
    await info.context.later(None, 3)
