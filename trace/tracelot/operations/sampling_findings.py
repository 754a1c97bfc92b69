"""What the reports on a sample found, and which laboratories are certified to say so."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.inspections import Finding, list_findings
from tracelot.records.laboratories import scope_on
from tracelot.records.parties import Party
from tracelot.records.sampling_papers import SamplingPaper, list_papers
from tracelot.records.samplings import Sampling

SIGNS = {"<=": "≤", ">=": "≥"}
Failure = dict[str, str]


def last_report(visit: Visit, sampling: Sampling) -> SamplingPaper | None:
    """The report that decides, in its last edition: that on the re-test where there is one."""
    papers = list_papers(visit.kernel(), sampling.id)
    for of_retest, kind in ((True, "retested"), (False, "reported")):
        found = [one for one in papers if one.kind == kind or one.told.get("of_retest") is of_retest]
        if found:
            return found[-1]
    return None


def failures_of(visit: Visit, sampling: Sampling) -> list[Failure]:
    """Item, result and limit of what failed, as the bulletin tells them."""
    report = last_report(visit, sampling)
    return list(report.told["failures"]) if report and sampling.verdict == "fail" else []


def cma_held(visit: Visit, sampling: Sampling) -> bool:
    """Whether the laboratory that decided held a CMA on the day of its report."""
    report = last_report(visit, sampling)
    if report is None:
        return False
    return certified(visit, report.by_party_id, date.fromisoformat(report.told["issued_on"]))


def certified(visit: Visit, lab_id: UUID, day: date) -> bool:
    return scope_on(visit.kernel(), lab_id, "CMA", day) is not None


def uncertified(visit: Visit, sampling: Sampling) -> bool:
    """Whether its result stays unpublished for want of a CMA on the day of the report, or today where there is none."""
    if last_report(visit, sampling) is not None:
        return not cma_held(visit, sampling)
    return sampling.state == "received" and not certified(visit, sampling.lab_id, visit.today)


def labs_for_retest(visit: Visit, sampling: Sampling) -> list[Party]:
    """All laboratories that may re-test: confirmed, open, certified today, and not the one that reported first."""
    query = select(Party).where(
        Party.type == "lab",
        Party.status == "verified",
        col(Party.archived_at).is_(None),
        Party.id != sampling.lab_id,
    )
    labs = visit.kernel().exec(query.order_by(col(Party.id))).all()
    return [lab for lab in labs if certified(visit, lab.id, visit.today)]


def failures_in(visit: Visit, inspection_id: UUID) -> list[Failure]:
    """What an inspection on record found to fail."""
    found = list_findings(visit.kernel(), inspection_id)
    return [_failure(one) for one in found if one.verdict == "fail"]


def _failure(one: Finding) -> Failure:
    return {
        "item": one.analyte_zh,
        "measured": " ".join(filter(None, [one.measured_text, one.unit])),
        "limit": one.limit_text or _limit(one),
    }


def _limit(one: Finding) -> str:
    if one.limit_value is None:
        return {"not_detected": "不得检出", "not_used": "不得使用"}.get(one.limit_op or "", "/")
    sign, value = SIGNS.get(one.limit_op or "", one.limit_op or ""), f"{one.limit_value:f}"
    if one.limit_op == "between":
        sign, value = "", f"{value} ~ {one.limit_upper:f}"
    return " ".join(filter(None, [f"{sign}{value}", one.limit_unit]))
