"""Batches that come to be in an act: found, or registered with it; and what outside suppliers make."""

from uuid import UUID

from tracelot.operations.acting import Act, day_of
from tracelot.operations.batches import add_batch, register_batch, release_batch
from tracelot.operations.goods import Item, at, item_of, mine
from tracelot.operations.products import demand_own_product
from tracelot.operations.visit import Visit
from tracelot.records.acts import Output, SupplierGoods
from tracelot.records.batches import Batch, NewBatch, find_batch_by_code
from tracelot.records.contacts import Contact
from tracelot.records.products import Product, find_product_of
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Unfit, unfit


def output_item(act: Act, output: Output, pointer: str) -> Item:
    """An own batch: one that stands, or a new one, registered before the act that makes it."""
    visit = act.visit
    try:
        return _own_item(visit, act, output)
    except Unfit as refusal:
        raise at(pointer, refusal) from None


def _own_item(visit: Visit, act: Act, output: Output) -> Item:
    if output.batch_id is not None:
        batch = visit.session.get(Batch, output.batch_id)
        if batch is None or batch.party_id != mine(visit):
            raise unfit("unknown-batch", "You have no batch of this id.", "batch_id")
        return Item(batch.id, visit.session.get_one(Product, batch.product_id), batch)
    if output.product_id is None or output.code is None:
        raise AssertionError("The shape asks for a product and a code.")
    product = demand_own_product(visit, output.product_id)
    stands = find_batch_by_code(visit.session, product.id, output.code)
    if stands is not None:
        return Item(stands.id, product, stands)
    told = output.model_dump(include={"printed_text", "expiry_date", "certificate_no", "kind"})
    made = output.production_date or day_of(visit, act.new)
    new = NewBatch.model_validate(
        told | {"product_id": product.id, "code": output.code, "production_date": made}
    )
    batch = register_batch(visit, new)
    if output.release and batch.status == "pending_inspection":
        batch = release_batch(visit, batch.id)
    return Item(batch.id, product, batch)


def supplier_item(act: Act, contact_id: UUID | None, said: SupplierGoods, pointer: str) -> Item:
    """A batch as its supplier names it, kept under the supplier and never public."""
    if said.batch_id is not None:
        return item_of(act.visit, _ById(said.batch_id), pointer)
    if contact_id is None:
        raise unfit("contact-needed", "Say which supplier's batch this is.", "contact_id")
    if said.code is None or said.product_name is None:
        raise AssertionError("The shape asks for a product and a code.")
    product = _product(act.visit, contact_id, said)
    stands = find_batch_by_code(act.visit.session, product.id, said.code)
    if stands is not None:
        return Item(stands.id, product, stands)
    if said.production_date is None:
        raise unfit(
            "production-date-needed", "A batch seen for the first time needs its production date.",
            f"{pointer}/production_date",
        )  # fmt: skip
    told = said.model_dump(include={"code", "printed_text", "production_date", "expiry_date"})
    batch = add_batch(
        act.visit, NewBatch.model_validate(told | {"product_id": product.id, "kind": "raw"}), product
    )
    act.visit.record("batch.registered", batch, party_id=batch.party_id)
    return Item(batch.id, product, batch)


class _ById:
    """A batch named by its id alone."""

    product_id: UUID | None = None

    def __init__(self, batch_id: UUID) -> None:
        self.batch_id: UUID | None = batch_id


def _product(visit: Visit, contact_id: UUID, said: SupplierGoods) -> Product:
    """The supplier's product. Its GTIN is a name here and no claim: it has its owner, whoever that is."""
    code = said.product_gtin or said.product_code or said.product_name
    found = find_product_of(visit.session, contact_id, code or "")
    if found is not None:
        return found
    contact = visit.session.get_one(Contact, contact_id)
    product = Product.model_validate(
        {
            "id": new_id(),
            "party_id": contact.party_id,
            "contact_id": contact.id,
            "supplier_code": code,
            "name_zh": said.product_name,
            "shelf_life_unit": "month",
            "packaging": "bulk",
            "origin_hash": "",
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        }
    )
    visit.session.add(product)
    visit.session.flush()
    visit.record("product.registered", product, party_id=product.party_id)
    return product
