"""Statements as tables for spreadsheets: CSV by RFC 4180, in UTF-8 with a mark that says so."""

import csv
from collections.abc import AsyncGenerator
from io import StringIO

from core.money import format_azr
from resolvers.context import Context
from resolvers.tokens.statements import Line, MonthlyStatement

# Without it, common spreadsheets take UTF-8 for something older.
BYTE_ORDER_MARK = "\ufeff"
HEADINGS = (
    "Time",
    "Receipt",
    "Type",
    "Counterparty",
    "Handle",
    "Memo",
    "Paid in (AZR)",
    "Paid out (AZR)",
    "Balance (AZR)",
    "Status",
)
# What spreadsheets take for the beginning of a formula, in ASCII and in full width.
FORMULA_SIGNS = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001  # these very signs


async def csv_chunks(statement: MonthlyStatement, context: Context) -> AsyncGenerator[bytes, None]:
    """The table, in as many pieces as the statement has pages."""
    yield (BYTE_ORDER_MARK + _written([HEADINGS])).encode()
    async for page in statement.pages(context):
        yield _written([_cells(line, statement) for line in page]).encode()


def plain_text(text: str | None) -> str:
    """A text that a spreadsheet shows and does not compute, whoever wrote it."""
    if text is None:
        return ""
    return f"'{text}" if text.lstrip().startswith(FORMULA_SIGNS) else text


def _cells(line: Line, statement: MonthlyStatement) -> tuple[str, ...]:
    movement, other = line.movement, line.counterparty
    amount = format_azr(movement.amount)
    return (
        movement.created_at.astimezone(statement.zone).isoformat(timespec="seconds"),
        movement.receipt_code or "",
        movement.type,
        plain_text(other.full_name if other is not None else None),
        (other.handle if other is not None else None) or "",
        plain_text(movement.memo),
        amount if line.is_incoming else "",
        "" if line.is_incoming else amount,
        "" if movement.balance_after is None else format_azr(movement.balance_after),
        movement.status,
    )


def _written(rows: list[tuple[str, ...]]) -> str:
    text = StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
