"""How a batch changes its state, and how it becomes part of a recall."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.keeping import keep_longer
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.locking import HELD
from tracelot.records.products import Product
from tracelot.records.recall_feed import next_place
from tracelot.records.recalls import (
    Recall,
    RecallBatch,
    list_open_ranges,
    list_recall_batches,
    list_recall_ranges,
    list_recalls_of,
)
from tracelot.rules.batches import LEADS_TO, STOPS, Act, demand_possible, status_on
from tracelot.rules.places import batch_id
from tracelot.rules.recalls import DRILL, Range
from tracelot.rules.retention import later, recall_kept

DONE: dict[Act, str] = {
    "release": "released",
    "hold": "held",
    "void": "voided",
    "recall": "recalled",
    "exhaust": "exhausted",
    "refill": "refilled",
}


def move_batch(visit: Visit, batch: Batch, act: Act, reason: str | None) -> None:
    """Take the step that leads to another state, or refuse it."""
    demand_possible(act, status_on(visit.today, batch.status, batch.expiry_date))
    batch.status, batch.status_reason = LEADS_TO[act], reason
    if act == "release":
        batch.released_at, batch.stopped_at = batch.released_at or visit.now, None
    if act in STOPS:
        batch.stopped_at = batch.stopped_at or visit.now
    visit.session.add(batch)
    visit.session.flush()
    visit.record(f"batch.{DONE[act]}", batch, party_id=batch.party_id, reason=reason)


def recall_batch(visit: Visit, batch: Batch, code: str) -> None:
    """Mark a batch as recalled; one that is recalled already stays as it is."""
    if batch.status != "recalled":
        move_batch(visit, batch, "recall", code)


def recall_line(
    visit: Visit, recall: Recall, product_id: UUID, code: str, *, registered: bool
) -> RecallBatch:
    """The line by which a recall names one batch code."""
    return RecallBatch(
        batch_id=batch_id(product_id, code),
        recall_id=recall.id,
        party_id=recall.party_id,
        product_id=product_id,
        code=code,
        registered=registered,
        added_at=visit.now,
    )


def make_public(visit: Visit, recall: Recall, batches: Sequence[Batch]) -> None:
    """Recall the batches and tell everybody. A drill keeps them on record, and nothing else shows that it began."""
    keep_longer(visit, batches, recall.retain_until)
    named = [str(line.batch_id) for line in list_recall_batches(visit.session, [recall.id])]
    if recall.kind == DRILL:
        visit.record("recall.drill-begun", recall, party_id=recall.party_id, batches=named)
        return
    for batch in batches:
        if batch.status != "void":
            recall_batch(visit, batch, recall.code)
    tell_change(visit, recall)
    visit.record("recall.published", recall, party_id=recall.party_id, batches=named)
    visit.ask("recall-published", recall_id=str(recall.id))


def tell_change(visit: Visit, recall: Recall) -> None:
    """Give a published recall the newest place in the order of changes, by which feeds are followed."""
    recall.bucket, recall.seq = next_place(visit.kernel(), recall.party_id)
    recall.changed_at = visit.now
    visit.session.add(recall)
    visit.session.flush()


def freeze_notice(visit: Visit, recall: Recall) -> None:
    """Note what the products and batches are called and dated now; later changes do not reach the notice."""
    session = visit.session
    lines = list_recall_batches(session, [recall.id])
    ids = [line.batch_id for line in lines]
    batches = {batch.id: batch for batch in session.exec(select(Batch).where(col(Batch.id).in_(ids)))}
    for span in list_recall_ranges(session, recall.id):
        product = session.get_one(Product, span.product_id)
        span.product_name_zh, span.product_name_en = product.name_zh, product.name_en
        span.spec = product.spec
        session.add(span)
    for line in lines:
        _date(line, batches.get(line.batch_id))
        session.add(line)
    session.flush()


def _date(line: RecallBatch, batch: Batch | None) -> None:
    line.registered = batch is not None
    line.production_date = batch.production_date if batch else None
    line.expiry_date = batch.expiry_date if batch else None


def join_recalls(visit: Visit, batch: Batch) -> None:
    """Recall a batch that published recalls cover already, by its code or its production date."""
    by_date = [
        recall
        for named, recall in list_open_ranges(visit.session, batch.product_id)
        if Range(named.made_from, named.made_to).holds(batch.production_date)
    ]
    found = {recall.id: recall for recall in (*list_recalls_of(visit.session, batch.id), *by_date)}
    for id_ in sorted(found):
        recall = visit.session.get_one(Recall, id_, with_for_update=HELD, populate_existing=True)
        line = visit.session.get(RecallBatch, (batch.id, recall.id))
        if line is not None and line.registered:
            continue
        line = line or recall_line(visit, recall, batch.product_id, batch.code, registered=True)
        _date(line, batch)
        visit.session.add(line)
        visit.session.flush()
        recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
        visit.session.add(recall)
        keep_longer(visit, [batch], recall.retain_until)
        recall_batch(visit, batch, recall.code)
        tell_change(visit, recall)
        visit.record("recall.widened", recall, party_id=recall.party_id, batch_id=batch.id)
