"""Tables as other programs write them: what a file really is, and its rows as text, one after the other."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from tracelot.formats.spreadsheets import FORMULA_STARTS, LONGEST_CELL
from tracelot.formats.workbooks import open_workbook, workbook_rows
from tracelot.rules.refusals import Unfit, unfit

MOST_ROWS = 200_100  # with what stands above the table
MOST_COLUMNS = 300
SAMPLE_ROWS = 50
SAMPLE = 1 << 16
PIECE = 1 << 16
UNPRINTED = re.compile(r"[\x00-\x08\x0e-\x1f]")
DELIMITERS = (",", ";", "\t")
TEXT_NAMES = (".csv", ".tsv", ".txt")
BOOK_NAMES = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
OLD_BOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")


class Row(NamedTuple):
    """A row under its number in a spreadsheet program; what stands in its cells, without spaces around it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """What a file turned out to be. Its rows may be read again and again, and are never all in memory."""

    content: bytes
    kind: str  # "xlsx" or "csv"
    encoding: str = ""
    delimiter: str = ""

    def rows(self) -> Iterator[Row]:
        """The rows in which something stands."""
        found = workbook_rows(self.content) if self.kind == "xlsx" else self._lines()
        for count, (number, cells) in enumerate(found):
            if count >= MOST_ROWS:
                raise unfit(
                    "table-too-long", "The table has more than 200,000 rows: divide the file.", "file"
                )
            if len(cells) > MOST_COLUMNS:
                raise unfit("table-too-wide", "The table has more than 300 columns.", "file")
            if max(map(len, cells), default=0) > LONGEST_CELL:
                raise unfit("cell-too-long", "A cell holds more than 32,767 characters.", "file")
            yield Row(number, cells)

    def weight(self) -> int:
        """How many bytes are to be read: of a workbook, what it unpacks to."""
        if self.kind != "xlsx":
            return len(self.content)
        with open_workbook(self.content) as parts:
            return sum(one.file_size for one in parts.infolist())

    def _lines(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        return _separated(_text(self.content, self.encoding), self.delimiter)


def open_table(content: bytes, name: str = "") -> Table:
    """See what a file is, by what stands in it; its name must not say otherwise."""
    if not content.strip():
        raise unfit("file-needed", "The file is empty.", "file")
    lower = name.lower()
    if content.startswith(b"PK"):
        if lower.endswith(TEXT_NAMES):
            raise unfit("other-file", "The file is named like a text table and is a workbook.", "file")
        open_workbook(content).close()
        return Table(content, "xlsx")
    _demand_text(content)
    if lower.endswith(BOOK_NAMES):
        raise unfit("other-file", "The file is named like a workbook and is none.", "file")
    encoding = _encoding(content)
    return Table(content, "csv", encoding, _delimiter(content, encoding))


def _demand_text(content: bytes) -> None:
    if content.startswith(OLD_BOOK):
        raise unfit(
            "old-workbook",
            "This is a workbook of an old kind, or one with a password: save it as .xlsx or CSV without one.",
            "file",
        )
    head = content[:1024].lstrip().lower()
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"{\\rtf")):
        raise unfit(
            "web-page",
            "This is a web page or another document, and no table: save it as .xlsx or CSV.",
            "file",
        )
    if content.startswith(OTHERS):
        raise unfit("other-file", "This is no table: a CSV file or an .xlsx workbook is needed.", "file")


def _encoding(content: bytes) -> str:
    """The first encoding in which all of it can be read."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _readable(content, encoding)
    head = content[:1024]
    odd, even = head[1::2].count(0), head[::2].count(0)
    if odd + even:
        return _readable(content, "utf-16-le" if odd > even else "utf-16-be")
    try:
        return _readable(content, "utf-8")
    except Unfit:
        return _readable(content, "gb18030")


def _readable(content: bytes, encoding: str) -> str:
    try:
        text = _text(content, encoding)
        while piece := text.read(PIECE):
            if UNPRINTED.search(piece):
                raise unfit(
                    "other-file", "This is no table: a CSV file or an .xlsx workbook is needed.", "file"
                )
    except UnicodeError:
        raise unfit(
            "unknown-encoding", "The file is written neither in UTF-8 nor in GB 18030 nor in UTF-16.", "file"
        ) from None
    return encoding


def _text(content: bytes, encoding: str) -> io.TextIOWrapper:
    """The text, read piece by piece; the ends of its lines stay as they are."""
    return io.TextIOWrapper(io.BytesIO(content), encoding, newline="")


def _delimiter(content: bytes, encoding: str) -> str:
    """The sign by which the first rows fall into most columns of one number."""
    sample = _text(content, encoding).read(SAMPLE)
    if sample[:4].lower() == "sep=" and sample[4:5] in DELIMITERS:
        return sample[4]
    return max(DELIMITERS, key=lambda sign: _agreement(sample, sign))


def _agreement(sample: str, delimiter: str) -> int:
    widths: Counter[int] = Counter()
    try:
        for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter), SAMPLE_ROWS):
            widths[len(row)] += 1
    except csv.Error:
        pass  # the sample ends where it ends
    return max(((width - 1) * count for width, count in widths.items()), default=0)


def _separated(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    number = 0
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True), 1):
            row = tuple([_unguarded(cell.strip()) for cell in cells])  # quicker than from a generator
            if any(row) and not (number == 1 and row[0].lower() == "sep="):
                yield number, row
    except csv.Error:
        raise Unfit(
            "broken-csv",
            "A quotation mark opens or closes where none may, at this row or before it.",
            facts={"row": str(number + 1)},
        ) from None


def _unguarded(cell: str) -> str:
    """Text without the apostrophe by which a writer of CSV kept it from acting as a formula."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA_STARTS) else cell
