"""Tables for spreadsheet programs."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

Cell = str | int | Decimal | date | datetime | None

MARK = "\ufeff"  # by which Excel tells UTF-8 from the local code page
_WIDE = ("\uff1d", "\uff0b", "\uff0d", "\uff20")  # = + - @ as an East Asian keyboard writes them
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *_WIDE)


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
