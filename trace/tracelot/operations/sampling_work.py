"""What the steps of a sampling have in common: finding and holding the sheet, its papers, and its clocks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tracelot.operations.changing import demand_version
from tracelot.operations.law import HOME
from tracelot.operations.sampling_telling import tell_paper
from tracelot.operations.visit import Visit
from tracelot.records.law import calendar_of
from tracelot.records.locking import HELD
from tracelot.records.sampling_papers import SamplingClock, SamplingPaper, list_sampling_clocks, next_paper
from tracelot.records.samplings import Sampling, find_by_sheet
from tracelot.rules.calendars import end_of
from tracelot.rules.ids import new_id
from tracelot.rules.parties import covers
from tracelot.rules.recall_law import due
from tracelot.rules.refusals import Forbidden, Unknown
from tracelot.rules.retention import TWO_YEARS, later
from tracelot.rules.sampling_law import SamplingEvent, SamplingLimit, kinds_until, limits_since
from tracelot.rules.sampling_stages import PaperKind

NOTHING = UUID(int=0)  # of a clock that is about the sample itself


def find_sampling(visit: Visit, named: str | UUID) -> Sampling:
    """A sheet that the actor may read, by its id or number."""
    visit.demand("sampling.read")
    found = _by_id(visit, named) or find_by_sheet(visit.session, str(named))
    if found is None:
        raise Unknown("unknown-sampling", "No such sampling.")
    return found


def _by_id(visit: Visit, named: str | UUID) -> Sampling | None:
    try:
        id_ = named if isinstance(named, UUID) else UUID(named)
    except ValueError:
        return None
    return visit.session.get(Sampling, id_)


def hold_sampling(visit: Visit, named: str | UUID, version: int | None = None) -> Sampling:
    """The same, held until this transaction ends: its steps come one after the other."""
    id_ = find_sampling(visit, named).id
    held = visit.kernel().get_one(Sampling, id_, with_for_update=HELD, populate_existing=True)
    demand_version(held, version)
    return held


def keep_sampling(visit: Visit, sampling: Sampling) -> None:
    sampling.retain_until = later(sampling.retain_until, visit.today + TWO_YEARS)
    visit.kernel().add(sampling)
    visit.kernel().flush()


def decide_on(visit: Visit, named: str | UUID, version: int | None = None) -> Sampling:
    """A sheet on which the actor's office decides: its own, or that of an office below it."""
    visit.demand("sampling.decide")
    sampling = hold_sampling(visit, named, version)
    if not decides(visit, sampling):
        raise Forbidden("other-office-decides", "The office that gave the task decides, or one above it.")
    return sampling


def decides(visit: Visit, sampling: Sampling) -> bool:
    return sampling.party_id == visit.actor.party_id or covers(visit.actor.territory, sampling.area)


def actor_party(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.party_id


def keep_paper(
    visit: Visit,
    sampling: Sampling,
    kind: PaperKind,
    told: dict[str, Any],
    *,
    to: UUID | None = None,
    case_id: UUID | None = None,
) -> SamplingPaper:
    """Put a step on record, numbered and journaled; it is never rewritten."""
    keep_sampling(visit, sampling)
    kernel = visit.kernel()
    paper = SamplingPaper(
        id=new_id(),
        sampling_id=sampling.id,
        number=next_paper(kernel, sampling.id),
        party_id=sampling.party_id,
        kind=kind,
        by_party_id=actor_party(visit),
        to_party_id=to,
        case_id=case_id,
        told=told,
        retain_until=sampling.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    kernel.add(paper)
    kernel.flush()
    act = f"sampling.{kind.replace('_', '-')}"
    number = sampling.sheet_no
    visit.record(act, paper, party_id=sampling.party_id, reason=told.get("reason"), sheet_no=number)
    tell_paper(visit, sampling, paper)
    return paper


# --- clocks --------------------------------------------------------------------------------------------------


def happened(
    visit: Visit,
    sampling: Sampling,
    event: SamplingEvent,
    at: datetime | None = None,
    subject: UUID = NOTHING,
    holder: UUID | None = None,
) -> None:
    """End the clocks that wait for an event, and begin those that it sets going."""
    moment, kernel = at or visit.now, visit.kernel()
    ended = kinds_until(sampling.scope, event)
    for clock in list_sampling_clocks(kernel, sampling.id):
        if clock.kind in ended and clock.subject_id == subject and clock.met_at is None:
            clock.met_at = visit.now
            kernel.add(clock)
    for limit in limits_since(sampling.scope, event):
        about = subject if limit.kind in ("retest_apply", "object_sample", "follow_up") else NOTHING
        if kernel.get(SamplingClock, (sampling.id, limit.kind, about)) is None:
            kernel.add(_clock(visit, sampling, limit, moment, about, holder))
    kernel.flush()


def _clock(
    visit: Visit, sampling: Sampling, limit: SamplingLimit, begins: datetime, about: UUID, holder: UUID | None
) -> SamplingClock:
    kernel, zone = visit.kernel(), visit.place.zone
    ends, provisional = due(limit, begins, zone, calendar_of(kernel, HOME))
    if limit.kind == "spare" and sampling.expires_on is not None and ends is not None:
        ends = min(ends, end_of(sampling.expires_on, zone))
    holders = {
        "lab": sampling.lab_id,
        "retest_lab": sampling.retest_lab_id,
        "office": holder or sampling.party_id,
        "firm": holder or sampling.firm_id,
    }
    return SamplingClock(
        sampling_id=sampling.id, kind=limit.kind, subject_id=about, party_id=sampling.party_id,
        holder=limit.holder, holder_id=holders[limit.holder], amount=limit.amount, unit=limit.unit,
        verified=limit.verified, provisional=provisional, source_zh=limit.source_zh, source_en=limit.source_en,
        begun_at=begins, due_at=ends,
    )  # fmt: skip


def ends_of(visit: Visit, sampling: Sampling, kind: str, subject: UUID = NOTHING) -> datetime | None:
    clock = visit.kernel().get(SamplingClock, (sampling.id, kind, subject))
    return clock.due_at if clock else None
