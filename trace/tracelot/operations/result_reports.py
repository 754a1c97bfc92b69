"""A report of a table in the words of an inspection, and where in the table each of its troubles stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from tracelot.formats.result_layouts import Cell, Kind, Report
from tracelot.formats.result_values import (
    CONCLUSIONS,
    KINDS,
    SAID,
    LimitText,
    read_choice,
    read_day,
    read_day_or_batch,
    read_figure,
    read_limit,
)
from tracelot.operations.inspections import Goods
from tracelot.operations.result_goods import Named
from tracelot.records.imports import Problem
from tracelot.records.limits import category_named
from tracelot.rules.measures import find_measure
from tracelot.rules.refusals import Refusal

# What tables say beside, and an inspection does not keep.
UNREAD = frozenset(
    {"spec", "brand", "producer_name", "producer_address", "sampled_name", "sampled_address", "notice_no", "task",
     "remarks"}
)  # fmt: skip
DAYS = {"received_on": "received_on", "tested_to": "tested_on", "issued_on": "issued_on"}
COLUMNS: Mapping[str, str] = {
    "sample_no": "sheet_no", "tested_to": "tested_on", "lab_zh": "laboratory", "lab_en": "laboratory",
    "food_category": "category", "judgement_basis": "basis", "measured_text": "measured",
    "limit_text": "limit", "limit_op": "limit", "limit_value": "limit", "limit_upper": "limit",
    "plan_n": "limit", "plan_c": "limit", "plan_m": "limit", "plan_most": "limit", "said": "judged",
}  # fmt: skip
LONGEST_SHOWN = 200
FIRST_CJK = "\u2e80"


@dataclass
class Drawn:
    """What a report says: whose goods, and the fields of an inspection; and what could not be read of it."""

    report: Report
    kind: Kind
    named: Named = field(default_factory=Named)
    told: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def goods_problem(self, kind: str) -> Problem:
        place = "batch_code" if kind.startswith("batch") else "product_name"
        others = (
            ("date_or_batch", "production_date") if kind.startswith("batch") else ("gtin", "product_code")
        )
        told = next((name for name in (*others, place) if name in self.report.facts), place)
        return problem_at(self.report, place if place in self.report.facts else told, kind)

    def invalid(self, error: ValidationError) -> list[Problem]:
        """What the fields of an inspection refuse, each at its cell; `worded` tells it in the reader's language."""
        found = []
        for one in error.errors(include_url=False, include_input=False)[:10]:
            facts = {key: str(value) for key, value in (one.get("ctx") or {}).items()}
            problem = self._at([str(step) for step in one["loc"]], one["msg"])
            found.append(problem.model_copy(update={"facts": facts | {"error": one["type"]}}))
        return found

    def refused(self, refusal: Refusal) -> Problem:
        pointer = refusal.faults[0].pointer if refusal.faults else ""
        problem = self._at(pointer.removeprefix("#/").split("/"), refusal.reason)
        return problem.model_copy(update={"facts": dict(refusal.facts)})

    def _at(self, steps: Sequence[str], detail: str) -> Problem:
        cells: Mapping[str, Cell] = self.report.facts
        name = steps[0]
        if name == "findings" and len(steps) > 2:  # noqa: PLR2004
            cells, name = self.report.findings[int(steps[1])], steps[2]
        place = COLUMNS.get(name, name)
        cell = cells.get(place) or cells.get("measured")
        return _problem(self.report, cell, "field", detail)

    def mark(self, goods: Goods) -> bytes:
        """What tells one report from another in a file: its number and its goods."""
        batch = goods.batch.id if goods.batch else ""
        key = f"{goods.product.id} {batch} {self.told.get('report_no')} {self.told.get('sample_no')}"
        return sha256(key.encode()).digest()[:16]


def problem_at(report: Report, place: str, kind: str) -> Problem:
    """Something is wrong with a fact of a report; where its column is missing, with the row."""
    return _problem(report, report.facts.get(place), kind)


def _problem(report: Report, cell: Cell | None, kind: str, detail: str = "") -> Problem:
    return Problem(
        row=cell.row if cell else report.row,
        first=report.row,
        last=report.last,
        column=cell.column if cell else "",
        value=cell.text[:LONGEST_SHOWN] if cell else "",
        kind=kind,
        detail=detail,
    )


