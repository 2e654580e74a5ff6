"""What resolvers learn of the columns that the selections below their field read."""

from typing import Annotated

import pytest
import strawberry
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse
from strawberry import federation

from resolvers.keyset import CURSOR
from subgraphs.ai.types import Conversation, Message
from subgraphs.learning.types import Course, Enrolment, Lesson
from subgraphs.marketplace.orders import Order, OrderEvent, OrderEvidence
from subgraphs.marketplace.types import LazyOrder, Review, Service
from subgraphs.shared.access import Info
from subgraphs.shared.columns import READS
from subgraphs.shared.connections import Connection
from subgraphs.shared.entities import Node
from subgraphs.shared.errors import InvalidInputError
from subgraphs.shared.lookahead import Place, columns_at, columns_below, columns_of
from subgraphs.shared.scalars import schema_config
from subgraphs.tokens.types import Transaction


@strawberry.type
class WrittenPayload:
    """Two objects that a mutation wrote."""

    review: Review
    service: Service


Written = Annotated[WrittenPayload | InvalidInputError, strawberry.union("Written")]
FRAGMENTS_OF_FRAGMENTS = 60


@strawberry.type
class Query:
    """Fields that tell the context what they learn, and are null."""

    @strawberry.field
    def services(self, info: Info) -> Connection[Service] | None:
        info.context.append(columns_below(info))

    @strawberry.field
    def service(self, info: Info) -> Service | None:
        info.context.append(columns_below(info))

    @strawberry.field
    def order(self) -> LazyOrder | None:
        """One whose module needs that of services."""

    @strawberry.field
    def node(self, info: Info) -> Node | None:
        info.context.append((columns_of(info, Service), columns_of(info, Review)))

    @strawberry.field
    def written(self, info: Info) -> Written | None:
        review, service = columns_of(info, Review, "review"), columns_of(info, Service, "service")
        info.context.append((review, service))

    @strawberry.field
    def name(self, info: Info) -> str | None:
        info.context.append(columns_below(info))


SCHEMA = federation.Schema(query=Query, config=schema_config())


def learned(document):
    """What the fields of a valid document are told, in their order."""
    told = []
    result = SCHEMA.execute_sync(document, context_value=told)
    assert result.errors is None
    return told


def place_of(document):
    """Where a document selects its first field."""
    definitions = parse(document).definitions
    [operation] = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
    fragments = [each for each in definitions if isinstance(each, FragmentDefinitionNode)]
    nodes = operation.selection_set.selections[:1]
    return Place(nodes, {each.name.value: each for each in fragments})


