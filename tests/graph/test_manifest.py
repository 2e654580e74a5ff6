"""Persisted documents are planned before the first request."""

import json

import pytest

import graph.documents
from graph.manifest import ManifestError, plan_manifest
from tests.graph.plain import Context, plain_graph

HELLO = {"id": "1", "name": "Hello", "type": "query", "body": "query Hello { hello }"}


@pytest.fixture
def write(tmp_path):
    """Writes a manifest of these operations; keywords replace its other parts."""

    def written(*operations, **parts):
        manifest = {"format": "apollo-persisted-query-manifest", "version": 1, **parts}
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps({**manifest, "operations": operations}))
        return path

    return written


def refusal_of(path):
    with pytest.raises(ManifestError) as refused:
        plan_manifest(plain_graph(), path)
    return str(refused.value).replace(str(path), "PATH")


class TestPlanManifest:
    async def test_leaves_nothing_to_do_for_the_first_request(self, write, monkeypatch):
        plain = plain_graph()
        plan_manifest(plain, write(HELLO))
        done = []
        for name in ("parse", "validate", "executable_operation", "policy_of"):
            monkeypatch.setattr(
                graph.documents, name, lambda *_, name=name, **__: done.append(name)
            )

        operation = plain.prepare(HELLO["body"], operation_name="Hello", variables={})

        assert (await plain.execute(operation, Context())).data == {"hello": "hello world"}
        assert done == []

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"body": "query Hello { nope }"}, "Cannot query field 'nope' on type 'Query'."),
            ({"body": "query Hello {"}, "Syntax Error: Expected Name, found <EOF>."),
            ({"body": "query A { hello }"}, "The document has no operation named 'Hello'."),
            ({"type": "mutation"}, "It is a query, not a mutation."),
        ],
    )
    def test_names_the_document_that_cannot_run(self, write, changes, problem):
        message = refusal_of(write(HELLO, {**HELLO, **changes}))

        assert message == f"The manifest PATH has a document that cannot run, 'Hello': {problem}"

    def test_names_what_is_wrong_with_the_file(self, write, tmp_path):
        nameless = {key: value for key, value in HELLO.items() if key != "name"}

        assert refusal_of(write(nameless)) == (
            "The manifest PATH is wrong at operations.0.name: Field required."
        )
        assert (
            refusal_of(write(version=2))
            == "The manifest PATH is wrong at version: Input should be 1."
        )
        assert refusal_of(tmp_path / "none.json") == (
            "The manifest PATH cannot be read: No such file or directory."
        )
        (tmp_path / "text.json").write_text("hello")
        assert refusal_of(tmp_path / "text.json").startswith(
            "The manifest PATH is wrong at the file:"
        )
