"""The way of a sample: handed over by those who took it, confirmed by the laboratory, or turned away by it."""

from uuid import UUID

from tracelot.operations.sampling_work import happened, hold_sampling, keep_paper
from tracelot.operations.samplings import signed_by_two
from tracelot.operations.visit import Visit
from tracelot.records.sampling_papers import list_papers
from tracelot.records.sampling_steps import Handed, ReceivedSample, TurnedAway
from tracelot.records.samplings import Sampling
from tracelot.rules.refusals import Conflict, Forbidden, unfit
from tracelot.rules.sampling_stages import demand_other_person, demand_step


def hand_over(visit: Visit, named: str | UUID, new: Handed, version: int | None = None) -> Sampling:
    """Say that the sample leaves for the laboratory, with its state and whether the seal is whole."""
    visit.demand("sampling.take")
    sampling = hold_sampling(visit, named, version)
    if visit.actor.party_id not in (sampling.taken_by, sampling.office_id, sampling.party_id):
        raise Forbidden("other-office-samples", "This task is another office's.")
    demand_step("handed", sampling.state)
    if not signed_by_two(sampling):
        raise Conflict("one-signature", "The second sampler has not signed the sheet yet.")
    sampling.state = "handed"
    keep_paper(visit, sampling, "handed", new.model_dump(mode="json"), to=sampling.lab_id)
    return sampling


def receive(visit: Visit, named: str | UUID, new: ReceivedSample, version: int | None = None) -> Sampling:
    """The laboratory confirms that the sample came: another person than the one who handed it over."""
    sampling = _at_lab(visit, named, version)
    demand_step("received", sampling.state)
    if not new.seal_intact:
        raise unfit("seal-broken", "A sample whose seal is broken is turned away.", "seal_intact")
    if sampling.spare and not new.spare_received:
        raise unfit(
            "spare-missing",
            "The spare part belongs to the sample: turn away what came without.",
            "spare_received",
        )
    handed = [one for one in list_papers(visit.kernel(), sampling.id) if one.kind == "handed"]
    demand_other_person(handed[-1].recorded_by, visit.actor.id)
    sampling.state = "received"
    keep_paper(visit, sampling, "received", new.model_dump(mode="json"), to=sampling.taken_by)
    happened(visit, sampling, "received")
    return sampling


def turn_away(visit: Visit, named: str | UUID, new: TurnedAway, version: int | None = None) -> Sampling:
    """The laboratory does not take the sample: its seal is broken, or it is unfit to be examined."""
    sampling = _at_lab(visit, named, version)
    demand_step("turned_away", sampling.state)
    sampling.state = "turned_away"
    keep_paper(visit, sampling, "turned_away", {"reason": new.reason}, to=sampling.party_id)
    happened(visit, sampling, "received")
    return sampling


def _at_lab(visit: Visit, named: str | UUID, version: int | None) -> Sampling:
    visit.demand("sampling.examine")
    sampling = hold_sampling(visit, named, version)
    if sampling.lab_id != visit.actor.party_id:
        raise Forbidden("other-lab", "This sample is another laboratory's.")
    return sampling
