"""What the lines of an act name: batches that the actor may move, pools of products, facilities, partners."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.acts import Partner
from tracelot.records.batches import Batch
from tracelot.records.captures import only_observed
from tracelot.records.contacts import Contact
from tracelot.records.events import Posting
from tracelot.records.facilities import Facility, list_facilities
from tracelot.records.parties import Party, find_claimant
from tracelot.records.products import Product, lock_products
from tracelot.records.shipments import was_sent_to
from tracelot.rules.places import batch_id, contact_end, facility_place, party_end
from tracelot.rules.refusals import Forbidden, Unfit, unfit

POOL = ""  # the code of goods whose batch is not known; no batch has it


class Named(Protocol):
    batch_id: UUID | None
    product_id: UUID | None


@dataclass(frozen=True)
class Item:
    """A batch with its product; of a product's pool there is no batch."""

    id: UUID
    product: Product
    batch: Batch | None = None


def item_of(visit: Visit, named: Named, field: str) -> Item:
    """A batch that is the actor's, or that it holds or was sent; or the pool of a product.

    A batch that is somebody else's and one that is not there look the same.
    """
    kernel = visit.kernel()
    if named.batch_id is None:
        if named.product_id is None:
            raise unfit("goods-needed", "Name a batch or a product here.", field)
        product = _movable_product(visit, named.product_id, f"{field}/product_id")
        return Item(batch_id(product.id, POOL), product)
    batch = kernel.get(Batch, named.batch_id)
    if batch is None or not holds(visit, batch):
        raise unfit("unknown-batch", "You have no batch of this id.", f"{field}/batch_id")
    return Item(batch.id, kernel.get_one(Product, batch.product_id), batch)


def holds(visit: Visit, batch: Batch) -> bool:
    """Whether the actor's party made a batch, was sent it, or has recorded something of it.

    What its own documents alone say of another's batch gives it no sight of that batch.
    """
    mine = visit.actor.party_id
    if batch.party_id == mine:
        return True
    recorded = select(Posting.id).where(Posting.batch_id == batch.id, Posting.party_id == mine).limit(1)
    if mine is None:
        return False
    if visit.session.exec(recorded).first() is not None and not only_observed(visit.session, mine, batch.id):
        return True
    return was_sent_to(visit.session, batch.id, mine)


def _movable_product(visit: Visit, product_id: UUID, field: str) -> Product:
    """An own product, or one of which the actor has recorded stock."""
    product = visit.kernel().get(Product, product_id)
    mine = visit.actor.party_id
    if product is not None and product.party_id != mine:
        recorded = select(Posting.id).where(Posting.product_id == product_id, Posting.party_id == mine)
        if visit.session.exec(recorded.limit(1)).first() is None:
            product = None
    if product is None:
        raise unfit("unknown-product", "None of your products has this id.", field)
    return product


def lock_goods(visit: Visit, batch_ids: Collection[UUID], products: Iterable[UUID] = ()) -> dict[UUID, Batch]:
    """Let nobody else move these batches, nor the pools of these products, until this transaction ends.

    Products before batches, each in the order of their ids, so that no two wait for each other. On PostgreSQL
    what follows sees what was committed while it waited; SQLite has one writer.
    """
    kernel = visit.kernel()
    lock_products(kernel, products)
    query = (
        select(Batch)
        .where(col(Batch.id).in_(batch_ids))
        .order_by(col(Batch.id))
        .with_for_update(key_share=True)
    )
    found = kernel.exec(query.execution_options(populate_existing=True)).all()
    return {batch.id: batch for batch in found}


def own_facility(visit: Visit, facility_id: UUID | None, field: str = "facility_id") -> Facility:
    """The open facility named; of a party that has only one, that one."""
    own = [one for one in list_facilities(visit.session, mine(visit)) if not one.closed]
    if facility_id is None and len(own) == 1:
        return own[0]
    if facility_id is None:
        raise unfit("facility-needed", "Say at which of your facilities.", field)
    for one in own:
        if one.id == facility_id:
            return one
    raise unfit("unknown-facility", "None of your facilities has this id.", field)


def mine(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise AssertionError("Only a party records events.")
    return visit.actor.party_id


@dataclass(frozen=True)
class Other:
    """The other end of a lane: who it is, and how the law's records name it."""

    end: str
    party_id: UUID | None = None
    contact_id: UUID | None = None
    facility_id: UUID | None = None
    name: str | None = None
    address: str | None = None
    phone: str | None = None
    region: str | None = None

    def told(self, who: str) -> set[str]:
        """Which of a partner's key data are on record."""
        known = {f"{who}_name": self.name, f"{who}_address": self.address, f"{who}_contact": self.phone}
        return {name for name, value in known.items() if value} | {"recipient"}


def other_of(visit: Visit, named: Partner, field: str = "to") -> Other:
    """Whom goods go to. Only verified parties can be named; another one looks like none."""
    if named.contact_id is not None:
        return contact_other(visit, named.contact_id, f"{field}/contact_id")
    if named.party_id is None and named.uscc is None:
        own = own_facility(visit, named.facility_id, f"{field}/facility_id")
        return Other(facility_place(own.id), mine(visit), None, own.id, region=own.region_code)
    kernel = visit.kernel()
    party = kernel.get(Party, named.party_id) if named.party_id else find_claimant(kernel, named.uscc or "")
    if party is None or (party.id != mine(visit) and (party.status != "verified" or party.archived_at)):
        raise unfit("unknown-partner", "No verified party is known by this.", field)
    if party.id != mine(visit) and not visit.actor.verified:
        raise Forbidden(
            "party-unverified",
            "Until your enterprise is verified, send goods to contacts: parties do not see you yet.",
        )
    place: Facility | None = None
    if named.facility_id is not None:
        place = kernel.get(Facility, named.facility_id)
        if place is None or place.party_id != party.id or place.closed:
            raise unfit("unknown-facility", "The party has no facility of this id.", f"{field}/facility_id")
    elif party.id == mine(visit):
        raise unfit("facility-needed", "Say to which of your facilities.", f"{field}/facility_id")
    return Other(
        facility_place(place.id) if place else party_end(party.id), party.id, None, place.id if place else None,
        party.name_zh, party.address_zh, party.phone, place.region_code if place else party.region_code,
    )  # fmt: skip


def contact_other(visit: Visit, contact_id: UUID, field: str = "contact_id") -> Other:
    contact = visit.session.get(Contact, contact_id)
    if contact is None or contact.party_id != visit.actor.party_id:
        raise unfit("unknown-contact", "None of your contacts has this id.", field)
    return Other(
        contact_end(contact.id), None, contact.id, None, contact.name, contact.address, contact.phone,
        contact.region_code,
    )  # fmt: skip


def at(field: str, refusal: Unfit) -> Unfit:
    """A refusal of a part, pointing at that part."""
    faults = [type(one)(f"#/{field}/{one.pointer.removeprefix('#/')}", one.detail) for one in refusal.faults]
    return Unfit(refusal.kind, refusal.reason, facts=refusal.facts, faults=faults)
