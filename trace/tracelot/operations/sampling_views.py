"""A sampling as its reader sees it: sheet, papers, clocks and follow-ups, and which steps are the reader's now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from tracelot.operations.sampling_allowed import allowed
from tracelot.operations.sampling_figures import clock_views
from tracelot.operations.sampling_known import SEALED, in_states, known, unsealed
from tracelot.operations.sampling_work import find_sampling
from tracelot.operations.samplings import earlier_above
from tracelot.operations.visit import Visit
from tracelot.records.inspections import Inspection
from tracelot.records.reaches import names_of
from tracelot.records.recalls import Recall
from tracelot.records.sampling_papers import (
    SamplingCase,
    SamplingPaper,
    list_cases,
    list_papers,
    list_sampling_clocks,
)
from tracelot.records.sampling_views import CaseView, PaperView, SamplingView
from tracelot.records.samplings import Sampling, SamplingList, SamplingSummary, list_photos
from tracelot.rules.official import Known
from tracelot.rules.parties import masked

PHONES = ("firm_phone", "producer_phone")
PRIVATE = ("firm_contact", "firm_legal_rep", "firm_sales", "unit_price", "voucher")


def sampling_of(visit: Visit, named: str | UUID) -> SamplingView:
    """What stands on record now, also right after a step of this very visit."""
    id_ = find_sampling(visit, named).id
    return view(visit, visit.session.get_one(Sampling, id_, populate_existing=True))


def view(visit: Visit, sampling: Sampling) -> SamplingView:
    session, kernel = visit.session, visit.kernel()
    papers = list_papers(session, sampling.id)
    names = names_of(kernel, [sampling.party_id, sampling.office_id, sampling.lab_id])
    above = earlier_above(visit, sampling) if visit.actor.regulator else None
    more: dict[str, Any] = {
        **_standing(visit, sampling),
        "told": _told(visit, sampling),
        "by_zh": names[sampling.party_id][0],
        "by_en": names[sampling.party_id][1],
        "lab_zh": names[sampling.lab_id][0],
        "lab_en": names[sampling.lab_id][1],
        "papers": paper_views(visit, papers),
        "clocks": clock_views(visit, list(list_sampling_clocks(session, sampling.id))),
        "cases": [_case(visit, one) for one in list_cases(session, sampling.id)],
        "photos": [one.id for one in list_photos(session, sampling.id) if one.kind == "photo"],
        "sampled_above": above.day if above else None,
        "allowed": allowed(visit, sampling),
    }
    return SamplingView.model_validate(sampling.model_dump() | more)


def _standing(visit: Visit, sampling: Sampling) -> dict[str, Any]:
    """How it stands for its reader, with the reports that the reader may read."""
    stands = known(visit, [sampling])[sampling.id]
    told: dict[str, Any] = {"state": stands.state, "verdict": stands.verdict}
    if not stands.told:
        told["retest"] = "none"
    elif stands.state != "final" and sampling.retest == "final":
        told["retest"] = "received"
    if visit.actor.party_type != "lab":
        for link in ("inspection_id", "retest_inspection_id"):
            id_ = getattr(sampling, link)
            told[link] = id_ if id_ and visit.session.get(Inspection, id_) else None
    return told


def _told(visit: Visit, sampling: Sampling) -> dict[str, Any]:
    """The sheet; its offices, who took it and the sampled firm read phones, people and prices, nobody else."""
    told = dict(sampling.told)
    if visit.actor.regulator or visit.actor.party_id in (sampling.taken_by, sampling.firm_id):
        return told
    told |= {name: masked(told.get(name)) for name in PHONES}
    return told | dict.fromkeys(PRIVATE)


def paper_views(visit: Visit, papers: Sequence[SamplingPaper]) -> list[PaperView]:
    ids = {one.by_party_id for one in papers} | {one.to_party_id for one in papers if one.to_party_id}
    names = names_of(visit.kernel(), list(ids))
    open_to, shown = unsealed(visit, papers), []
    for one in papers:
        by, to = names[one.by_party_id], names.get(one.to_party_id) if one.to_party_id else None
        more = {"by_id": one.by_party_id, "by_zh": by[0], "by_en": by[1], "to_id": one.to_party_id}
        more |= {"to_zh": to[0] if to else None, "to_en": to[1] if to else None}
        told = {} if one.kind in ("taken", "cosigned") else one.told  # it is the sheet itself
        if not open_to[one.id]:
            told = {name: text for name, text in told.items() if name in SEALED} | {"sealed": True}
        shown.append(PaperView.model_validate(one.model_dump() | more | {"told": told}))
    return shown


def _case(visit: Visit, case: SamplingCase) -> CaseView:
    kernel = visit.kernel()
    zh, en = names_of(kernel, [case.office_id])[case.office_id]
    recall = kernel.get(Recall, case.recall_id) if case.recall_id else None
    more = {"office_zh": zh, "office_en": en, "recall_code": recall.code if recall else None}
    return CaseView.model_validate(case.model_dump() | more)


def samplings(
    visit: Visit, *, state: str | None = None, task_id: UUID | None = None, limit: int = 50, offset: int = 0
) -> SamplingList:
    """The sheets that the actor reads, the newest first."""
    visit.demand("sampling.read")
    where: list[ColumnElement[bool]] = []
    if state and visit.actor.enterprise:
        where.append(col(Sampling.id).in_(in_states(visit, state)))
    elif state:
        where.append(col(Sampling.state) == state)
    if task_id is not None:
        where.append(col(Sampling.task_id) == task_id)
    total = visit.session.exec(select(func.count()).select_from(Sampling).where(*where)).one()
    order = (col(Sampling.taken_at).desc(), col(Sampling.id))
    found = visit.session.exec(
        select(Sampling).where(*where).order_by(*order).offset(offset).limit(limit)
    ).all()
    stands = known(visit, found)
    return SamplingList(samplings=[_summary(one, stands[one.id]) for one in found], total=total)


def _summary(one: Sampling, stands: Known) -> SamplingSummary:
    told = one.told
    more: dict[str, Any] = {
        "sample_zh": told.get("sample_name"),
        "firm_zh": told["firm_name"],
        "lot_no": told.get("lot_no"),
    }
    more |= {"state": stands.state, "verdict": stands.verdict} | ({} if stands.told else {"retest": "none"})
    return SamplingSummary.model_validate(one.model_dump() | more)


def notices(visit: Visit) -> list[tuple[Sampling, PaperView]]:
    """The results that the actor's firm was told, the newest first."""
    visit.demand("sampling.read")
    query = (
        select(SamplingPaper)
        .where(SamplingPaper.kind == "noticed", SamplingPaper.to_party_id == visit.actor.party_id)
        .order_by(col(SamplingPaper.recorded_at).desc(), col(SamplingPaper.id))
    )
    papers = visit.session.exec(query.limit(200)).all()
    shown = paper_views(visit, papers)
    return [
        (visit.session.get_one(Sampling, paper.sampling_id), one)
        for paper, one in zip(papers, shown, strict=True)
    ]


def to_sign(visit: Visit) -> list[tuple[Sampling, PaperView]]:
    """Those of them that wait for the firm to sign that it has them in hand."""
    query = select(SamplingPaper).where(
        SamplingPaper.kind == "served", SamplingPaper.to_party_id == visit.actor.party_id
    )
    served = {one.told["notice_id"] for one in visit.session.exec(query)}
    return [(sampling, notice) for sampling, notice in notices(visit) if str(notice.id) not in served]
