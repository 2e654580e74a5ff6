"""Operations from their text to the wire's form, and every way in which they end early."""

import asyncio
from contextlib import aclosing

import pytest
from structlog.testing import capture_logs

from graph.documents import OperationKind
from graph.engine import RejectionStage, RequestRejected
from graph.execution.compiled import CompiledOperation
from tests.graph.plain import SECRET, Context, plain_graph

MASKED = "Something went wrong on our side. Tell us this request id: request-1"
MASKED_EXTENSIONS = {"code": "INTERNAL_SERVER_ERROR", "requestId": "request-1"}


@pytest.fixture
def context():
    return Context()


@pytest.fixture
def plain():
    return plain_graph()


@pytest.fixture
def ask(plain, context):
    """Runs a query or a mutation; variables are keywords. The answer as the wire has it."""

    async def asked(document, **variables):
        operation = plain.prepare(document, operation_name=None, variables=variables)
        return (await plain.execute(operation, context)).body()

    return asked


@pytest.fixture
def listen(plain, context):
    """Runs a subscription to its end: all its results as the wire has them."""

    async def listened(document, **variables):
        operation = plain.prepare(document, operation_name=None, variables=variables)
        return [result.body() async for result in plain.subscribe(operation, context)]

    return listened


def rejection_of(plain, document, operation_name=None, variables=None):
    with pytest.raises(RequestRejected) as rejected:
        plain.prepare(document, operation_name=operation_name, variables=variables or {})
    return rejected.value


