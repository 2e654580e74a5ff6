"""Statements as documents to print: PDF, in the scripts that its fonts know.

They know Latin, Greek, Cyrillic, Hebrew, Arabic, N'Ko, Tifinagh and Ethiopic. A name in another
script is shown as the person's handle, and what else cannot be written as a sign for that.
"""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from textwrap import wrap

from fpdf import FPDF

from core.money import format_azr
from models.rows import UserRow
from resolvers.tokens.statements import Line, MonthlyStatement

FONTS = Path(__file__).parent / "fonts"
TEXT, ETHIOPIC = "DejaVuSansCondensed", "NotoSansEthiopic"
LINES_MAX = 1000
# Headings, widths in millimetres and alignments.
COLUMNS = (
    ("Time", 28, "L"),
    ("Receipt", 33, "L"),
    ("What", 60, "L"),
    ("Paid in", 23, "R"),
    ("Paid out", 23, "R"),
    ("Balance", 23, "R"),
)
WHAT = 2
WHAT_LENGTH_MAX = 40
LINE_MILLIMETRES = 4
UNKNOWN_SIGN = "\N{WHITE SQUARE}"


class _Document(FPDF):
    """A page as wide as the table, with its number at the foot."""

    def __init__(self) -> None:
        super().__init__(format="A4")
        for name in (TEXT, ETHIOPIC):
            self.add_font(name, fname=FONTS / f"{name}.ttf")
        self.set_fallback_fonts([ETHIOPIC])
        self.set_margin(10)
        self.set_font(TEXT, size=8)
        self.known = {code for font in self.fonts.values() for code in getattr(font, "cmap", {})}

    def header(self) -> None:
        """The headings, on every page but the first, where the head comes before them."""
        if self.page_no() > 1:
            self.write_headings()

    def write_headings(self) -> None:
        self.set_fill_color(235)
        self._write_line([name for name, _, _ in COLUMNS], is_filled=True)

    def write_row(self, cells: Sequence[str], more: Sequence[str]) -> None:
        """A line of the table, and what comes below its third cell, on one page together."""
        if self.will_page_break(LINE_MILLIMETRES * (1 + len(more))):
            self.add_page()
        self._write_line(cells)
        for text in more:
            self._write_line(["" if place != WHAT else text for place in range(len(COLUMNS))])
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())

    def write_text(
        self, text: str, width: float, align: str = "L", *, is_filled: bool = False
    ) -> None:
        """One cell. Letters are joined and turned where their script asks for it, which is slow."""
        self.set_text_shaping(not text.isascii())
        self.cell(width, LINE_MILLIMETRES, text, align=align, fill=is_filled)

    def _write_line(self, cells: Sequence[str], *, is_filled: bool = False) -> None:
        for text, (_, width, align) in zip(cells, COLUMNS, strict=True):
            self.write_text(text, width, align, is_filled=is_filled)
        self.ln(LINE_MILLIMETRES)

    def footer(self) -> None:
        self.set_y(-12)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="C")

    def writable(self, text: str) -> str:
        """`text` with a sign for whatever no font knows."""
        return "".join(each if ord(each) in self.known else UNKNOWN_SIGN for each in text)

    def name_of(self, person: UserRow) -> str:
        """The person's name, or what stands for it."""
        name, handle = person.full_name or "", f"@{person.handle}" if person.handle else ""
        if not name or any(ord(each) not in self.known for each in name):
            return handle or self.writable(name) or str(person.id)
        return f"{name} ({handle})" if handle else name


def pdf_of(statement: MonthlyStatement, lines: Sequence[Line], *, is_cut: bool) -> bytes:
    """The document with these lines. `is_cut` says that the month has more."""
    document = _Document()
    document.set_title(f"Azora statement {statement.month}")
    document.set_lang("en")
    document.add_page()
    _write_head(document, statement, lines, is_cut=is_cut)
    document.write_headings()
    for line in lines:
        memo = document.writable(line.movement.memo or "")
        document.write_row(_cells(document, line, statement), wrap(memo, WHAT_LENGTH_MAX))
    return bytes(document.output())


def _write_head(
    document: _Document, statement: MonthlyStatement, lines: Sequence[Line], *, is_cut: bool
) -> None:
    texts = [
        f"Azora: statement of AZR, {statement.month}",
        document.name_of(statement.owner),
        f"Times are those of {statement.zone.key}.",
    ]
    if is_cut:
        texts.append(f"Only the first {LINES_MAX} movements: the CSV file has all of them.")
    else:
        paid_in, paid_out = (_total(lines, is_incoming=each) for each in (True, False))
        texts.append(f"Paid in {paid_in}, paid out {paid_out}, of what was completed.")
    for number, text in enumerate(texts):
        document.set_font(TEXT, size=8 if number else 14)
        document.write_text(text, 0)
        document.ln(5 if number else 10)
    document.ln(3)


def _total(lines: Sequence[Line], *, is_incoming: bool) -> str:
    amounts = [
        each.movement.amount
        for each in lines
        if each.is_incoming is is_incoming and each.movement.status == "completed"
    ]
    return f"{sum(amounts, Decimal(0)):.8f}"


def _cells(document: _Document, line: Line, statement: MonthlyStatement) -> list[str]:
    movement = line.movement
    amount = format_azr(movement.amount)
    what = movement.type.replace("_", " ")
    if movement.status != "completed":
        what += f", {movement.status}"
    if line.counterparty is not None:
        what += f": {document.name_of(line.counterparty)}"
    return [
        f"{movement.created_at.astimezone(statement.zone):%Y-%m-%d %H:%M:%S}",
        movement.receipt_code or "",
        what if len(what) <= WHAT_LENGTH_MAX else f"{what[: WHAT_LENGTH_MAX - 1]}…",
        amount if line.is_incoming else "",
        "" if line.is_incoming else amount,
        "" if movement.balance_after is None else format_azr(movement.balance_after),
    ]
