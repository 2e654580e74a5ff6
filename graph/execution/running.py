"""Runs plans level by level: a selection set once for all its parents, however many there are.

Values are first taken for what they usually are. What is out of the ordinary (a null where none may
be, a failure, an awaitable within a list) is completed by graphql-core, one field of one parent at
a time, from the value that is there: resolvers never run twice.
"""

from collections.abc import Coroutine, Mapping, Sequence
from itertools import chain, islice
from typing import Any, cast

from graphql import GraphQLError
from graphql.pyutils import is_awaitable

from core.loader import is_absent
from graph.compose.attributes import Attribute
from graph.compose.definitions import ResolveInfo
from graph.execution.answers import Answer, all_null, kill_those, place
from graph.execution.careful import CarefulRun
from graph.execution.executor import ScopedExecutor
from graph.execution.mixtures import LISTS, Mixture
from graph.execution.paths import ROOT, Below, InLists, Level, Places, Some
from graph.execution.plans import FieldPlan, ForeignGroup, Null, SelectionPlan, Shape
from graph.execution.problems import Problem
from graph.execution.reads import Batch, Simple
from graph.execution.together import each_or_error, settled, together
from graph.execution.tracing import FieldTimes


class Run(CarefulRun):
    """One execution of one operation: all parents of a level at once, as long as all is usual."""

    def __init__(self, executor: ScopedExecutor, times: FieldTimes | None) -> None:
        super().__init__(executor)
        self._times = times

    async def root(self, plan: SelectionPlan, *, serially: bool) -> dict[str, Any] | None:
        """The data of the response; its errors are in `problems`."""
        sources = [self._executor.root_value]
        if serially:
            answers: list[Answer] = [dict(plan.template)]
            for field in plan.fields:
                await self._field(field, sources, answers, ROOT)
                if isinstance(answers[0], Null):
                    break
        else:
            answers = await self._selection(plan, sources, ROOT)
        answer = answers[0]
        if isinstance(answer, Null):
            self.problems.append(Problem(answer.error, answer.order, (), is_null=True))
            return None
        return answer

    async def _selection(
        self, plan: SelectionPlan, sources: Sequence[Any], level: Level
    ) -> list[Answer]:
        """An answer for each source, or what makes it null."""
        try:
            answers: list[Answer] = plan.build(sources)  # pyright: ignore[reportAssignmentType]  # a list of dictionaries, to which nulls may be added
        except Exception:  # noqa: BLE001  # found again, value by value
            answers = [dict(plan.template) for _ in sources]
            for field in plan.attributes:
                await self._field(field, sources, answers, level)
            await self._among_living(plan, sources, answers, level)
        else:
            await self._rest(plan, sources, answers, level)
        return answers

    async def _among_living(
        self, plan: SelectionPlan, sources: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        """The rest of a selection set, for those that no attribute has made null."""
        living = [index for index, each in enumerate(answers) if not isinstance(each, Null)]
        some = [answers[index] for index in living]
        await self._rest(plan, [sources[index] for index in living], some, Some(level, living))
        kill_those(answers, living, some)

    async def _rest(
        self, plan: SelectionPlan, sources: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        if not sources:
            return
        for field in plan.fields:
            if not field.suspends and not self._is_at_hand(field, sources, answers):
                await self._field(field, sources, answers, level)
        waiting: list[Coroutine[Any, Any, None]] = [
            self._field(field, sources, answers, level)
            for field in plan.fields
            if field.suspends and not self._is_at_hand(field, sources, answers)
        ]
        waiting += [
            self._foreign(group, sources, answers, level)
            for group in plan.foreign
            if group.fields or not self._is_filled(group, sources, answers)
        ]
        if len(waiting) == 1:
            await waiting[0]
        elif waiting:
            await together(waiting, is_over=lambda: all_null(answers))

    def _is_at_hand(self, field: FieldPlan, sources: Sequence[Any], answers: list[Answer]) -> bool:
        """Complete entities of which all that is asked is at hand, without objects for them."""
        if field.held is None or self._times is not None:
            return False
        try:
            held = cast("Attribute", field.read).values(sources)
            found = field.held.answers(held, self.context)
        except Exception:  # noqa: BLE001  # found again, value by value
            return False
        if found is not None:
            place(answers, field.key, found)
        return found is not None

    def _is_filled(
        self, group: ForeignGroup, sources: Sequence[Any], answers: list[Answer]
    ) -> bool:
        """Complete attributes of entities that are at hand, without a task that would wait."""
        if group.at_hand is None:
            return False
        try:
            found = group.at_hand.known(sources, self.context)
            if found is None:
                return False
            group.at_hand.fill(found, answers)
        except Exception:  # noqa: BLE001  # found again, value by value
            return False
        return True

    async def _foreign(
        self, group: ForeignGroup, sources: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        """Complete all sources for another subgraph, then read its fields."""
        fields = (*group.attributes, *group.fields)

        def info_of(index: int) -> ResolveInfo:
            return self._info(fields[0], level, index)

        try:
            found = await group.finder.find_all(sources, self.context, info_of)
        except Exception as error:  # noqa: BLE001  # each field of the group fails with it
            found = cast("list[Any]", [error] * len(sources))
        if not any(map(is_absent, set(map(type, found)))):
            await self._found(group, found, answers, level)
            return
        living = [index for index, each in enumerate(found) if not is_absent(type(each))]
        lost = sorted(set(range(len(found))) - set(living))
        for field in fields:
            values = self._refused_or(found, field)
            await self._carefully(field, values, answers, level, lost)
        some = [answers[index] for index in living]
        if some:
            await self._found(group, [found[index] for index in living], some, Some(level, living))
        kill_those(answers, living, some)

    def _refused_or(self, found: list[Any], field: FieldPlan) -> list[Any]:
        """What there is of entities, unless the field's arguments are refused: those come first."""
        try:
            self._arguments(field)
        except GraphQLError as error:
            return [error] * len(found)
        return found

    async def _found(
        self, group: ForeignGroup, found: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        try:
            group.fill(found, answers)
        except Exception:  # noqa: BLE001  # found again, value by value
            for field in group.attributes:
                await self._field(field, found, answers, level)
        if group.fields:
            await together(
                [self._field(field, found, answers, level) for field in group.fields],
                is_over=lambda: all_null(answers),
            )

    def _field(
        self, field: FieldPlan, sources: Sequence[Any], answers: list[Answer], level: Level
    ) -> Coroutine[Any, Any, None]:
        """Read a field of all sources and complete it, measured if that is wanted."""
        work = self._read_field(field, sources, answers, level)
        return work if self._times is None else self._times.measured(field, len(sources), work)

    async def _read_field(
        self, field: FieldPlan, sources: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        read = field.read
        if isinstance(read, Attribute):
            values = self._attributes(read, sources)
        elif isinstance(read, Simple):
            values = each_or_error(sources, read.function)
        elif isinstance(read, Batch):
            values = await self._batch(field, read, sources)
        else:
            values = await self._called(field, read.resolve, sources, level)
        if field.complete_leaf is None:
            await self._objects(field, values, answers, level)
            return
        try:
            completed = list(map(field.complete_leaf, values))
        except Exception:  # noqa: BLE001  # found again, value by value
            await self._carefully(field, values, answers, level, range(len(values)))
            return
        place(answers, field.key, completed)

    def _attributes(self, read: Attribute, sources: Sequence[Any]) -> Sequence[Any]:
        try:
            return read.read_all(sources)
        except Exception:  # noqa: BLE001  # found again, value by value
            return each_or_error(sources, read.read)

    async def _batch(self, field: FieldPlan, read: Batch, sources: Sequence[Any]) -> Sequence[Any]:
        try:
            arguments = self._arguments(field)
            values = await read.resolver.resolve_all(sources, self.context, field.name, arguments)
            if len(values) != len(sources):
                message = f"{field.name} answered {len(sources)} parents with {len(values)} values"
                raise RuntimeError(message)
        except Exception as error:  # noqa: BLE001  # every parent's field fails with it
            return [error] * len(sources)
        return values

    async def _called(
        self, field: FieldPlan, resolve: Any, sources: Sequence[Any], level: Level
    ) -> Sequence[Any]:
        if len(sources) == 1:
            try:
                value = resolve(sources[0], self._info(field, level, 0), **self._arguments(field))
                return [await value if is_awaitable(value) else value]
            except Exception as error:  # noqa: BLE001  # the field fails with it
                return [error]
        values: list[Any] = []
        for index, source in enumerate(sources):
            try:
                info = self._info(field, level, index)
                values.append(resolve(source, info, **self._arguments(field)))
            except Exception as error:  # noqa: BLE001  # this parent's field fails with it
                values.append(error)
        return await settled(values)

    async def _objects(
        self, field: FieldPlan, values: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        """Complete the values of a field that has a selection set."""
        selections = field.selections
        if field.shape is Shape.ONE:
            plans = {selections[each] for each in set(map(type, values))}
            if len(plans) == 1 and (plan := plans.pop()) is not None:
                found = await self._selection(plan, values, Below(level, field))
                self._place_objects(field, found, answers, level)
                return
        elif field.shape is Shape.LIST and LISTS.issuperset(map(type, values)):
            items = list(chain.from_iterable(values))
            plans = {selections[each] for each in set(map(type, items))}
            if not plans:
                place(answers, field.key, [[] for _ in values])
                return
            if len(plans) == 1 and (plan := plans.pop()) is not None:
                found = await self._selection(plan, items, InLists(level, field, values))
                rest = iter(found)
                lists = [list(islice(rest, len(each))) for each in values]
                if Null in set(map(type, found)):
                    self._place_lists(field, lists, answers, level)
                else:
                    place(answers, field.key, lists)
                return
        await self._mixed(field, values, answers, level)

    async def _mixed(
        self, field: FieldPlan, values: Sequence[Any], answers: list[Answer], level: Level
    ) -> None:
        """Values of several types, with nulls among them, or such as need care."""
        mixture = Mixture(field, values)
        kept = mixture.empty()

        async def complete(plan: SelectionPlan, places: Sequence[tuple[int, int | None]]) -> None:
            sources = [mixture.item(each) for each in places]
            found = await self._selection(plan, sources, Places(level, field, places))
            for (index, item), answer in zip(places, found, strict=True):
                if item is None:
                    kept[index] = answer
                else:
                    kept[index][item] = answer

        await together(
            [
                *(complete(plan, places) for plan, places in mixture.by_plan.items()),
                *(self._one(field, values[index], answers, level, index) for index in mixture.odd),
            ]
        )
        for index in mixture.plain:
            one, where = [answers[index]], Some(level, [index])
            if field.shape is Shape.LIST and kept[index] is not None:
                self._place_lists(field, [kept[index]], one, where)
            else:
                self._place_objects(field, [kept[index]], one, where)
            kill_those(answers, [index], one)

    def _arguments(self, field: FieldPlan) -> Mapping[str, Any]:
        executor = self._executor
        return field.arguments.values(
            executor.variable_values, hide_suggestions=executor.hide_suggestions
        )
