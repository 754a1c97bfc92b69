"""Reports of laboratories on samples: one from each, by the one that was given the sample, and what it decides."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from tracelot.operations.inspections import Entry, add_inspection, find_goods
from tracelot.operations.publishing_results import take_back
from tracelot.operations.retests import at_retest_lab
from tracelot.operations.sampling_findings import Failure, failures_in, failures_of
from tracelot.operations.sampling_work import happened, hold_sampling, keep_paper
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.inspections import NewInspection, list_findings
from tracelot.records.parties import Party
from tracelot.records.sampling_papers import list_papers
from tracelot.records.sampling_steps import LabReport
from tracelot.records.samplings import Sampling
from tracelot.rules.inspections import Verdict, judge_report
from tracelot.rules.refusals import Conflict, Forbidden, unfit
from tracelot.rules.sampling_stages import demand_items, demand_no_quick_method, demand_step

KINDS = {"supervision": "supervised", "monitoring": "risk_monitoring", "evaluation": "evaluation"}
OVERTURNED = "复检结论推翻初检结论 · The re-test overturned the first result"


def report(visit: Visit, named: str | UUID, new: LabReport, version: int | None = None) -> Sampling:
    """The report of the laboratory to which the sample was assigned: its only one."""
    visit.demand("sampling.report")
    sampling = hold_sampling(visit, named, version)
    if sampling.lab_id != visit.actor.party_id:
        raise Forbidden("other-lab", "This sample is another laboratory's.")
    if any(one.kind == "reported" for one in list_papers(visit.kernel(), sampling.id)):
        raise Conflict(
            "reported-already", "This laboratory has reported on the sample: there is no second report."
        )
    demand_step("reported", sampling.state)
    _demand_day(visit, sampling, new.issued_on, "received")
    verdict, failures, inspection_id = _judged(visit, sampling, new, KINDS[sampling.task_type], None)
    sampling.verdict, sampling.inspection_id = verdict, inspection_id
    sampling.state, sampling.reported_at = "reported", visit.now
    keep_paper(
        visit, sampling, "reported", _told(new, verdict, failures, inspection_id), to=sampling.party_id
    )
    if verdict != "undecided":
        happened(visit, sampling, "failed" if verdict == "fail" else "passed", _noon(visit, new.issued_on))
    happened(visit, sampling, "reported")
    return sampling


def report_retest(visit: Visit, named: str | UUID, new: LabReport, version: int | None = None) -> Sampling:
    """The report of the laboratory that was drawn: its verdict is final, and takes back what it overturns in public."""
    visit.demand("sampling.report")
    sampling = at_retest_lab(visit, named, version)
    demand_step("retested", sampling.state, sampling.retest)
    _demand_day(visit, sampling, new.issued_on, "spare_received")
    demand_no_quick_method(one.method for one in new.findings)
    failed = [one["item"] for one in failures_of(visit, sampling)]
    verdict, failures, inspection_id = _judged(visit, sampling, new, "retest", sampling.inspection_id)
    demand_items(failed, _examined(visit, new, inspection_id))
    if verdict == "undecided":
        raise unfit("undecided", "A re-test decides: pass or fail.", "conclusion")
    sampling.verdict, sampling.retest_inspection_id = verdict, inspection_id
    sampling.state, sampling.retest = "final", "final"
    keep_paper(
        visit, sampling, "retested", _told(new, verdict, failures, inspection_id), to=sampling.party_id
    )
    happened(visit, sampling, "retested")
    if verdict == "pass":
        take_back(visit, sampling, OVERTURNED)
    return sampling


def _demand_day(visit: Visit, sampling: Sampling, issued: date, since: str) -> None:
    """A report is issued after the sample came, and not ahead of today."""
    came = [one for one in list_papers(visit.kernel(), sampling.id) if one.kind == since]
    first = came[-1].recorded_at.astimezone(visit.place.zone).date()
    if not first <= issued <= visit.today:
        raise unfit(
            "issued-when", "A report is issued between the day the sample came and today.", "issued_on"
        )


def _judged(
    visit: Visit, sampling: Sampling, new: LabReport, kind: str, retest_of: UUID | None
) -> tuple[Verdict, list[Failure], UUID | None]:
    """The verdict: computed where the goods are on record here, else as the report says item by item."""
    if sampling.product_id is None:
        said: list[Verdict] = [one.said or "undecided" for one in new.findings]
        failed = [_failure(one) for one in new.findings if one.said == "fail"]
        return judge_report(said, new.conclusion), failed, None
    lab = visit.kernel().get_one(Party, visit.actor.party_id)
    told = new.model_dump() | {
        "kind": kind,
        "sample_no": sampling.sheet_no,
        "batch_id": sampling.batch_id,
        "product_id": None if sampling.batch_id else sampling.product_id,
        "lab_id": lab.id,
        "retest_of": retest_of,
    }
    whole = NewInspection.model_validate(told)
    goods = find_goods(visit.kernel(), sampling.product_id, sampling.batch_id)
    inspection = add_inspection(visit, whole, goods, Entry(origin_of(whole), office_id=sampling.party_id))
    failures = failures_in(visit, inspection.id)
    return inspection.verdict, failures, inspection.id  # type: ignore[return-value]


def _examined(visit: Visit, new: LabReport, inspection_id: UUID | None) -> list[str]:
    """The items of a report, by the names under which they are on record."""
    if inspection_id is None:
        return [one.analyte for one in new.findings]
    return [one.analyte_zh for one in list_findings(visit.kernel(), inspection_id)]


def _failure(one: Any) -> Failure:
    limit = one.limit_text or (f"{one.limit_op}{one.limit_value:f}" if one.limit_value is not None else "/")
    return {
        "item": one.analyte,
        "measured": " ".join(filter(None, [one.measured_text, one.unit])),
        "limit": limit,
    }


def _told(
    new: LabReport, verdict: str, failures: list[Failure], inspection_id: UUID | None
) -> dict[str, Any]:
    told = new.model_dump(mode="json")
    return told | {
        "verdict": verdict,
        "failures": failures,
        "inspection_id": str(inspection_id) if inspection_id else None,
    }


def _noon(visit: Visit, day: date) -> datetime:
    return datetime.combine(day, time(12), visit.place.zone)
