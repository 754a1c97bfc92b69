"""What a firm knows of a sampling: by the notices that it has in hand. Offices and laboratories read what is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.sampling_papers import SamplingPaper
from tracelot.records.samplings import Sampling
from tracelot.rules.official import AFTER_REPORT, Known, Notice, known_to_firm

SEALED = ("name", "to", "doc_no", "firm_id")  # what a notice tells before it is signed for


def known(visit: Visit, rows: Sequence[Sampling]) -> dict[UUID, Known]:
    """How each sampling stands for whoever asks."""
    if not visit.actor.enterprise:
        return {one.id: Known(one.state, one.verdict, told=True) for one in rows}
    notices = _notices(visit, [one.id for one in rows if one.state in AFTER_REPORT])
    return {
        one.id: known_to_firm(one.state, one.verdict, notices[one.id], public=one.published_at is not None)
        for one in rows
    }


def _notices(visit: Visit, ids: Collection[UUID]) -> dict[UUID, list[Notice]]:
    """The notices to the actor's firm, in their order."""
    query = select(SamplingPaper).where(
        col(SamplingPaper.sampling_id).in_(ids),
        col(SamplingPaper.kind).in_(("noticed", "served")),
        SamplingPaper.to_party_id == visit.actor.party_id,
    )
    papers = visit.kernel().exec(query.order_by(col(SamplingPaper.number))).all()
    served = {one.told["notice_id"] for one in papers if one.kind == "served"}
    found: dict[UUID, list[Notice]] = defaultdict(list)
    for one in papers:
        if one.kind == "noticed":
            in_hand = str(one.id) in served
            found[one.sampling_id].append(Notice(one.told["verdict"], bool(one.told["final"]), in_hand))
    return found


def in_states(visit: Visit, wanted: str) -> list[UUID]:
    """The sheets that stand so for the actor's firm, which learns of a report by its notice alone."""
    states = {wanted, *AFTER_REPORT} if wanted in ("received", *AFTER_REPORT) else {wanted}
    rows = visit.session.exec(select(Sampling).where(col(Sampling.state).in_(states))).all()
    stands = known(visit, rows)
    return [one.id for one in rows if stands[one.id].state == wanted]


def unsealed(visit: Visit, papers: Sequence[SamplingPaper]) -> dict[UUID, bool]:
    """Of notices to the actor's firm whether it has them in hand; of all other papers that they are open."""
    mine = [one for one in papers if one.kind == "noticed" and one.to_party_id == visit.actor.party_id]
    if not visit.actor.enterprise or not mine:
        return {one.id: True for one in papers}
    query = select(SamplingPaper).where(
        col(SamplingPaper.sampling_id).in_({one.sampling_id for one in mine}),
        SamplingPaper.kind == "served", SamplingPaper.to_party_id == visit.actor.party_id,
    )  # fmt: skip
    served = {one.told["notice_id"] for one in visit.kernel().exec(query)}
    return {one.id: one not in mine or str(one.id) in served for one in papers}
