"""The acts on a batch: register, release, hold, correct, void."""

from collections.abc import Sequence
from uuid import UUID

from tracelot.operations.changing import apply_change, demand_same, demand_version
from tracelot.operations.clearing import demand_cleared, demand_retest
from tracelot.operations.events import produce, replace_birth
from tracelot.operations.joining import join_recalls
from tracelot.operations.keeping import keep_longer, kept
from tracelot.operations.parties import demand_division
from tracelot.operations.products import demand_own_product
from tracelot.operations.recalling import move_batch
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.batches import (
    Batch,
    BatchChange,
    BatchFilter,
    BatchView,
    Lift,
    NewBatch,
    ShortCode,
    StatusChange,
    find_batch_by_code,
    search_batches,
)
from tracelot.records.events import Event, count_births, find_birth
from tracelot.records.facilities import list_facilities
from tracelot.records.journal import JournalEntry, list_history
from tracelot.records.paging import Page
from tracelot.records.parties import Party
from tracelot.records.products import Product, lock_products
from tracelot.records.recalls import Recall, list_recalls_of, list_seller_recalls_of
from tracelot.rules.batches import Act, demand_dates, demand_possible, status_on
from tracelot.rules.identifiers import batch_key, short_code
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id
from tracelot.rules.refusals import Conflict, Unknown, unfit

HOLDS = ("batch.held", "batch.spared")  # what a hold that is lifted goes back to


def register_batch(visit: Visit, new: NewBatch) -> Batch:
    """Add a batch of an own product; its quantity is put into stock by a `produce` event.

    A batch that a published recall already covers, by its code or its production date, is recalled at once.
    """
    visit.demand("batch.register")
    product = demand_own_product(visit, new.product_id)
    lock_products(visit.session, [product.id])
    demand_dates(new.production_date, new.expiry_date)
    if new.origin_region_code:
        demand_division(visit, new.origin_region_code, "origin_region_code")
    known = visit.session.get(Event, new.event_id) if new.event_id else None
    if known is not None:
        demand_same(known, origin_of(new))
        return _own(visit, batch_id(product.id, new.code))
    if find_batch_by_code(visit.session, product.id, new.code):
        raise Conflict("batch-exists", "A batch of this product has this code already.")
    batch = add_batch(visit, new, product)
    visit.record("batch.registered", batch, party_id=batch.party_id)
    if new.quantity is not None:
        produce(visit, batch, origin_of(new), new.event_id)
    join_recalls(visit, batch)
    if new.release and batch.status != "recalled":
        visit.demand("batch.release")
        demand_cleared(visit, batch)
        move_batch(visit, batch, "release", None)
    return batch


def add_batch(visit: Visit, new: NewBatch, product: Product) -> Batch:
    """Put a batch on record, pending inspection; whoever calls this records the act."""
    id_ = batch_id(product.id, new.code)
    batch = Batch.model_validate(
        new.model_dump(exclude={"release", "event_id"}),
        update={
            "id": id_,
            "party_id": product.party_id,
            "short_code": _new_short_code(visit, id_),
            "status": "pending_inspection",
            "facility_id": _facility(visit, new.facility_id, needed=new.quantity is not None),
            "retain_until": kept(visit, product, new.expiry_date).until,
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        },
    )
    visit.session.add(batch)
    visit.session.flush()
    return batch


def _new_short_code(visit: Visit, id_: UUID) -> str:
    """A code that no batch has: 50 bits of a hash, so that two batches may once meet in one."""
    for again in range(8):
        code = short_code(id_.bytes + bytes(again))
        if visit.session.get(ShortCode, code) is None:
            visit.session.add(ShortCode(code=code, batch_id=id_))
            return code
    raise Conflict("no-short-code", "No short code is free for this batch; try another batch code.")


def _facility(visit: Visit, facility_id: UUID | None, *, needed: bool) -> UUID | None:
    """The facility named; where a quantity needs one and the party has only one, that one."""
    if facility_id is None and not needed:
        return None
    places = list_facilities(visit.session, visit.actor.party_id)  # type: ignore[arg-type]
    own = [facility.id for facility in places if not facility.closed]
    if facility_id is None and len(own) == 1:
        return own[0]
    if facility_id is None:
        raise unfit("facility-needed", "Say at which facility the quantity is.", "facility_id")
    if facility_id is not None and facility_id not in own:
        raise unfit("unknown-facility", "None of your facilities has this id.", "facility_id")
    return facility_id


def find_batch(visit: Visit, id_: UUID) -> Batch:
    """A batch that the actor may see by role; who reads another's record is remembered."""
    visit.demand("batch.read")
    batch = visit.session.get(Batch, id_)
    if batch is None:
        raise Unknown("unknown-batch", "No such batch.")
    visit.remember("batch.read", batch, batch.party_id)
    return batch


def view(visit: Visit, batch: Batch, product: Product | None = None) -> BatchView:
    """A batch as its owner or regulator reads it today, under its key."""
    product = product or visit.session.get_one(Product, batch.product_id)
    key = batch_key(product.gtin_claim, batch.code) if product.gtin_claim else f"b/{batch.short_code}"
    status = status_on(visit.today, batch.status, batch.expiry_date)
    return BatchView.model_validate(batch, update={"key": key, "status": status})


def search(visit: Visit, asked: BatchFilter, limit: int, cursor: str | None) -> Page[BatchView]:
    """The actor's own batches."""
    visit.demand("batch.read")
    page = search_batches(visit.session, visit.actor.party_id, asked, visit.today, limit, cursor)  # type: ignore[arg-type]
    return Page([view(visit, batch) for batch in page.items], page.total, page.cursor)


