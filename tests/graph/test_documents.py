"""Documents: parsed and validated once while they are remembered."""

import pytest
from graphql import parse

import graph.documents
from graph.documents import Document, Documents, has_nul
from graph.execution.request import Executable
from tests.graph.plain import plain_schema


@pytest.fixture
def parses(monkeypatch):
    """The texts that were parsed."""
    texts = []
    parse = graph.documents.parse

    def counted(text, **options):
        texts.append(text)
        return parse(text, **options)

    monkeypatch.setattr(graph.documents, "parse", counted)
    return texts


@pytest.fixture
def documents():
    return Documents(Executable.of(plain_schema()), has_suggestions=True)


class TestRead:
    @pytest.mark.parametrize("text", ["{ hello }", "{ nope }", "{ hello"])
    def test_reads_each_text_once(self, documents, parses, text):
        first = documents.read(text)
        second = documents.read(text)

        assert second is first
        assert parses == [text]

    def test_tells_what_is_wrong(self, documents):
        valid, invalid, unparsed = map(documents.read, ["{ hello }", "{ nope }", "{ hello"])

        assert (valid.is_parsed, valid.errors) == (True, ())
        assert (invalid.is_parsed, len(invalid.errors)) == (True, 1)
        assert invalid.tree is not None
        assert (unparsed.is_parsed, len(unparsed.errors), unparsed.tree) == (False, 1, None)

    def test_stops_at_ten_errors(self, documents):
        document = documents.read("{" + " ".join(f"nope{number}" for number in range(50)) + "}")

        assert len(document.errors) == 11
        assert "Too many validation errors" in document.errors[-1].message

    def test_forgets_the_least_recently_used_first(self, documents, parses, monkeypatch):
        a, b, c = "{ a: hello }", "{ b: hello }", "{ c: hello }"
        size = documents.read(a).estimated_bytes + len(a)
        parses.clear()
        documents = Documents(Executable.of(plain_schema()), has_suggestions=True)
        monkeypatch.setattr(graph.documents, "CACHED_BYTES_MAX", 2 * size)

        for text in [a, b, a, c, a, b]:
            documents.read(text)

        assert parses == [a, b, c, b]

    def test_remembers_no_text_that_is_larger_than_the_whole_cache(
        self, documents, parses, monkeypatch
    ):
        small, large = "{ hello }", "{ hello " + "hello " * 10 + "}"
        size = Document(parse(small), (), is_parsed=True).estimated_bytes + len(small)
        monkeypatch.setattr(graph.documents, "CACHED_BYTES_MAX", size)

        for text in [large, large, small, small]:
            assert documents.read(text).errors == ()

        assert parses == [large, large, small]


class TestHasNul:
    @pytest.mark.parametrize(
        "value", ["\x00", "a\x00b", ["a", ["\x00"]], {"a": {"b": ["\x00"]}}, {"a\x00": 1}]
    )
    def test_finds_it_anywhere(self, value):
        assert has_nul(value)

    @pytest.mark.parametrize("value", ["", "a", 0, 1.5, None, True, [], {}, {"a": ["b", {"c": 1}]}])
    def test_finds_none_elsewhere(self, value):
        assert not has_nul(value)

    def test_looks_deeper_than_the_stack_is(self):
        value: object = "\x00"
        for _ in range(5000):
            value = {"inner": [value]}

        assert has_nul(value)
