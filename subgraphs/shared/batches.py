"""Fields that are resolved for all their parents at once, as an engine calls them.

`subgraphs.shared.fields` declares them; what is declared there once is reached from here with a
list of parents, and through Strawberry's resolver with one parent at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from core.errors import CodedError
from core.loader import is_absent
from models.rows import Columns
from resolvers.context import Context
from subgraphs.shared.access import Audience, require_visible
from subgraphs.shared.connections import Connection, page_of
from subgraphs.shared.lookahead import Place, columns_at
from subgraphs.shared.showing import all_shown

BATCH = "batch"
"""The key of a field's metadata under which its batch resolver is."""

PAGE_ARGUMENTS = ("first", "after", "last", "before")


@dataclass(frozen=True, slots=True)
class BatchField:
    """A function over the list of parents, and how its answers are shown."""

    function: Callable[..., Any]
    shown: Callable[[Any], Any]
    audience: Audience
    key: str
    """The attribute of a parent that the function knows it by; dots lead further."""
    is_paged: bool
    columns: tuple[Columns, ...] = ()
    """Those that the function is to fetch, if it reads rows."""

    def at(self, type_: Any, place: Place) -> "BatchField":
        """The same for one place, where the field has a Strawberry type."""
        return replace(self, columns=columns_at(type_, place))

    async def resolve_all(
        self,
        sources: Sequence[Any],
        context: Context,
        field_name: str,
        arguments: Mapping[str, Any],
    ) -> list[Any]:
        """A value for each source, in their order, or the exception in its place."""
        if self.audience is Audience.EVERYONE:
            return await self._loaded(sources, context, arguments)
        refusals = [self._refusal(source, context, field_name) for source in sources]
        visible = [
            source for source, refusal in zip(sources, refusals, strict=True) if refusal is None
        ]
        found = iter(await self._loaded_or_error(visible, context, arguments) if visible else ())
        return [next(found) if refusal is None else refusal for refusal in refusals]

    async def _loaded_or_error(
        self, sources: Sequence[Any], context: Context, arguments: Mapping[str, Any]
    ) -> list[Any]:
        """For those who may see: others have been refused, whatever the arguments are."""
        try:
            return await self._loaded(sources, context, arguments)
        except CodedError as error:
            return [error] * len(sources)

    async def _loaded(
        self, sources: Sequence[Any], context: Context, arguments: Mapping[str, Any]
    ) -> list[Any]:
        options = (page_of(*map(arguments.get, PAGE_ARGUMENTS)),) if self.is_paged else ()
        loader = context.loader(self.function, *options, *self.columns)
        values = await loader.load_all(list(map(attrgetter(self.key), sources)))
        if self.is_paged:
            return [self._paged(value) for value in values]
        if any(map(is_absent, set(map(type, values)))):
            return [self._one(value) for value in values]
        try:
            return all_shown(self.shown, values)
        except Exception:  # noqa: BLE001  # found again, value by value
            return [self._one(value) for value in values]

    def _paged(self, value: Any) -> Any:
        return value if isinstance(value, Exception) else Connection(page=value, shown=self.shown)

    def _one(self, value: Any) -> Any:
        if value is None or isinstance(value, Exception):
            return value
        try:
            return self.shown(value)
        except Exception as error:  # noqa: BLE001  # this parent's field fails with it
            return error

    def _refusal(self, source: Any, context: Context, field_name: str) -> Exception | None:
        try:
            require_visible(self.audience, source, context.viewer, field_name)
        except CodedError as error:
            return error
        return None
