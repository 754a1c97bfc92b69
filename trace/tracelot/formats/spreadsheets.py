"""Tables for spreadsheet programs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell = str | int | Decimal | date | datetime | None

MARK = "\ufeff"  # by which Excel tells UTF-8 from the local code page
_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # = + - @ as an East Asian keyboard writes them
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *_WIDE)

LONGEST_CELL = 32_767  # characters that Excel takes
MOST_DIGITS = 15  # of a number that it keeps
_NARROW, _WIDEST = 8, 48


@dataclass(frozen=True)
class Sheet:
    """A table with its name. `widths` say how its columns share a page; one without a width is not for paper."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int] = ()


def write_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A table as CSV (RFC 4180) in which no text can act as a formula."""
    return b"".join(csv_lines(head, rows))


def csv_lines(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The same, line by line, for tables of any length."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    file.write(MARK)
    for row in chain([head], rows):
        writer.writerow([_written(cell) for cell in row])
        yield file.getvalue().encode()
        file.seek(0)
        file.truncate()


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    text = str(cell)
    # A spreadsheet runs what begins like a formula; an apostrophe makes it text again.
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULA_STARTS) else text


def write_xlsx(sheets: Iterable[Sheet], made_at: datetime) -> bytes:
    """A workbook. Text stays text, whatever it looks like: no code loses its zeros and nothing is a formula."""
    file = io.BytesIO()
    plain = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(file, plain) as book:
        book.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None)})
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name), sheet, bold, text)
    return file.getvalue()


def _fill(page: Worksheet, sheet: Sheet, bold: Format, text: Format) -> None:
    widths = [_width(title) for title in sheet.head]
    for column, title in enumerate(sheet.head):
        page.write_string(0, column, title, bold)
    for row, cells in enumerate(sheet.rows, 1):
        for column, cell in enumerate(cells):
            number = _number(cell)
            if number is not None:
                page.write_number(row, column, number)
            elif cell is not None:
                written = cell.isoformat(timespec="seconds") if isinstance(cell, datetime) else str(cell)
                page.write_string(row, column, written[:LONGEST_CELL], text)
            widths[column] = max(widths[column], _width(str(cell)))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(max(width, _NARROW), _WIDEST))
    page.freeze_panes(1, 0)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.head) - 1)


def _number(cell: Cell) -> float | None:
    """A number that a spreadsheet holds as it is; one with too many digits is text."""
    if not isinstance(cell, int | Decimal):
        return None
    digits = Decimal(cell).normalize().as_tuple().digits
    return float(cell) if len(digits) <= MOST_DIGITS else None


def _width(text: str) -> int:
    return 2 + sum(1 if character.isascii() else 2 for character in text[:_WIDEST])
