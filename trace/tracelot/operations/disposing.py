"""What is done with recalled goods: announced before, so that an office may watch, and tied to the act in the books.

The Food Safety Law (art. 63) has the time and place of harmless treatment and destruction reported in advance; the
Food Recall Measures (art. 23) have dangerous goods destroyed on the spot.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.changing import demand_same, demand_version
from tracelot.operations.effectiveness import demand_during, demand_standing, recall_in_work, reckon
from tracelot.operations.measuring import measure
from tracelot.operations.naming import Names, rows_of
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.batches import Batch
from tracelot.records.consignees import (
    RecallAnswerLine,
    RecallNotice,
    answer_lines,
    latest_answers,
    notice_id,
)
from tracelot.records.effectiveness import (
    DESTROYING,
    Disposal,
    DisposalView,
    Done,
    NewDisposal,
    Watched,
    list_disposals,
)
from tracelot.records.events import Event, EventVoid, Posting
from tracelot.records.facilities import list_facilities
from tracelot.records.locking import HELD
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.rules.books import Book
from tracelot.rules.ids import new_id
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import party_end
from tracelot.rules.refusals import Conflict, Unknown, unfit

ZERO = Decimal(0)
DESTROYED = ("destroy",)  # the acts in the books that carry a destruction out
TREATED = ("destroy", "transform")  # and any other disposal


def announce_disposal(visit: Visit, named: str | UUID, new: NewDisposal) -> Disposal:
    """Say beforehand what is done with how much, where and when; the county's office reads it from then on."""
    visit.demand("disposal.announce")
    recall = _own(visit, named)
    stands = visit.session.get(Disposal, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin_of(new))
    if recall.state != "published":
        raise Conflict("recall-not-published", "Goods are disposed of once the recall is published.")
    batch = _batch(visit, recall, new.batch_id)
    product = visit.kernel().get_one(Product, batch.product_id)
    amount = measure(visit, product, batch.id, new.quantity, new.unit, "").base
    assert amount is not None  # a quantity was given
    _demand_consignee(visit, recall, new)
    disposal = Disposal(
        **new.model_dump(exclude={"id", "place"}),
        id=new.id or new_id(),
        recall_id=recall.id,
        party_id=recall.party_id,
        place=new.place or "",
        amount=amount,
        announced_at=visit.now,
        origin_hash=origin_of(new),
        retain_until=recall.retain_until,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.session.add(disposal)
    visit.session.flush()
    visit.record("disposal.announced", disposal, party_id=recall.party_id)
    return disposal


def _own(visit: Visit, named: str | UUID) -> Recall:
    recall = recall_in_work(visit, named)
    if recall.party_id != visit.actor.party_id:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def _batch(visit: Visit, recall: Recall, batch_id: UUID) -> Batch:
    line = visit.session.get(RecallBatch, (batch_id, recall.id))
    batch = visit.kernel().get(Batch, batch_id) if line is not None and line.registered else None
    if batch is None:
        raise unfit("not-recalled", "This recall names no registered batch of this id.", "batch_id")
    return batch


def _demand_consignee(visit: Visit, recall: Recall, new: NewDisposal) -> None:
    """Where it is done: at a place that is named, or on the spot at somebody to whom the goods were sent."""
    if new.consignee is None:
        if not new.place:
            raise unfit("missing", "Say where.", "place")
        return
    if new.method != "destroy_on_site":
        raise unfit("not-on-the-spot", "At a consignee goods are destroyed on the spot.", "method")
    if new.consignee not in reckon(visit, recall).consignees():
        raise unfit("unknown-consignee", "You sent none of these goods to this consignee.", "consignee")


def perform_disposal(
    visit: Visit, named: str | UUID, disposal_id: UUID, done: Done, version: int | None = None
) -> Disposal:
    """Say that it is done. What was destroyed out of the firm's own books names the act that says so there."""
    visit.demand("disposal.perform")
    recall = _own(visit, named)
    demand_standing(recall)
    disposal = _disposal(visit, recall, disposal_id)
    demand_version(disposal, version)
    if disposal.performed_at is not None:
        raise Conflict("disposal-performed", "This disposal is recorded as done already.")
    demand_during(visit, recall, done.performed_at)
    if done.event_id is not None:
        _demand_act(visit, disposal, done.event_id)
    elif disposal.consignee is None and disposal.method in DESTROYING:
        raise unfit("event-needed", "Name the destruction as it stands in your books.", "event_id")
    elif disposal.consignee is not None and not (done.witness or disposal.witness or disposal.watched_by):
        raise unfit("witness-needed", "Name who watched the destruction on the spot.", "witness")
    disposal.performed_at, disposal.event_id = done.performed_at, done.event_id
    if disposal.witnessed_by is None:  # whom an office named stays
        disposal.witness = done.witness or disposal.witness
    visit.session.add(disposal)
    visit.session.flush()
    visit.record("disposal.performed", disposal, party_id=recall.party_id)
    return disposal


def _disposal(visit: Visit, recall: Recall, disposal_id: UUID) -> Disposal:
    found = visit.session.get(Disposal, disposal_id)
    if found is None or found.recall_id != recall.id:
        raise Unknown("unknown-disposal", "This recall has no such disposal.")
    return found


def _demand_act(visit: Visit, disposal: Disposal, event_id: UUID) -> None:
    if event_id not in {event.id for event in acts_for(visit, disposal)}:
        raise unfit("unknown-event", "None of your destructions of this batch has this id.", "event_id")


def acts_for(visit: Visit, disposal: Disposal) -> list[Event]:
    """The firm's own acts that may have carried a disposal out, and that no other disposal names yet."""
    taken = select(Posting.record_id).where(
        Posting.batch_id == disposal.batch_id, Posting.side == "take", Posting.party_id == disposal.party_id
    )
    wrong = select(EventVoid.event_id).where(EventVoid.party_id == disposal.party_id)
    named = select(Disposal.event_id).where(
        Disposal.party_id == disposal.party_id,
        Disposal.id != disposal.id,
        col(Disposal.event_id).is_not(None),
    )
    acts = DESTROYED if disposal.method in ("destroy_on_site", "destroy_central") else TREATED
    query = select(Event).where(
        col(Event.id).in_(taken), col(Event.id).not_in(wrong), col(Event.id).not_in(named),
        col(Event.act).in_(acts), Event.party_id == disposal.party_id,
    )  # fmt: skip
    return list(visit.session.exec(query.order_by(col(Event.event_time), col(Event.id))).all())


def acts_of(visit: Visit, recall: Recall, disposal_id: UUID) -> list[Event]:
    """The acts among which whoever says that a disposal is done chooses."""
    return acts_for(visit, _disposal(visit, recall, disposal_id))


def witness_disposal(
    visit: Visit, named: str | UUID, disposal_id: UUID, seen: Watched, version: int | None = None
) -> Disposal:
    """An office says under its signature that it comes, or afterwards that it was there: only then is it a witness."""
    visit.demand("disposal.witness")
    recall = recall_in_work(visit, named)
    demand_standing(recall)
    _disposal(visit, recall, disposal_id)
    kernel = visit.kernel()
    disposal = kernel.get_one(Disposal, disposal_id, with_for_update=HELD, populate_existing=True)
    demand_version(disposal, version)
    if {disposal.watched_by, disposal.witnessed_by} - {None, visit.actor.party_id}:
        raise Conflict("disposal-watched", "Another office watches this disposal already.")
    done = disposal.performed_at is not None
    if done:
        disposal.witnessed_by, disposal.witness = visit.actor.party_id, seen.witness or visit.actor.name
    else:
        disposal.watched_by = visit.actor.party_id
    kernel.add(disposal)
    kernel.flush()
    act = "disposal.witnessed" if done else "disposal.to-be-watched"
    visit.record(act, disposal, party_id=recall.party_id)
    return disposal


def disposals_of(visit: Visit, recall: Recall) -> list[DisposalView]:
    visit.demand("effectiveness.read")
    found = list_disposals(visit.session, recall.id)
    offices = {party_end(id_) for one in found for id_ in (one.watched_by, one.witnessed_by) if id_}
    confirmed = _confirmed(visit, recall, found)
    ends = {one.consignee for one in found if one.consignee} | offices
    names = Names(visit, open_book(Book()), {str(one.batch_id) for one in found}, ends)
    return [
        DisposalView.model_validate(
            one.model_dump()
            | {
                "batch": names.batch(str(one.batch_id)),
                "consignee": names.end(one.consignee) if one.consignee else None,
                "watching": names.end(party_end(one.watched_by)) if one.watched_by else None,
                "office": names.end(party_end(one.witnessed_by)) if one.witnessed_by else None,
                "claimed": _on_the_spot(one) and one.id not in confirmed,
            }
        )
        for one in found
    ]


def _on_the_spot(one: Disposal) -> bool:
    return one.consignee is not None and one.performed_at is not None and one.event_id is None


def _confirmed(visit: Visit, recall: Recall, found: Sequence[Disposal]) -> set[UUID]:
    """Disposals at consignees of which an office was a witness, or the consignee itself tells of as much."""
    spots = [one for one in found if _on_the_spot(one)]
    kernel, keys = visit.kernel(), {one.consignee: notice_id(recall.id, one.consignee or "") for one in spots}
    notices = rows_of(kernel, RecallNotice, keys.values())
    latest = latest_answers(kernel, notices.values())
    lines = answer_lines(kernel, [one.id for one in latest.values()])
    said = {(notice, line.batch_id): line for notice, one in latest.items() for line in lines.get(one.id, ())}
    told: defaultdict[tuple[UUID, UUID], list[Disposal]] = defaultdict(list)
    for one in spots:
        told[keys[one.consignee], one.batch_id].append(one)
    return {
        one.id
        for key, some in told.items()
        for one in some
        if one.witnessed_by is not None or _tells_of(said.get(key), some)
    }


def _tells_of(said: RecallAnswerLine | None, done: Sequence[Disposal]) -> bool:
    """Whether an answer tells of as much as was destroyed, in a unit in which some of that was announced."""
    if said is None or said.destroyed is None:
        return False
    same = next((one for one in done if one.unit == said.unit), None)
    whole = sum((one.amount for one in done), ZERO)
    return same is not None and said.destroyed * same.amount >= whole * same.quantity


def own_facilities(visit: Visit) -> list[str]:
    """Names of the firm's open places, as proposals of where something may be done."""
    party = visit.actor.party_id
    return (
        []
        if party is None
        else [one.name_zh for one in list_facilities(visit.session, party) if not one.closed]
    )
