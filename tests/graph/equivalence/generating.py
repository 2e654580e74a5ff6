"""Writes random valid operations for a schema: the same one for the same seed.

hypothesis-graphql, which writes some of our documents too, has no variables, directives, named
fragments or merged fields; they are the point here. A response key always means the same field with
the same arguments and type within a document, so that whatever is written can be merged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)

from tests.graph.equivalence.executors import Request
from tests.graph.equivalence.writing import INVALID, Value, written

INTROSPECTION = (
    "__schema { queryType { name } types { name kind } }",
    '__type(name: "Query") { name fields { name type { kind ofType { name } } } }',
)
TRIES_MAX = 50


@dataclass(frozen=True)
class Style:
    """How large operations become, and what they ask for."""

    depth_max: int = 4
    fields_max: int = 24
    fields_a_set_max: int = 4
    mutation_share: float = 0.2
    subscription_share: float = 0.0
    bad_variable_share: float = 0.04
    values: Mapping[str, Callable[[Random], Any]] = field(default_factory=dict)
    """Values of scalars by the scalar's name."""


BUILT_IN: dict[str, Callable[[Random], Any]] = {
    "Int": lambda rng: rng.choice([0, 1, 2, 5, -7]),
    "Float": lambda rng: rng.choice([0.5, 2, -1.25]),
    "String": lambda rng: rng.choice(["", "a", "later", "two words", "ü\n"]),
    "Boolean": lambda rng: rng.random() < 0.5,
    "ID": lambda rng: rng.choice(["1", 2, "x"]),
}
WRONG: list[Any] = [None, "wrong", 2**40, [], {"a": 1}, True, 1.5]


def request_for(schema: GraphQLSchema, seed: int, style: Style) -> Request:
    """A valid operation. Raises RuntimeError when none is found, which is a mistake of ours."""
    for number in range(TRIES_MAX):
        request = Author(schema, Random(f"{seed}/{number}"), style).request()  # noqa: S311
        if not validate(schema, parse(request.text)):
            return request
    message = f"no valid operation for seed {seed}"
    raise RuntimeError(message)


