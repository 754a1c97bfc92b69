"""Telling the people of an office, a laboratory or a firm of a paper that is addressed to them, each once."""

from tracelot.operations.notifying import Event, tell_party
from tracelot.operations.visit import Visit
from tracelot.records.parties import Party
from tracelot.records.sampling_papers import SamplingPaper
from tracelot.records.samplings import Sampling
from tracelot.rules.sampling_stages import TOLD

OFFICERS, DECIDERS = ("admin", "officer"), ("admin", "quality")


def tell_paper(visit: Visit, sampling: Sampling, paper: SamplingPaper) -> None:
    """On the ways that they chose, mail in their language among them; no result stands in it, but where to read it."""
    if paper.kind not in TOLD or paper.to_party_id in (None, paper.by_party_id):
        return
    kernel = visit.kernel()
    party = kernel.get_one(Party, paper.to_party_id)
    office = party.type == "regulator"
    link = f"/{'gov' if office else 'app'}/samplings/{sampling.id}"
    event = Event("sampling", str(paper.id), {"sheet": sampling.sheet_no, "step": paper.kind}, link)
    tell_party(kernel, party.id, event, visit.now, OFFICERS if office else DECIDERS)