class TestPrepare:
    @pytest.mark.parametrize("kind", OperationKind)
    def test_finds_kind_and_name(self, plain, kind):
        field = {"subscription": "events"}.get(kind, "hello")

        operation = plain.prepare(
            f"{kind} Wanted {{ {field} }} query Other {{ hello }}",
            operation_name="Wanted",
            variables={"a": 1},
        )

        assert (operation.kind, operation.name) == (kind, "Wanted")
        assert operation.variables == {"a": 1}

    def test_needs_no_name(self, plain):
        operation = plain.prepare("{ hello }", operation_name=None, variables={})

        assert (operation.kind, operation.name) == (OperationKind.QUERY, None)

    @pytest.mark.parametrize("names", [("Hello", None), (None, "Hello")])
    def test_plans_an_operation_once_however_it_is_asked_for(self, plain, names):
        first, second = (
            plain.prepare("query Hello { hello }", operation_name=name, variables={})
            for name in names
        )

        assert first.plan is second.plan
        assert first.name == second.name == "Hello"

    @pytest.mark.parametrize(
        ("document", "operation_name", "stage", "code", "message"),
        [
            ("{ hello", None, "parse", "GRAPHQL_PARSE_FAILED", "Syntax Error: Expected Name"),
            ("", None, "parse", "GRAPHQL_PARSE_FAILED", "Syntax Error: Unexpected <EOF>"),
            (
                "{" + " hello" * 2000 + "}",
                None,
                "parse",
                "GRAPHQL_PARSE_FAILED",
                "Syntax Error: Document contains more than 2000 tokens",
            ),
            (
                "{ helo }",
                None,
                "validation",
                "GRAPHQL_VALIDATION_FAILED",
                "Cannot query field 'helo' on type 'Query'. Did you mean 'hello'?",
            ),
            (
                r'{ hello(name: "a\u0000") }',
                None,
                "validation",
                "GRAPHQL_VALIDATION_FAILED",
                "The character NUL (U+0000) is not allowed in text.",
            ),
            (
                r'query($n: String = "\u0000") { hello(name: $n) }',
                None,
                "validation",
                "GRAPHQL_VALIDATION_FAILED",
                "The character NUL (U+0000) is not allowed in text.",
            ),
            (
                "query A { hello } query B { hello }",
                None,
                "operation",
                "OPERATION_RESOLUTION_FAILURE",
                "The document has several operations: say which in `operationName`.",
            ),
            (
                "query A { hello }",
                "B",
                "operation",
                "OPERATION_RESOLUTION_FAILURE",
                "The document has no operation named 'B'.",
            ),
            (
                "{ hello }",
                "B",
                "operation",
                "OPERATION_RESOLUTION_FAILURE",
                "The document has no operation named 'B'.",
            ),
        ],
    )
    def test_rejects_by_stage_and_code(self, plain, document, operation_name, stage, code, message):
        rejection = rejection_of(plain, document, operation_name)

        [error] = rejection.errors
        assert rejection.stage is RejectionStage(stage)
        assert error["message"].startswith(message)
        assert error["extensions"] == {"code": code}
        assert ("locations" in error) == (stage != "operation")

    def test_rejects_documents_without_operations(self, plain):
        rejection = rejection_of(plain, "fragment F on Query { hello }")

        assert rejection.stage is RejectionStage.VALIDATION
        assert rejection.errors[0]["message"] == "Fragment 'F' is never used."

    @pytest.mark.parametrize("variables", [{"name": "a\x00"}, {"a": [{"b\x00": 1}]}])
    def test_rejects_nul_in_variables(self, plain, variables):
        rejection = rejection_of(plain, "{ hello }", None, variables)

        assert rejection.stage is RejectionStage.OPERATION
        assert rejection.errors == [
            {
                "message": "The character NUL (U+0000) is not allowed in text.",
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ]

    def test_suggests_nothing_where_suggestions_are_hidden(self):
        rejection = rejection_of(plain_graph(has_suggestions=False), "{ helo }")

        assert rejection.errors[0]["message"] == "Cannot query field 'helo' on type 'Query'."


class TestTracing:
    async def test_tells_the_log_what_each_field_took(self, context):
        traced = plain_graph(traces_fields=True)
        operation = traced.prepare("{ hello again: hello }", operation_name=None, variables={})

        with capture_logs() as log:
            result = await traced.execute(operation, context)

        assert result.data == {"hello": "hello world", "again": "hello world"}
        [entry] = log
        assert (entry["event"], entry["requestId"]) == ("fields_traced", "request-1")
        spent = entry["fields"]["Query.hello"]
        assert (spent["calls"], spent["parents"]) == (2, 2)
        assert spent["milliseconds"] >= 0

    async def test_is_off_unless_it_is_asked_for(self, ask):
        with capture_logs() as log:
            await ask("{ hello }")

        assert log == []


class TestExecute:
    async def test_answers(self, ask):
        assert await ask("query($n: String) { hello(name: $n) }", n="you") == {
            "data": {"hello": "hello you"}
        }

    async def test_runs_mutations(self, ask):
        assert await ask("mutation { hello }") == {"data": {"hello": "hello world"}}

    @pytest.mark.parametrize(
        ("document", "data"),
        [
            ("{ __typename }", {"__typename": "Query"}),
            (
                "{ a: __typename ...F } fragment F on Query { b: __typename }",
                {"a": "Query", "b": "Query"},
            ),
            ("mutation { __typename }", {"__typename": "Mutation"}),
            ("{ __typename hello @skip(if: true) }", {"__typename": "Query"}),
        ],
    )
    async def test_runs_nothing_for_constants(self, plain, ask, context, document, data):
        operation = plain.prepare(document, operation_name=None, variables={})

        assert await ask(document) == {"data": data}
        assert operation.constant == data
        assert not context.scope

    @pytest.mark.parametrize(
        "document",
        [
            "{ hello }",
            "query ($no: Boolean!) { __typename @skip(if: $no) }",
            "query ($no: Boolean!) { __typename hello @include(if: $no) }",
        ],
    )
    def test_takes_nothing_else_for_a_constant(self, plain, document):
        operation = plain.prepare(document, operation_name=None, variables={"no": False})

        assert operation.constant is None

    async def test_masks_unknown_exceptions_and_logs_them_once(self, ask):
        with capture_logs() as log:
            body = await ask("{ hello broken }")

        assert body == {
            "data": {"hello": "hello world", "broken": None},
            "errors": [
                {
                    "message": MASKED,
                    "locations": [{"line": 1, "column": 9}],
                    "path": ["broken"],
                    "extensions": MASKED_EXTENSIONS,
                }
            ],
        }
        [entry] = log
        assert entry["event"] == "masked_error"
        assert (entry["requestId"], entry["path"]) == ("request-1", ["broken"])
        assert entry["error_type"] == "ValueError"
        assert str(entry["exc_info"]) == SECRET

    async def test_passes_coded_errors_on(self, ask):
        with capture_logs() as log:
            body = await ask("{ coded }")

        assert body["data"] == {"coded": None}
        assert body["errors"] == [
            {
                "message": "That is not for you.",
                "locations": [{"line": 1, "column": 3}],
                "path": ["coded"],
                "extensions": {"code": "FORBIDDEN"},
            }
        ]
        assert log == []

    async def test_has_null_data_where_a_needed_field_failed(self, ask):
        with capture_logs():
            body = await ask("{ needed hello }")

        assert body["data"] is None
        assert body["errors"][0]["path"] == ["needed"]

    @pytest.mark.parametrize("variables", [{}, {"to": "many"}, {"to": 2**31}, {"to": None}])
    async def test_has_no_data_where_variables_are_refused(self, ask, variables):
        body = await ask("query($to: Int!) { count(to: $to) }", **variables)

        assert "data" not in body
        [error] = body["errors"]
        assert error["extensions"] == {"code": "BAD_USER_INPUT"}

    @pytest.mark.parametrize("has_suggestions", [True, False])
    async def test_suggests_only_where_it_may(self, context, has_suggestions):
        plain = plain_graph(has_suggestions=has_suggestions)
        document = "query($colour: Colour!) { paint(colour: $colour) }"
        operation = plain.prepare(document, operation_name=None, variables={"colour": "REDD"})

        result = await plain.execute(operation, context)

        assert ("Did you mean" in result.errors[0]["message"]) is has_suggestions

    async def test_stops_at_its_deadline(self, context):
        hurried = plain_graph(timeout_seconds=0.01)
        operation = hurried.prepare("{ hello slow }", operation_name=None, variables={})

        with capture_logs() as log:
            result = await hurried.execute(operation, context)

        assert result.body() == {
            "errors": [
                {
                    "message": "The operation took longer than 0.01 seconds and was stopped."
                    " Ask for less at once.",
                    "extensions": {"code": "DEADLINE_EXCEEDED"},
                }
            ]
        }
        assert context.notes == ["stopped"]
        assert log == []

    async def test_masks_what_fails_outside_of_fields(self, ask, monkeypatch):
        def fail(*_arguments, **_options):
            raise RuntimeError(SECRET)

        monkeypatch.setattr(CompiledOperation, "execute", fail)

        with capture_logs() as log:
            body = await ask("{ hello }")

        assert body == {"errors": [{"message": MASKED, "extensions": MASKED_EXTENSIONS}]}
        assert [entry["error_type"] for entry in log] == ["RuntimeError"]

    async def test_can_be_cancelled(self, plain, context):
        operation = plain.prepare("{ slow }", operation_name=None, variables={})
        task = asyncio.create_task(plain.execute(operation, context))
        await asyncio.sleep(0)

        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert context.notes == ["stopped"]


class TestSubscribe:
    async def test_answers_each_event_in_a_scope_of_its_own(self, listen, context):
        assert await listen("subscription { events(to: 3) }") == [
            {"data": {"events": number}} for number in range(3)
        ]
        assert context.notes == ["event", "event", "event", "closed"]

    async def test_masks_a_failed_start(self, listen):
        with capture_logs() as log:
            [body] = await listen("subscription { unstartable }")

        assert body["errors"][0]["message"] == MASKED
        assert "data" not in body
        assert len(log) == 1

    async def test_passes_a_refused_start_on(self, listen):
        [body] = await listen("subscription { forbidden }")

        assert body["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
        assert "data" not in body

    async def test_refuses_variables_before_it_starts(self, listen, context):
        [body] = await listen("subscription($to: Int!) { events(to: $to) }", to="many")

        assert body["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
        assert "data" not in body
        assert context.notes == []

    @pytest.mark.parametrize(
        ("fault", "message", "code", "logged"),
        [
            ("unknown", MASKED, "INTERNAL_SERVER_ERROR", 1),
            ("known", "The source has dried up.", "DRIED_UP", 0),
        ],
    )
    async def test_ends_with_the_failure_of_its_source(
        self, listen, context, fault, message, code, logged
    ):
        with capture_logs() as log:
            first, last = await listen(f'subscription {{ events(to: 1, fault: "{fault}") }}')

        assert first == {"data": {"events": 0}}
        assert "data" not in last
        assert last["errors"][0]["message"] == message
        assert last["errors"][0]["extensions"]["code"] == code
        assert len(log) == logged
        assert context.notes == ["event", "closed"]

    async def test_closes_its_source_when_the_reader_leaves(self, plain, context):
        operation = plain.prepare(
            "subscription { events(to: 9) }", operation_name=None, variables={}
        )

        async with aclosing(plain.subscribe(operation, context)) as results:
            async for _ in results:
                break

        assert context.notes == ["event", "closed"]

    async def test_masks_what_fails_outside_of_its_source(self, listen, monkeypatch):
        def fail(*_arguments, **_options):
            raise RuntimeError(SECRET)

        monkeypatch.setattr("graph.engine.create_source_event_stream", fail)

        with capture_logs():
            assert await listen("subscription { events }") == [
                {"errors": [{"message": MASKED, "extensions": MASKED_EXTENSIONS}]}
            ]
