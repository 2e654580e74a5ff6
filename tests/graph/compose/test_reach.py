"""Where instances of each part of an entity lead."""

import strawberry
from strawberry import ID, federation

from graph.compose.definitions import collect_parts
from graph.compose.reach import ways_from
from tests.graph.bazaar.composed import SUBGRAPHS
from tests.graph.compose.small import Found, stub_key, subgraph


def reach(subgraphs, name):
    """For each subgraph, those that its instances reach and the first field of the key."""
    parts = collect_parts({key: each.core_schema for key, each in subgraphs.items()})[name]
    return {
        part.subgraph: [
            (way.part.subgraph, way.key.selections[0].name.value) for way in ways_from(part, parts)
        ]
        for part in parts
    }


class TestWaysFrom:
    def test_leads_over_the_nearest_first(self):
        assert reach(SUBGRAPHS, "Item") == {
            "stalls": [("wallets", "code"), ("depots", "barcode")],
            "depots": [("depots", "barcode"), ("wallets", "barcode")],
            "wallets": [("depots", "barcode"), ("wallets", "code")],
        }

    def test_takes_the_first_key_that_can_be_made(self):
        others = [("wallets", "sku"), ("accounts", "sku")]
        assert reach(SUBGRAPHS, "Listing") == {
            "stalls": [("stalls", "sku"), *others],
            "depots": [("stalls", "slug"), *others],
            "wallets": [("stalls", "sku"), *others],
            "accounts": [("stalls", "sku"), *others],
        }

    def test_makes_a_key_from_two_parts(self):
        @federation.type(name="Box", keys=[stub_key("id")])
        class Stub:
            id: ID

        @federation.type(name="Box", keys=["id"])
        class Wide(Found):
            id: ID
            width: int

        @federation.type(name="Box", keys=["id"])
        class High(Found):
            id: ID
            height: int

        @federation.type(name="Box", keys=["width height"])
        class Measured(Found):
            width: int
            height: int

        boxes = {
            "measures": subgraph(Measured),
            "stubs": subgraph(Stub),
            "widths": subgraph(Wide),
            "heights": subgraph(High),
        }

        assert reach(boxes, "Box")["stubs"] == [
            ("widths", "id"),
            ("heights", "id"),
            ("measures", "width"),
        ]

    def test_leads_nowhere_from_a_value(self):
        @strawberry.type(name="Size")
        class Size:
            width: int

        assert reach({"a": subgraph(Size)}, "Size") == {"a": []}
