"""Connections as clients see them."""

import pytest

QUERY = """
    query ($first: Int, $after: String, $last: Int, $before: String) {
        services(sort: NAME, first: $first, after: $after, last: $last, before: $before) {
            nodes { name }
            edges { cursor node { name } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            totalCount
        }
    }
"""


@pytest.fixture
async def services(make):
    provider = await make.user()
    return [await make.service(provider, name=name) for name in "abcde"]


class TestConnection:
    async def test_shows_each_node_with_the_cursor_of_its_edge(self, ask, services):
        result = await ask(QUERY, first=3)

        found = result.data["services"]
        cursors = [edge["cursor"] for edge in found["edges"]]
        assert [node["name"] for node in found["nodes"]] == ["a", "b", "c"]
        assert [edge["node"] for edge in found["edges"]] == found["nodes"]
        assert len(set(cursors)) == 3
        assert found["pageInfo"] == {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": cursors[0],
            "endCursor": cursors[-1],
        }
        assert found["totalCount"] == 5

    async def test_goes_on_behind_its_end_cursor(self, ask, services):
        first = await ask(QUERY, first=3)
        after = first.data["services"]["pageInfo"]["endCursor"]

        result = await ask(QUERY, first=3, after=after)

        found = result.data["services"]
        assert [node["name"] for node in found["nodes"]] == ["d", "e"]
        assert found["pageInfo"]["hasNextPage"] is False
        assert found["pageInfo"]["hasPreviousPage"] is True
        assert found["totalCount"] == 5

    async def test_goes_back_before_its_start_cursor(self, ask, services):
        last = await ask(QUERY, last=2)
        before = last.data["services"]["pageInfo"]["startCursor"]

        result = await ask(QUERY, last=2, before=before)

        found = result.data["services"]
        assert [node["name"] for node in found["nodes"]] == ["b", "c"]
        assert found["pageInfo"]["hasNextPage"] is True
        assert found["pageInfo"]["hasPreviousPage"] is True

    async def test_has_no_cursors_on_an_empty_page(self, ask, services):
        result = await ask(QUERY, first=0)

        assert result.data["services"] == {
            "nodes": [],
            "edges": [],
            "pageInfo": {
                "hasNextPage": True,
                "hasPreviousPage": False,
                "startCursor": None,
                "endCursor": None,
            },
            "totalCount": 5,
        }

    async def test_has_twenty_items_unless_it_is_told_otherwise(self, ask, make):
        provider = await make.user()
        for _ in range(21):
            await make.service(provider)

        bare = await ask("{ services { nodes { id } } }")
        with_nulls = await ask(QUERY, first=None, after=None, last=None, before=None)

        assert len(bare.data["services"]["nodes"]) == 20
        assert len(with_nulls.data["services"]["nodes"]) == 20

    @pytest.mark.parametrize("size", ["first", "last"])
    @pytest.mark.parametrize("value", [-1, 101, 2**31 - 1])
    async def test_refuses_sizes_out_of_range(self, ask, services, size, value):
        result = await ask(QUERY, **{size: value})

        assert result.errors[0]["message"] == f"`{size}` must be from 0 to 100."
        assert result.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}

    @pytest.mark.parametrize("side", ["after", "before"])
    @pytest.mark.parametrize("cursor", ["", "garbage", "WyJuYW1lIiwiYSIsMV0", "A" * 100_000])
    async def test_refuses_cursors_that_it_did_not_make(self, ask, services, side, cursor):
        result = await ask(QUERY, **{side: cursor})

        assert result.errors[0]["message"] == (
            "This cursor does not belong to this list and order. Take cursors from `pageInfo` or"
            " `edges` as they are."
        )
        assert result.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}
