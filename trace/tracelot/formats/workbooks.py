"""Workbooks (.xlsx) read as rows of text: cell by cell, so that neither their size nor a zip bomb fills the memory."""

import io
import posixpath
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from tracelot.rules.refusals import Unfit, unfit

MOST_UNPACKED = 400 << 20
MOST_SHARED = 64 << 20  # characters of the texts that cells share
MOST_DIGITS = 9  # of a number of a row
MOST_PARTS = 2_000
MOST_ELEMENTS = 40_000_000  # of one part
MOST_PIECES = 256  # of the text of one element, 8 KiB each
DEEPEST = 64  # elements within one another
FURTHEST = 1_000  # columns from the left that are looked at
PIECE = 1 << 16
BOOK = "xl/workbook.xml"
DATES = frozenset(
    {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
)  # numbers of built-in forms
_LITERAL = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DATED = re.compile(r"[ymdhs]", re.IGNORECASE)
_COLUMN = re.compile(r"[A-Z]{1,3}")
_EPOCH, _LATER_EPOCH = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001  (a sheet knows no zones)
_LEAP_DAY = 60
_LAST_DAY = 2_958_466


@dataclass(frozen=True)
class Bounds:
    """How much is read at most: bytes of one part, unpacked, and its elements; parts; columns that are looked at."""

    unpacked: int = MOST_UNPACKED
    elements: int = MOST_ELEMENTS
    parts: int = MOST_PARTS
    columns: int = FURTHEST


WIDE = Bounds()
Attributes = dict[str, str]
Started = Callable[[str, Attributes], None]
Ended = Callable[[str, str], None]


def open_workbook(content: bytes, bounds: Bounds = WIDE) -> ZipFile:
    """The parts of a workbook, unless they are none or would unpack to more than is good."""
    try:
        parts = ZipFile(io.BytesIO(content))
    except (BadZipFile, ValueError, OSError, NotImplementedError):
        raise _broken() from None
    infos = parts.infolist()
    if len(infos) > bounds.parts or sum(one.file_size for one in infos) > MOST_UNPACKED:
        raise _too_large()
    if any(one.flag_bits & 1 for one in infos):
        raise unfit("locked-workbook", "The workbook has a password: save it without one.", "file")
    if BOOK not in parts.namelist():
        raise unfit("other-workbook", "This package is no .xlsx workbook: save it as .xlsx or CSV.", "file")
    return parts


def workbook_rows(content: bytes, bounds: Bounds = WIDE) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of the first sheet that is shown, those in which something stands."""
    with open_workbook(content, bounds) as opened:
        parts, book = _Parts(opened, bounds), _Book()
        try:
            parts.read(BOOK, book.started)
            parts.read("xl/_rels/workbook.xml.rels", book.related)
            shared = _Shared()
            if book.shared in opened.namelist():
                parts.read(book.shared, shared.started, shared.ended)
            if book.styles in opened.namelist():
                parts.read(book.styles, book.styled)
            sheet = _Sheet(shared.texts, book.dates, book.epoch, bounds.columns)
            for _ in parts.pieces(book.sheet(), sheet.started, sheet.ended):
                yield from sheet.ready
                sheet.ready.clear()
            yield from sheet.ready
        except (expat.ExpatError, BadZipFile, zlib.error, KeyError, EOFError, OSError, NotImplementedError):
            raise _broken() from None


def _broken() -> Unfit:
    return unfit("broken-workbook", "The workbook is damaged: open it and save it again.", "file")


def _too_large() -> Unfit:
    return unfit("workbook-too-large", "The workbook unpacks to more than Trace reads: divide it.", "file")


@dataclass(frozen=True)
class _Parts:
    """The parts of a package, each read piece by piece and none beyond its bounds."""

    package: ZipFile
    bounds: Bounds

    def read(self, name: str, started: Started, ended: Ended | None = None) -> None:
        for _ in self.pieces(name, started, ended):
            pass

    def pieces(self, name: str, started: Started, ended: Ended | None = None) -> Iterator[None]:
        parser = _parser(started, ended, self.bounds.elements)
        with self.package.open(name) as part:
            unpacked = 0
            while piece := part.read(PIECE):
                unpacked += len(piece)
                if unpacked > self.bounds.unpacked:
                    raise _too_large()
                parser.Parse(piece, False)
                yield
            parser.Parse(b"", True)
            yield


def _parser(started: Started, ended: Ended | None, most: int) -> expat.XMLParserType:
    """Tells of each element, and of `most` of them.

    A document type, by which XML can grow without end, is refused, and so is great depth.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    text: list[str] = []
    above: list[str] = []
    count = 0

    def start(name: str, given: Attributes) -> None:
        nonlocal count
        count += 1
        if count > most:
            raise _too_large()
        text.clear()
        above.append(name)
        if len(above) > DEEPEST:
            raise _broken()
        started(name.rpartition(" ")[2], given)

    def end(name: str) -> None:
        above.pop()
        if ended is not None:
            ended(name.rpartition(" ")[2], "".join(text))
        text.clear()

    def take(piece: str) -> None:
        text.append(piece)
        if len(text) > MOST_PIECES:
            raise _broken()

    def refuse(*_: object) -> None:
        raise _broken()

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = take, refuse
    return parser


@dataclass
class _Book:
    """Which sheet is read, from which day it counts, and which of its forms are dates."""

    sheets: list[str] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)
    shared: str = "xl/sharedStrings.xml"
    styles: str = "xl/styles.xml"
    epoch: datetime = _EPOCH
    dates: list[bool] = field(default_factory=list)
    _forms: dict[int, bool] = field(default_factory=dict)
    _cells: bool = False

    def started(self, name: str, given: Attributes) -> None:
        if name == "workbookPr" and given.get("date1904") in ("1", "true"):
            self.epoch = _LATER_EPOCH
        elif name == "sheet" and given.get("state", "visible") == "visible":
            self.sheets += [value for key, value in given.items() if key.endswith(" id")]

    def related(self, name: str, given: Attributes) -> None:
        if name != "Relationship" or given.get("TargetMode") == "External":
            return
        target = given.get("Target", "")
        path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        self.targets[given.get("Id", "")] = path
        kind = given.get("Type", "").rpartition("/")[2]
        if kind == "sharedStrings":
            self.shared = path
        elif kind == "styles":
            self.styles = path

    def styled(self, name: str, given: Attributes) -> None:
        if name == "numFmt":
            form = _LITERAL.sub("", given.get("formatCode", "").partition(";")[0])
            self._forms[_whole(given.get("numFmtId"))] = (
                bool(_DATED.search(form)) and "general" not in form.lower()
            )
        elif name in ("cellXfs", "cellStyles"):
            self._cells = name == "cellXfs"
        elif name == "xf" and self._cells:
            number = _whole(given.get("numFmtId"))
            self.dates.append(self._forms.get(number, number in DATES))

    def sheet(self) -> str:
        found = [self.targets[one] for one in self.sheets if one in self.targets]
        if not found:
            raise unfit("no-sheet", "The workbook has no sheet that is shown.", "file")
        return found[0]


