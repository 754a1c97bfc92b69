"""Results made public: never too early nor without CMA, and withdrawn where a re-test overturns them."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from tracelot.operations.official_reports import open_to_all, undecided_change
from tracelot.operations.sampling_findings import cma_held, failures_of
from tracelot.operations.sampling_notices import windows
from tracelot.operations.sampling_work import decide_on, happened, keep_paper, keep_sampling
from tracelot.operations.visit import Visit
from tracelot.records.parties import Party
from tracelot.records.sampling_papers import SamplingResult, list_papers, list_results, standing_result
from tracelot.records.sampling_plans import SamplingTask
from tracelot.records.sampling_steps import NewResult
from tracelot.records.sampling_views import ResultView
from tracelot.records.samplings import Sampling
from tracelot.records.sights import PUBLIC
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict
from tracelot.rules.sampling_stages import Publishable, demand_publishable, demand_reason, demand_step

DATE_WORDS = {"production": "", "processing": "加工 ", "purchase": "购进 "}
EACH = 500


def publish(visit: Visit, named: str | UUID, new: NewResult, version: int | None = None) -> SamplingResult:
    """Tell everybody the result of a sampling, in the columns of the bulletin."""
    sampling = decide_on(visit, named, version)
    demand_step("published", sampling.state)
    demand_reason(new.urgent, new.reason)
    if standing_result(visit.kernel(), sampling.id) is not None:
        raise Conflict("published-already", "This result is public already.")
    told, unserved = windows(visit, sampling)
    whether = Publishable(
        sampling.verdict,
        sampling.state,
        sampling.retest,
        told,
        unserved,
        cma_held(visit, sampling),
        new.urgent,
        undecided_change(list(list_papers(visit.kernel(), sampling.id))) is not None,
    )
    demand_publishable(whether, visit.now)
    result = _result(visit, sampling, new)
    visit.kernel().add(result)
    sampling.published_at = visit.now
    paper = new.model_dump(mode="json") | {"result_id": str(result.id), "verdict": result.verdict}
    keep_paper(visit, sampling, "published", paper, to=sampling.firm_id)
    happened(visit, sampling, "published")
    open_to_all(visit, sampling)
    return result


def _result(visit: Visit, sampling: Sampling, new: NewResult) -> SamplingResult:
    kernel, told = visit.kernel(), sampling.told
    office = kernel.get_one(Party, visit.actor.party_id)
    lab = kernel.get_one(Party, sampling.retest_lab_id if sampling.retest == "final" else sampling.lab_id)
    dated = " / ".join(filter(None, [_dated(told), told.get("lot_no")]))
    return SamplingResult(
        id=new_id(), sampling_id=sampling.id, party_id=office.id, region_code=sampling.region_code,
        verdict=sampling.verdict or "", sheet_no=sampling.sheet_no, producer_name=told.get("producer_name"),
        producer_address=told.get("producer_address"), firm_name=told["firm_name"],
        firm_address=told["firm_address"], sample_name=told.get("sample_name") or "", spec=told.get("spec"),
        brand=told.get("brand"), dated=dated or None, failures=failures_of(visit, sampling),
        category=sampling.category, bulletin_no=new.bulletin_no,
        source=kernel.get_one(SamplingTask, sampling.task_id).source, lab_name=lab.name_zh, remark=new.remark,
        urgent=new.urgent, reason=new.reason, office_zh=office.name_zh, office_en=office.name_en,
        published_at=visit.now, retain_until=sampling.retain_until, recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )  # fmt: skip


def _dated(told: dict[str, str | None]) -> str | None:
    day = told.get("dated_on")
    return f"{DATE_WORDS[told.get('date_kind') or 'production']}{day}" if day else None


def withdraw(visit: Visit, named: str | UUID, reason: str, version: int | None = None) -> Sampling:
    """Take a result out of the public tables; that it stood there, and why it does no more, stays on record."""
    sampling = decide_on(visit, named, version)
    if not take_back(visit, sampling, reason):
        raise Conflict("not-published", "This result is not public.")
    return sampling


def take_back(visit: Visit, sampling: Sampling, reason: str) -> bool:
    """Withdraw what stands in public, if anything does."""
    result = standing_result(visit.kernel(), sampling.id)
    if result is None:
        return False
    result.withdrawn_at, result.withdrawn_reason = visit.now, reason
    visit.kernel().add(result)
    sampling.published_at = None
    keep_sampling(visit, sampling)
    told = {"result_id": str(result.id), "reason": reason}
    keep_paper(visit, sampling, "withdrawn", told, to=sampling.firm_id)
    return True


def results(
    visit: Visit, verdict: str, area: str = "", limit: int = 50, offset: int = 0
) -> tuple[Sequence[ResultView], int]:
    """What stands in the public tables, the newest first; and how many."""
    visit.demand("sampling.results")
    found, total = list_results(visit.seeing(PUBLIC), verdict, area, limit, offset)
    return [ResultView.model_validate(one.model_dump()) for one in found], total


def all_results(visit: Visit, verdict: str, area: str = "") -> Iterator[ResultView]:
    offset = 0
    while True:
        found, _ = results(visit, verdict, area, EACH, offset)
        yield from found
        if len(found) < EACH:
            return
        offset += EACH
