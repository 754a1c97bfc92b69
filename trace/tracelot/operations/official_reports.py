"""Reports on official samples: opened to the firm with the notice, and what follows when a laboratory changes one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.failing import overturn
from tracelot.operations.sampling_findings import failures_in
from tracelot.operations.sampling_work import decide_on, happened, keep_paper
from tracelot.operations.visit import Visit
from tracelot.records.inspections import FindingView, Inspection, list_findings
from tracelot.records.locking import HELD
from tracelot.records.sampling_papers import SamplingPaper, list_papers
from tracelot.records.sampling_steps import Settlement
from tracelot.records.samplings import Sampling
from tracelot.rules.official import needs_decision
from tracelot.rules.refusals import Conflict

CHANGES = ("corrected", "report_withdrawn")


def open_report(visit: Visit, notice: SamplingPaper, at: datetime) -> None:
    """The firm whose goods they are has the notice in hand: it reads the report, which comes into its journal."""
    row = _named(visit, notice.told.get("inspection_id"))
    if row is not None and notice.to_party_id == row.party_id:
        _open(visit, row, at)


def open_to_all(visit: Visit, sampling: Sampling) -> None:
    """The result is public: its firm reads the report that it rests on."""
    row = _named(visit, str(sampling.retest_inspection_id or sampling.inspection_id or ""))
    if row is not None:
        _open(visit, row, visit.now)


def _named(visit: Visit, id_: str | None) -> Inspection | None:
    if not id_ or id_ == "None":
        return None
    return visit.kernel().get(Inspection, UUID(id_), with_for_update=HELD, populate_existing=True)


def _open(visit: Visit, row: Inspection, at: datetime) -> None:
    if not row.sealed:
        return
    row.opened_at = at
    visit.kernel().add(row)
    visit.kernel().flush()
    found = list_findings(visit.kernel(), row.id)
    told = [FindingView.model_validate(one.model_dump()).model_dump(mode="json") for one in found]
    visit.record("inspection.opened", row, party_id=row.party_id, findings=told)


# --- a laboratory changes its report --------------------------------------------------------------------------


def hold_sheet(visit: Visit, inspection_id: UUID) -> None:
    """Hold the sheet of an official report before the report itself: in that order every step does."""
    row = visit.kernel().get(Inspection, inspection_id)
    if row is not None and row.office_id is not None:
        _sheet_of(visit, row)


def report_changed(visit: Visit, former: Inspection, standing: Inspection | None) -> None:
    """The sheet shows the edition that stands, if any, and its verdict; the office is told, and decides where it must.

    What was noticed or published is not rewritten, and what failed once holds the goods until the office accepts a
    correction that passes, or a re-test does.
    """
    sampling = _sheet_of(visit, former)
    if sampling is None:
        return
    papers, was = list_papers(visit.kernel(), sampling.id), former.verdict
    now = standing.verdict if standing else None
    of_retest = sampling.retest_inspection_id == former.id
    if standing is not None:
        setattr(sampling, "retest_inspection_id" if of_retest else "inspection_id", standing.id)
    if of_retest or sampling.retest_inspection_id is None:
        sampling.verdict = now
    decides = needs_decision(
        noticed=any(one.kind == "noticed" for one in papers),
        public=sampling.published_at is not None,
        was=was,
        now=now,
    )
    told = _told(visit, former, standing) | {"of_retest": of_retest, "decide": decides}
    keep_paper(visit, sampling, "corrected" if standing else "report_withdrawn", told, to=sampling.party_id)
    if now == "fail" and was != "fail":
        happened(visit, sampling, "failed")
        happened(visit, sampling, "reported")


def _sheet_of(visit: Visit, row: Inspection) -> Sampling | None:
    links = (col(Sampling.inspection_id) == row.id) | (col(Sampling.retest_inspection_id) == row.id)
    query = select(Sampling).where(Sampling.sheet_no == row.sample_no, links).with_for_update(key_share=True)
    return visit.kernel().exec(query.execution_options(populate_existing=True)).one_or_none()


def _told(visit: Visit, former: Inspection, standing: Inspection | None) -> dict[str, Any]:
    row = standing or former
    return {
        "report_no": row.report_no,
        "issued_on": str(row.issued_on),
        "edition": row.edition,
        "reason": row.reason,
        "was": former.verdict,
        "verdict": standing and standing.verdict,
        "failures": failures_in(visit, standing.id) if standing else [],
        "inspection_id": str(row.id),
    }


def undecided_change(papers: list[SamplingPaper]) -> SamplingPaper | None:
    """The last change of a report on which an office has to decide and did not yet."""
    last = next((one for one in reversed(papers) if one.kind in CHANGES and one.told["decide"]), None)
    after = last and any(one.kind == "settled" and one.number > last.number for one in papers)
    return None if after else last


def settle_change(visit: Visit, named: str | UUID, new: Settlement, version: int | None = None) -> Sampling:
    """The office decides on a changed report. One accepted is told by a new notice; one that passes frees the goods."""
    sampling = decide_on(visit, named, version)
    change = undecided_change(list(list_papers(visit.kernel(), sampling.id)))
    if change is None:
        raise Conflict("nothing-changed", "No changed report waits for a decision.")
    told = new.model_dump(mode="json") | {"paper_id": str(change.id)}
    keep_paper(visit, sampling, "settled", told, to=change.by_party_id)
    if new.accepted and change.told["verdict"] == "pass":
        _free(visit, UUID(change.told["inspection_id"]))
    return sampling


def _free(visit: Visit, standing_id: UUID) -> None:
    """What earlier editions of the report found to fail holds goods no longer."""
    standing = visit.kernel().get_one(Inspection, standing_id)
    former = standing
    while former.supersedes is not None:
        former = visit.kernel().get_one(Inspection, former.supersedes, with_for_update=HELD)
        if former.verdict == "fail" and former.overturned_by is None:
            overturn(visit, former, standing.id)
