"""Withdrawing many inspections as one act: as each by itself, unless something builds on one of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.failing import take_back
from tracelot.operations.outgoing import tell_outgoing_of
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Inspection
from tracelot.records.journal_bulk import Waiting, waiting
from tracelot.records.products import Product
from tracelot.records.shelves import chunks
from tracelot.rules.refusals import Conflict


def withdraw_many(visit: Visit, ids: Sequence[UUID], since: datetime, reason: str) -> Sequence[Waiting]:
    """Take reports back that came at one time; answers what the journal tells of them."""
    told: list[Waiting] = []
    for some in chunks(ids):
        _demand_free(visit, some, since)
        query = select(Inspection).where(col(Inspection.id).in_(some), Inspection.state == "issued")
        rows = visit.session.exec(query.order_by(col(Inspection.id)).with_for_update(key_share=True)).all()
        for row in rows:
            row.state, row.reason = "withdrawn", reason
            visit.session.add(row)
        visit.session.flush()
        told += [_told(visit, row, reason) for row in rows]
        for row in rows:
            if row.kind == "retest":
                take_back(visit, row)
        tell_outgoing_of(visit, {row.batch_id for row in rows if row.batch_id is not None})
        for row in rows:
            visit.session.expunge(row)
    return told


def _told(visit: Visit, row: Inspection, reason: str) -> Waiting:
    record = row.model_dump(exclude={"origin_hash"})
    return waiting("inspection.withdrawn", row.id, record, reason, row.retain_until, visit.today)


def _demand_free(visit: Visit, ids: Sequence[UUID], since: datetime) -> None:
    """Nothing builds on the reports: no later edition, no re-test, and no release that needed one of them."""
    kernel, inspections = visit.kernel(), col(Inspection.id).in_(ids)
    built = select(Inspection.id).where(
        (col(Inspection.supersedes).in_(ids) & ~inspections)
        | (col(Inspection.retest_of).in_(ids) & ~inspections)
    )
    released = select(Batch.id).where(
        Batch.id == Inspection.batch_id, Batch.product_id == Product.id, inspections,
        Inspection.kind == "outgoing", col(Product.outgoing_required), col(Batch.released_at) >= since,
    )  # fmt: skip
    if kernel.exec(built.limit(1)).first() or kernel.exec(released.limit(1)).first():
        raise Conflict(
            "import-built-on",
            "Something builds on these reports already: a later edition, a re-test, or a release that needed one of "
            "them. Correct or withdraw them one by one.",
        )
