"""Completes single values as graphql-core does, and puts nulls and failures where they belong."""

from collections.abc import Sequence
from copy import copy
from typing import Any

from graphql import GraphQLError
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path, is_awaitable

from graph.compose.definitions import ResolveInfo
from graph.execution.answers import Answer, kill, place
from graph.execution.executor import ScopedExecutor
from graph.execution.paths import Level
from graph.execution.plans import FieldPlan, Null
from graph.execution.problems import Problem
from graph.execution.together import together


class CarefulRun:
    """What an execution does where not everything is usual: one parent's field after the other."""

    def __init__(self, executor: ScopedExecutor) -> None:
        self.context = executor.context_value
        self.problems: list[Problem] = []
        self._executor = executor

    def close(self) -> None:
        """Let go of an executor that refers to itself, so that it ends with the execution."""
        del self._executor.async_helpers

    def _place_objects(
        self, field: FieldPlan, found: Sequence[Answer | None], answers: list[Answer], level: Level
    ) -> None:
        if Null not in set(map(type, found)):
            place(answers, field.key, found)
            return
        for index, each in enumerate(found):
            if isinstance(each, Null):
                self._place_null(field, each, answers, level, index)
            else:
                place([answers[index]], field.key, [each])

    def _place_lists(
        self,
        field: FieldPlan,
        lists: Sequence[list[Any]],
        answers: list[Answer],
        level: Level,
    ) -> None:
        for index, items in enumerate(lists):
            nulls = [item for item, each in enumerate(items) if isinstance(each, Null)]
            if nulls and field.are_items_nonnull:
                self._place_null(field, items[nulls[0]], answers, level, index)
                continue
            for item in nulls:
                path = Path(self._path(field, level, index), item, None)
                self._problem(items[item], path)
                items[item] = None
            place([answers[index]], field.key, [items])

    def _place_null(
        self, field: FieldPlan, null: Null, answers: list[Answer], level: Level, index: int
    ) -> None:
        """A field whose value must be null, or else its parent."""
        if field.is_nonnull:
            kill(answers, index, Null(null.error, null.order, field.position))
            return
        self._problem(null, self._path(field, level, index))
        place([answers[index]], field.key, [None])

    async def _carefully(
        self,
        field: FieldPlan,
        values: Sequence[Any],
        answers: list[Answer],
        level: Level,
        indices: Sequence[int],
    ) -> None:
        await together(
            [self._one(field, values[index], answers, level, index) for index in indices]
        )

    async def _one(
        self, field: FieldPlan, value: Any, answers: list[Answer], level: Level, index: int
    ) -> None:
        """One parent's field, completed by graphql-core from its value."""
        executor = copy(self._executor)
        executor.collected_errors = CollectedErrors()
        path = self._path(field, level, index)
        order = (*level.order(index), field.position)
        type_, details = field.type, field.details
        info = self._info(field, level, index)
        try:
            if is_awaitable(value):
                value = await value
            completed = executor.complete_value(type_, details, info, path, value, None)
            if is_awaitable(completed):
                completed = await completed
        except Exception as raw:  # noqa: BLE001  # located and reported
            try:
                executor.handle_field_error(raw, type_, details, path)
                completed = None
            except GraphQLError as error:
                kill(answers, index, Null(error, order, field.position))
                completed = None
        position = tuple(path.as_list())
        self.problems += [
            Problem(error, order, position, is_null=False)
            for error in executor.collected_errors.errors
        ]
        place([answers[index]], field.key, [completed])

    def _problem(self, null: Null, path: Path) -> None:
        self.problems.append(Problem(null.error, null.order, tuple(path.as_list()), is_null=True))

    def _path(self, field: FieldPlan, level: Level, index: int) -> Path:
        return Path(level.path(index), field.key, field.parent_type.name)

    def _info(self, field: FieldPlan, level: Level, index: int) -> ResolveInfo:
        nodes = [each.node for each in field.details]
        path = self._path(field, level, index)
        return self._executor.build_resolve_info(field.field, nodes, field.parent_type, path)