class TestColumnsBelow:
    @pytest.mark.parametrize(
        ("selected", "columns"),
        [
            ("nodes { id name }", {"id", "name"}),
            ("nodes { title: name }", {"name"}),
            ("these: nodes { priceAzr }", {"price_azr"}),
            ("nodes { __typename }", set()),
            ("__typename totalCount", set()),
            ("edges { node { name } }", {"name", CURSOR}),
            ("edges { cursor }", {CURSOR}),
            ("nodes { name } pageInfo { endCursor }", {"name", CURSOR}),
            ("nodes { name } edges { it: node { category } }", {"name", "category", CURSOR}),
            ("nodes { name } nodes { category }", {"name", "category"}),
            ("nodes { name @skip(if: true) category @include(if: false) }", {"name", "category"}),
            ("nodes { averageRating }", {"average_rating", "review_count"}),
            ("nodes { provider { id } }", {"provider_id"}),
            ("nodes { reviews { nodes { comment service { description } } } }", {"id"}),
            ("nodes { ... { name } ... on Service { category } }", {"name", "category"}),
            ("nodes { ... on Node { id ... on Service { name } } }", {"id", "name"}),
            ("... on ServiceConnection { nodes { name } }", {"name"}),
        ],
    )
    def test_are_those_that_the_items_of_a_page_read(self, selected, columns):
        assert learned(f"{{ services {{ {selected} }} }}") == [(columns,)]

    def test_are_found_through_fragments_at_every_level(self):
        document = """
            { services { ...Page } }
            fragment Page on ServiceConnection { edges { ...Item } nodes { ...Named } }
            fragment Item on ServiceEdge { node { ...Named isActive } }
            fragment Named on Service { name ...Keyed }
            fragment Keyed on Node { id }
        """

        assert learned(document) == [({"name", "id", "is_active", CURSOR},)]

    def test_are_those_of_all_nodes_that_select_a_field(self):
        document = "{ services { nodes { name } } ... { services { nodes { category } } } }"

        assert learned(document) == [({"name", "category"},)]

    def test_are_each_places_own(self):
        document = """
            { a: services { nodes { name ...F } } b: services { nodes { category ...F } } }
            fragment F on Service { reviews { nodes { id } } isActive }
        """

        assert learned(document) == [
            ({"name", "id", "is_active"},),
            ({"category", "id", "is_active"},),
        ]

    def test_are_those_of_an_object(self):
        assert learned("{ service { name provider { id } } }") == [({"name", "provider_id"},)]

    def test_are_all_where_something_is_selected_that_the_type_does_not_declare(self):
        document = "{ services { nodes { name ... on Node { ... on Review { rating } } } } }"

        assert learned(document) == [(None,)]

    def test_are_none_where_a_field_leads_to_no_row(self):
        assert learned("{ name }") == [()]

    def test_are_found_once_in_fragments_that_are_spread_again_and_again(self):
        document = "{ service { ...F0 } }" + " ".join(
            f"fragment F{number} on Service {{ ...F{number + 1} ...F{number + 1} }}"
            for number in range(FRAGMENTS_OF_FRAGMENTS)
        )
        document += f" fragment F{FRAGMENTS_OF_FRAGMENTS} on Service {{ name }}"

        assert columns_at(Service, place_of(document)) == ({"name"},)


class TestColumnsOf:
    def test_are_those_of_each_type_that_an_interface_may_be(self):
        document = "{ node { ... on Service { name } ... on Review { rating } } }"

        assert learned(document) == [(None, None)]
        assert learned("{ node { id } }") == [({"id"}, {"id"})]

    def test_are_those_of_each_object_of_a_payload(self):
        document = """{ written {
            ... on WrittenPayload { review { rating author { id } } s: service { reviewCount } }
            ... on InvalidInputError { message faults { field } }
        } }"""

        assert learned(document) == [({"rating", "author_id"}, {"review_count"})]

    def test_are_none_of_an_object_that_is_not_selected(self):
        document = "{ written { ... on WrittenPayload { review { id } } } }"

        assert learned(document) == [({"id"}, set())]


class TestColumnsAt:
    def test_are_those_of_a_type_that_is_named_before_its_module_is_read(self):
        place = place_of("{ order { note buyer { id } } }")

        found = columns_at(Query.__strawberry_definition__.get_field("order").type, place)

        assert found == ({"note", "buyer_id"},)

    def test_are_worked_out_once_for_each_place(self):
        place = place_of("{ service { name category } }")
        [again] = columns_at(Service, place)

        assert columns_at(Service, place)[0] is again

    def test_are_others_where_more_nodes_meet(self):
        one = place_of("{ service { name } }")
        other = place_of("{ service { category } }")
        both = Place([*one.nodes, *other.nodes], {})

        found = [columns_at(Service, place) for place in (one, other, both, one)]

        assert found == [({"name"},), ({"category"},), ({"name", "category"},), ({"name"},)]


@pytest.mark.parametrize(
    "shown",
    [
        Service,
        Review,
        Order,
        OrderEvent,
        OrderEvidence,
        Course,
        Lesson,
        Enrolment,
        Transaction,
        Conversation,
        Message,
    ],
)
def test_every_field_says_which_columns_it_reads(shown):
    fields = shown.__strawberry_definition__.fields

    assert [each.python_name for each in fields if each.metadata.get(READS) is None] == []
