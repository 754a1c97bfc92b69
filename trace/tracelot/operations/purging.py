"""Listing what has passed its date, and removing it: never before, and never what something kept refers to."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from uuid import UUID

from sqlmodel import select

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.imports import drop_old_parts
from tracelot.records.parties import Party
from tracelot.records.products import Product, lock_products
from tracelot.records.purging import (
    Due,
    forget_entries,
    forget_security,
    list_due,
    list_due_batches,
    remove_batch,
    remove_leftovers,
    remove_sessions,
    ties_of,
)
from tracelot.records.purging_imports import remove_imports
from tracelot.records.purging_inspections import list_due_inspections, remove_inspections
from tracelot.records.purging_recalls import kept_by, list_due_recalls, remove_recall
from tracelot.records.purging_samplings import list_due_samplings, remove_empty, remove_sampling
from tracelot.records.purging_tips import list_due_tips, remove_contacts, remove_shares, remove_tip
from tracelot.rules.parties import FARMS
from tracelot.rules.refusals import Conflict, Unknown
from tracelot.rules.retention import (
    A_YEAR,
    LAWS,
    MONTH,
    TWO_YEARS,
    Ground,
    batch_kept,
    demand_purgeable,
    demand_reached,
)

EACH = 200


@dataclass
class Purged:
    """What one transaction removed, what was refused and why, and where the next one goes on."""

    removed: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    cursor: UUID | None = None


def due_records(visit: Visit) -> list[Due]:
    """What has passed its date: of every party for the operator, of its own for a party's administrator."""
    visit.demand("keeping.read")
    return list_due(visit.kernel(), visit.today, visit.actor.party_id)


def due_batches(visit: Visit, limit: int) -> Sequence[Batch]:
    """The actor's own batches that have passed their date."""
    visit.demand("keeping.read")
    if visit.actor.party_id is None:
        return []
    return list_due_batches(visit.session, visit.today, None, limit, visit.actor.party_id)


def party_names(visit: Visit, due: Sequence[Due]) -> dict[UUID, tuple[str, str | None]]:
    parties = {one.party_id: visit.kernel().get(Party, one.party_id) for one in due}
    return {id_: (party.name_zh, party.name_en) for id_, party in parties.items() if party}


def ground_of(visit: Visit, batch: Batch) -> Ground:
    """The duty by which a batch was kept until its date."""
    kernel = visit.kernel()
    product, party = kernel.get_one(Product, batch.product_id), kernel.get_one(Party, batch.party_id)
    recorded = batch.recorded_at.astimezone(visit.place.zone).date()
    kept = batch_kept(recorded, batch.expiry_date, us_ftl=product.us_ftl, farm=party.type in FARMS)
    if kept.until >= batch.retain_until:
        return kept.ground
    return "recall" if batch.status == "recalled" else "ledger"  # a later step moved its date


def purge_batch(visit: Visit, batch_id: UUID, before: date) -> Batch:
    """Remove one batch with its events, or refuse it."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    kernel = visit.kernel()
    products = kernel.exec(select(Batch.product_id).where(Batch.id == batch_id)).all()
    lock_products(kernel, products, also_names=True)
    batch = kernel.get(Batch, batch_id, populate_existing=True)  # no recall names it from here on
    if batch is None:
        raise Unknown("unknown-batch", "No such batch.")
    ties = ties_of(kernel, batch)
    demand_purgeable(ties.until, before, open_recall=ties.open_recall, referred=ties.referred)
    remove_batch(kernel, batch, ties.events, visit.now)
    kernel.expunge(batch)
    return batch


def purge_batches(visit: Visit, before: date, by: str, after: UUID | None = None) -> Purged:
    """Remove the next batches whose date has passed; what something holds stays, and is counted."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    purged, gone = Purged(), defaultdict[tuple[UUID, Ground], list[UUID]](list)
    due = [
        (batch.id, ground_of(visit, batch)) for batch in list_due_batches(visit.kernel(), before, after, EACH)
    ]
    for id_, ground in due:
        try:
            batch = purge_batch(visit, id_, before)
        except (Conflict, Unknown) as refusal:
            purged.refused[refusal.kind] += 1
            continue
        gone[batch.party_id, ground].append(id_)
        purged.removed["batch"] += 1
    for (party_id, ground), ids in gone.items():
        _tell(visit, party_id, before, by, {"noun": "batch", "rule": LAWS[ground], "ids": ids})
    purged.cursor = due[-1][0] if len(due) == EACH else None
    return purged


