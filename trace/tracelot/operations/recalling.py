"""How a batch changes its state, and how it becomes part of a recall."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, col, select

from tracelot.operations.keeping import keep_acts, keep_longer
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recall_feed import next_place
from tracelot.records.recalls import (
    Recall,
    RecallBatch,
    list_recall_batches,
    list_recall_ranges,
)
from tracelot.records.searching import index_text
from tracelot.rules.batches import STOPS, Act, demand_possible, state_after, status_on
from tracelot.rules.places import batch_id
from tracelot.rules.recalls import DRILL

DONE: dict[Act, str] = {
    "spare": "spared",
    "release": "released",
    "hold": "held",
    "lift": "hold-lifted",
    "void": "voided",
    "recall": "recalled",
    "exhaust": "exhausted",
    "refill": "refilled",
}


def move_batch(visit: Visit, batch: Batch, act: Act, reason: str | None, **facts: Any) -> None:
    """Take the step that leads to another state, or refuse it."""
    demand_possible(act, status_on(visit.today, batch.status, batch.expiry_date))
    batch.status = state_after(act, released_before=batch.released_at is not None)
    batch.status_reason = reason
    if act == "release":
        batch.released_at = batch.released_at or visit.now
    if act in ("release", "lift"):
        batch.stopped_at = None
    if act in STOPS:
        batch.stopped_at = batch.stopped_at or visit.now
    session = Session.object_session(batch) or visit.session  # what a report stops may be another's batch
    session.add(batch)
    session.flush()
    visit.record(f"batch.{DONE[act]}", batch, party_id=batch.party_id, reason=reason, **facts)


def recall_batch(visit: Visit, batch: Batch, code: str) -> None:
    """Mark a batch as recalled; one that is recalled already stays as it is."""
    if batch.status != "recalled":
        move_batch(visit, batch, "recall", code)


class Whose(Protocol):
    """A recall, or one that nobody has opened yet."""

    @property
    def id(self) -> UUID: ...
    @property
    def party_id(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def seller_cause(self) -> str | None: ...


def recall_line(visit: Visit, recall: Whose, product_id: UUID, code: str, *, registered: bool) -> RecallBatch:
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


def make_public(visit: Visit, recall: Recall, batches: Sequence[Batch], facts: dict[str, Any]) -> None:
    """Recall the batches and tell everybody. A drill keeps them on record, and nothing else shows that it began.

    What a seller recalls stays as its maker has it: the recall binds those who have the goods from the seller.
    """
    keep_longer(visit, batches, recall.retain_until)
    named = [str(line.batch_id) for line in list_recall_batches(visit.session, [recall.id])]
    keep_acts(visit, {UUID(one) for one in named} - {batch.id for batch in batches}, recall)
    if recall.kind == DRILL:
        visit.record("recall.drill-begun", recall, party_id=recall.party_id, batches=named, **facts)
        return
    if recall.seller_cause is None:
        for batch in batches:
            if batch.status != "void":
                recall_batch(visit, batch, recall.code)
    tell_change(visit, recall)
    visit.record("recall.published", recall, party_id=recall.party_id, batches=named, **facts)
    visit.ask("recall-published", recall_id=str(recall.id))


def tell_change(visit: Visit, recall: Recall) -> None:
    """Give a published recall the newest place in the order of changes, which feeds follow; a drill has none."""
    if recall.kind == DRILL:
        flag_modified(recall, "state")  # a version stands for the scope too, which has rows of its own
    else:
        recall.bucket, recall.seq = next_place(visit.kernel(), recall.party_id)
        recall.changed_at = visit.now
        visit.ask("recall-changed", recall_id=str(recall.id))
    session = (
        Session.object_session(recall) or visit.session
    )  # an office's act is written beyond its own rows
    session.add(recall)
    session.flush()


def freeze_notice(visit: Visit, recall: Recall) -> None:
    """Note what the products and batches are called and dated now; later changes do not reach the notice."""
    session, kernel = visit.session, visit.kernel()  # a drill may name goods of others
    lines = list_recall_batches(session, [recall.id])
    ids = [line.batch_id for line in lines]
    batches = {batch.id: batch for batch in kernel.exec(select(Batch).where(col(Batch.id).in_(ids)))}
    for span in list_recall_ranges(session, recall.id):
        product = kernel.get_one(Product, span.product_id)
        span.product_name_zh, span.product_name_en = product.name_zh, product.name_en
        span.spec = product.spec
        session.add(span)
    for line in lines:
        date_line(line, batches.get(line.batch_id))
        session.add(line)
    session.flush()


def date_line(line: RecallBatch, batch: Batch | None) -> None:
    line.registered = batch is not None
    line.production_date = batch.production_date if batch else None
    line.expiry_date = batch.expiry_date if batch else None


def index_recall(visit: Visit, recall: Recall) -> None:
    """Let the recall be found by its words, its firm, its products and its batches."""
    session = visit.session
    lines = list_recall_batches(session, [recall.id])
    ids = {line.product_id for line in lines}
    ids |= {span.product_id for span in list_recall_ranges(session, recall.id)}
    products = visit.kernel().exec(select(Product).where(col(Product.id).in_(ids))).all()
    party = session.get_one(Party, recall.party_id)
    said = (
        recall.reason_zh,
        recall.reason_en,
        recall.harm_zh,
        recall.harm_en,
        recall.remedy_zh,
        recall.remedy_en,
    )
    index_text(
        visit.kernel(),
        "recall",
        recall.id,
        recall.code,
        *said,
        *(party.name_zh, party.name_en, party.short_name),
        *(name for product in products for name in (product.name_zh, product.name_en, product.brand)),
        *(line.code for line in lines[:200]),
    )