def drawn_from(report: Report, kind: Kind) -> Drawn:
    drawn = Drawn(report, kind)
    drawn.problems += [_problem(report, slip.cell, slip.kind) for slip in report.slips]
    drawn.problems += [
        _problem(report, cell, "formula")
        for cells in (report.facts, *report.findings)
        for cell in cells.values()
        if cell.text[:1] == "="
    ]
    _name_goods(drawn)
    drawn.told = _facts(drawn) | {"findings": [_finding(drawn, one) for one in report.findings]}
    if not report.findings and not report.slips:
        drawn.problems.append(_problem(report, None, "no-results"))
    return drawn


def _text(drawn: Drawn, name: str) -> str:
    cell = drawn.report.facts.get(name)
    return cell.text if cell else ""


def _name_goods(drawn: Drawn) -> None:
    batch, made_on = _text(drawn, "batch_code"), _day(drawn, "production_date")
    both = _text(drawn, "date_or_batch")
    if both:
        day, code = read_day_or_batch(both)
        batch, made_on = batch or code, made_on or day
    alone = read_choice(_text(drawn, "kind"), KINDS) == "type"
    gtin, code, name = (_text(drawn, name) for name in ("gtin", "product_code", "product_name"))
    drawn.named = Named(gtin, code, name, batch, made_on, alone)


def _day(drawn: Drawn, name: str) -> date | None:
    cell = drawn.report.facts.get(name)
    if cell is None:
        return None
    day = read_day(cell.text)
    if day is None:
        drawn.problems.append(_problem(drawn.report, cell, "date-unreadable"))
    return day


def _choice(drawn: Drawn, cell: Cell | None, table: Mapping[str, str]) -> str | None:
    if cell is None:
        return None
    found = read_choice(cell.text, table)
    if found is None:
        drawn.problems.append(_problem(drawn.report, cell, "choice-unknown"))
    return found


def _facts(drawn: Drawn) -> dict[str, Any]:
    facts = drawn.report.facts
    disclosed = drawn.kind == "disclosed"
    kind = _choice(drawn, facts.get("kind"), KINDS) or ("supervised" if disclosed else "outgoing")
    told: dict[str, Any] = {name: _day(drawn, place) for name, place in DAYS.items()}
    told["issued_on"] = (
        told["issued_on"] or told["tested_to"] or (_day(drawn, "notice_date") if disclosed else None)
    )
    number = _text(drawn, "report_no") or (_text(drawn, "sheet_no") if disclosed else "")
    laboratory, category = _text(drawn, "laboratory"), category_named(_text(drawn, "category"))
    chinese = any(sign >= FIRST_CJK for sign in laboratory)
    return told | {
        "kind": kind,
        "report_no": number,
        "sample_no": _text(drawn, "sheet_no"),
        "conclusion": _choice(drawn, facts.get("conclusion"), CONCLUSIONS),
        "lab_zh" if chinese else "lab_en": laboratory,
        "food_category": category.code if category else None,
        "judgement_basis": [
            one for one in _text(drawn, "basis").replace("\n", ";").split(";") if one.strip()
        ],
    }


def _finding(drawn: Drawn, cells: Mapping[str, Cell]) -> dict[str, Any]:
    def said(name: str) -> str | None:
        return cells[name].text if name in cells else None

    measure = find_measure(said("unit") or "")
    unit = measure.name if measure else said("unit")
    told: dict[str, Any] = {name: said(name) for name in ("analyte", "method", "standard")}
    told |= {"measured_text": said("measured") or "", "unit": unit}
    told |= {name: read_figure(said(name) or "", unit) for name in ("lod", "loq")}
    told["said"] = _choice(drawn, cells.get("judged"), SAID)
    limit = said("limit")
    if limit is not None:
        told |= {"limit_text": " ".join(limit.split())[:LONGEST_SHOWN]} | _limit(read_limit(limit, unit))
    return told


def _limit(limit: LimitText | None) -> dict[str, Any]:
    if limit is None:
        return {}
    told: dict[str, Any] = {"limit_op": limit.op, "limit_value": limit.value, "limit_upper": limit.upper}
    if limit.plan is not None:
        told |= dict(zip(("plan_n", "plan_c", "plan_m", "plan_most"), limit.plan, strict=True))
    return told
