"""The result as its firms are told: the notice, that they have it in hand, and that they ask for no re-test."""

from datetime import datetime, timedelta
from uuid import UUID

from tracelot.operations.sampling_findings import failures_of
from tracelot.operations.sampling_work import decide_on, happened, keep_paper
from tracelot.operations.visit import Visit
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.sampling_papers import SamplingClock, SamplingPaper, list_papers
from tracelot.records.sampling_steps import NewNotice, Served
from tracelot.records.samplings import Sampling
from tracelot.rules.calendars import end_of
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.sampling_stages import Window, demand_step

A_SECOND = timedelta(seconds=1)


def notify(visit: Visit, named: str | UUID, new: NewNotice, version: int | None = None) -> SamplingPaper:
    """Tell the result to the sampled party or to the labelled producer, each by a notice of its own."""
    sampling = decide_on(visit, named, version)
    demand_step("noticed", sampling.state)
    firm = visit.kernel().get(Party, new.firm_id) if new.firm_id else None
    if new.firm_id not in (None, sampling.firm_id, sampling.producer_id) or (new.firm_id and firm is None):
        raise unfit("unknown-firm", "This firm has no part in the sampling.", "firm_id")
    name = firm.name_zh if firm else new.name
    if not name:
        raise unfit("firm-needed", "Name the firm that is told.", "name")
    told = new.model_dump(mode="json") | {
        "name": name,
        "verdict": sampling.verdict,
        "final": sampling.state == "final",
        "failures": failures_of(visit, sampling),
        "inspection_id": str(sampling.retest_inspection_id or sampling.inspection_id),
    }
    return keep_paper(visit, sampling, "noticed", told, to=firm.id if firm else None)


def find_notice(visit: Visit, sampling: Sampling, notice_id: UUID) -> SamplingPaper:
    notice = visit.kernel().get(SamplingPaper, notice_id)
    if notice is None or notice.sampling_id != sampling.id or notice.kind != "noticed":
        raise Unknown("unknown-notice", "No such notice.")
    return notice


def own_notice(visit: Visit, notice_id: UUID) -> tuple[Sampling, SamplingPaper]:
    """A notice to the actor's firm, with its sheet, held."""
    visit.demand("sampling.answer")
    notice = visit.session.get(SamplingPaper, notice_id)
    if notice is None or notice.kind != "noticed" or notice.to_party_id != visit.actor.party_id:
        raise Unknown("unknown-notice", "No such notice.")
    kernel = visit.kernel()
    sampling = kernel.get_one(Sampling, notice.sampling_id, with_for_update=HELD, populate_existing=True)
    return sampling, notice


def sign_receipt(visit: Visit, notice_id: UUID) -> Sampling:
    """The firm signs that it has the result in hand: the time for a re-test runs from now."""
    sampling, notice = own_notice(visit, notice_id)
    _serve(visit, sampling, notice, Served(), visit.now)
    return sampling


def tell_served(
    visit: Visit, named: str | UUID, notice_id: UUID, new: Served, version: int | None = None
) -> Sampling:
    """The office tells how and when the result was delivered to a firm that does not sign here."""
    sampling = decide_on(visit, named, version)
    notice = find_notice(visit, sampling, notice_id)
    day = new.served_on or visit.today
    if new.way is None:
        raise unfit("way-needed", "Say how the notice was delivered.", "way")
    if day > visit.today or day < notice.recorded_at.astimezone(visit.place.zone).date():
        raise unfit("served-when", "It was delivered between the day of the notice and today.", "served_on")
    at = visit.now if day == visit.today else end_of(day, visit.place.zone) - A_SECOND
    _serve(visit, sampling, notice, new, at)
    return sampling


def _serve(visit: Visit, sampling: Sampling, notice: SamplingPaper, how: Served, at: datetime) -> None:
    if any(one.told.get("notice_id") == str(notice.id) for one in _of(visit, sampling, "served")):
        raise Conflict("served-already", "This notice was received already.")
    told = how.model_dump(mode="json") | {"notice_id": str(notice.id), "at": at.isoformat()}
    keep_paper(visit, sampling, "served", told, to=notice.to_party_id)
    if sampling.verdict == "fail" and sampling.state != "final":
        happened(visit, sampling, "served", at, notice.id, notice.to_party_id)


def waive(visit: Visit, notice_id: UUID) -> Sampling:
    """The firm says that it asks for no re-test."""
    sampling, notice = own_notice(visit, notice_id)
    clock = _running(visit, sampling, notice)
    if clock is None:
        raise Conflict("nothing-to-waive", "No time for a re-test is running for this notice.")
    keep_paper(visit, sampling, "waived", {"notice_id": str(notice.id)}, to=sampling.party_id)
    happened(visit, sampling, "waived", subject=notice.id)
    return sampling


def _running(visit: Visit, sampling: Sampling, notice: SamplingPaper) -> SamplingClock | None:
    clock = visit.kernel().get(SamplingClock, (sampling.id, "retest_apply", notice.id))
    return clock if clock and clock.met_at is None and (clock.due_at or visit.now) >= visit.now else None


def _of(visit: Visit, sampling: Sampling, kind: str) -> list[SamplingPaper]:
    return [one for one in list_papers(visit.kernel(), sampling.id) if one.kind == kind]


def windows(visit: Visit, sampling: Sampling) -> tuple[tuple[Window, ...], int]:
    """How the time for a re-test stands for each firm that was told, and how many have not the result in hand."""
    served = {one.told["notice_id"] for one in _of(visit, sampling, "served")}
    waived = {one.told["notice_id"] for one in _of(visit, sampling, "waived")}
    found, unserved = [], 0
    for notice in _of(visit, sampling, "noticed"):
        if str(notice.id) not in served:
            unserved += 1
            continue
        clock = visit.kernel().get(SamplingClock, (sampling.id, "retest_apply", notice.id))
        found.append(Window(clock.due_at if clock else None, waived=str(notice.id) in waived))
    return tuple(found), unserved
