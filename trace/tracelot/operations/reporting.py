"""What a firm says of its recall on the way: the steps that it takes, and reports with the figures of the moment."""

from uuid import UUID

from tracelot.operations.advancing import hold_own, keep_move, take_step
from tracelot.operations.clocks import clock_met
from tracelot.operations.planning import digest_of
from tracelot.operations.proceedings import figures_of, figures_view
from tracelot.operations.visit import Visit
from tracelot.records.proceedings import NewReport, RecallReport, list_reports, next_of
from tracelot.records.recalls import Recall
from tracelot.rules.ids import new_id
from tracelot.rules.plans import demand_accounted
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import Conflict
from tracelot.rules.retention import recall_kept
from tracelot.rules.stages import FirmStep, demand_open, demand_own_step


def move_on(
    visit: Visit, recall_id: UUID, step: FirmStep, note: str | None = None, version: int | None = None
) -> Recall:
    """Take the next step of the own recall: it began, disposal begins, all is done."""
    visit.demand("recall.proceed")
    recall = hold_own(visit, recall_id, version)
    demand_open(recall.stage, recall.state)
    demand_own_step(step, drill=recall.kind == DRILL)
    if step == "close":
        demand_accounted(figures_of(visit, recall), note)
    take_step(visit, recall, step, note)
    return recall


def hand_in_report(visit: Visit, recall_id: UUID, new: NewReport, version: int | None = None) -> RecallReport:
    """Report to the office; the final report ends the firm's part of the work."""
    visit.demand("recall.proceed")
    recall = hold_own(visit, recall_id, version)
    demand_open(recall.stage, recall.state)
    if recall.state != "published":
        raise Conflict("not-public-yet", "There is nothing to report before the notice is public.")
    kernel = visit.kernel()
    figures = figures_view(figures_of(visit, recall)).model_dump(mode="json")
    number = next_of(kernel, RecallReport, recall.id)
    told = {"recall": recall.code, "number": number, "kind": new.kind, "text": new.text, "figures": figures}
    report = RecallReport(
        id=new_id(), recall_id=recall.id, party_id=recall.party_id, number=number, kind=new.kind, text=new.text,
        figures=figures, digest=digest_of(told), retain_until=recall_kept(visit.today).until,
        recorded_at=visit.now, recorded_by=visit.actor.id,
    )  # fmt: skip
    kernel.add(report)
    kernel.flush()
    visit.record("report.submitted", report, party_id=report.party_id)
    if new.kind == "final":
        take_step(visit, recall, "report")
    else:
        clock_met(visit, recall, "status")
        keep_move(visit, recall, "recall.reported", report=number, digest=report.digest)
    return report


def find_report(visit: Visit, recall: Recall, number: int) -> RecallReport | None:
    return next((one for one in list_reports(visit.session, recall.id) if one.number == number), None)
