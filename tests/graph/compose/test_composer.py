"""Operations over the bazaar: whichever subgraphs they cross, the data is that of one schema."""

import pytest

from tests.graph.bazaar.composed import SUBGRAPHS
from tests.graph.bazaar.corpus import CORPUS


class TestCompose:
    @pytest.mark.parametrize("name", CORPUS)
    async def test_answers_like_one_schema(self, name, visit):
        document, variables, expected = CORPUS[name]

        result = await visit(document, **variables)

        assert result.errors is None
        assert result.data == expected

    def test_says_who_owns_what(self, composition):
        owners = composition.owners

        assert owners["Listing", "price"] == "stalls"
        assert owners["Listing", "rank"] == "wallets"
        assert owners["Query", "wallets"] == "wallets"
        assert owners["Item", "stock"] == "depots"
        assert owners["Addressable", "id"] == "wallets"
        assert owners["User", "birthYear"] == "accounts"
        assert ("Query", "_entities") not in owners
        assert composition.subgraphs == SUBGRAPHS

    def test_hides_what_is_inaccessible(self, composition):
        assert "birthYear" not in composition.schema.type_map["User"].fields

    def test_leaves_the_fields_of_one_subgraph_alone(self, composition):
        composed = composition.schema.type_map["Wallet"].fields["owner"]
        own = SUBGRAPHS["wallets"].core_schema.type_map["Wallet"].fields["owner"]

        assert composed.resolve is own.resolve
