"""Lists of codes as shops send them: pasted lines, CSV, or a workbook (XLSX); hostile files are refused.

A workbook is read from left to right in bounded memory: readers that lay a sheet out as a whole rectangle take
gigabytes for one cell in its far corner. Nothing of it is run, and nothing that it points at is fetched.
"""

import csv
import io
import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from xml.parsers import expat
from zipfile import BadZipFile, LargeZipFile, ZipFile

from tracelot.rules.refusals import Unfit

MOST_CODES = 10_000
MOST_ROWS = 20_000
MOST_BYTES = 16 << 20  # of one unpacked part of a workbook
MOST_PARTS = 200
MOST_CELLS = 4  # of a row that are looked at
LONGEST = 512
WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_NUMBER = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_HEADS = frozenset({
    "code", "codes", "batch", "lot", "gtin", "barcode", "link", "qr", "编码", "代码", "批号", "批次", "批次号",
    "生产批号", "条码", "商品条码", "追溯码", "二维码", "链接",
})  # fmt: skip
Row = list[str]


def unreadable() -> Unfit:
    return Unfit("unreadable-file", "This file cannot be read as text, CSV or a workbook (XLSX).")


def codes_of_text(text: str) -> list[str]:
    """Pasted codes: one a line."""
    return _bounded(line.strip() for line in text.splitlines())


def codes_of_file(content: bytes) -> list[str]:
    """The codes of a file, whatever it is called."""
    if content.startswith(OLD_WORKBOOK):
        raise Unfit(
            "old-workbook", "This is a workbook of the old form or with a password: save it as XLSX or CSV."
        )
    rows = _sheet(content) if content.startswith(WORKBOOK) else _lines(_decoded(content))
    return _bounded(_codes(rows))


def _bounded(codes: Iterable[str]) -> list[str]:
    found: list[str] = []
    for code in codes:
        if code:
            found.append(code)
            if len(found) > MOST_CODES:
                raise Unfit("list-too-long", "A list has at most 10,000 codes: send it in parts.")
    return found


def _codes(rows: Iterable[Row]) -> Iterator[str]:
    """One code a row: its first cell, or a GTIN with the batch beside it. Headings are passed over."""
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise Unfit("list-too-long", "A list has at most 10,000 codes: send it in parts.")
        cells = [cell.strip().replace("\n", " ") for cell in row[:MOST_CELLS]]
        cells = [cell for cell in cells if cell]
        if not cells or (number == 0 and cells[0].lower() in _HEADS):
            continue
        paired = len(cells) > 1 and _NUMBER.fullmatch(cells[0])
        yield f"{cells[0]} {cells[1]}" if paired else cells[0]


def _decoded(content: bytes) -> str:
    """Text as programs in China write it: UTF-8, UTF-16 with its mark, or GB 18030."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        with suppress(UnicodeDecodeError):
            return content.decode("utf-16")
        raise unreadable()
    for name in ("utf-8-sig", "gb18030"):
        with suppress(UnicodeDecodeError):
            text = content.decode(name)
            if "\0" not in text:
                return text
    raise unreadable()


def _lines(text: str) -> Iterator[Row]:
    first = text.partition("\n")[0]
    delimiter = next((mark for mark in ("\t", ";", ",") if mark in first), ",")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error:
        raise unreadable() from None


# --- workbooks ------------------------------------------------------------------------------------------

_STRINGS = "xl/sharedStrings.xml"
_FIRST_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]+")


def _sheet(content: bytes) -> Iterator[Row]:
    """The rows of the first sheet."""
    try:
        with ZipFile(io.BytesIO(content)) as book:
            names = book.namelist()
            if len(names) > MOST_PARTS:
                raise unreadable()
            sheets = sorted(
                (name for name in names if _FIRST_SHEET.fullmatch(name)), key=lambda name: (len(name), name)
            )
            if not sheets:
                raise unreadable()
            strings = list(_strings(_part(book, _STRINGS))) if _STRINGS in names else []
            rows = list(_rows(_part(book, min(sheets, key=lambda name: (len(name), name))), strings))
    except (
        BadZipFile,
        LargeZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
    ):
        raise unreadable() from None
    yield from rows


def _part(book: ZipFile, name: str) -> bytes:
    """One part, unpacked up to a bound, whatever the archive says of its size."""
    with book.open(name) as part:
        content = part.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unfit("file-too-large", "This workbook is larger than a list of 10,000 codes can be.")
    return content


def _strings(content: bytes) -> Iterator[str]:
    for name, _, text in _elements(content, "si"):
        if name == "si":
            yield text


def _rows(content: bytes, strings: list[str]) -> Iterator[Row]:
    row: Row = []
    for name, about, text in _elements(content, "row", "c"):
        if name == "row":
            yield row
            row = []
        elif len(row) < MOST_CELLS:
            row += [""] * min(_column(about.get("r", "")) - len(row), MOST_CELLS)
            row.append(_cell(about.get("t", "n"), text, strings)[: LONGEST + 1])


def _column(reference: str) -> int:
    """A1 is in column 0; a cell without a reference follows the one before it."""
    named = _REFERENCE.fullmatch(reference)
    if named is None:
        return 0
    number = 0
    for letter in named[1]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _cell(kind: str, text: str, strings: list[str]) -> str:
    if kind == "s":
        place = int(text) if text.isascii() and text.isdigit() and len(text) <= 7 else len(strings)  # noqa: PLR2004
        return strings[place] if place < len(strings) else ""
    if kind in ("str", "inlineStr", "e"):
        return text
    with suppress(ValueError, OverflowError):  # a GTIN that was typed as a number: 6.90123456789E12
        if "e" in text.lower() or "." in text:
            number = float(text)
            return str(int(number)) if number.is_integer() and abs(number) < 1e15 else text  # noqa: PLR2004
    return text


def _elements(content: bytes, *wanted: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Each wanted element as it ends, with its attributes and the text of its `v` and `t` children."""
    reader = _Reader(frozenset(wanted))
    yield from reader.read(content)


class _Reader:
    """Reads XML by expat without ever building a tree; a document type, which could name other files, is refused."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._found: list[tuple[str, dict[str, str], str]] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._text: list[str] = []
        self._depth = 0
        self._told = False  # inside an element whose text counts

    def read(self, content: bytes) -> Iterator[tuple[str, dict[str, str], str]]:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say
        try:
            for start in range(0, len(content), 1 << 16):
                parser.Parse(content[start : start + (1 << 16)], False)
                yield from self._found
                self._found = []
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise unreadable() from None
        yield from self._found

    def _refuse(self, *_: object) -> None:
        raise unreadable()

    def _begin(self, name: str, about: dict[str, str]) -> None:
        name = name.rpartition(":")[2]
        self._depth += 1
        if self._depth > 64:  # noqa: PLR2004
            raise unreadable()
        if name in self._wanted:
            self._open.append((name, about))
            self._text = []
        self._told = name in ("v", "t")

    def _end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        self._depth -= 1
        self._told = False
        if name in self._wanted and self._open:
            opened, about = self._open.pop()
            self._found.append((opened, about, "".join(self._text)))
            self._text = []

    def _say(self, text: str) -> None:
        if self._told:
            self._text.append(text)
