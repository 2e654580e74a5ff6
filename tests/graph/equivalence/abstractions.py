"""The second adversarial schema: interfaces and unions, and objects that lie about their type."""

from random import Random
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    build_schema,
)

from tests.graph.equivalence.worlds import (
    Inventor,
    Planted,
    Thing,
    World,
    concrete,
    resolve_everything,
)

SDL = """
interface Named { name: String friend: Named loud(at: Int = 1): String! kin: [Named] }
interface Animal implements Named {
  name: String friend: Named loud(at: Int = 1): String! kin: [Named] legs: Int! mood: Mood
}
enum Mood { GLAD SAD }
type Dog implements Named & Animal {
  name: String! friend: Named loud(at: Int = 1): String! kin: [Animal!] legs: Int! mood: Mood
  barks: Boolean! owner: Holder
}
type Cat implements Named & Animal {
  name: String friend: Cat loud(at: Int = 1): String! kin: [Cat]! legs: Int! mood: Mood!
  lives: Int
}
type Rock implements Named {
  name: String friend: Named loud(at: Int = 1): String! kin: [Named] weight: Float!
}
union Pet = Dog | Cat
union Anything = Dog | Cat | Rock | Holder
type Holder {
  content: Anything contents: [Anything!]! pet: Pet pets: [[Pet]] animal: Animal! size: Int
}
type Query {
  pet: Pet pets: [Pet!] petsByList: [[Pet!]]! named: Named someNamed: [Named!]! animal: Animal
  animals: [Animal] anything: Anything all: [Anything] holder: Holder! dog: Dog dogs: [Dog!]
  cat: Cat
}
"""
MOODS = ["GLAD", "SAD"]


def abstractions_schema() -> GraphQLSchema:
    """`Named` resolves types later, `Animal` at once; `Pet` asks its members; `Anything` either."""
    schema = build_schema(SDL)

    def made(world: World, type_: Any, identity: str, dice: Random) -> Any:
        return concrete(world, schema, type_, identity, dice)

    inventor = Inventor({"Mood": lambda _world, dice: dice.choice(MOODS)}, made)
    resolve_everything(schema.type_map, inventor)
    _interface(schema, "Named").resolve_type = _claimed_later
    _interface(schema, "Animal").resolve_type = _claimed
    anything = schema.type_map["Anything"]
    assert isinstance(anything, GraphQLUnionType)
    anything.resolve_type = _claimed_either_way
    _object(schema, "Dog").is_type_of = _is_dog
    _object(schema, "Cat").is_type_of = _is_cat
    return schema


def _interface(schema: GraphQLSchema, name: str) -> GraphQLInterfaceType:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLInterfaceType)
    return type_


def _object(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    type_ = schema.type_map[name]
    assert isinstance(type_, GraphQLObjectType)
    return type_


def _claimed(value: Thing, _info: Any, _type: Any) -> Any:
    if value.claims == "5":
        raise Planted(value.identity)
    return value.claims


def _claimed_later(value: Thing, info: Any, _type: Any) -> Any:
    claims = Planted(value.identity) if value.claims == "5" else value.claims
    return info.context.later(claims)


def _claimed_either_way(value: Thing, info: Any, type_: Any) -> Any:
    is_later = info.context.dice(value.identity).random() < 0.5
    return (_claimed_later if is_later else _claimed)(value, info, type_)


def _is_dog(value: Thing, _info: Any) -> bool:
    return value.claims == "Dog"


def _is_cat(value: Thing, info: Any) -> Any:
    return info.context.later(value.claims == "Cat", 2)
