"""Where the time of an operation goes, field by field. Costs nothing unless it is asked for."""

import time
from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass

import structlog

from graph.execution.plans import FieldPlan

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Spent:
    """What one field took, everything below it included."""

    calls: int = 0
    parents: int = 0
    seconds: float = 0.0


class FieldTimes:
    """The times of one operation. Columns and attributes have none: they are read all at once."""

    def __init__(self) -> None:
        self._spent: defaultdict[str, Spent] = defaultdict(Spent)

    async def measured(self, field: FieldPlan, parents: int, work: Awaitable[None]) -> None:
        """Do the work of one call of a field for so many parents, and count it."""
        spent = self._spent[f"{field.type_name}.{field.name}"]
        spent.calls += 1
        spent.parents += parents
        started = time.perf_counter()
        try:
            await work
        finally:
            spent.seconds += time.perf_counter() - started

    def tell(self, request_id: str) -> None:
        """Write one line to the log, the slowest fields first."""
        slowest_first = sorted(self._spent.items(), key=lambda item: -item[1].seconds)
        fields = {
            name: {
                "calls": spent.calls,
                "parents": spent.parents,
                "milliseconds": round(1000 * spent.seconds, 3),
            }
            for name, spent in slowest_first
        }
        logger.info("fields_traced", requestId=request_id, fields=fields)
