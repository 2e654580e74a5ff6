"""What each root field touches, read from the code itself: nobody maintains it by hand.

Starts at a field's resolver function and follows the names that its code uses.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from inspect import isclass, isfunction, ismodule
from types import CodeType, FunctionType
from typing import Any

from beanie import Document
from sqlmodel import SQLModel

from graph.compose import Composition

ROOTS = ("Query", "Mutation", "Subscription")
LAYERS = ("resolvers", "services")
MACHINERY = {"keyset", "lists", "rows", "search"}
FOLLOWED = ("subgraphs", *LAYERS, "models.cache")


@dataclass(slots=True)
class Integration:
    """What one root field uses, by layer. Names are sorted when shown."""

    root_field: str
    subgraph: str
    resolvers: set[str] = field(default_factory=set[str])
    services: set[str] = field(default_factory=set[str])
    tables: set[str] = field(default_factory=set[str])
    documents: set[str] = field(default_factory=set[str])
    keys: set[str] = field(default_factory=set[str])


def integration_map(composition: Composition) -> list[Integration]:
    """One entry for each root field of the composed schema."""
    return [
        _integration(f"{root}.{name}", subgraph, composition)
        for (root, name), subgraph in composition.owners.items()
        if root in ROOTS
    ]


def _integration(path: str, subgraph: str, composition: Composition) -> Integration:
    found = Integration(path, subgraph)
    root, name = path.split(".")
    core_field = composition.subgraphs[subgraph].core_schema.type_map[root].fields[name]  # pyright: ignore[reportAttributeAccessIssue]  # roots are object types
    declared = core_field.extensions["strawberry-definition"]
    _follow(declared.base_resolver.wrapped_func, found, set())
    return found


def _follow(function: FunctionType, found: Integration, seen: set[Any]) -> None:
    if function in seen:
        return
    seen.add(function)
    _record_function(function, found)
    for used in _values_used(function):
        if isfunction(used) and used.__module__.startswith(FOLLOWED):
            _follow(used, found, seen)
        elif isclass(used):
            _record_class(used, found)
        elif isinstance(used, str) and ":" in used:
            found.keys.add(used)


def _record_function(function: FunctionType, found: Integration) -> None:
    layer, _, rest = function.__module__.partition(".")
    if function.__module__ == "models.cache":
        found.keys.add(f"{function.__name__.removesuffix('_key')}:{{id}}")
    elif layer in LAYERS and rest not in MACHINERY and not function.__name__.startswith(("_", "<")):
        getattr(found, layer).add(f"{rest}.{function.__name__}")


def _record_class(used: type, found: Integration) -> None:
    if issubclass(used, SQLModel) and hasattr(used, "__table__"):
        found.tables.add(str(used.__tablename__))
    elif issubclass(used, Document) and used is not Document:
        # Beanie's own settings exist only once a database is bound; the declaration always does.
        found.documents.add(str(vars(used)["Settings"].name))


def _values_used(function: FunctionType) -> Iterator[Any]:
    """The functions, classes and keys of modules that a function's code names."""
    names = set(_names(function.__code__))
    for name in names:
        value = function.__globals__.get(name)
        if ismodule(value):
            yield from (vars(value).get(each) for each in names)
        elif isinstance(value, Mapping):
            yield from value.values()
        elif not isinstance(value, str) or name.endswith("_KEY"):
            yield value


def _names(code: CodeType) -> Iterator[str]:
    """Names that code uses, in the functions within it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
