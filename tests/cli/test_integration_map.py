"""The map of what each root field uses."""

import pytest

from cli.integration_map import integration_map
from graph.schema import build_composition


@pytest.fixture(scope="module")
def entries():
    return {entry.root_field: entry for entry in integration_map(build_composition())}


class TestIntegrationMap:
    def test_has_every_root_field(self, entries):
        schema = build_composition().schema
        roots = (schema.query_type, schema.mutation_type, schema.subscription_type)

        assert set(entries) == {
            f"{root.name}.{field}" for root in roots if root is not None for field in root.fields
        }

    def test_follows_a_mutation_to_its_command_tables_and_keys(self, entries):
        entry = entries["Mutation.createService"]

        assert entry.subgraph == "marketplace"
        assert entry.services == {"marketplace.listings.create_service"}
        assert entry.tables == {"services", "users"}
        assert entry.keys == {"services:active", "user:{id}"}

    def test_follows_a_query_to_its_documents(self, entries):
        assert entries["Query.conversations"].documents == {"conversations"}
        assert entries["Query.conversations"].tables == set()