def purge_recalls(visit: Visit, before: date, by: str) -> Purged:
    """Remove recalls that were closed or dropped, each with all that hangs on it, once all of that has passed."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    purged, kernel = Purged(), visit.kernel()
    for recall in list_due_recalls(kernel, before):
        if kept_by(kernel, recall, before):
            purged.refused["must-be-kept"] += 1
            continue
        remove_recall(kernel, recall, visit.now)
        facts = {"noun": "recall", "rule": LAWS["recall"], "ids": [recall.id]}
        _tell(visit, recall.party_id, before, by, facts)
        purged.removed["recall"] += 1
    return purged


def purge_tips(visit: Visit, before: date, by: str) -> Purged:
    """Remove who reported what was closed half a year ago, and closed reports whose date has passed."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    kernel, purged, gone = visit.kernel(), Purged(), defaultdict[UUID, list[UUID]](list)
    purged.removed["contact of a report"] = len(remove_contacts(kernel, before))
    due = list_due_tips(kernel, before, EACH)
    for tip in due:
        gone[tip.party_id].append(tip.id)
        remove_tip(kernel, tip, visit.now)
        purged.removed["report"] += 1
    purged.removed["complaint"] = remove_shares(kernel, before, visit.now)
    for party_id, ids in gone.items():
        _tell(visit, party_id, before, by, {"noun": "tip", "rule": LAWS["ledger"], "ids": ids})
    purged.cursor = due[-1].id if len(due) == EACH else None
    return purged


def purge_inspections(visit: Visit, before: date, by: str) -> Purged:
    """Remove reports on products alone whose date has passed; those on a batch go with it."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    purged, kernel = Purged(), visit.kernel()
    gone = defaultdict[UUID, list[UUID]](list)
    for row in list_due_inspections(kernel, before, EACH):
        gone[row.party_id].append(row.id)
    for party_id, ids in gone.items():
        forget_entries(kernel, ids, visit.now)
        remove_inspections(kernel, ids)
        _tell(visit, party_id, before, by, {"noun": "inspection", "rule": LAWS["ledger"], "ids": ids})
        purged.removed["inspection"] += len(ids)
    return purged


def purge_samplings(visit: Visit, before: date, by: str) -> Purged:
    """Remove samplings with all that followed them, and the tasks and plans of which nothing is left."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    purged, kernel = Purged(), visit.kernel()
    for sampling in list_due_samplings(kernel, before):
        remove_sampling(kernel, sampling, visit.now)
        facts = {"noun": "sampling", "rule": LAWS["sampling"], "ids": [sampling.id]}
        _tell(visit, sampling.party_id, before, by, facts)
        purged.removed["sampling"] += 1
    purged.removed["task"] = remove_empty(kernel, before, visit.now)
    return purged


def purge_imports(visit: Visit, before: date, by: str) -> Purged:
    """Remove what was kept of imports that are over, once its date has passed."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    purged, kernel = Purged(), visit.kernel()
    for party_id, ids in remove_imports(kernel, before, visit.now).items():
        _tell(visit, party_id, before, by, {"noun": "import", "rule": LAWS["ledger"], "ids": ids})
        purged.removed["import"] += len(ids)
    return purged


def purge_security(visit: Visit, before: date, by: str) -> Purged:
    """Remove sessions, and what the journal says of who came and who read, once their year is over."""
    visit.demand("keeping.purge")
    demand_reached(before, visit.today)
    kernel, purged = visit.kernel(), Purged()
    purged.removed["entry"] = forget_security(kernel, before, visit.now)
    purged.removed["session"] = remove_sessions(kernel, before)
    start = datetime.combine(before, time(), visit.place.zone)
    remove_leftovers(kernel, start - A_YEAR, start - TWO_YEARS)
    drop_old_parts(kernel, start - MONTH)
    if purged.removed.total():
        facts = {"noun": "security", "rule": LAWS["security"], "counts": dict(purged.removed)}
        _tell(visit, None, before, by, facts)
    return purged


def _tell(visit: Visit, party_id: UUID | None, before: date, by: str, facts: Mapping[str, object]) -> None:
    told = {"before": before, "by": by, **facts}
    visit.note("records.purged", party_id or UUID(int=0), party_id, told)
