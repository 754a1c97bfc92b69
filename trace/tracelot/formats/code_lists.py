"""Lists of codes as shops send them: pasted lines, CSV, or a workbook (XLSX); hostile files are refused."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from tracelot.formats.workbooks import Bounds, workbook_rows
from tracelot.rules.refusals import Unfit

MOST_CODES = 10_000
MOST_ROWS = 20_000
MOST_CELLS = 4  # of a row that are looked at
LONGEST = 512
SMALL = Bounds(unpacked=16 << 20, elements=500_000, parts=200, columns=MOST_CELLS)
WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_NUMBER = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_HEADS = frozenset({
    "code", "codes", "batch", "lot", "gtin", "barcode", "link", "qr", "编码", "代码", "批号", "批次", "批次号",
    "生产批号", "条码", "商品条码", "追溯码", "二维码", "链接",
})  # fmt: skip
Row = Sequence[str]


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
    if content.startswith(WORKBOOK):
        return _bounded(_codes(cells for _, cells in workbook_rows(content, SMALL)))
    return _bounded(_codes(_lines(_decoded(content))))


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
        cells = [cell[: LONGEST + 1].strip().replace("\n", " ") for cell in row[:MOST_CELLS]]
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