def recalls_of(visit: Visit, batch: Batch) -> Sequence[Recall]:
    return list_recalls_of(visit.session, batch.id)


def seller_recalls_of(visit: Visit, batch: Batch) -> list[tuple[Recall, Party]]:
    """Recalls by which sellers recall what they sold of a batch, as everybody may read them; with the sellers."""
    session = visit.with_published()
    found = list_seller_recalls_of(session, batch.id)
    return [(one, session.get_one(Party, one.party_id)) for one in found]


def history(visit: Visit, batch: Batch) -> Sequence[JournalEntry]:
    """All that was done to a batch, oldest first."""
    visit.demand("journal.read")
    return list_history(visit.session, batch.id)


def release_batch(visit: Visit, id_: UUID, reason: str | None = None, version: int | None = None) -> Batch:
    """Let an inspected batch go (Food Safety Law art. 52)."""
    visit.demand("batch.release")
    batch = _own(visit, id_)
    _demand_own_make(visit, batch)
    lock_products(visit.session, [batch.product_id])  # no fail is recorded meanwhile
    demand_cleared(visit, batch)
    return _step(visit, id_, "release", reason, version)


def hold_batch(visit: Visit, id_: UUID, change: StatusChange, version: int | None = None) -> Batch:
    """Stop a batch from going anywhere until it is released."""
    visit.demand("batch.hold")
    return _step(visit, id_, "hold", change.reason, version)


def lift_hold(visit: Visit, id_: UUID, lift: Lift, version: int | None = None) -> Batch:
    """Take a hold back after a re-test that overturned what was found; the batch stands as it stood before.

    The hold, with its reason, stays in the history, and what lifts it names it.
    """
    visit.demand("batch.lift")
    batch = _own(visit, id_)
    demand_version(batch, version)
    lock_products(visit.session, [batch.product_id])  # no fail is recorded meanwhile
    demand_retest(visit, batch, lift.report_no)
    holds = [one for one in list_history(visit.session, batch.id) if one.act in HOLDS]
    facts = {"report_no": lift.report_no, "lifts": holds[-1].id if holds else None}
    move_batch(visit, batch, "lift", lift.reason, **facts)
    return batch


def void_batch(visit: Visit, id_: UUID, change: StatusChange, version: int | None = None) -> Batch:
    """Declare that a batch was registered by mistake; the record and its history stay."""
    visit.demand("batch.void")
    batch = _step(visit, id_, "void", change.reason, version)
    birth = find_birth(visit.session, batch.id)
    if birth is not None:
        replace_birth(visit, birth[0], change.reason, None)
    return batch


def _step(visit: Visit, id_: UUID, act: Act, reason: str | None, version: int | None) -> Batch:
    batch = _own(visit, id_)
    demand_version(batch, version)
    move_batch(visit, batch, act, reason)
    return batch


def _demand_own_make(visit: Visit, batch: Batch) -> None:
    """What others made is not released to the public by whoever bought it."""
    if visit.session.get_one(Product, batch.product_id).contact_id is not None:
        raise Conflict("suppliers-batch", "This batch is a supplier's: only its maker releases it.")


def _own(visit: Visit, id_: UUID) -> Batch:
    batch = visit.session.get(Batch, id_)
    if batch is None or batch.party_id != visit.actor.party_id:
        raise Unknown("unknown-batch", "No such batch.")
    return batch


def correct_batch(visit: Visit, id_: UUID, change: BatchChange, version: int | None = None) -> Batch:
    """Correct what was recorded of a batch, with the reason; what was said before stays in the journal."""
    visit.demand("batch.correct")
    batch = _own(visit, id_)
    demand_version(batch, version)
    lock_products(visit.session, [batch.product_id])
    demand_possible("correct", status_on(visit.today, batch.status, batch.expiry_date))
    fields = change.model_copy(deep=True)
    fields.model_fields_set.discard("reason")
    before = (batch.quantity, batch.unit, batch.facility_id)
    apply_change(visit, batch, fields)
    _demand_sound(visit, batch)
    product = visit.session.get_one(Product, batch.product_id)
    keep_longer(visit, [batch], kept(visit, product, batch.expiry_date).until)
    visit.record("batch.corrected", batch, party_id=batch.party_id, reason=change.reason)
    if before != (batch.quantity, batch.unit, batch.facility_id):
        _replace_birth(visit, batch, change)
    join_recalls(visit, batch)
    return batch


def _replace_birth(visit: Visit, batch: Batch, change: BatchChange) -> None:
    """Void the event that put the batch into stock, and record what it should have been."""
    birth = find_birth(visit.session, batch.id)
    if count_births(visit.session, batch.id, None if birth is None else birth[0].id):
        raise Conflict(
            "made-by-event", "The quantity of this batch was recorded by an event: correct that event."
        )
    successor = new_id() if batch.quantity is not None else None
    if birth is not None:
        replace_birth(visit, birth[0], change.reason, successor)
    if successor is not None:
        produce(visit, batch, origin_of(change), successor)


def _demand_sound(visit: Visit, batch: Batch) -> None:
    demand_dates(batch.production_date, batch.expiry_date)
    if (batch.quantity is None) != (batch.unit is None):
        raise unfit("unit-needed", "A quantity needs its unit, and a unit its quantity.", "unit")
    batch.facility_id = _facility(visit, batch.facility_id, needed=batch.quantity is not None)
    if batch.origin_region_code:
        demand_division(visit, batch.origin_region_code, "origin_region_code")
