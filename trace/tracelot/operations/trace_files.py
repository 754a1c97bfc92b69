"""A trace as a file to take along: for pages, programs and the command, and remembered before it leaves."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, get_args

from tracelot.formats.drawing_words import harmless, words_in
from tracelot.formats.drawings import svg
from tracelot.formats.framing import framed
from tracelot.formats.graphviz import dot
from tracelot.formats.pixels import png
from tracelot.formats.printing import pdf
from tracelot.formats.reports import Report
from tracelot.formats.spreadsheets import Sheet, write_csv, write_xlsx
from tracelot.operations.picturing import picture
from tracelot.operations.trace_reports import Reader, Telling, report_of
from tracelot.operations.tracing import Asked
from tracelot.operations.visit import Visit
from tracelot.rules.grouping import Grouping

FileKind = Literal["svg", "png", "pdf", "csv", "xlsx", "json", "dot"]
KINDS: tuple[FileKind, ...] = get_args(FileKind)
MEDIA_TYPES: Mapping[FileKind, str] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "dot": "text/vnd.graphviz; charset=utf-8",
}
LONGEST_SLUG = 40


@dataclass(frozen=True)
class TraceFile:
    name: str
    media_type: str
    content: bytes


def export_trace(
    visit: Visit, asked: Asked, kind: FileKind, reader: Reader, *, by: Grouping | None = None
) -> TraceFile:
    """What the visitor would see of a trace, written down in their language."""
    drawn = picture(visit, asked, by=by, language=reader.language)
    told = Telling(visit, asked, drawn, reader)
    _remember(told, kind)
    return TraceFile(_name(told, kind), MEDIA_TYPES[kind], _written(told, kind))


def _remember(told: Telling, kind: FileKind) -> None:
    """Who took what along, in their own journal; the goods themselves are not copied."""
    visit, asked, view = told.visit, told.asked, told.drawn.view
    party = visit.actor.party_id
    if party is None:
        return
    question = {"kind": asked.kind, "direction": asked.direction, "depth": asked.depth, "as_of": asked.as_of}
    starts = sorted({stock.batch for stock in told.drawn.traced.starts})
    facts = question | {"format": kind, "starts": starts, "reached": view.total, "complete": view.complete}
    visit.note("trace.exported", party, party, facts | ({} if visit.actor.id else {"by": "store"}))


def _name(told: Telling, kind: FileKind) -> str:
    """A name that every system can keep: the code of the first batch, where there is one, and the day."""
    first = next((item.batch.code for _, item in told.drawn.rows if item.batch.code), "") or ""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", first)[:LONGEST_SLUG].strip("-")
    return "-".join(filter(None, ("trace", slug, f"{told.visit.today:%Y%m%d}"))) + f".{kind}"


def _written(told: Telling, kind: FileKind) -> bytes:
    report = report_of(told)
    match kind:
        case "svg":
            return _framed(told, report).encode()
        case "png":
            return png(_framed(told, report))
        case "pdf":
            return pdf(report, _drawing(told, bare=True), told.reader.gettext)
        case "csv":
            return _csv(told, report)
        case "xlsx":
            return write_xlsx([*report.sheets, _about(told, report)], report.made_at)
        case "json":
            return _json(told)
        case "dot":
            return _dot(told, report)


def _drawing(told: Telling, *, bare: bool = False) -> str:
    """A drawing that leads nowhere: a link would break once it has left the site."""
    return svg(told.drawn.shown, words_in(told.reader.gettext), lambda _: "", bare=bare)


def _framed(told: Telling, report: Report) -> str:
    return framed(_drawing(told), report.lines, report.language)


def _about(told: Telling, report: Report) -> Sheet:
    _ = told.reader.gettext
    return Sheet(_("About"), [_("What"), _("Answer")], report.about)


def _csv(told: Telling, report: Report) -> bytes:
    """The batches. What was asked stands on each line, since lines are sorted, copied and mixed."""
    table = report.sheets[0]
    names, texts = zip(*report.asked, strict=True)
    return write_csv([*table.head, *names], ([*row, *texts] for row in table.rows))


def _json(told: Telling) -> bytes:
    """The full answer of the API, with what was asked and when."""
    view, now = told.drawn.view, told.visit.now
    asked = {name: value for name, value in asdict(told.asked.named).items() if value}
    export = {"asked": asked, "as_of": view.as_of or now, "made_at": now}
    document = {"export": export} | view.model_dump(mode="json")
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _dot(told: Telling, report: Report) -> bytes:
    comments = "".join(f"// {' '.join(harmless(line).split())}\n" for line in report.lines)
    return (comments + dot(told.drawn.whole, words_in(told.reader.gettext))).encode()
