"""Objections of firms: to how a sample was taken, or that it is theirs at all; and what the office answers."""

from uuid import UUID

from tracelot.operations.sampling_work import NOTHING, decide_on, ends_of, happened, keep_paper
from tracelot.operations.visit import Visit
from tracelot.records.locking import HELD
from tracelot.records.sampling_papers import SamplingPaper, list_papers
from tracelot.records.sampling_steps import Answer, Objection
from tracelot.records.samplings import Sampling
from tracelot.rules.refusals import Conflict, Unknown
from tracelot.rules.sampling_stages import demand_step, demand_window


def object_to(visit: Visit, paper_id: UUID, new: Objection) -> SamplingPaper:
    """Object, by the copy of the sheet to how it was taken, by the notice of the result to whose sample it is."""
    visit.demand("sampling.answer")
    paper = visit.session.get(SamplingPaper, paper_id)
    wanted = "taken" if new.subject == "process" else "noticed"
    if paper is None or paper.kind != wanted or paper.to_party_id != visit.actor.party_id:
        raise Unknown("unknown-notice", "No such notice.")
    kernel = visit.kernel()
    sampling = kernel.get_one(Sampling, paper.sampling_id, with_for_update=HELD, populate_existing=True)
    demand_step("objected", sampling.state)
    about = NOTHING if new.subject == "process" else paper.id
    demand_window(ends_of(visit, sampling, f"object_{new.subject}", about), visit.now)
    before = [one for one in list_papers(kernel, sampling.id) if one.kind == "objected"]
    if any(one.told["paper_id"] == str(paper.id) for one in before):
        raise Conflict("objected-already", "This firm objected already.")
    told = new.model_dump(mode="json") | {"paper_id": str(paper.id)}
    kept = keep_paper(visit, sampling, "objected", told, to=sampling.party_id)
    happened(
        visit, sampling, "objected_process" if new.subject == "process" else "objected_sample", subject=about
    )
    return kept


def answer_objection(
    visit: Visit, named: str | UUID, objection_id: UUID, new: Answer, version: int | None = None
) -> SamplingPaper:
    """Say whether an objection is upheld, and why."""
    sampling = decide_on(visit, named, version)
    papers = list_papers(visit.kernel(), sampling.id)
    objection = next((one for one in papers if one.id == objection_id and one.kind == "objected"), None)
    if objection is None:
        raise Unknown("unknown-objection", "No such objection.")
    if any(one.kind == "answered" and one.told["objection_id"] == str(objection.id) for one in papers):
        raise Conflict("answered-already", "This objection was answered already.")
    told = new.model_dump(mode="json") | {"objection_id": str(objection.id)}
    return keep_paper(visit, sampling, "answered", told, to=objection.by_party_id)
