"""A sampling as its reader sees it: sheet, papers, clocks and follow-ups, and which steps are the reader's now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import col, func, select

from tracelot.operations.sampling_figures import clock_views
from tracelot.operations.sampling_work import decides, find_sampling
from tracelot.operations.samplings import earlier_above, signed_by_two
from tracelot.operations.visit import Visit
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
from tracelot.rules.access import may
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
    labs = [sampling.lab_id, sampling.retest_lab_id or sampling.lab_id]
    names = names_of(kernel, [sampling.party_id, sampling.office_id, *labs])
    again = names[labs[1]] if sampling.retest_lab_id else (None, None)
    above = earlier_above(visit, sampling) if visit.actor.regulator else None
    more = {
        "told": _told(visit, sampling),
        "by_zh": names[sampling.party_id][0],
        "by_en": names[sampling.party_id][1],
        "lab_zh": names[sampling.lab_id][0],
        "lab_en": names[sampling.lab_id][1],
        "retest_lab_zh": again[0],
        "retest_lab_en": again[1],
        "papers": paper_views(visit, papers),
        "clocks": clock_views(visit, list(list_sampling_clocks(session, sampling.id))),
        "cases": [_case(visit, one) for one in list_cases(session, sampling.id)],
        "photos": [one.id for one in list_photos(session, sampling.id) if one.kind == "photo"],
        "sampled_above": above.day if above else None,
        "allowed": allowed(visit, sampling),
    }
    return SamplingView.model_validate(sampling.model_dump() | more)


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
    shown = []
    for one in papers:
        by, to = names[one.by_party_id], names.get(one.to_party_id) if one.to_party_id else None
        more = {"by_id": one.by_party_id, "by_zh": by[0], "by_en": by[1], "to_id": one.to_party_id}
        more |= {"to_zh": to[0] if to else None, "to_en": to[1] if to else None}
        told = {} if one.kind in ("taken", "cosigned") else one.told  # it is the sheet itself
        shown.append(PaperView.model_validate(one.model_dump() | more | {"told": told}))
    return shown


def _case(visit: Visit, case: SamplingCase) -> CaseView:
    kernel = visit.kernel()
    zh, en = names_of(kernel, [case.office_id])[case.office_id]
    recall = kernel.get(Recall, case.recall_id) if case.recall_id else None
    more = {"office_zh": zh, "office_en": en, "recall_code": recall.code if recall else None}
    return CaseView.model_validate(case.model_dump() | more)


def allowed(visit: Visit, sampling: Sampling) -> list[str]:
    """The steps that the actor may take now, in the order of the work."""
    me, actor = visit.actor.party_id, visit.actor
    taker = may(actor, "sampling.take") and me in (sampling.taken_by, sampling.office_id, sampling.party_id)
    examines = may(actor, "sampling.examine")
    reports = may(actor, "sampling.report")
    deciding = may(actor, "sampling.decide") and decides(visit, sampling)
    signed = sampling.state == "refused" or signed_by_two(sampling)
    failed, state, retest = sampling.verdict == "fail", sampling.state, sampling.retest
    told = [
        ("cosign", may(actor, "sampling.cosign") and state == "taken" and not signed),
        ("hand_over", taker and state == "taken" and signed),
        ("receive", examines and sampling.lab_id == me and state == "handed"),
        ("report", reports and sampling.lab_id == me and state == "received"),
        ("notify", deciding and state in ("reported", "final")),
        ("decide_retest", deciding and retest == "applied"),
        ("draw_lab", deciding and retest == "accepted"),
        ("hand_spare", examines and sampling.lab_id == me and retest == "drawn"),
        ("receive_spare", examines and sampling.retest_lab_id == me and retest == "handed"),
        ("report_retest", reports and sampling.retest_lab_id == me and retest == "received"),
        ("open_case", deciding and failed and not list_cases(visit.kernel(), sampling.id)),
        ("publish", deciding and state in ("reported", "final") and sampling.published_at is None),
        ("withdraw", deciding and sampling.published_at is not None),
    ]
    return [name for name, holds in told if holds]


def samplings(
    visit: Visit, *, state: str | None = None, task_id: UUID | None = None, limit: int = 50, offset: int = 0
) -> SamplingList:
    """The sheets that the actor reads, the newest first."""
    visit.demand("sampling.read")
    where = [Sampling.state == state] if state else []
    if task_id is not None:
        where.append(Sampling.task_id == task_id)
    total = visit.session.exec(select(func.count()).select_from(Sampling).where(*where)).one()
    order = (col(Sampling.taken_at).desc(), col(Sampling.id))
    found = visit.session.exec(select(Sampling).where(*where).order_by(*order).offset(offset).limit(limit))
    return SamplingList(samplings=[_summary(one) for one in found], total=total)


def _summary(one: Sampling) -> SamplingSummary:
    told = one.told
    more = {"sample_zh": told.get("sample_name"), "firm_zh": told["firm_name"], "lot_no": told.get("lot_no")}
    more["unsigned"] = one.state == "taken" and not signed_by_two(one)
    return SamplingSummary.model_validate(one.model_dump() | more)


def unread_notices(visit: Visit) -> list[tuple[Sampling, PaperView]]:
    """Those of which the firm has not signed yet that it has the result in hand."""
    told = notices(visit)
    if not told:
        return []
    mine = (SamplingPaper.kind == "served", SamplingPaper.to_party_id == visit.actor.party_id)
    served = {one.told["notice_id"] for one in visit.session.exec(select(SamplingPaper).where(*mine))}
    return [(sampling, notice) for sampling, notice in told if str(notice.id) not in served]


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
