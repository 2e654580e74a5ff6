"""The queries that each connection asks differently."""

from benchmarks.engine.documents import generated_queries
from benchmarks.queries import apart, queries

IDS = [f"svc_{number}" for number in range(4)]


class TestApart:
    def test_asks_for_one_service_after_the_other(self):
        one, _ = apart(IDS, queries)

        assert [each.name for each in one] == ["Q1 apart"] * 4
        assert all(id_ in each.text for id_, each in zip(IDS, one, strict=True))

    def test_asks_for_pages_of_different_sizes_in_either_words(self):
        for documents in (queries, generated_queries):
            _, trees = apart(IDS, documents)

            found = [
                size
                for each in trees
                for size in (18, 19, 20, 21)
                if f"first: {size}," in each.text
            ]
            assert found == [18, 19, 20, 21]
            # Only the page of services: each has as many reviews as before.
            assert all("first: 3" in each.text for each in trees)
