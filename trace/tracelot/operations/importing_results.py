"""Results of laboratories that come as tables: matched with the party's goods, judged, and made ready for the books."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from tracelot.formats.result_layouts import Layout, Report, read_layout, read_reports
from tracelot.formats.tables import Table
from tracelot.operations.candidates import Candidate, Harvest, Reading
from tracelot.operations.failing import follow_issue
from tracelot.operations.inspections import Goods, draw_up
from tracelot.operations.judging import Lists, read_lists
from tracelot.operations.outgoing import tell_outgoing_of
from tracelot.operations.result_goods import GoodsFinder
from tracelot.operations.result_reports import UNREAD, Drawn, drawn_from, problem_at
from tracelot.operations.undoing_inspections import undo_many
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.imports import Problem
from tracelot.records.inspections import Finding, FindingView, Inspection, NewInspection, list_findings
from tracelot.records.journal import Draft, Waiting, waiting
from tracelot.records.parties import Party
from tracelot.records.result_goods import standing_states
from tracelot.rules.ids import derived_id
from tracelot.rules.refusals import Refusal

EACH = 250  # reports that are looked up at a time
MOST_TIMES = 20  # so often a report may have been withdrawn and come again
HIDDEN = tuple(Finding.model_fields.keys() - FindingView.model_fields.keys())
FIGURES = ("value", "bound", "lod", "loq", "limit_value", "limit_upper", "plan_m", "plan_most")
JURISDICTION = "CN"
AGAIN = ("withdrawn", "undone")  # what stands so may come again
Row = Mapping[str, Any]


class Results:
    """Inspections, by tables of results."""

    act = "inspection.record"
    models = (Inspection, Finding)

    def read(self, visit: Visit, table: Table, import_id: UUID) -> Reading:
        lists = read_lists(visit, JURISDICTION)
        layout, rows = read_layout(table.rows(), lists.named)
        unread = [column.title for column in layout.columns if column.field in UNREAD]
        reading = _Results(visit, layout, lists, GoodsFinder(visit))
        return Reading(
            layout.kind, (*layout.unknown, *unread), reading.candidates(read_reports(layout, rows))
        )

    def table(self, visit: Visit, table: Table) -> tuple[Sequence[str], Iterator[tuple[int, Sequence[str]]]]:
        layout, rows = read_layout(table.rows(), read_lists(visit, JURISDICTION).named)
        return layout.titles, ((row.number, row.cells) for row in rows)

    def gather(self, visit: Visit, some: Sequence[Candidate], harvest: Harvest) -> None:
        entries: list[Waiting] = []
        rows: list[dict[str, Any]] = []
        findings: list[dict[str, Any]] = []
        for row, told in (one.record for one in some):
            entries.append(_entry(visit, row, told))
            rows.append(row)
            for each in told:
                each["inspection_id"], each["party_id"] = row["id"], row["party_id"]
            findings += told
        harvest.told.add(entries)
        harvest.put(Inspection, rows)
        harvest.put(Finding, findings)
        harvest.ids.add([str(one.record[0]["id"]) for one in some])
        moved = [row for row, _ in (one.record for one in some) if row["batch_id"] is not None]
        harvest.follow.add(
            [(str(row["id"]) if _has_effect(row) else "", str(row["batch_id"])) for row in moved]
        )

    def follow(self, visit: Visit, told: Iterable[Sequence[Any]]) -> None:
        """Each batch is looked at once, however many reports name it."""
        batches: set[UUID] = set()
        for some in told:
            for id_ in (UUID(text) for text, _ in some if text):
                row = visit.session.get_one(Inspection, id_)
                follow_issue(visit, row, list_findings(visit.session, id_))
            batches |= {UUID(batch) for _, batch in some}
        tell_outgoing_of(visit, batches)

    def withdraw(self, visit: Visit, ids: Sequence[UUID], since: datetime, reason: str) -> Sequence[Waiting]:
        return undo_many(visit, ids, since, reason)


def _has_effect(row: Row) -> bool:
    return row["batch_id"] is not None and (row["verdict"] == "fail" or row["kind"] == "retest")


def _entry(visit: Visit, row: Row, findings: Sequence[Row]) -> Waiting:
    """What the journal tells of a report that is issued; such reports name no people."""
    record = {**row, "findings": [_shown(one) for one in findings]}
    del record["origin_hash"]
    draft = Draft("inspection.issued", row["id"], row["party_id"], record, row["reason"], row["retain_until"])
    return waiting(draft, visit.today)


def _shown(finding: Row) -> dict[str, Any]:
    """A finding as its view shows it."""
    shown = {**finding}
    for name in HIDDEN:
        del shown[name]
    for name in FIGURES:
        if shown[name] is not None:
            shown[name] = str(shown[name])
    return shown


@dataclass
class _Results:
    """One table on its way: what was seen of it so far decides what is told twice."""

    visit: Visit
    layout: Layout
    lists: Lists
    goods: GoodsFinder
    seen: set[bytes] = field(default_factory=set)
    firm: Party | None = field(init=False)  # held here, so that the session asks for it once

    def __post_init__(self) -> None:
        self.firm = self.visit.kernel().get(Party, self.visit.actor.party_id)

    def candidates(self, reports: Iterator[Report]) -> Iterator[Sequence[Candidate]]:
        some: list[Report] = []
        for report in reports:
            some.append(report)
            if len(some) == EACH:
                yield self._chunk(some)
                some = []
        if some:
            yield self._chunk(some)

    def _chunk(self, reports: Sequence[Report]) -> Sequence[Candidate]:
        drawn = [drawn_from(report, self.layout.kind) for report in reports]
        found = self.goods.find([one.named for one in drawn])
        named = [self._judged(one, goods) for one, goods in zip(drawn, found, strict=True)]
        return self._with_standing(named)

    def _judged(self, one: Drawn, goods: Goods | str) -> Candidate:
        """A report with its verdicts, or all that is wrong with it."""
        problems = list(one.problems)
        if isinstance(goods, str):
            problems.append(one.goods_problem(goods))
        new = self._read(one, None if isinstance(goods, str) else goods, problems)
        report = partial(Candidate, one.report.row, one.report.rows)
        if new is None or problems or isinstance(goods, str):
            return report(problems)
        try:
            row, findings = draw_up(self.visit, new, goods, self.lists)
        except Refusal as refusal:
            return report([one.refused(refusal)])
        row["origin_hash"] = origin_of(new)
        mark = bytes.fromhex(row["origin_hash"])
        again = [mark, one.mark(goods)]
        if any(each in self.seen for each in again):
            return report([problem_at(one.report, "report_no", "report-twice")])
        self.seen.update(again)
        failing = _has_effect(row) and row["verdict"] == "fail"
        return report((), row["origin_hash"], (row, findings), new, parts=len(findings), failing=failing)

    def _read(self, one: Drawn, goods: Goods | None, problems: list[Problem]) -> NewInspection | None:
        batch = goods.batch.id if goods and goods.batch else None
        product = goods.product.id if goods else UUID(int=0)
        try:
            return NewInspection.model_validate(one.told | {"batch_id": batch, "product_id": product})
        except ValidationError as error:
            problems += one.invalid(error)
            return None

    def _with_standing(self, some: Sequence[Candidate]) -> Sequence[Candidate]:
        """Ids that the contents give: what stands under one already is known, what was withdrawn may come again."""
        fit = [one for one in some if one.record]
        kernel = self.visit.kernel()
        states = standing_states(kernel, [_id(one.record[0], 0) for one in fit])
        gone = [one.record[0] for one in fit if states.get(_id(one.record[0], 0)) in AGAIN]
        states |= standing_states(kernel, [_id(row, time) for row in gone for time in range(1, MOST_TIMES)])
        return [_placed(one, states) if one.record else one for one in some]


def _id(row: Row, time: int) -> UUID:
    return derived_id(row["party_id"], f"inspection {row['origin_hash']} {time}")


def _placed(one: Candidate, states: Mapping[UUID, str]) -> Candidate:
    row, _ = one.record
    for time in range(MOST_TIMES):
        row["id"] = _id(row, time)
        if row["id"] not in states:
            break
        if states[row["id"]] not in AGAIN:
            return Candidate(one.row, one.rows, (), one.told, known=True)
    return one
