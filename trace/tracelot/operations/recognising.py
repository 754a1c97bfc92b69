"""What the names in a document are here: places, partners, pallets and goods, kept where they are new."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from uuid import UUID

from sqlmodel import col, select

from tracelot.formats.epcis_labels import LONGEST_LABEL, NO_LABELS, Labels, label
from tracelot.formats.epcis_names import gln_of
from tracelot.operations.batches import add_batch, register_batch
from tracelot.operations.goods import Item, Other, mine
from tracelot.operations.joining import join_recalls
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch, NewBatch
from tracelot.records.captures import CapturedGoods, goods_named
from tracelot.records.contacts import Contact, list_contacts
from tracelot.records.facilities import Facility, list_facilities
from tracelot.records.facts import pool_id
from tracelot.records.products import Product, find_gtin_owner, find_outside, list_products, lock_products
from tracelot.records.units import LogisticUnit, find_by_sscc
from tracelot.rules.identifiers import batch_code, gtin14, sscc, suggest_batch_code
from tracelot.rules.ids import derived_id
from tracelot.rules.places import (
    UNKNOWN,
    Lane,
    contact_end,
    facility_place,
    is_unit,
    lane_of,
    lane_place,
    party_end,
    pool_of,
    pooled_product,
    unit_place,
)
from tracelot.rules.refusals import Unfit

_KEY = re.compile(r"01/([0-9]{14})/(10|21)/(.+)")
_OWN = re.compile(r"(?:urn:uuid:|https?://.*/facilities/)([0-9a-fA-F-]{36})")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,47}")
OUTSIDE = "EPCIS 文件中的货物 · Goods named in EPCIS documents"


@dataclass(frozen=True)
class Told:
    """What a document tells of goods: their labels, and the first day on which something was done with them."""

    labels: Labels = NO_LABELS
    day: date = date.max


@dataclass
class Known:
    """The names of one document as they are met. `names` are what its master data call them."""

    visit: Visit
    names: Mapping[str, str]
    told: Mapping[str, Told]
    items: dict[str, Item] = field(default_factory=dict)
    observed: set[UUID] = field(default_factory=set)  # batches that another party alone registers
    _units: dict[str, UUID] = field(default_factory=dict)
    _products: dict[str, tuple[Product, bool]] = field(default_factory=dict)
    _kept: dict[UUID, CapturedGoods] = field(default_factory=dict)
    _stand: dict[UUID, Batch] = field(default_factory=dict)

    @property
    def party_id(self) -> UUID:
        return mine(self.visit)

    # --- places ---

    @cached_property
    def _facilities(self) -> list[Facility]:
        return sorted(list_facilities(self.visit.session, self.party_id), key=lambda one: one.id)

    @cached_property
    def _contacts(self) -> dict[UUID, Contact]:
        return {one.id: one for one in list_contacts(self.visit.session, self.party_id)}

    def facility(self, place: str) -> Facility | None:
        """The own facility that a name stands for."""
        name = place.partition(":")[2]
        number, own = gln_of(name), _OWN.fullmatch(name)
        for one in self._facilities:
            if (number and one.gln == number[0]) or (own and str(one.id) == own[1].lower()):
                return one
        return None

    def contact(self, end: str) -> Contact:
        """The partner that a name stands for, kept where it is new."""
        name = end.partition(":")[2].replace("%3E", ">")
        number = gln_of(name)
        whole = number[0] if number and number[1] else None
        id_ = derived_id(self.party_id, f"contact {whole or name}")
        same = [one for one in self._contacts.values() if whole and one.gln == whole]
        found = self._contacts.get(id_) or min(same, key=lambda one: one.id, default=None)
        return found or self._keep(id_, self.names.get(name) or name, whole)

    def _keep(self, id_: UUID, name: str, gln: str | None) -> Contact:
        visit = self.visit
        visit.demand("contact.keep")
        contact = Contact(
            id=id_,
            party_id=self.party_id,
            name=label(name) or UNKNOWN,
            gln=gln,
            origin_hash="",
            recorded_at=visit.now,
            recorded_by=visit.actor.id,
        )
        visit.session.add(contact)
        visit.session.flush()
        visit.record("contact.added", contact, party_id=contact.party_id)
        self._contacts[contact.id] = contact
        return contact

    def place(self, place: str) -> str:
        """A place on hand, a lane or a unit. At somebody else's place goods are by the own word alone."""
        if lane := lane_of(place):
            return lane_place(self.end(lane.source), self.end(lane.target))
        if is_unit(place):
            return unit_place(self.unit(place))
        kind, _, name = place.partition(":")
        if name == UNKNOWN:
            return f"{kind}:{derived_id(self.party_id, 'nowhere')}"
        own = self.facility(place)
        return f"{kind}:{own.id if own else self.contact(place).id}"

    def end(self, end: str) -> str:
        """An end of a lane: an own facility, or a partner; what is a partner's place stays a place."""
        if end == UNKNOWN:
            return end
        place = end.startswith("facility:")
        if place and (end.endswith(f":{UNKNOWN}") or self.facility(end)):
            return self.place(end)
        contact = self.contact(end)
        if contact.claimed_by is not None:
            return contact_end(contact.id)
        return facility_place(contact.id) if place else party_end(contact.id)

    def other(self, lane: Lane, own: str) -> Other | None:
        """Who is at the end of a lane that is not the own place."""
        ends = [one for one in (lane.source, lane.target) if one != own]
        id_ = UUID(ends[0].partition(":")[2]) if ends and ends[0] != UNKNOWN else None
        one = self._contacts.get(id_) if id_ else None
        if one is None:
            return None
        return Other(ends[0], None, one.id, None, one.name, one.address, one.phone, one.region_code)

    # --- units ---

    def unit(self, place: str) -> UUID:
        if place not in self._units:
            number = self._sscc(place)
            known = find_by_sscc(self.visit.session, self.party_id, number) if number else None
            self._units[place] = known.id if known else derived_id(self.party_id, place)
        return self._units[place]

    def _sscc(self, place: str) -> str | None:
        try:
            return sscc(place.removeprefix("unit:00/"))
        except Unfit:
            return None

    def keep_units(self, places: Collection[str], event_id: UUID) -> None:
        """Put pallets and cases on record, under the event that first named them."""
        for place in sorted(places):
            id_ = self.unit(place)
            if self.visit.session.get(LogisticUnit, id_) is None:
                tail = re.split(r"[:/]", place.removeprefix("unit:"))[-1]
                number = self._sscc(place)
                code = None if number or not _CODE.fullmatch(tail) else tail
                self.visit.session.add(
                    LogisticUnit(id=id_, party_id=self.party_id, sscc=number, code=code, event_id=event_id,
                                 recorded_at=self.visit.now, recorded_by=self.visit.actor.id)
                )  # fmt: skip

    # --- goods ---

    @cached_property
    def _own(self) -> dict[str, Product]:
        return {one.gtin: one for one in list_products(self.visit.session, self.party_id) if one.gtin}

    def prepare(self, names: Collection[str]) -> None:
        """Lock all own products of which batches may be registered, as everybody locks them; read what is known."""
        numbers = {gtin for name in names if (gtin := _gtin(name))}
        lock_products(self.visit.session, [self._own[one].id for one in numbers if one in self._own])
        ids = {self._id_of(name)[1] for name in names if pooled_product(name) is None}
        self._kept = goods_named(self.visit.session, ids)
        found = self.visit.session.exec(select(Batch).where(col(Batch.id).in_(ids)))
        self._stand = {batch.id: batch for batch in found}

    def _id_of(self, name: str) -> tuple[str, UUID]:
        """The code of a batch, and its id."""
        gtin = _gtin(name)
        code = _code(name) if gtin else _short(name)
        return code, derived_id(self._product(gtin or name)[0].id, code)

    def goods(self, name: str) -> Item:
        """A batch, or the pool of a product, as the facts of a document name it."""
        if name not in self.items:
            self.items[name] = self._goods(name)
        return self.items[name]

    def subject(self, name: str) -> str:
        """The same as the books name it."""
        item = self.goods(name)
        return pool_of(str(item.product.id)) if pooled_product(name) else str(item.id)

    def _goods(self, name: str) -> Item:
        pool = pooled_product(name)
        product, owned = self._product(_gtin(name) or pool or name)
        if pool is not None:
            return Item(pool_id(product.id), product)
        code, id_ = self._id_of(name)
        kept = self._kept.get(id_) or self.visit.session.get(CapturedGoods, (self.party_id, id_))
        if not owned:
            self.observed.add(id_)
            batch = None
        else:
            batch = self._batch(name, product, (code, id_), kept)
        if kept is None:
            self.visit.session.add(
                CapturedGoods(party_id=self.party_id, batch_id=id_, product_id=product.id, name=name, code=code,
                              observed=not owned, dated=self.told.get(name, Told()).labels.made is not None,
                              recorded_at=self.visit.now)
            )  # fmt: skip
        return Item(id_, product, batch)

    def _product(self, number: str) -> tuple[Product, bool]:
        """A product, and whether it is in the own books: made here, or a supplier's as it is known here."""
        if number not in self._products:
            self._products[number] = self._find_product(number)
        return self._products[number]

    def _find_product(self, number: str) -> tuple[Product, bool]:
        visit = self.visit
        if number in self._own:
            return self._own[number], True
        found = find_outside(visit.session, self.party_id, number)
        if found is not None:
            return found, True
        owner = find_gtin_owner(visit.kernel(), number)
        return (owner, False) if owner else (self._outside(number), True)

    def _outside(self, number: str) -> Product:
        """Somebody's product. Its number is a name here and no claim."""
        visit = self.visit
        keeper = derived_id(self.party_id, "outside")
        if keeper not in self._contacts:
            self._keep(keeper, OUTSIDE, None)
        product = Product(
            id=derived_id(keeper, number),
            party_id=self.party_id,
            contact_id=keeper,
            supplier_code=number,
            name_zh=(label(_named(self.names, number)) or number)[:LONGEST_LABEL],
            shelf_life_unit="month",
            packaging="bulk",
            origin_hash="",
            recorded_at=visit.now,
            recorded_by=visit.actor.id,
        )
        visit.session.add(product)
        visit.session.flush()
        visit.record("product.registered", product, party_id=product.party_id)
        return product

    def _batch(self, name: str, product: Product, key: tuple[str, UUID], kept: CapturedGoods | None) -> Batch:
        code, id_ = key
        stands = self._stand.get(id_) or (self.visit.session.get(Batch, id_) if kept else None)
        told = self.told.get(name, Told())
        if stands is not None:
            if kept is not None and not kept.dated:
                self._date(stands, kept, told)
            return stands
        made = told.labels.made or told.day
        expires = told.labels.expires
        new = NewBatch.model_validate(
            {
                "product_id": product.id,
                "code": code,
                "printed_text": told.labels.lot if told.labels.lot != code else None,
                "production_date": made,
                "expiry_date": expires if expires and expires >= made else None,
                "kind": "finished" if product.contact_id is None else "raw",
            }
        )
        if product.contact_id is None:
            return register_batch(self.visit, new)
        batch = add_batch(self.visit, new, product)
        self.visit.record("batch.registered", batch, party_id=batch.party_id)
        return batch

    def _date(self, batch: Batch, kept: CapturedGoods, told: Told) -> None:
        """Until somebody tells when a batch was made, it is taken for the first day on which it was met."""
        made = told.labels.made or min(told.day, batch.production_date)
        kept.dated = told.labels.made is not None
        self.visit.session.add(kept)
        expires = batch.expiry_date or told.labels.expires
        expires = expires if expires and expires >= made else batch.expiry_date
        if (made, expires) == (batch.production_date, batch.expiry_date):
            return
        batch.production_date, batch.expiry_date = made, expires
        self.visit.session.add(batch)
        self.visit.session.flush()
        self.visit.record("batch.corrected", batch, party_id=batch.party_id)
        if batch.status != "void":
            join_recalls(self.visit, batch)


def _gtin(name: str) -> str | None:
    """The GTIN in the key of a batch; None for a name in which nobody can read one."""
    match = _KEY.fullmatch(name)
    if match is None:
        return None
    try:
        if match[2] == "10":
            batch_code(match[3])
        return gtin14(match[1])
    except Unfit:
        return None


def _code(name: str) -> str:
    """The code of a batch; a single thing is a batch of one, told apart from batches by the identifier's number."""
    match = _KEY.fullmatch(name)
    if match is None:
        raise AssertionError("The name was read before.")
    return match[3] if match[2] == "10" else suggest_batch_code(f"21/{match[3]}")


def _short(name: str) -> str:
    """A code for a name that is no GS1 key: its last part. The product is the name's alone, so no two can meet."""
    return suggest_batch_code(re.split(r"[:/#?=&.]", name.rstrip(":/#?=&."))[-1] or name)


def _named(names: Mapping[str, str], number: str) -> str:
    """What the master data call a class of goods; a batch in a private namespace is called as its class."""
    tried = number.replace(":lot:class:", ":class:")
    while tried and tried not in names:
        tried = tried.rpartition(".")[0]
    return names.get(tried, number)
