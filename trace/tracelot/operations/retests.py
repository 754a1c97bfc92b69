"""Re-tests of a spare sample: asked for in time, granted or refused, and done by another laboratory drawn by lot."""

import secrets
from uuid import UUID

from tracelot.operations.law import HOME
from tracelot.operations.sampling_findings import labs_for_retest
from tracelot.operations.sampling_notices import own_notice
from tracelot.operations.sampling_work import NOTHING, decide_on, happened, hold_sampling, keep_paper
from tracelot.operations.visit import Visit
from tracelot.records.law import calendar_of
from tracelot.records.sampling_papers import SamplingClock, list_papers
from tracelot.records.sampling_steps import Application, Decision, Delay, Handed, ReceivedSample
from tracelot.records.samplings import Sampling
from tracelot.rules.recall_law import due
from tracelot.rules.refusals import Conflict, Forbidden, unfit
from tracelot.rules.sampling import draw
from tracelot.rules.sampling_law import prolonged
from tracelot.rules.sampling_stages import demand_other_person, demand_step, demand_window


def apply_for_retest(visit: Visit, notice_id: UUID, new: Application) -> Sampling:
    """A firm asks that the spare sample be examined, within the time that runs since it has the result in hand."""
    sampling, notice = own_notice(visit, notice_id)
    demand_step("applied", sampling.state, sampling.retest)
    if sampling.verdict != "fail":
        raise Conflict("nothing-failed", "A re-test is of a sample that failed.")
    if not sampling.spare:
        raise Conflict("no-spare", "There is no spare sample that could be examined again.")
    clock = visit.kernel().get(SamplingClock, (sampling.id, "retest_apply", notice.id))
    demand_window(clock.due_at if clock else None, visit.now)
    if clock is not None and clock.met_at is not None:
        raise Conflict("asked-already", "This firm asked already, or said that it would not.")
    sampling.retest = "applied"
    told = {"notice_id": str(notice.id), "reason": new.reason}
    keep_paper(visit, sampling, "applied", told, to=sampling.party_id)
    happened(visit, sampling, "applied", subject=notice.id)
    return sampling


def decide_retest(visit: Visit, named: str | UUID, new: Decision, version: int | None = None) -> Sampling:
    """The office accepts an application, or refuses it for a reason that the firm reads."""
    sampling = decide_on(visit, named, version)
    kind = "accepted" if new.accepted else "refused"
    demand_step(kind, sampling.state, sampling.retest)
    if not new.accepted and new.refusal is None:
        raise unfit("refusal-needed", "Say why there is no re-test; the firm reads this.", "refusal")
    sampling.retest = kind
    told = new.model_dump(mode="json", exclude={"accepted"})
    keep_paper(
        visit, sampling, "accepted" if new.accepted else "refused", told, to=_applicant(visit, sampling)
    )
    if new.accepted:
        happened(visit, sampling, "accepted")
    return sampling


def _applicant(visit: Visit, sampling: Sampling) -> UUID | None:
    asked = [one for one in list_papers(visit.kernel(), sampling.id) if one.kind == "applied"]
    return asked[-1].by_party_id if asked else None


def draw_lab(visit: Visit, named: str | UUID, version: int | None = None) -> Sampling:
    """Draw the laboratory by lot among all that may: another than the first, and with an accreditation that holds.

    The seed is made here and now, so that nobody can have chosen it; with the list of laboratories it proves the draw.
    """
    sampling = decide_on(visit, named, version)
    demand_step("lab_drawn", sampling.state, sampling.retest)
    labs = sorted(str(lab.id) for lab in labs_for_retest(visit, sampling))
    if not labs:
        raise Conflict("no-lab-left", "No other laboratory with a valid CMA is on record.")
    seed = secrets.token_hex(16)
    (drawn,) = draw(labs, 1, seed)
    sampling.retest_lab_id, sampling.retest = UUID(drawn), "drawn"
    told = {"seed": seed, "laboratories": labs, "drawn": drawn}
    for addressee in (sampling.retest_lab_id, sampling.lab_id, _applicant(visit, sampling)):
        keep_paper(visit, sampling, "lab_drawn", told, to=addressee)
    happened(visit, sampling, "lab_drawn")
    return sampling


def delay_draw(visit: Visit, named: str | UUID, new: Delay, version: int | None = None) -> Sampling:
    """Prolong the time to draw the laboratory, once and before it is over, for a reason that the applicant reads."""
    sampling = decide_on(visit, named, version)
    demand_step("delayed", sampling.state, sampling.retest)
    longer = prolonged(sampling.scope, "retest_lab")
    clock = visit.kernel().get(SamplingClock, (sampling.id, "retest_lab", NOTHING))
    if longer is None or clock is None or clock.due_at is None or clock.amount >= longer.amount:
        raise Conflict("delayed-already", "This time was prolonged already; there is no more.")
    if visit.now > clock.due_at:
        raise Conflict("time-over", "This time is over; only one that still runs is prolonged.")
    calendar = calendar_of(visit.kernel(), HOME)
    clock.due_at, clock.provisional = due(longer, clock.begun_at, visit.place.zone, calendar)
    clock.amount = longer.amount
    visit.kernel().add(clock)
    told = {"reason": new.reason, "due_at": clock.due_at.isoformat() if clock.due_at else None}
    keep_paper(visit, sampling, "delayed", told, to=_applicant(visit, sampling))
    return sampling


def hand_spare(visit: Visit, named: str | UUID, new: Handed, version: int | None = None) -> Sampling:
    """The first laboratory hands the spare part over to the one that was drawn."""
    visit.demand("sampling.examine")
    sampling = hold_sampling(visit, named, version)
    if sampling.lab_id != visit.actor.party_id:
        raise Forbidden("other-lab", "This sample is another laboratory's.")
    demand_step("spare_handed", sampling.state, sampling.retest)
    sampling.retest = "handed"
    keep_paper(visit, sampling, "spare_handed", new.model_dump(mode="json"), to=sampling.retest_lab_id)
    happened(visit, sampling, "spare_handed")
    return sampling


def receive_spare(
    visit: Visit, named: str | UUID, new: ReceivedSample, version: int | None = None
) -> Sampling:
    """The drawn laboratory confirms that the spare part came, sealed."""
    sampling = at_retest_lab(visit, named, version)
    demand_step("spare_received", sampling.state, sampling.retest)
    if not new.seal_intact:
        raise unfit("seal-broken", "A sample whose seal is broken is turned away.", "seal_intact")
    demand_other_person(_handed_by(visit, sampling), visit.actor.id)
    sampling.retest = "received"
    keep_paper(visit, sampling, "spare_received", new.model_dump(mode="json"), to=sampling.lab_id)
    happened(visit, sampling, "spare_received")
    return sampling


def _handed_by(visit: Visit, sampling: Sampling) -> UUID | None:
    papers = [one for one in list_papers(visit.kernel(), sampling.id) if one.kind == "spare_handed"]
    return papers[-1].recorded_by if papers else None


def at_retest_lab(visit: Visit, named: str | UUID, version: int | None = None) -> Sampling:
    visit.demand("sampling.examine")
    sampling = hold_sampling(visit, named, version)
    if sampling.retest_lab_id != visit.actor.party_id:
        raise Forbidden("other-lab", "This sample is another laboratory's.")
    return sampling
