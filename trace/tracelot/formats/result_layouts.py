"""Tables of results: one column or one row for each analyte, or the table that offices disclose, all read alike."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Literal, NamedTuple

from tracelot.formats.result_names import analyte_of, bare, field_of
from tracelot.formats.tables import Row
from tracelot.rules.measures import find_measure
from tracelot.rules.refusals import unfit

Kind = Literal["wide", "long", "disclosed"]

HEAD_WITHIN = 40  # rows, of which declarations and titles are some
LEAST_KNOWN = 3  # columns that make a row a head
MISSING = frozenset({"", "/", "\\", "-", "--", "---", "—", "——", "n/a", "na", "null", "none"})
LONGEST_MISSING = max(map(len, MISSING))
OF_FINDING = ("analyte", "unit", "measured", "limit", "standard", "method", "judged", "lod", "loq")
TOGETHER = ("analyte", "measured", "limit", "unit", "judged", "standard", "method")  # several to a cell
BETWEEN = "║"
BETWEEN_ALSO = ("‖", "∥", "||", "|")
IDENTITY = ("report_no", "sheet_no")
_NUMBER = re.compile(r"\s*[<>≤≥]?\s*\d[\d.,]*(\s*[\u00d7x*]\s*10[\^⁰¹²³⁴⁵⁶⁷⁸⁹\d]*)?")
GOODS = ("gtin", "product_code", "product_name", "batch_code", "production_date", "date_or_batch")


class Cell(NamedTuple):
    """What a table says, and where."""

    text: str
    column: str  # its title
    row: int


@dataclass(frozen=True)
class Column:
    """A column of a table by its place: the field that it tells, or the analyte of which it holds the results."""

    at: int
    title: str
    field: str | None = None
    analyte: tuple[str, str] | None = None


@dataclass(frozen=True)
class Layout:
    """How a table is to be read. `unknown` columns are named and left alone."""

    kind: Kind
    head: int  # the row of the titles, the last one where there are two
    columns: tuple[Column, ...]
    unknown: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()  # of all columns, by their places


@dataclass(frozen=True)
class Slip:
    """Something in a cell that cannot be read, by its kind."""

    kind: str
    cell: Cell


@dataclass
class Report:
    """What a table says of one sample: the facts of the sample, and its findings, each as cells by field."""

    row: int
    facts: dict[str, Cell]
    findings: list[dict[str, Cell]] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)
    rows: int = 1
    last: int = 0  # the number of its last row

    def key(self) -> tuple[str, ...]:
        """What rows of one report have in common: its number, or else the goods."""
        named = tuple(self.facts[name].text for name in IDENTITY if name in self.facts)
        return named or tuple(self.facts[name].text if name in self.facts else "" for name in GOODS)


def read_layout(rows: Iterator[Row], analytes: Collection[str] = ()) -> tuple[Layout, Iterator[Row]]:
    """Find the titles of a table by their names; answers the rows below them."""
    above = list(islice(rows, HEAD_WITHIN))
    known = {bare(name) for name in analytes}
    named = [_columns(row, known) for row in above]
    counts = [sum(1 for one in columns if one.field or one.analyte) for columns in named]
    at = max(range(len(above)), key=lambda number: counts[number], default=0)
    if not counts or counts[at] < LEAST_KNOWN:
        raise unfit(
            "no-head",
            "No row of titles was found: name the columns as in a template, such as product, batch and results.",
            "file",
        )
    columns, head = named[at], at
    if at + 1 < len(above) and (under := _under(columns, named[at + 1])):
        columns, head = under, at + 1
    layout = _layout(above[head].number, columns)
    return layout, chain(above[head + 1 :], rows)


def _columns(row: Row, known: Collection[str]) -> list[Column]:
    return [_column(at, title, known) for at, title in enumerate(row.cells) if title]


def _column(at: int, title: str, known: Collection[str]) -> Column:
    told = field_of(title)
    if told is not None:
        return Column(at, title, told)
    analyte = analyte_of(title)
    if analyte is None and bare(title) in known:
        analyte = (title, "")
    return Column(at, title, None, analyte)


def _under(above: Sequence[Column], below: Sequence[Column]) -> list[Column] | None:
    """The columns of a head of two rows, in which cells were joined; None where the second row is none of it."""
    told = [one for one in below if one.field or one.analyte]
    if len(told) < len(below) or len(told) < 2 or len({one.title for one in below}) < len(below):  # noqa: PLR2004
        return None
    merged = {one.at: one for one in above} | {one.at: one for one in told}
    return [merged[at] for at in sorted(merged)]


def _layout(head: int, found: Sequence[Column]) -> Layout:
    taken: dict[str, Column] = {}
    unknown: list[str] = []
    measures = [one for one in found if one.analyte]
    for one in found:
        if (one.field is None and one.analyte is None) or one.field in taken:
            unknown.append(one.title)
        elif one.field:
            taken[one.field] = one
    by_row = "items" in taken or ("analyte" in taken and "measured" in taken)
    if not by_row and not measures:
        raise unfit(
            "no-results",
            "No column of results was found: a column for each analyte with its unit, or one of analytes and "
            "one of results.",
            "file",
        )
    if by_row:
        unknown += [one.title for one in measures]
        measures = []
    elif stray := [taken.pop(name) for name in OF_FINDING if name in taken]:
        unknown += [one.title for one in stray]
    disclosed = "items" in taken or (by_row and "sampled_name" in taken)
    kind: Kind = "disclosed" if disclosed else "long" if by_row else "wide"
    columns = sorted([*taken.values(), *measures], key=lambda one: one.at)
    by_place = {one.at: one.title for one in found}
    titles = tuple(by_place.get(at, "") for at in range(max(by_place) + 1))
    return Layout(kind, head, tuple(columns), tuple(unknown), titles)


def read_reports(layout: Layout, rows: Iterator[Row]) -> Iterator[Report]:
    """The reports of a table, those of several rows as one; rows of one report stand together."""
    read = {"wide": _wide, "long": _long, "disclosed": _long}[layout.kind]
    last: Report | None = None
    for row in rows:
        if _declares(row, layout):
            continue
        report = read(layout, row)
        if last is not None and layout.kind != "wide" and _continues(last, report):
            last.findings += report.findings
            last.slips += report.slips
            last.rows, last.last = last.rows + 1, row.number
            continue
        if last is not None:
            yield last
        last = report
    if last is not None:
        yield last


def _declares(row: Row, layout: Layout) -> bool:
    """Whether a row says something in one cell where others tell of a sample, as the line under a table does."""
    return len(row.cells) - row.cells.count("") == 1 and len(layout.columns) > LEAST_KNOWN


def _continues(last: Report, report: Report) -> bool:
    """Whether a row tells more of the report before it: nothing else about it, or the same."""
    if not report.facts:
        return True
    return report.key() == last.key() and all(
        name in ("number", "remarks") or last.facts.get(name, cell).text == cell.text
        for name, cell in report.facts.items()
    )


def _cells(layout: Layout, row: Row) -> list[tuple[Column, Cell]]:
    cells, width = row.cells, len(row.cells)
    return [
        (column, Cell(text, column.title, row.number))
        for column in layout.columns
        if column.at < width and (text := cells[column.at]) and not _missing(text)
    ]


def _missing(text: str) -> bool:
    return len(text) <= LONGEST_MISSING and text.casefold() in MISSING


def _facts(cells: Mapping[str, Cell]) -> dict[str, Cell]:
    return {name: cell for name, cell in cells.items() if name not in OF_FINDING and name != "items"}


def _wide(layout: Layout, row: Row) -> Report:
    cells = _cells(layout, row)
    facts = _facts({column.field: cell for column, cell in cells if column.field})
    report = Report(row.number, facts, last=row.number)
    for column, cell in cells:
        if column.analyte is not None:
            name, unit = column.analyte
            finding = {"analyte": Cell(name, column.title, row.number), "measured": cell}
            if unit:
                finding["unit"] = Cell(unit, column.title, row.number)
            report.findings.append(finding)
    return report


def _long(layout: Layout, row: Row) -> Report:
    told = {column.field: cell for column, cell in _cells(layout, row) if column.field}
    report = Report(row.number, _facts(told), last=row.number)
    if "items" in told:
        _take_items(report, told["items"])
    elif "analyte" in told:
        _take_findings(report, {name: told[name] for name in OF_FINDING if name in told})
    elif stray := [told[name] for name in ("measured", "limit") if name in told]:
        report.slips.append(Slip("no-analyte", stray[0]))
    return report


def _take_items(report: Report, cell: Cell) -> None:
    """`铅║0.8mg/kg║≤0.5mg/kg`, several after each other; what names no analyte belongs to the one before."""
    text = cell.text
    for other in BETWEEN_ALSO:
        text = text.replace(other, BETWEEN)
    told: list[str] = []
    for part in _divided(text):
        if not told or (BETWEEN in part and not _is_result(part.partition(BETWEEN)[0])):
            told.append(part)
        else:
            told[-1] += f";{part}"
    for one in told:
        parts = [part.strip() for part in one.split(BETWEEN)]
        if len(parts) not in (2, 3) or not parts[0] or not parts[1]:
            report.slips.append(Slip("not-three-parts", Cell(one, cell.column, cell.row)))
            continue
        named = zip(("analyte", "measured", "limit"), parts, strict=False)
        report.findings.append(
            {name: Cell(part, cell.column, cell.row) for name, part in named if not _missing(part)}
        )


def _is_result(text: str) -> bool:
    """Whether it is a number, of which several stand in one cell with the same sign between them; `2,4-D` is none."""
    number = _NUMBER.match(text)
    rest = text[number.end() :].strip() if number else text
    return number is not None and (not rest or find_measure(rest) is not None)


def _take_findings(report: Report, told: dict[str, Cell]) -> None:
    """One finding, or as many as the cell of the analyte names: then the other cells name as many."""
    names = _divided(told["analyte"].text)
    if len(names) == 1:
        report.findings.append(told)
        return
    each: list[dict[str, Cell]] = [{} for _ in names]
    for name, cell in told.items():
        parts = _divided(cell.text) if name in TOGETHER else [cell.text]
        if len(parts) == 1 and name != "measured":
            parts *= len(names)
        if len(parts) != len(names):
            report.slips.append(Slip("other-number-of-items", cell))
            return
        for finding, part in zip(each, parts, strict=True):
            if not _missing(part):
                finding[name] = Cell(part, cell.column, cell.row)
    report.findings += each


def _divided(text: str) -> list[str]:
    for sign in ("\r\n", "\r", "\n", "\uff1b"):
        text = text.replace(sign, ";")
    return [part.strip() for part in text.split(";") if part.strip()] or [text]
