"""A report on paper (PDF): what was asked, the drawing in lines that stay sharp, and the tables, on numbered pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from fpdf import FPDF
from fpdf.fonts import TTFFont

from tracelot.formats.drawing_words import Gettext, counted, harmless
from tracelot.formats.fonts import font_for
from tracelot.formats.framing import size_of
from tracelot.formats.reports import Report, zoned
from tracelot.formats.spreadsheets import Cell, Sheet

MOST_ROWS = 2_000  # of one table; the spreadsheet holds all of them
LONGEST_LINES = 6  # of one cell
_MARGIN, _FOOT = 14.0, 16.0
_TITLE, _HEAD, _TEXT, _SMALL = 18, 12, 9, 8  # points
_LEADING = 4.4  # millimetres from line to line in a table
_STEP = 0.55  # of other lines, in millimetres for each point
_GAP = 4.0
_CORNER = 34.0
_LEAST_ROOM = 26.0  # for a table to begin on a page
_NAMES = 50.0  # the room of what stands before a colon
_LARGEST = 4_900.0  # millimetres: pages of PDF end at 200 inches
_PIXEL = 25.4 / 96  # millimetres of a drawing's unit
_LEAST = 0.55  # a drawing that would become smaller than this gets a page of its own size
_INK, _PALE, _RED = (22, 32, 42), (232, 236, 240), (168, 15, 28)


@dataclass(frozen=True)
class PaperWords:
    """What only paper says."""

    page: str
    first: str
    none: str


def paper_words(_: Gettext) -> PaperWords:
    return PaperWords(
        page=_("Page {page} of {pages}"),
        first=_("The first {count} of {total}; the spreadsheet holds all."),
        none=_("None on record."),
    )


class _Paper(FPDF):
    """Pages with one foot; `words` are of the reader's language."""

    def __init__(self, report: Report, words: PaperWords) -> None:
        super().__init__(orientation="landscape", unit="mm", format="A4")
        self.words = words
        self.foot = harmless(f"{report.title} · {zoned(report.made_at)} · {report.warning}".rstrip(" ·"))
        self.set_creation_date(report.made_at)
        self.set_producer("Trace")
        self.set_title(report.title)
        self.set_lang(report.language)
        font = font_for(report.texts())
        self.add_font("report", fname=font.file, collection_font_number=font.number)
        self.set_margin(_MARGIN)
        self.set_auto_page_break(auto=False)

    def footer(self) -> None:
        self.set_font("report", size=_SMALL)
        self.set_xy(_MARGIN, self.h - 12)
        self.cell(w=0, text=self.foot)
        self.set_xy(_MARGIN, self.h - 12)
        page = self.words.page.replace("{page}", str(self.page_no())).replace("{pages}", "{nb}")
        self.cell(w=0, text=page, align="R")

    @property
    def bottom(self) -> float:
        return self.h - _FOOT

    def wrapped(self, text: str, width: float) -> list[str]:
        """Lines of at most this width. Chinese breaks anywhere, other text at its blanks where it has some."""
        font = self.current_font
        assert isinstance(font, TTFFont)
        room = width / (self.font_size * 0.001)
        lines, line, wide = list[str](), "", 0.0
        for character in " ".join(harmless(text).split()):
            if wide + font.cw[ord(character)] > room and line:
                kept, blank, rest = line.rpartition(" ")
                kept, rest = (
                    (kept, rest) if blank and rest.isascii() and len(rest) < len(line) // 2 else (line, "")
                )
                lines.append(kept)
                line = rest
                wide = sum(font.cw[ord(one)] for one in line)
            line += character
            wide += font.cw[ord(character)]
        return [*lines, line]


def pdf(report: Report, drawing: str, gettext: Gettext, corner: bytes = b"") -> bytes:
    """The report; `drawing` is one for programs that know neither markers nor titles, or nothing.

    `corner` is a small square drawing, such as a QR code, beside what was asked.
    """
    paper = _Paper(report, paper_words(gettext))
    paper.add_page()
    if corner:
        paper.image(BytesIO(corner), x=paper.w - _MARGIN - _CORNER, y=_MARGIN, w=_CORNER)
        paper.set_right_margin(_MARGIN + _CORNER + _GAP)
    _about(paper, report)
    if corner:
        paper.set_right_margin(_MARGIN)
        paper.set_y(max(paper.get_y(), _MARGIN + _CORNER))
    if drawing:
        _draw(paper, drawing)
    else:
        paper.ln(_GAP)
    for sheet in report.sheets:
        if any(sheet.widths):
            _table(paper, sheet)
    return bytes(paper.output())


