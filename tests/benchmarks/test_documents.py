"""Answers are the same if they say the same, however a server writes ids and numbers."""

import json
from uuid import UUID

import pytest

from benchmarks.engine.documents import (
    DifferentContent,
    generated_queries,
    require_equal_content,
)
from benchmarks.exchange import Exchange
from benchmarks.queries import Query, queries
from core.ids import encode_id

KEY = UUID(int=2**120 + 7)
OURS = {
    "id": encode_id("svc", KEY),
    "name": "Design",
    "priceAzr": "40.50000000",
    "averageRating": None,
    "reviews": {"nodes": [{"rating": 5, "comment": None}, {"rating": 3, "comment": "Fine."}]},
}
THEIRS = {**OURS, "id": str(KEY), "priceAzr": "40.5", "averageRating": "0"}


def exchange(service):
    body = json.dumps({"data": {"service": service}}).encode()
    return Exchange(Query("Q1", "", ""), (), body)


class TestEqualContent:
    @pytest.mark.parametrize(
        "theirs",
        [
            OURS,
            THEIRS,
            {**THEIRS, "averageRating": 0.0},
            dict(reversed(THEIRS.items())),
            None,
        ],
        ids=["same", "other forms", "number", "order of keys", "nothing"],
    )
    def test_is_what_says_the_same(self, theirs):
        ours = OURS if theirs else None

        require_equal_content(exchange(theirs), exchange(ours), server="peer")

    @pytest.mark.parametrize(
        "change",
        [
            {"id": str(UUID(int=8))},
            {"name": "design"},
            {"priceAzr": "40.51"},
            {"averageRating": "4.5"},
            {"reviews": {"nodes": OURS["reviews"]["nodes"][::-1]}},
            {"reviews": {"nodes": OURS["reviews"]["nodes"][:1]}},
            {"reviews": {"nodes": []}},
            {"reviews": None},
            {"more": None},
        ],
    )
    def test_is_nothing_else(self, change):
        with pytest.raises(DifferentContent, match="peer on Q1"):
            require_equal_content(exchange({**THEIRS, **change}), exchange(OURS), server="peer")

    def test_lacks_nothing(self):
        theirs = {name: value for name, value in THEIRS.items() if name != "averageRating"}

        with pytest.raises(DifferentContent):
            require_equal_content(exchange(theirs), exchange(OURS), server="peer")

    def test_compares_ratings_that_are_there(self):
        theirs, ours = {**THEIRS, "averageRating": "4.50"}, {**OURS, "averageRating": 4.5}

        require_equal_content(exchange(theirs), exchange(ours), server="peer")


class TestGeneratedQueries:
    def test_stand_for_the_same_names(self):
        names = [query.name for query in generated_queries(str(KEY))]

        assert names == [query.name for query in queries("svc_1")]