@dataclass
class _Shared:
    """Texts that cells share; how to pronounce them is not part of them."""

    texts: list[str] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _spoken: bool = False
    _size: int = 0

    def started(self, name: str, _: Attributes) -> None:
        if name == "rPh":
            self._spoken = True

    def ended(self, name: str, text: str) -> None:
        if name == "t" and not self._spoken:
            self._parts.append(text)
        elif name == "rPh":
            self._spoken = False
        elif name == "si":
            self.texts.append("".join(self._parts).strip())
            self._parts.clear()
            self._size += len(self.texts[-1])
            if self._size > MOST_SHARED:
                raise _too_large()


@dataclass
class _Sheet:
    """The rows of a sheet, put together from its cells; a formula counts as the value that was kept with it."""

    shared: list[str]
    dates: list[bool]
    epoch: datetime
    columns: int
    ready: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    _number: int = 0
    _row: dict[int, str] = field(default_factory=dict)
    _column: int = -1
    _kind: str = "n"
    _style: int = 0
    _value: str = ""
    _formula: str = ""
    _spoken: bool = False

    def started(self, name: str, given: Attributes) -> None:
        if name == "c":
            found = _COLUMN.match(given.get("r", ""))
            self._column = _column(found.group()) if found else self._column + 1
            self._kind, self._style = given.get("t", "n"), _whole(given.get("s"))
            self._value, self._formula = "", ""
        elif name == "row":
            self._number = _whole(given.get("r")) or self._number + 1
            self._row, self._column = {}, -1
        elif name == "rPh":
            self._spoken = True

    def ended(self, name: str, text: str) -> None:
        if name == "v":
            self._value = text
        elif name == "t" and not self._spoken:
            self._value += text
        elif name == "f":
            self._formula = f"={text}"
        elif name == "c":
            self._close()
        elif name == "rPh":
            self._spoken = False
        elif name == "row" and self._row:
            last = max(self._row)
            self.ready.append((self._number, tuple(self._row.get(at, "") for at in range(last + 1))))

    def _close(self) -> None:
        text = self._told() if self._value else self._formula
        if text and self._column < self.columns:
            self._row[self._column] = text

    def _told(self) -> str:
        value = self._value.strip()
        if self._kind == "s":
            at = _whole(value)
            return self.shared[at] if at < len(self.shared) else ""
        if self._kind == "b":
            return "TRUE" if value == "1" else "FALSE"
        if self._kind != "n":
            return value
        dated = self._style < len(self.dates) and self.dates[self._style]
        return _date(value, self.epoch) if dated else _number(value)


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 0


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _number(text: str) -> str:
    """A number as it is shown: of the digits that a spreadsheet writes down, the shortest that mean the same."""
    try:
        exact = Decimal(repr(float(text)))
    except (ValueError, InvalidOperation):
        return text
    if not exact.is_finite():
        return text
    whole = exact.to_integral_value()
    return f"{whole:f}" if exact == whole else f"{exact:f}"


def _date(text: str, epoch: datetime) -> str:
    """A count of days as a date; with a time where there is one, and a time alone for less than a day."""
    try:
        days = float(text)
    except ValueError:
        return text
    if not 0 <= days < _LAST_DAY:
        return _number(text)
    if epoch == _EPOCH and 1 <= days < _LEAP_DAY:  # the 29th of February 1900, which there was not
        days += 1
    moment = epoch + timedelta(seconds=round(days * 86_400))
    if days < 1:
        return f"{moment:%H:%M:%S}"
    timed = moment.hour or moment.minute or moment.second
    return f"{moment:%Y-%m-%d %H:%M:%S}" if timed else f"{moment:%Y-%m-%d}"
