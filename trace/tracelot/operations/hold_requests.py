"""Asking whoever got a failed batch to set it apart, and their answers.

Asked is everybody who got the batch itself, at any distance: its maker's name is on the package. What others made of
it is theirs; whoever made it is asked as a holder, and those to whom it went on are not told whose batch failed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace
from sqlmodel import col, select

from tracelot.operations.changing import demand_version
from tracelot.operations.engines import engine_of
from tracelot.operations.naming import rows_of
from tracelot.operations.notifying import Event, tell_party
from tracelot.operations.queuing import Wanted, wanted_party
from tracelot.operations.reaching import merged, name_ends
from tracelot.operations.shipped import own_ends
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.holding import (
    HoldAnswer,
    HoldRequest,
    HoldView,
    list_holds_of,
    list_holds_to,
)
from tracelot.records.inspections import Inspection
from tracelot.records.locking import HELD
from tracelot.records.partial import PartialShelf
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import derived_id
from tracelot.rules.questions import Question, Start
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.retention import later, recall_kept
from tracelot.rules.scoping import consignees_of, held_at

Asked = tuple[Wanted, bool]


def ask_holders(visit: Visit, row: Inspection, batch: Batch, what: str, *, firm_too: bool = False) -> None:
    """Write a request for everybody who got the batch; their people are told on their ways by the outbox."""
    kernel = visit.kernel()
    asked = _holders(visit, batch)
    firm = kernel.get_one(Party, batch.party_id)
    if firm_too:
        asked = [(wanted_party(firm), True), *asked]
    product = kernel.get_one(Product, batch.product_id)
    root, failed = _root(visit, row), Failed(row, batch, product, firm, what)
    ids = {derived_id(root, f"hold {one.key}"): (one, direct) for one, direct in asked}
    stand = rows_of(kernel, HoldRequest, ids)
    kernel.add_all(
        _request(visit, id_, failed, one, direct=direct)
        for id_, (one, direct) in ids.items()
        if id_ not in stand
    )
    kernel.flush()
    if asked:
        visit.ask("hold-asked", inspection_id=str(row.id))
        told = {"asked": len(asked), "batch_id": batch.id}
        visit.note("inspection.holders-asked", row.id, row.party_id, told)


def _root(visit: Visit, row: Inspection) -> UUID:
    """The first edition of a report: who was asked about it is not asked again about a later one."""
    first = row
    while first.supersedes is not None:
        first = visit.kernel().get_one(Inspection, first.supersedes)
    return first.id


@dataclass(frozen=True)
class Failed:
    """What those who are asked read of a batch that failed."""

    row: Inspection
    batch: Batch
    product: Product
    firm: Party
    what: str


def _request(visit: Visit, id_: UUID, failed: Failed, one: Wanted, *, direct: bool) -> HoldRequest:
    row, batch, product, firm = failed.row, failed.batch, failed.product, failed.firm
    return HoldRequest(
        id=id_,
        inspection_id=row.id,
        batch_id=batch.id,
        party_id=firm.id,
        to_party_id=one.to_party_id,
        direct=direct,
        name=one.name,
        name_en=one.name_en,
        email=one.email,
        region_code=one.region_code,
        firm_zh=firm.name_zh,
        firm_en=firm.name_en,
        product_zh=product.name_zh,
        product_en=product.name_en,
        code=batch.code,
        what=failed.what,
        state="open",
        retain_until=later(row.retain_until, recall_kept(visit.today).until),
        recorded_at=visit.now,
    )


def _holders(visit: Visit, batch: Batch) -> list[Asked]:
    """Whoever got the batch by everybody's books; the kernel asks, and nobody reads the way that it went."""
    kernel = visit.kernel()
    engine = engine_of(visit, PartialShelf(kernel, kernel, None))
    traced = engine.ask(Question(Start(batches=(str(batch.id),)), "forward", "recall"))
    own = own_ends(visit, traced.ledger, batch.party_id)
    found = {
        one.end: one.direct
        for one in consignees_of(traced.ledger, held_at(traced.answers[0]), own)
        if str(batch.id) in one.batches
    }
    wanted = name_ends(visit, {end: {} for end in found})
    direct = {wanted[end].key for end, sent in found.items() if sent}
    named = merged(one for one in wanted.values() if one.to_party_id != batch.party_id)
    return [(replace(one, goods={}), one.key in direct) for one in named]


