"""Both ends of a shipment at work: several confirmed at once, what became of one, and under what its goods are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.goods import lock_goods, mine
from tracelot.operations.receiving import confirm_shipment
from tracelot.operations.visit import Visit
from tracelot.records.acts import Confirmation
from tracelot.records.batches import Batch
from tracelot.records.events import Event, Posting
from tracelot.records.journal import JournalEntry, list_history
from tracelot.records.shipments import Shipment, ShipmentLine, list_shipment_lines
from tracelot.rules.refusals import Conflict, Forbidden, Refusal, Unfit, Unknown


@dataclass(frozen=True)
class Outcome:
    """What became of one of several: it is confirmed, or refused for a reason of its own."""

    shipment_id: UUID
    refusal: Refusal | None = None


def confirm_each(visit: Visit, answers: Mapping[UUID, Confirmation]) -> list[Outcome]:
    """Confirm several shipments, each for itself: one that is refused leaves the others as they are."""
    visit.demand("shipment.answer")
    _lock(visit, answers)
    return [_confirmed(visit, id_, answers[id_]) for id_ in sorted(answers)]


def _lock(visit: Visit, ids: Mapping[UUID, Confirmation]) -> None:
    """Shipments, then goods, as a single confirmation locks them, and of each kind all in one order."""
    kernel = visit.kernel()
    query = select(Shipment).where(col(Shipment.id).in_(ids), Shipment.to_party_id == mine(visit))
    found = kernel.exec(query.order_by(col(Shipment.id)).with_for_update(key_share=True)).all()
    held = select(ShipmentLine.batch_id).where(col(ShipmentLine.shipment_id).in_([one.id for one in found]))
    lock_goods(visit, set(kernel.exec(held).all()))


def _confirmed(visit: Visit, shipment_id: UUID, new: Confirmation) -> Outcome:
    try:
        with visit.apart():
            confirm_shipment(visit, shipment_id, new)
    except (Unfit, Conflict, Forbidden, Unknown) as refusal:
        return Outcome(shipment_id, refusal)
    return Outcome(shipment_id)


def history(visit: Visit, shipment: Shipment) -> Sequence[JournalEntry]:
    """What became of a shipment, oldest first, as the actor's own journal has it."""
    visit.demand("journal.read")
    entries = list_history(visit.session, shipment.id)
    return [
        one for one in entries if one.act.startswith("shipment.") and one.party_id == visit.actor.party_id
    ]


@dataclass(frozen=True)
class Kept:
    """When and where a shipment was received, and for each line the batch of one's own under which it is kept."""

    receipt: Event
    batches: Mapping[int, Batch]


def kept_of(visit: Visit, shipment: Shipment) -> Kept | None:
    """What the actor's own receipt says, where it received the shipment."""
    receipt = visit.session.get(Event, shipment.receipt_event_id) if shipment.receipt_event_id else None
    if receipt is None or receipt.party_id != visit.actor.party_id or receipt.act != "receive":
        return None
    own = _own_of(visit, receipt, list_shipment_lines(visit.session, shipment.id))
    found = {number: visit.session.get(Batch, id_) for number, id_ in own.items()}
    return Kept(receipt, {number: batch for number, batch in found.items() if batch is not None})


def _own_of(visit: Visit, receipt: Event, lines: Sequence[ShipmentLine]) -> dict[int, UUID]:
    """For each line that became another batch on its way from lane to stock, that batch."""
    postings = visit.session.exec(select(Posting).where(Posting.record_id == receipt.id)).all()
    put = {one.line: one.batch_id for one in postings if one.side == "put"}
    took = sorted((one.line, one.batch_id) for one in postings if one.side == "take")
    own: dict[int, UUID] = {}
    for line in lines:
        hub = next((hub for hub, batch_id in took if batch_id == line.batch_id), None)
        if line.unit_id is None and hub is not None:
            took.remove((hub, line.batch_id))
            own |= {line.number: put[hub]} if put.get(hub, line.batch_id) != line.batch_id else {}
    return own


def own_batches(visit: Visit, shipment: Shipment) -> set[UUID]:
    """Those batches of a shipment of which the actor's party has a page."""
    ids = [line.batch_id for line in list_shipment_lines(visit.session, shipment.id)]
    query = select(Batch.id).where(col(Batch.id).in_(ids), Batch.party_id == visit.actor.party_id)
    return set(visit.session.exec(query).all())
