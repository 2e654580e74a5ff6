"""The judge is right: it accepts what the specification allows, and nothing else."""

from collections import Counter
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLError, build_schema

from graph.execution.executor import ScopedExecutor
from tests.graph.equivalence.comparing import (
    Evidence,
    faults_of,
    faults_of_calls,
    faults_of_order,
    roots_in_turn,
    told_of,
)
from tests.graph.equivalence.executors import Request, Subject
from tests.graph.equivalence.generating import Style, request_for
from tests.graph.equivalence.judging import judge_of, swept
from tests.graph.equivalence.oddities import oddities_schema
from tests.graph.equivalence.shrinking import shrunk
from tests.graph.equivalence.worlds import World

SDL = """
type Query { pair: Pair plain: Int flag: Boolean other: Int list: [Pair!] strict: Pair! }
type Pair { a: Int! b: Int! c: Int }
"""
BOTH_FAIL = Request("{ plain pair { a b c } other }")
FAILS_IN_LIST = Request("{ list { c a } flag }")
ALL_LOST = Request("{ strict { a } plain }")


def fail(_source: Any, info: Any) -> Any:
    message = f"{info.field_name} failed"
    raise ValueError(message)


@pytest.fixture(scope="module")
def subject() -> Subject:
    schema: Any = build_schema(SDL)
    pair, query = schema.type_map["Pair"].fields, schema.type_map["Query"].fields
    pair["a"].resolve = pair["b"].resolve = fail
    query["other"].resolve = fail
    query["plain"].resolve = lambda *_: 1
    query["flag"].resolve = lambda *_: True
    query["pair"].resolve = query["strict"].resolve = lambda *_: {"c": 3}
    query["list"].resolve = lambda *_: [{"c": 1}, {"c": 2}]
    return Subject(schema)


@pytest.fixture
async def seen(subject: Subject) -> Evidence:
    return await subject.by_witness(BOTH_FAIL, World(0))


@pytest.fixture
async def result(subject: Subject) -> ExecutionResult:
    return await subject.by_reference(BOTH_FAIL, World(0))


def error_at(result: ExecutionResult, *path: str | int) -> GraphQLError:
    return next(each for each in result.errors or () if each.path == list(path))


class TestTheWitness:
    async def test_collects_every_candidate(self, seen: Evidence) -> None:
        assert {told[0]: home for told, home in seen.homes.items()} == {
            ("pair", "a"): ("pair",),
            ("pair", "b"): ("pair",),
            ("other",): ("other",),
        }
        assert seen.data == {"plain": 1, "pair": None, "other": None}

    async def test_moves_nulls_up_through_lists(self, subject: Subject) -> None:
        seen = await subject.by_witness(FAILS_IN_LIST, World(0))

        assert seen.data == {"list": None, "flag": True}
        assert seen.lost == {("list",)}
        assert seen.is_lost(("list", 0, "a"))
        assert not seen.is_lost(("flag",))

    async def test_moves_nulls_up_to_the_whole(self, subject: Subject) -> None:
        seen = await subject.by_witness(ALL_LOST, World(0))

        assert (seen.data, seen.lost) == (None, {None})
        assert seen.is_lost(("plain",))

    async def test_has_refused_variables_only(self, subject: Subject) -> None:
        request = Request("query($a: Boolean!) { flag @skip(if: $a) }")
        seen = await subject.by_witness(request, World(0))

        assert not seen.has_run
        assert faults_of(await subject.by_reference(request, World(0)), seen) == []
        assert faults_of(ExecutionResult(None, []), seen)
        assert faults_of(ExecutionResult({}, list(_errors(request))), seen)


def _errors(request: Request) -> list[GraphQLError]:
    return [GraphQLError(f"another error of {request.text}")]


