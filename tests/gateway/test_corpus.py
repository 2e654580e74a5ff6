"""The corpus asks for everything that there is: fields, arguments, kinds of refusals."""

from functools import lru_cache
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_abstract_type,
    is_object_type,
    parse,
    visit,
)

from graph.schema import build_composition
from tests.gateway.deviations import DEVIATIONS
from tests.gateway.operations import CORPUS, cases_of

OPERATIONS_MIN = 40
# Answers of payment providers, which neither side has.
RARE = {"BuyTokensPayload", "PaymentProviderUnavailableError", "PaymentRefusedError"}


class Asked(Visitor):
    """The coordinates of all fields and arguments that documents ask for."""

    def __init__(self, schema: GraphQLSchema, info: TypeInfo) -> None:
        super().__init__()
        self.coordinates: set[str] = set()
        self._schema = schema
        self._info = info

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._info.get_parent_type()
        if parent is None or node.name.value not in getattr(parent, "fields", ()):
            return
        owners = self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        for owner in owners:
            field = f"{owner.name}.{node.name.value}"
            arguments = {f"{field}({argument.name.value}:)" for argument in node.arguments or ()}
            self.coordinates |= {field, *arguments}


@lru_cache(maxsize=1)
def public_schema() -> GraphQLSchema:
    return build_composition().schema


def test_is_large_enough() -> None:
    assert len(list(CORPUS.rglob("*.graphql"))) >= OPERATIONS_MIN


def test_asks_for_every_field_with_every_argument() -> None:
    schema, info = public_schema(), TypeInfo(public_schema())
    asked = Asked(schema, info)
    for path in CORPUS.rglob("*.graphql"):
        try:
            visit(parse(path.read_text()), TypeInfoVisitor(info, asked))
        except GraphQLSyntaxError:
            assert path.stem == "syntax_error"

    assert _coordinates(schema) - asked.coordinates == set()


def test_receives_every_result_of_every_mutation() -> None:
    answers = {answer for case in cases_of("writes") for answer in case.answers}
    mutations = public_schema().mutation_type
    assert mutations is not None
    results = [get_named_type(field.type) for field in mutations.fields.values()]
    unions = [each for each in results if isinstance(each, GraphQLUnionType)]

    assert {member.name for union in unions for member in union.types} - answers == RARE


def test_has_every_deviation() -> None:
    cases = {str(case) for folder in ("reads", "writes") for case in cases_of(folder)}

    assert DEVIATIONS.keys() - cases == set()


def _coordinates(schema: GraphQLSchema) -> set[str]:
    """Every field of every object type, and every argument of those."""
    found: set[str] = set()
    for type_ in schema.type_map.values():
        if not is_object_type(type_) or type_.name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            coordinate = f"{type_.name}.{name}"
            found |= {coordinate, *(f"{coordinate}({argument}:)" for argument in field.args)}
    return found