class Author:
    """Writes one document."""

    def __init__(self, schema: GraphQLSchema, rng: Random, style: Style) -> None:
        self._schema = schema
        self._rng = rng
        self._style = style
        self._fields_left = rng.randint(3, style.fields_max)
        self._keys: dict[str, tuple[str, str, str]] = {}
        self._fragments: dict[str, tuple[str, str]] = {}
        self._declared: dict[str, str] = {}
        self._variables: dict[str, Any] = {}

    def request(self) -> Request:
        """The document with an operation, its fragments and its variables."""
        kind, root = "query", self._schema.query_type
        mutation = self._schema.mutation_type
        if mutation is not None and self._chance(self._style.mutation_share):
            kind, root = "mutation", mutation
        assert root is not None
        subscription = self._schema.subscription_type
        if subscription is not None and self._chance(self._style.subscription_share):
            # One root field, and without conditions: others are not valid, and written again.
            kind, selections = "subscription", self._field(subscription, self._style.depth_max)
        else:
            selections = self._selections(root, self._style.depth_max)
        declared = ", ".join(f"${name}: {type_}" for name, type_ in self._declared.items())
        head = f"{kind} Asked{f'({declared})' if declared else ''}"
        parts = [f"{head} {{ {selections} }}"]
        parts += [
            f"fragment {name} on {on} {{ {body} }}" for name, (on, body) in self._fragments.items()
        ]
        name = None
        if self._chance(0.05):
            parts.append("query Other { __typename }")
            name = "Asked"
        self._rng.shuffle(parts)
        return Request("\n".join(parts), self._variables, name)

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _selections(self, type_: Any, depth: int) -> str:
        count = self._rng.randint(1, self._style.fields_a_set_max)
        found = [self._selection(type_, depth) for _ in range(count)]
        found = [each for each in found if each]
        if (
            type_ is self._schema.query_type
            and depth == self._style.depth_max
            and self._chance(0.02)
        ):
            found.append(self._rng.choice(INTROSPECTION))
        return " ".join(found) or "__typename"

    def _selection(self, type_: Any, depth: int) -> str:
        dice = self._rng.random()
        if dice < 0.05:
            return "__typename"
        if dice < 0.12 and depth:
            return f"... {self._directives()}{{ {self._selections(type_, depth - 1)} }}"
        if dice < 0.3 and depth:
            on = self._overlapping(type_)
            body = self._selections(on, depth - 1)
            return f"... on {on.name} {self._directives()}{{ {body} }}"
        if dice < 0.4 and depth:
            return self._spread(type_, depth - 1)
        if isinstance(type_, GraphQLUnionType):
            # Of a union among others there would be no end.
            on = self._rng.choice(self._possible(type_))
            return f"... on {on.name} {{ {self._selections(on, depth)} }}"
        return self._field(type_, depth)

    def _overlapping(self, type_: Any) -> Any:
        """A composite type that an object of `type_` may have too."""
        own = set(self._possible(type_))
        candidates = [
            each
            for each in self._schema.type_map.values()
            if is_composite_type(each)
            and not each.name.startswith("__")
            and own & set(self._possible(each))
        ]
        return self._rng.choice(sorted(candidates, key=lambda each: each.name))

    def _possible(self, type_: Any) -> list[GraphQLObjectType]:
        return list(self._schema.get_possible_types(type_)) if is_abstract_type(type_) else [type_]

    def _spread(self, type_: Any, depth: int) -> str:
        on = self._overlapping(type_)
        known = [name for name, (other, _) in self._fragments.items() if other == on.name]
        if known and self._chance(0.6):
            name = self._rng.choice(known)
        else:
            body = self._selections(on, min(depth, 2))
            name = f"F{len(self._fragments)}"
            self._fragments[name] = (on.name, body)
        return f"...{name} {self._directives()}"

    def _field(self, type_: Any, depth: int) -> str:
        fields = {
            name: each
            for name, each in type_.fields.items()
            if is_leaf_type(get_named_type(each.type)) or (depth and self._fields_left > 0)
        }
        if not fields:
            return "__typename"
        self._fields_left -= 1
        composites = [
            name for name in sorted(fields) if is_composite_type(get_named_type(fields[name].type))
        ]
        wants_depth = composites and self._chance(0.6)
        name = self._rng.choice(composites if wants_depth else sorted(fields))
        return self._written_field(name, fields[name], depth)

    def _written_field(self, name: str, field_: Any, depth: int) -> str:
        arguments = self._arguments(field_.args)
        key = self._key(name, arguments, str(field_.type))
        alias = "" if key == name else f"{key}: "
        named = get_named_type(field_.type)
        body = f" {{ {self._selections(named, depth - 1)} }}" if is_composite_type(named) else ""
        return f"{alias}{name}{arguments} {self._directives()}{body}"

    def _key(self, name: str, arguments: str, type_: str) -> str:
        """A response key for a field: its own name, or an alias now and then or when it must."""
        meaning = (name, arguments, type_)
        known = [key for key, other in self._keys.items() if other == meaning]
        if known and not self._chance(0.15):
            return self._rng.choice(known)
        key = name
        if name in self._keys or self._chance(0.1):
            key = f"k{len(self._keys)}"
        self._keys[key] = meaning
        return key

    def _directives(self) -> str:
        if not self._chance(0.1):
            return ""
        condition = self._value_of("Boolean!", lambda: Value(self._chance(0.5)))
        return f"@{self._rng.choice(['skip', 'include'])}(if: {condition}) "

    def _arguments(self, arguments: Mapping[str, Any]) -> str:
        chosen = [
            f"{name}: {self._input(argument.type)}"
            for name, argument in arguments.items()
            if is_required_argument(argument) or self._chance(0.45)
        ]
        return f"({', '.join(chosen)})" if chosen else ""

    def _input(self, type_: Any) -> str:
        """A literal for an input position, with variables here and there."""
        if self._chance(0.3):
            return self._value_of(str(type_), lambda: Value(self._json(type_), type_))
        if is_non_null_type(type_):
            return self._literal(type_.of_type)
        return "null" if self._chance(0.08) else self._literal(type_)

    def _literal(self, type_: Any) -> str:
        if is_list_type(type_):
            if self._chance(0.15) and not is_list_type(type_.of_type):
                return self._input(type_.of_type)
            return (
                f"[{', '.join(self._input(type_.of_type) for _ in range(self._rng.randint(0, 3)))}]"
            )
        if is_input_object_type(type_):
            fields = ", ".join(
                f"{name}: {self._input(each)}" for name, each in self._members(type_)
            )
            return f"{{{fields}}}"
        return written(Value(self._leaf(type_), type_))

    def _members(self, type_: GraphQLInputObjectType) -> list[tuple[str, Any]]:
        if type_.is_one_of:
            name = self._rng.choice(sorted(type_.fields))
            return [(name, _required(type_.fields[name].type))]
        return [
            (name, each.type)
            for name, each in type_.fields.items()
            if is_required_input_field(each) or self._chance(0.45)
        ]

    def _value_of(self, type_: str, make: Callable[[], Value]) -> str:
        """A variable, declared in one of the ways that fit a position, or a literal."""
        if self._chance(0.25):
            return written(make())
        same = [name for name, declared in self._declared.items() if declared == type_]
        if same and self._chance(0.4):
            return f"${self._rng.choice(same)}"
        name = f"v{len(self._declared)}"
        declared = type_
        if not type_.endswith("!") and self._chance(0.2):
            declared = f"{type_}!"
        if self._chance(0.3):
            declared = (
                f"{declared.rstrip('!') if self._chance(0.5) else declared} = {written(make())}"
            )
        self._declared[name] = declared
        self._provide(name, make)
        return f"${name}"

    def _provide(self, name: str, make: Callable[[], Value]) -> None:
        """A value in the request: right, now and then wrong, or missing where it may be."""
        if self._chance(self._style.bad_variable_share):
            self._variables[name] = self._rng.choice(WRONG)
            return
        declared = self._declared[name]
        is_optional = "=" in declared or not declared.endswith("!")
        if is_optional and self._chance(0.3):
            if self._chance(0.4) and not declared.partition(" =")[0].endswith("!"):
                self._variables[name] = None
            return
        self._variables[name] = make().json

    def _json(self, type_: Any) -> Any:
        if is_non_null_type(type_):
            return self._json(type_.of_type)
        if is_list_type(type_):
            return [self._json(type_.of_type) for _ in range(self._rng.randint(0, 3))]
        if is_input_object_type(type_):
            return {name: self._json(each) for name, each in self._members(type_)}
        return self._leaf(type_)

    def _leaf(self, type_: Any) -> Any:
        if is_enum_type(type_):
            return self._rng.choice(sorted(type_.values))
        make = self._style.values.get(type_.name) or BUILT_IN.get(type_.name)
        return make(self._rng) if make is not None else self._rng.choice(INVALID)


def _required(type_: Any) -> Any:
    """The type of a `@oneOf` member that is given: it may not be null."""
    return type_ if is_non_null_type(type_) else GraphQLNonNull(type_)
