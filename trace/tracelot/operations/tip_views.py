"""Reports of the public as they are read: by offices in lists and one by one, and by a firm what it was told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, or_, select

from tracelot.operations.duties import Matter, both_of
from tracelot.operations.naming import rows_of
from tracelot.operations.tip_work import handles, helps
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.paging import Page
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.reaches import names_of
from tracelot.records.recalls import Recall
from tracelot.records.responsible import BothView
from tracelot.records.samplings import Sampling
from tracelot.records.tips import (
    Tip,
    TipContact,
    TipFilter,
    TipNote,
    TipNoteView,
    TipShare,
    TipSummary,
    TipView,
    list_notes,
    list_photo_ids,
    list_shares,
    search_tips,
)
from tracelot.rules.access import may
from tracelot.rules.parties import LENGTHS
from tracelot.rules.tipping import OPEN_TIPS, TipStep

STEPS: tuple[TipStep, ...] = (
    "assigned", "investigating", "noted", "shared", "linked", "merged", "transferred", "closed",
)  # fmt: skip
COUNTY, NEAR = LENGTHS["county"], 20
ASSISTING: frozenset[TipStep] = frozenset({"investigating", "noted"})


@dataclass(frozen=True)
class Complaint:
    """What a firm was told of a report about its goods."""

    share: TipShare
    office: tuple[str, str | None]
    product: Product | None
    batch: Batch | None


def list_tips(visit: Visit, asked: TipFilter, limit: int, cursor: str | None = None) -> Page[TipSummary]:
    """The reports that the actor's office may read, those that are due first."""
    visit.demand("tip.read")
    page = search_tips(visit.session, asked, limit, cursor)
    offices = names_of(visit.kernel(), [tip.party_id for tip in page.items])
    items = [
        TipSummary.model_validate(
            tip.model_dump() | _office(offices[tip.party_id]) | {"late": is_late(visit, tip)}
        )
        for tip in page.items
    ]
    return Page(items, page.total, page.cursor)


def is_late(visit: Visit, tip: Tip) -> bool:
    return tip.state in OPEN_TIPS and tip.due_on < visit.today


def _office(name: tuple[str, str | None]) -> dict[str, str | None]:
    return {"office_zh": name[0], "office_en": name[1]}


def view(visit: Visit, tip: Tip) -> TipView:
    """A report with its history. Who reads one that another office handles is remembered."""
    visit.demand("tip.read")
    visit.remember("tip.read", tip, tip.party_id)
    kernel, notes = visit.kernel(), list_notes(visit.session, tip.id)
    offices = {one.party_id for one in notes} | {one.to_party_id for one in notes if one.to_party_id}
    names = names_of(kernel, [tip.party_id, *offices])
    maker = kernel.get(Party, tip.maker_id) if tip.maker_id else None
    return TipView.model_validate(
        tip.model_dump()
        | _office(names[tip.party_id])
        | {
            "maker_zh": maker.name_zh if maker else None,
            "maker_en": maker.name_en if maker else None,
            "late": is_late(visit, tip),
            "contact": kernel.get(TipContact, tip.id) is not None,
            "photos": list(list_photo_ids(visit.session, tip.id)),
            "notes": [_note(note, names) for note in notes],
        }
    )


def _note(note: TipNote, names: dict[UUID, tuple[str, str | None]]) -> TipNoteView:
    to = names.get(note.to_party_id) if note.to_party_id else None
    told = note.model_dump() | _office(names[note.party_id])
    return TipNoteView.model_validate(told | {"to_zh": to[0] if to else None, "to_en": to[1] if to else None})


def steps_for(visit: Visit, tip: Tip) -> list[TipStep]:
    """What the actor may do about a report as it stands."""
    if tip.state not in OPEN_TIPS or not may(visit.actor, "tip.assist"):
        return []
    if handles(visit, tip) and may(visit.actor, "tip.handle"):
        steps: Collection[TipStep] = STEPS
    elif helps(visit, tip):
        steps = ASSISTING
    else:
        return []
    unfit = {"investigating"} if tip.state == "investigating" else set()
    unfit |= set() if tip.maker_id else {"shared"}
    return [step for step in STEPS if step in steps and step not in unfit]


def matter_of(tip: Tip) -> Matter:
    goods = [("batch", str(tip.batch_id))] * bool(tip.batch_id)
    goods += [("product", str(tip.product_id))] * bool(tip.product_id)
    return Matter("tip", tip.id, tip.maker_id, tip.party_id, tip.region_code, tuple(goods))


def in_charge(visit: Visit, tip: Tip) -> BothView:
    return both_of(visit, [matter_of(tip)])[tip.id]


def recall_code(visit: Visit, tip: Tip) -> str | None:
    recall = visit.session.get(Recall, tip.recall_id) if tip.recall_id else None
    return recall.code if recall else None


def sampling_of(visit: Visit, tip: Tip) -> Sampling | None:
    """The sample that came of it, where the actor may read its sheet."""
    return visit.session.get(Sampling, tip.sampling_id) if tip.sampling_id else None


def samplings_near(visit: Visit, tip: Tip) -> Sequence[Sampling]:
    """The latest sheets about the goods or their maker, else of the place: among them is the one that came of it."""
    about = [
        column == id_
        for column, id_ in (
            (col(Sampling.batch_id), tip.batch_id),
            (col(Sampling.product_id), tip.product_id),
            (col(Sampling.producer_id), tip.maker_id),
        )
        if id_ is not None
    ]
    where = or_(*about) if about else col(Sampling.region_code).startswith(tip.region_code[:COUNTY])
    query = select(Sampling).where(where).order_by(col(Sampling.taken_at).desc(), col(Sampling.id))
    return visit.session.exec(query.limit(NEAR)).all()


def batch_code(visit: Visit, tip: Tip) -> str | None:
    batch = visit.kernel().get(Batch, tip.batch_id) if tip.batch_id else None
    return batch.code if batch else None


def main_tip(visit: Visit, tip: Tip) -> Tip | None:
    return visit.session.get(Tip, tip.duplicate_of) if tip.duplicate_of else None


def offices_beside(visit: Visit) -> Sequence[Party]:
    """The other offices on the site, to hand something over or to ask for help."""
    visit.demand("tip.read")
    query = select(Party).where(
        Party.type == "regulator", Party.status == "verified", col(Party.archived_at).is_(None)
    )
    found = visit.kernel().exec(query.order_by(col(Party.region_code), col(Party.id))).all()
    return [one for one in found if one.id != visit.actor.party_id]


def complaints(visit: Visit, batches: Collection[UUID] = ()) -> list[Complaint]:
    """What offices told the actor's firm; of some of its batches, or of all."""
    visit.demand("complaint.read")
    if visit.actor.party_id is None:
        return []
    kernel, shares = visit.kernel(), list_shares(visit.session, visit.actor.party_id, batches)
    offices = names_of(kernel, [one.office_id for one in shares])
    products = rows_of(kernel, Product, {one.product_id for one in shares if one.product_id})
    known = rows_of(kernel, Batch, {one.batch_id for one in shares if one.batch_id})
    return [
        Complaint(
            one,
            offices[one.office_id],
            products.get(one.product_id) if one.product_id else None,
            known.get(one.batch_id) if one.batch_id else None,
        )
        for one in shares
    ]
