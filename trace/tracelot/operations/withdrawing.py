"""A published recall is taken back: its goods stand as before, its notice says so, and all who were told hear it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import object_session
from sqlmodel import col, select

from tracelot.operations.acting import refresh_states
from tracelot.operations.advancing import demand_held, hold_own, hold_products
from tracelot.operations.failing import hold_failed
from tracelot.operations.recalling import tell_change
from tracelot.operations.retelling import tell_again
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.journal import list_history
from tracelot.records.parties import Party
from tracelot.records.recalls import (
    Recall,
    list_recall_batches,
    list_recalls_of,
)
from tracelot.records.withdrawing import Withdrawal
from tracelot.rules.access import Actor
from tracelot.rules.retention import later, recall_kept
from tracelot.rules.withdrawing import demand_own_word, demand_public, stood_before


def withdraw(visit: Visit, recall_id: UUID, new: Withdrawal, version: int | None = None) -> Recall:
    """The firm takes its own voluntary recall back."""
    visit.demand("recall.withdraw")
    held = hold_products(visit, recall_id)
    recall = hold_own(visit, recall_id, version)
    demand_public(recall.state, recall.kind)
    demand_own_word(recall.mode)
    take_back(visit, recall, new, held)
    return recall


def on_behalf(visit: Visit, firm: Party) -> Visit:
    """The same unit of work, writing into the firm's own records; whoever really acts stays on record."""
    return replace(
        visit,
        actor=Actor(visit.actor.id, "quality", firm.id, firm.type, verified=False),  # type: ignore[arg-type]
    )


def take_back(visit: Visit, recall: Recall, new: Withdrawal, held: set[UUID]) -> None:
    """The act itself, whoever does it; the recall and its products are held."""
    demand_held(visit, recall.id, held)
    session = object_session(recall) or visit.session
    recall.state, recall.withdrawn_at, recall.withdrawn_reason = "withdrawn", visit.now, new.reason
    recall.overturned_by = new.report_no
    recall.withdrawn_by = visit.actor.party_id if visit.actor.regulator else None
    recall.retain_until = later(recall.retain_until, recall_kept(visit.today).until)
    session.flush()
    freed = _free(visit, recall)
    tell_change(visit, recall)
    visit.record(
        "recall.withdrawn",
        recall,
        party_id=recall.party_id,
        reason=new.reason,
        report_no=new.report_no,
        batches=[str(one) for one in freed],
    )
    tell_again(visit, recall, "withdrawn")


def _free(visit: Visit, recall: Recall) -> list[UUID]:
    """Batches that no other recall names stand as they stood before; what was on hold before still is."""
    if recall.seller_cause is not None:  # no batch was changed by it
        return []
    own = visit
    if visit.actor.party_id != recall.party_id:
        own = on_behalf(visit, visit.kernel().get_one(Party, recall.party_id))
    ids = [line.batch_id for line in list_recall_batches(visit.kernel(), [recall.id])]
    freed = [batch.id for batch in _rows(own, ids) if _freed(own, batch, recall)]
    refresh_states(own, freed)  # nothing may be left of what came back or was destroyed meanwhile
    return freed


def _rows(visit: Visit, ids: Iterable[UUID]) -> list[Batch]:
    query = select(Batch).where(col(Batch.id).in_(sorted(ids))).order_by(col(Batch.id))
    return list(visit.session.exec(query.execution_options(populate_existing=True)).all())


def _freed(visit: Visit, batch: Batch, recall: Recall) -> bool:
    if batch.status != "recalled" or list_recalls_of(visit.kernel(), batch.id):
        return False
    entries = list_history(visit.kernel(), batch.id)
    before = stood_before(
        (one.act, json.loads(one.record or "{}")) for one in entries if one.act.startswith("batch.")
    )
    batch.status, batch.status_reason, batch.stopped_at = before.status, before.reason, before.stopped_at
    visit.session.add(batch)
    visit.session.flush()
    visit.record("batch.recall-withdrawn", batch, party_id=batch.party_id, reason=recall.code)
    hold_failed(visit, batch)
    return True
