"""Which steps of a sampling are the actor's now, and what waits for an office to decide."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.official_reports import undecided_change
from tracelot.operations.sampling_work import NOTHING, decides
from tracelot.operations.samplings import MOST_PHOTOS, signed_by_two
from tracelot.operations.visit import Visit
from tracelot.records.sampling_papers import SamplingClock, SamplingPaper, list_cases, list_papers
from tracelot.records.sampling_views import PaperView
from tracelot.records.samplings import Sampling, list_photos
from tracelot.rules.access import may
from tracelot.rules.sampling_law import prolonged

Waiting = Literal["retest", "objection", "change"]
Steps = Iterable[tuple[str, bool]]
Paper = TypeVar("Paper", SamplingPaper, PaperView)
MOST = 500


def allowed(visit: Visit, sampling: Sampling) -> list[str]:
    """The steps that the actor may take now, in the order of the work."""
    steps = [*_taking(visit, sampling), *_examining(visit, sampling), *_deciding(visit, sampling)]
    return [name for name, holds in steps if holds]


def _taking(visit: Visit, sampling: Sampling) -> Steps:
    actor, state = visit.actor, sampling.state
    mine = actor.party_id in (sampling.taken_by, sampling.office_id, sampling.party_id)
    taker = may(actor, "sampling.take") and mine
    signed = state == "refused" or signed_by_two(sampling)
    yield "cosign", may(actor, "sampling.cosign") and state == "taken" and not signed
    yield "hand_over", taker and state == "taken" and signed
    yield "add_photo", taker and _photographed(visit, sampling) < MOST_PHOTOS


def _photographed(visit: Visit, sampling: Sampling) -> int:
    return sum(one.kind == "photo" for one in list_photos(visit.kernel(), sampling.id))


def _examining(visit: Visit, sampling: Sampling) -> Steps:
    actor, state, retest = visit.actor, sampling.state, sampling.retest
    first, second = actor.party_id == sampling.lab_id, actor.party_id == sampling.retest_lab_id
    examines, reports = may(actor, "sampling.examine"), may(actor, "sampling.report")
    yield "receive", examines and first and state == "handed"
    yield "turn_away", examines and first and state == "handed"
    yield "report", reports and first and state == "received"
    yield "hand_spare", examines and first and retest == "drawn"
    yield "receive_spare", examines and second and retest == "handed"
    yield "report_retest", reports and second and retest == "received"


def _deciding(visit: Visit, sampling: Sampling) -> Steps:
    if not (may(visit.actor, "sampling.decide") and decides(visit, sampling)):
        return
    reported = sampling.state in ("reported", "final")
    public = sampling.published_at is not None
    waits = waiting(list(list_papers(visit.kernel(), sampling.id)))
    yield "settle_change", "change" in waits
    yield "answer", "objection" in waits
    yield "notify", reported
    yield "decide_retest", sampling.retest == "applied"
    yield "draw_lab", sampling.retest == "accepted"
    yield "delay_draw", sampling.retest == "accepted" and _prolongs(visit, sampling)
    failed = sampling.verdict == "fail"
    yield "open_case", failed and not list_cases(visit.kernel(), sampling.id)
    yield "publish", reported and not public
    yield "withdraw", public


def _prolongs(visit: Visit, sampling: Sampling) -> bool:
    longer = prolonged(sampling.scope, "retest_lab")
    clock = visit.kernel().get(SamplingClock, (sampling.id, "retest_lab", NOTHING))
    running = clock is not None and clock.due_at is not None and clock.due_at >= visit.now
    return longer is not None and running and clock is not None and clock.amount < longer.amount


def waiting(papers: list[SamplingPaper]) -> set[Waiting]:
    """What of a sampling waits for the office: an application, objections, a report that was changed."""
    found: set[Waiting] = set()
    applied = [one for one in papers if one.kind == "applied"]
    if applied and not any(
        one.kind in ("accepted", "refused") and one.number > applied[-1].number for one in papers
    ):
        found.add("retest")
    if unanswered(papers):
        found.add("objection")
    if undecided_change(papers) is not None:
        found.add("change")
    return found


def unanswered(papers: Sequence[Paper]) -> list[Paper]:
    answered = {one.told["objection_id"] for one in papers if one.kind == "answered"}
    return [one for one in papers if one.kind == "objected" and str(one.id) not in answered]


@dataclass(frozen=True)
class ToDecide:
    """A sampling of the actor's office on which it has to decide."""

    sampling_id: UUID
    sheet_no: str
    what: Waiting


def to_decide(visit: Visit) -> list[ToDecide]:
    """What waits for the actor's office, the newest first."""
    if not may(visit.actor, "sampling.decide"):
        return []
    asked = ("applied", "objected", "corrected", "report_withdrawn")
    query = select(SamplingPaper.sampling_id).where(
        col(SamplingPaper.kind).in_(asked), SamplingPaper.to_party_id == visit.actor.party_id
    )
    rows = visit.session.exec(
        select(Sampling).where(col(Sampling.id).in_(query), Sampling.party_id == visit.actor.party_id)
        .order_by(col(Sampling.recorded_at).desc()).limit(MOST)
    ).all()  # fmt: skip
    papers: dict[UUID, list[SamplingPaper]] = defaultdict(list)
    read = select(SamplingPaper).where(col(SamplingPaper.sampling_id).in_([one.id for one in rows]))
    for paper in visit.kernel().exec(read.order_by(col(SamplingPaper.number))):
        papers[paper.sampling_id].append(paper)
    return [ToDecide(one.id, one.sheet_no, what) for one in rows for what in sorted(waiting(papers[one.id]))]