class TestTheJudge:
    async def test_accepts_the_reference(self, seen: Evidence, result: ExecutionResult) -> None:
        assert faults_of(result, seen) == []

    async def test_accepts_either_of_two_candidates_and_both(
        self, seen: Evidence, result: ExecutionResult
    ) -> None:
        first, other = error_at(result, "pair", "a"), error_at(result, "other")
        second = GraphQLError("b failed", positions=[17], source=first.source, path=["pair", "b"])
        told = next(each for each in seen.errors if each[0] == ("pair", "b"))
        assert told_of(ExecutionResult(None, [second])) == Counter([told])

        assert faults_of(replace_errors(result, second, other), seen) == []
        assert faults_of(replace_errors(result, first, second, other), seen) == []

    @pytest.mark.parametrize(
        "data",
        [
            {"plain": 1, "other": None, "pair": None},
            {"plain": True, "pair": None, "other": None},
            {"plain": 1.0, "pair": None, "other": None},
            {"plain": 1, "pair": {"a": None, "b": None, "c": 3}, "other": None},
            {"plain": 1, "pair": None},
            {"plain": 1, "pair": None, "other": None, "more": 1},
            None,
        ],
        ids=["order", "boolean", "float", "kept", "missing", "more", "lost"],
    )
    async def test_refuses_other_data(
        self, seen: Evidence, result: ExecutionResult, data: Any
    ) -> None:
        assert faults_of(ExecutionResult(data, result.errors), seen)

    @pytest.mark.parametrize(
        "change",
        [
            lambda errors: errors[:-1],
            lambda errors: errors[1:],
            lambda _errors: [],
            lambda _errors: None,
            lambda errors: [*errors, errors[0]],
            lambda errors: [*errors, GraphQLError("invented", path=["plain"])],
            lambda errors: [_changed(each, message="other words") for each in errors],
            lambda errors: [_changed(each, path=[*each.path, "c"]) for each in errors],
            lambda errors: [_changed(each, path=None) for each in errors],
            lambda errors: [_changed(each, nodes=None) for each in errors],
            lambda errors: [_changed(each, extensions={"code": "X"}) for each in errors],
        ],
        ids=[
            *("last missing", "first missing", "none", "no list", "twice", "invented"),
            *("message", "path", "no path", "no location", "extensions"),
        ],
    )
    async def test_refuses_other_errors(
        self, seen: Evidence, result: ExecutionResult, change: Callable[[Any], Any]
    ) -> None:
        assert faults_of(ExecutionResult(result.data, change(result.errors)), seen)

    async def test_refuses_an_error_below_that_does_not_explain_the_null(self) -> None:
        told = (("a", "c"), "c failed", (), "{}")
        cause = (("a", "b"), "b failed", (), "{}")
        homes = {told: ("a", "c"), cause: ("a",)}
        seen = Evidence({"a": None}, Counter([told, cause]), homes, has_run=True)
        result = ExecutionResult({"a": None}, [GraphQLError("c failed", path=["a", "c"])])

        [fault] = faults_of(result, seen)

        assert fault.startswith("no error says why a is null")

    async def test_counts_calls(self, seen: Evidence) -> None:
        once = Counter([("plain",), ("pair",), ("pair", "a"), ("pair", "b"), ("other",)])

        assert faults_of_calls(once, seen, once) == []
        assert faults_of_calls(once - Counter([("pair", "b")]), seen, once) == []
        assert faults_of_calls(once - Counter([("plain",)]), seen, once)
        assert faults_of_calls(once + Counter([("pair", "b")]), seen, once)
        assert faults_of_calls(once + Counter([("new",)]), seen, once)

    async def test_takes_the_order_that_the_witness_saw(self, seen: Evidence) -> None:
        ran = ["a", "b"]

        assert faults_of_order(ran, seen, ran) == []
        assert faults_of_order(["b", "a"], seen, ran)
        assert faults_of_order(["a"], seen, ran)
        assert faults_of_order(["a", "b", "a"], seen, ran)

    async def test_lets_what_follows_the_loss_of_all_be_left(self, subject: Subject) -> None:
        seen = await subject.by_witness(ALL_LOST, World(0))

        assert faults_of_order(["a"], seen, ["a", "b"]) == []
        assert faults_of_order(["b"], seen, ["a", "b"])

    def test_knows_root_fields_that_ran_at_once(self) -> None:
        calls = Counter([("a",), ("a", 0, "c"), ("b",), ("a", 1, "c")])

        assert roots_in_turn(calls) == ["a", "b", "a"]


