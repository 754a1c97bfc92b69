"""How a batch changes its state, and how it becomes part of a recall."""

from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.recalls import Recall, RecallBatch, list_open_ranges, list_recalls_of
from tracelot.rules.batches import LEADS_TO, Act, demand_possible, status_on
from tracelot.rules.places import batch_id
from tracelot.rules.recalls import Range

DONE: dict[Act, str] = {"release": "released", "hold": "held", "void": "voided", "recall": "recalled"}


def move_batch(visit: Visit, batch: Batch, act: Act, reason: str | None) -> None:
    """Take the step that leads to another state, or refuse it."""
    demand_possible(act, status_on(visit.today, batch.status, batch.expiry_date))
    batch.status, batch.status_reason = LEADS_TO[act], reason
    if act == "release":
        batch.released_at = batch.released_at or visit.now
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


def join_recalls(visit: Visit, batch: Batch) -> None:
    """Recall a batch that published recalls cover already, by its code or its production date."""
    by_date = [
        recall
        for named, recall in list_open_ranges(visit.session, batch.product_id)
        if Range(named.made_from, named.made_to).holds(batch.production_date)
    ]
    found = {recall.id: recall for recall in (*list_recalls_of(visit.session, batch.id), *by_date)}
    for recall in found.values():
        line = visit.session.get(RecallBatch, (batch.id, recall.id))
        if line is not None and line.registered:
            continue
        line = line or recall_line(visit, recall, batch.product_id, batch.code, registered=True)
        line.registered = True
        visit.session.add(line)
        visit.session.flush()
        recall_batch(visit, batch, recall.code)
        visit.record("recall.widened", recall, party_id=recall.party_id, batch_id=batch.id)
