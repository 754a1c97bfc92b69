"""Undoing many inspections as one act, unless something builds on one of them: it is as if they had never come."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.batches import HOLDS
from tracelot.operations.clearing import failures
from tracelot.operations.failing import take_back
from tracelot.operations.hold_requests import withdraw_requests
from tracelot.operations.outgoing import tell_outgoing_of
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.inspections import Inspection
from tracelot.records.journal import Draft, Waiting, list_history, waiting
from tracelot.records.products import Product
from tracelot.records.shelves import chunks
from tracelot.rules.batches import state_after
from tracelot.rules.refusals import Conflict


def undo_many(visit: Visit, ids: Sequence[UUID], since: datetime, reason: str) -> Sequence[Waiting]:
    """Take reports back that came at one time; answers what the journal tells of them."""
    told: list[Waiting] = []
    for some in chunks(ids):
        _demand_free(visit, some, since)
        query = select(Inspection).where(col(Inspection.id).in_(some), Inspection.state == "issued")
        rows = visit.session.exec(query.order_by(col(Inspection.id)).with_for_update(key_share=True)).all()
        for row in rows:
            row.state, row.reason = "undone", reason
            visit.session.add(row)
        visit.session.flush()
        told += [_told(visit, row, reason) for row in rows]
        for row in rows:
            if row.kind == "retest":
                take_back(visit, row)
        tell_outgoing_of(visit, {row.batch_id for row in rows if row.batch_id is not None})
        _let_go(visit, [row for row in rows if row.verdict == "fail"], reason)
        for row in rows:
            visit.session.expunge(row)
    return told


def _told(visit: Visit, row: Inspection, reason: str) -> Waiting:
    record = row.model_dump(exclude={"origin_hash"})
    draft = Draft("inspection.withdrawn", row.id, row.party_id, record, reason, row.retain_until)
    return waiting(draft, visit.today)


def _let_go(visit: Visit, failed: Sequence[Inspection], reason: str) -> None:
    """Nobody is asked to hold goods any more because of these reports, and what they alone stopped goes on."""
    for row in failed:
        withdraw_requests(visit, row)
    stopped = {row.batch_id for row in failed if row.batch_id is not None}
    query = select(Batch).where(col(Batch.id).in_(stopped), Batch.status == "held").order_by(col(Batch.id))
    for batch in visit.session.exec(query.with_for_update(key_share=True)).all():
        holds = [one for one in list_history(visit.session, batch.id) if one.act in HOLDS]
        by = json.loads(holds[-1].record or "{}").get("inspection_id") if holds else None
        if by not in {str(row.id) for row in failed} or failures(visit, batch.id):
            continue
        batch.status = state_after("lift", released_before=batch.released_at is not None)
        batch.status_reason, batch.stopped_at = reason, None
        visit.session.add(batch)
        visit.session.flush()
        visit.record("batch.hold-undone", batch, party_id=batch.party_id, reason=reason, lifts=holds[-1].id)


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