def replace_errors(result: ExecutionResult, *errors: GraphQLError) -> ExecutionResult:
    return ExecutionResult(result.data, list(errors))


def _changed(error: GraphQLError, **changes: Any) -> GraphQLError:
    kept = {"message": error.message, "nodes": error.nodes, "path": error.path}
    return GraphQLError(**{**kept, **changes})


class AllAtOnce(ScopedExecutor):
    """Runs the root fields of mutations together."""

    execute_fields_serially = ScopedExecutor.execute_fields


class Backwards(ScopedExecutor):
    """Begins with the last root field, and answers in the right order."""

    def execute_fields_serially(
        self, parent_type: Any, source_value: Any, path: Any, grouped: Any, position: Any
    ) -> Any:
        turned = dict(reversed(grouped.items()))
        outcome = super().execute_fields_serially(parent_type, source_value, path, turned, position)

        async def sorted_again() -> dict[str, Any]:
            found = await outcome if isawaitable(outcome) else outcome
            return {name: found[name] for name in grouped}

        return sorted_again()


class TestMutants:
    """An executor with a defect is caught by the documents that are generated."""

    @pytest.mark.parametrize(
        "defect", ["drops an error", "calls twice", "loses a key", "waits not"]
    )
    async def test_are_caught(self, defect: str) -> None:
        judge = judge_of(oddities_schema())

        async def run(request: Request, world: World) -> ExecutionResult:
            result = await judge.subject.by_reference(request, world)
            return _with_defect(defect, result, world)

        seeds = range(40)
        requests = [request_for(judge.subject.schema, seed, Style()) for seed in seeds]

        caught = [bool(await judge.faults(run, requests[seed], seed)) for seed in seeds]

        assert any(caught)

    @pytest.mark.parametrize("kind", [AllAtOnce, Backwards])
    async def test_of_the_order_of_mutations_are_caught(self, kind: type[ScopedExecutor]) -> None:
        judge = judge_of(oddities_schema())

        async def run(request: Request, world: World) -> ExecutionResult:
            return await judge.subject.executed(request, world, kind)

        request = Request("mutation { record { id } a: bump b: bump(by: 2) }")
        faults = await judge.faults(run, request, 0)

        assert any(fault.startswith("ran in the order") for fault in faults)

    async def test_are_shown_by_the_smallest_request(self) -> None:
        subject = Subject(oddities_schema())
        request = Request(
            """query($a: Int, $b: Boolean = true) { ...F need(text: "x") hurried(number: $a) }
               fragment F on Query { record @include(if: $b) { id text number } fussy }""",
            {"a": 1, "b": True},
        )

        async def fails(smaller: Request) -> bool:
            return "text" in smaller.text and "record" in smaller.text

        with swept():
            smallest = await shrunk(subject.schema, request, fails)

        assert " ".join(smallest.text.split()) in (
            "query { ...F } fragment F on Query { record { text } }",
            "{ ...F } fragment F on Query { record { text } }",
        )
        assert smallest.variables == {}


def _with_defect(defect: str, result: ExecutionResult, world: World) -> ExecutionResult:
    if defect == "drops an error":
        return ExecutionResult(result.data, (result.errors or [])[1:])
    if defect == "calls twice":
        world.calls.update(list(world.calls)[:1])
    if defect == "loses a key" and result.data:
        return ExecutionResult(dict(list(result.data.items())[1:]), result.errors)
    if defect == "waits not":
        world.later(None)
    return result