def withdraw_requests(visit: Visit, row: Inspection) -> None:
    """Nobody needs to hold any more what failed in a report; whoever was asked is told so."""
    kernel = visit.kernel()
    for one in list_holds_of(kernel, row.id):
        if one.state == "withdrawn":
            continue
        one.state = "withdrawn"
        kernel.add(one)
        if one.to_party_id:
            tell_party(kernel, one.to_party_id, event_of(one), visit.now)
    kernel.flush()


def event_of(one: HoldRequest) -> Event:
    facts = {"batch": one.code, "firm": one.firm_zh, "state": one.state}
    return Event("inspection", f"hold {one.id} {one.state}", facts, f"/app/holds/{one.id}")


def requests_to(visit: Visit) -> Sequence[HoldView]:
    """What the actor's party is asked to hold."""
    visit.demand("hold.read")
    found = list_holds_to(visit.session, visit.actor.party_id) if visit.actor.party_id else []
    return [HoldView.model_validate(one.model_dump()) for one in found]


def requests_of(visit: Visit, row: Inspection) -> Sequence[HoldView]:
    """Who was asked because of a report, as far as the actor may know of them."""
    visit.demand("hold.read")
    return [HoldView.model_validate(one.model_dump()) for one in list_holds_of(visit.session, row.id)]


def find_request(visit: Visit, request_id: UUID) -> HoldView:
    visit.demand("hold.read")
    found = visit.session.get(HoldRequest, request_id)
    if found is None:
        raise Unknown("unknown-hold", "No such request to hold goods.")
    return HoldView.model_validate(found.model_dump())


def answer_hold(visit: Visit, request_id: UUID, answer: HoldAnswer, version: int | None = None) -> HoldView:
    """Say that selling has stopped and how much is on hand; a later answer takes the place of an earlier one."""
    visit.demand("hold.answer")
    kernel = visit.kernel()
    one = kernel.get(HoldRequest, request_id, with_for_update=HELD, populate_existing=True)
    if one is None or one.to_party_id is None or one.to_party_id != visit.actor.party_id:
        raise Unknown("unknown-hold", "No such request to hold goods.")
    demand_version(one, version)
    if one.state == "withdrawn":
        raise Conflict("hold-withdrawn", "This request was withdrawn: these goods need not be held any more.")
    if not answer.stop_sale and not answer.note:
        raise unfit("note-needed", "Say why selling goes on; the firm and its office read this.", "note")
    for name, value in answer.model_dump().items():
        setattr(one, name, value)
    one.state, one.answered_at, one.answered_by = "answered", visit.now, visit.actor.id
    kernel.add(one)
    kernel.flush()
    visit.record("hold.answered", one, party_id=one.to_party_id)
    if one.direct:
        facts = {"batch": one.code, "answer": "1" if one.stop_sale else "0", "name": one.name}
        event = Event("inspection", f"answer {one.id} {one.version}", facts,
                      f"/app/inspections/{one.inspection_id}")  # fmt: skip
        tell_party(kernel, one.party_id, event, visit.now)
    return HoldView.model_validate(one.model_dump())


def tell_holders(kernel: ScopedSession, inspection_id: UUID, now: datetime) -> list[HoldRequest]:
    """Tell the people of all who are asked; gives those without an account, who get a letter or a call."""
    query = select(HoldRequest).where(HoldRequest.inspection_id == inspection_id)
    query = query.where(col(HoldRequest.told_at).is_(None), HoldRequest.state == "open")
    strangers = []
    for one in kernel.exec(query.order_by(col(HoldRequest.id)).with_for_update(key_share=True)).all():
        if one.to_party_id is not None:
            tell_party(kernel, one.to_party_id, event_of(one), now)
        else:
            strangers.append(one)
        one.told_at = now
        kernel.add(one)
    kernel.flush()
    return strangers