def _about(paper: _Paper, report: Report) -> None:
    paper.set_text_color(*_INK)
    _write(paper, report.title, _TITLE)
    paper.ln(_GAP)
    if report.warning:
        paper.set_text_color(*_RED)
        _write(paper, report.warning, _HEAD)
        paper.set_text_color(*_INK)
    for name, text in report.about:
        top = paper.get_y()
        _write(paper, name, _TEXT)
        paper.set_y(top)
        _write(paper, text, _TEXT, _NAMES)


def _write(paper: _Paper, text: str, size: int, indent: float = 0) -> None:
    """Text below what is on the page."""
    paper.set_font("report", size=size)
    step = size * _STEP
    for line in paper.wrapped(text, paper.epw - indent)[:LONGEST_LINES]:
        paper.text(_MARGIN + indent, paper.get_y() + step * 0.75, line)
        paper.set_y(paper.get_y() + step)


def _draw(paper: _Paper, drawing: str) -> None:
    """The drawing where it can be read: below what was asked, on a page like the others, or on one of its own size."""
    width, height = (side * _PIXEL for side in size_of(drawing))
    paper.ln(_GAP)
    top, scale = paper.get_y(), _fitting(paper, width, height, paper.get_y())
    if scale < _LEAST:
        top, scale = _MARGIN, _fitting(paper, width, height, _MARGIN)
        if scale >= _LEAST:
            paper.add_page()
        else:
            scale = min(1.0, _LARGEST / max(width, height))
            size = (width * scale + 2 * _MARGIN, height * scale + _MARGIN + _FOOT)
            paper.add_page(orientation="portrait", format=size)
    text = drawing.replace('font-family="system-ui, sans-serif"', 'font-family="report"', 1)
    paper.image(BytesIO(text.encode()), x=_MARGIN, y=top, w=width * scale, h=height * scale)
    paper.add_page(orientation="landscape", format="A4")


def _fitting(paper: _Paper, width: float, height: float, top: float) -> float:
    return min(1.0, paper.epw / width, (paper.bottom - top) / height)


def _table(paper: _Paper, sheet: Sheet) -> None:
    if paper.get_y() + _LEAST_ROOM > paper.bottom:
        paper.add_page(same=True)
    _write(paper, sheet.name, _HEAD)
    if not sheet.rows:
        _write(paper, paper.words.none, _TEXT)
        paper.ln(_GAP)
        return
    columns = [number for number, width in enumerate(sheet.widths) if width]
    share = paper.epw / sum(sheet.widths)
    widths = [sheet.widths[number] * share for number in columns]
    head = [sheet.head[number] for number in columns]
    _row(paper, head, widths, filled=True)
    for row in sheet.rows[:MOST_ROWS]:
        cells = [row[number] for number in columns]
        if not _row(paper, cells, widths):
            paper.add_page(same=True)
            _row(paper, head, widths, filled=True)
            _row(paper, cells, widths)
    if len(sheet.rows) > MOST_ROWS:
        told = counted(paper.words.first, MOST_ROWS).replace("{total}", str(len(sheet.rows)))
        _write(paper, told, _TEXT)
    paper.ln(_GAP)


def _row(paper: _Paper, cells: Sequence[Cell], widths: Sequence[float], *, filled: bool = False) -> bool:
    """Write a row where there is room for it."""
    paper.set_font("report", size=_SMALL)
    lines = [_cut(paper.wrapped(_text(cell), width - 2)) for cell, width in zip(cells, widths, strict=True)]
    height = _LEADING * max(map(len, lines)) + 1.4
    top = paper.get_y()
    if top + height > paper.bottom:
        return False
    if filled:
        paper.set_fill_color(*_PALE)
        paper.rect(_MARGIN, top, sum(widths), height, style="F")
    left = _MARGIN
    for cell, width in zip(lines, widths, strict=True):
        for number, line in enumerate(cell):
            paper.text(left + 1, top + _LEADING * (number + 0.8), line)
        left += width
    paper.set_draw_color(*_PALE)
    paper.line(_MARGIN, top + height, left, top + height)
    paper.set_y(top + height)
    return True


def _cut(lines: list[str]) -> list[str]:
    return lines if len(lines) <= LONGEST_LINES else [*lines[: LONGEST_LINES - 1], "…"]


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)
