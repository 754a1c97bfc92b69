"""A plan or report of a recall on paper, in the reader's language: what the firm said, frozen, with its hash."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracelot.formats.drawing_words import harmless
from tracelot.formats.printing import pdf
from tracelot.formats.recall_words import unit_of
from tracelot.formats.reports import Report, zoned
from tracelot.formats.spreadsheets import Cell, Sheet
from tracelot.operations.parties import region_names
from tracelot.operations.trace_reports import Reader
from tracelot.operations.visit import Visit
from tracelot.records.parties import Party
from tracelot.records.proceedings import list_plans, list_reports
from tracelot.records.recalls import Recall
from tracelot.rules.refusals import Unknown

LONGEST = 300  # characters of one row: a longer text goes on in the next
Rows = list[tuple[str, Cell]]


@dataclass(frozen=True)
class Paper:
    name: str
    content: bytes


def plan_paper(visit: Visit, recall: Recall, number: int, reader: Reader) -> Paper:
    plan = next((one for one in list_plans(visit.session, recall.id) if one.number == number), None)
    if plan is None or plan.submitted_at is None:
        raise Unknown("unknown-paper", "No such paper.")
    _ = reader.gettext
    told = _told(visit, recall, plan.number, plan.submitted_at, reader)
    told.append(("SHA-256", plan.digest or ""))
    sheets = [sheet_of(_("What the plan says"), (_("Part"), _("Text")), _plan_rows(visit, plan.body, reader))]
    report = Report(_("Recall plan"), told, [], "", sheets, _local(visit, visit.now), reader.tag)
    return Paper(f"{recall.code}-plan-{number}.pdf", pdf(report, "", _))


def report_paper(visit: Visit, recall: Recall, number: int, reader: Reader) -> Paper:
    report = next((one for one in list_reports(visit.session, recall.id) if one.number == number), None)
    if report is None:
        raise Unknown("unknown-paper", "No such paper.")
    _ = reader.gettext
    told = _told(visit, recall, report.number, report.recorded_at, reader)
    told.append(("SHA-256", report.digest))
    title = report_words(_)[report.kind]
    sheets = [
        sheet_of(_("What the firm reports"), (_("Part"), _("Text")), split(title, report.text)),
        _figures(report.figures, reader),
    ]
    paper = Report(title, told, [], "", sheets, _local(visit, visit.now), reader.tag)
    return Paper(f"{recall.code}-report-{number}.pdf", pdf(paper, "", _))


def report_words(_: Any) -> dict[str, str]:
    return {
        "stage": _("Stage report"),
        "status": _("Status report"),
        "final": _("Final report"),
    }


def _told(
    visit: Visit, recall: Recall, number: int, moment: datetime, reader: Reader
) -> list[tuple[str, str]]:
    _ = reader.gettext
    party = visit.session.get_one(Party, recall.party_id)
    name = (party.name_zh if reader.language == "zh" else party.name_en) or party.name_zh
    return [
        (_("Recall"), recall.code),
        (_("Firm"), harmless(name)),
        (_("Number"), str(number)),
        (_("Handed in"), local_time(visit, moment)),
    ]


def _local(visit: Visit, moment: datetime) -> datetime:
    return moment.astimezone(visit.place.zone)


def local_time(visit: Visit, moment: datetime) -> str:
    return zoned(_local(visit, moment))


def sheet_of(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Sheet:
    safe = [[harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
    return Sheet(name, list(head), safe, [14, 60])


def split(name: str, text: object) -> Iterator[tuple[str, Cell]]:
    """A text in rows: paragraphs begin a row, and long ones go on in the next."""
    for paragraph in str(text or "").split("\n"):
        for start in range(0, max(len(paragraph), 1), LONGEST):
            yield name, paragraph[start : start + LONGEST]
            name = ""


def _plan_rows(visit: Visit, body: Mapping[str, Mapping[str, Any]], reader: Reader) -> Rows:
    _, zh = reader.gettext, reader.language == "zh"
    producer, goods, course = body["producer"], body["goods"], body["course"]

    def said(block: str, name: str) -> str:
        zh_text, en_text = body[block].get(f"{name}_zh"), body[block].get(f"{name}_en")
        return (zh_text or en_text if zh else en_text or zh_text) or ""

    spans = "; ".join(
        " ".join(filter(None, (span["product"], span.get("brand"), span["spec"]))) for span in goods["ranges"]
    )
    codes = ", ".join(f"{one['code']} ({one['production_date'] or '?'})" for one in goods["batches"])
    areas = ", ".join(region_names(visit, goods["area_codes"]).values())
    pairs = [
        (_("Producer"), ", ".join(filter(None, (producer["name"], producer["address"])))),
        (_("Person in charge"), ", ".join(filter(None, (producer["person"], producer["legal_rep"])))),
        (_("Telephone"), producer["phone"]),
        (_("E-mail"), producer["email"]),
        (_("Products"), spans),
        (_("Batches"), f"{goods['count']}: {codes}"),
        (_("Area of the recall"), areas),
        (_("What is wrong with it"), said("why", "reason")),
        (_("What it can do to people"), said("why", "harm")),
        (_("Level"), course["level"]),
        (_("How it goes, step by step"), course["process"]),
        (_("Done by"), course["ends_on"]),
        (_("What buyers should do"), said("notice", "remedy")),
        (_("Where the notice stands"), body["notice"]["channels"]),
        (_("What sellers and others must do"), body["duties"]["duties"]),
        (_("What becomes of the goods"), body["disposal"]["disposal"]),
        (_("Who bears the cost"), body["disposal"]["cost_bearer"]),
        (_("What is to be reached"), body["effect"]["expected_effect"]),
    ]
    return [row for name, text in pairs for row in split(name, text)]


def _figures(figures: Mapping[str, Any], reader: Reader) -> Sheet:
    _, zh = reader.gettext, reader.language == "zh"
    head = [
        _("Product"),
        _("Batches"),
        _("Unit"),
        _("There was"),
        _("Shipped"),
        _("Recovered"),
        _("Accounted for"),
    ]
    rows: list[list[Cell]] = [
        [
            harmless((line["product_zh"] if zh else line["product_en"]) or line["product_zh"]),
            line["batches"],
            unit_of(line["unit"] or "", None, reader.ngettext),
            *(line[name] for name in ("total", "shipped", "recovered", "accounted")),
        ]
        for line in figures.get("lines", ())
    ]
    return Sheet(_("The figures of that moment"), head, rows, [24, 8, 8, 12, 12, 12, 12])
