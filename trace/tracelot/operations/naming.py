"""Names of what an answer reaches: batches, places and the parties behind them, as far as the visitor may know.

A book that was gathered for a visitor names only its own places and the ends of ways from and to these, so every
place in it may be named. The firm that made a batch may be further away: it is named where the visitor sees the
party anyway, where it stands at such an end, or where the batch is public.
"""

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any, Protocol, TypeVar
from uuid import UUID

from msgspec import ValidationError, convert
from sqlmodel import SQLModel, col, select

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.captures import CapturedGoods, goods_named
from tracelot.records.contacts import Contact
from tracelot.records.database import one_of
from tracelot.records.facilities import Facility
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.shelves import chunks
from tracelot.records.tenancy import ScopedSession
from tracelot.records.traces import EndView, PlaceView, SharedView, TracedBatch
from tracelot.records.upstream import Held
from tracelot.rules.places import UNKNOWN, WHOLE, facility_of, is_unit, lane_of, pooled_product

Row = TypeVar("Row", bound=SQLModel)
NOBODY = EndView(kind="unknown")
ENDS = ("contact:", "facility:", "party:")


def rows_of(session: ScopedSession, model: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    key: Any = getattr(model, "id")  # noqa: B009
    return {
        getattr(row, "id"): row  # noqa: B009
        for some in chunks(ids)
        for row in session.exec(select(model).where(one_of(session, col(key), some)))
    }


def _contact_names(session: ScopedSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    """The names alone: of thousands the whole records would cost many times as much."""
    chosen = select(Contact.id, Contact.name)
    queries = (chosen.where(one_of(session, col(Contact.id), some)) for some in chunks(ids))
    return {id_: name for query in queries for id_, name in session.exec(query)}


def _there(session: ScopedSession, batches: Iterable[UUID]) -> set[UUID]:
    """Those batches that the session sees."""
    return {
        row
        for some in chunks(batches)
        for row in session.exec(select(Batch.id).where(one_of(session, col(Batch.id), some)))
    }


@lru_cache(maxsize=1000)
def product_id(text: str | None) -> UUID | None:
    """There are few products, and each has many batches."""
    return UUID(text) if text else None


def id_of(name: str) -> UUID | None:
    """The id in `facility:…`, `unit:…` and the like."""
    kind, _, text = name.partition(":")
    return UUID(text if kind and text else name) if name else None


def ids_in(ends: Iterable[str]) -> dict[str, UUID]:
    """The ids in many such ends, taken apart at once; one that another system named has none."""
    texts = {end: end.partition(":")[2] for end in ends}
    try:
        return dict(zip(texts, convert([*texts.values()], list[UUID]), strict=True))
    except ValidationError:
        return {end: id_ for end, text in texts.items() if (id_ := _read_id(text)) is not None}


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


class Owners(Protocol):
    def owner(self, end: str) -> str | None:
        """The party behind an end of a lane or a place on hand, where it is known."""

    def product(self, batch: str) -> str | None:
        """The product of a batch, where the books tell it."""


class Names:
    """The names that an answer needs, read at once."""

    def __init__(
        self, visit: Visit, owners: Owners, batches: Collection[str], places: Collection[str]
    ) -> None:
        kernel = visit.kernel()
        self._behind = owners
        ends = {end for place in places for end in _ends(place)}
        self._given = ids_in(end for end in ends if end.startswith(ENDS))
        facilities = {id_ for end, id_ in self._given.items() if end.startswith("facility:")}
        self._facilities = rows_of(kernel, Facility, facilities)
        self._places = rows_of(visit.session, Facility, self._facilities)
        self._contacts = _contact_names(visit.session, set(self._given.values()) - set(self._facilities))
        whole = {UUID(batch) for batch in batches if batch and pooled_product(batch) is None}
        self._batches = rows_of(kernel, Batch, whole)
        self._observed = goods_named(visit.session, whole)
        pools = {UUID(product) for batch in batches if (product := pooled_product(batch))}
        made = {one.product_id for one in self._batches.values()}
        made |= {one.product_id for one in self._observed.values()}
        self._products = rows_of(
            kernel,
            Product,
            pools | made,
        )
        partners = {UUID(owner.removeprefix("party:")) for owner in self._owners(ends)}
        makers = {batch.party_id for batch in self._batches.values()}
        self._parties = rows_of(kernel, Party, partners | makers)
        seen = set(rows_of(visit.session, Party, makers))
        self._seen = seen
        self._open = _there(visit.with_published(), whole)
        self._named = partners | seen | {self._batches[batch].party_id for batch in self._open}
        self._ends: dict[str, EndView] = {}
        self._told: dict[str, PlaceView] = {}
        self._read: dict[str, UUID] = {}  # of batches
        self._ids: dict[str, dict[str, UUID | None]] = {}

    def _owners(self, ends: Collection[str]) -> set[str]:
        return {owner for end in ends if (owner := self._behind.owner(end)) is not None}

    def batch(self, name: str) -> TracedBatch:
        row = self._row(name)
        product_id = row.product_id if row else UUID(pooled_product(name) or name)
        product = self._products.get(product_id)
        return TracedBatch(
            id=UUID(name) if row else None,
            code=row.code if row else None,
            product_id=product.id if product else None,
            product_zh=product.name_zh if product else None,
            product_en=product.name_en if product else None,
            gtin=product.gtin if product else None,
            firm=self.party(product.party_id)
            if row and product and product.party_id in self._named
            else None,
        )

    def _row(self, name: str) -> Batch | CapturedGoods | None:
        """A batch as it is registered, or as documents name one of somebody else: nothing shows which it is."""
        if pooled_product(name):
            return None
        return self._batches.get(UUID(name)) or self._observed.get(UUID(name))

    def open_batch(self, name: str) -> Batch | None:
        """The record of a batch, where the visitor sees it or everybody may."""
        if pooled_product(name) or UUID(name) not in self._open:
            return None
        return self._batches[UUID(name)]

    def leads(self, name: str) -> bool:
        """Whether a batch has a page for the visitor: its own ones, and for a regulator those of its territory."""
        row = self.open_batch(name)
        return row is not None and row.party_id in self._seen

    def ids(self, name: str) -> dict[str, UUID | None]:
        """A batch by its id, or the product of which no batch was told."""
        if name not in self._ids:
            self._ids[name] = self._ids_of(name)
        return self._ids[name]

    def learn_ids(self, batches: Iterable[str]) -> None:
        """Read the ids of many batches at once: one by one this would be most of a long answer's work."""
        met = set(batches).difference(self._read)
        new = [name for name in met if name and pooled_product(name) is None]
        self._read |= zip(new, convert(new, list[UUID]), strict=True)

    def batch_ids(self, batches: Iterable[str]) -> list[UUID | None]:
        """Of batches that were learned; None is of goods of which no batch was told."""
        return list(map(self._read.get, batches))

    def _ids_of(self, name: str) -> dict[str, UUID | None]:
        product = pooled_product(name)
        if product is not None:
            return {"batch_id": None, "product_id": UUID(product)}
        id_ = (self._read.get(name) or UUID(name)) if name else None
        row = (self._batches.get(id_) or self._observed.get(id_)) if id_ else None
        return {
            "batch_id": id_,
            "product_id": row.product_id if row else product_id(self._behind.product(name)),
        }

    def party(self, party_id: UUID) -> EndView:
        party = self._parties.get(party_id)
        return _party(party) if party else self._contact(party_id)

    def _contact(self, id_: UUID) -> EndView:
        """A partner outside Trace, of which a document told that it is a party."""
        name = self._contacts.get(id_)
        return NOBODY if name is None else EndView(kind="contact", id=id_, name_zh=name)

    def end(self, name: str) -> EndView:
        """An end of a lane, or the facility of a place on hand."""
        if name not in self._ends:
            self._ends[name] = self._end(name)
        return self._ends[name]

    def _end(self, name: str) -> EndView:
        if name == UNKNOWN:
            return NOBODY
        id_, owner = self._given.get(name) or id_of(name), self._behind.owner(name)
        party = self._parties.get(UUID(owner.removeprefix("party:"))) if owner else None
        if name.startswith("party:"):
            return self.party(UUID(name.removeprefix("party:")))
        known: Facility | None = self._facilities.get(id_) if id_ else None
        contact = self._contacts.get(id_) if id_ else None
        if name.startswith("facility:") and known is None and contact is None:
            return NOBODY  # a document did not say where
        return EndView(
            kind="facility" if known else "contact",
            id=id_,
            name_zh=known.name_zh if known else contact,
            name_en=known.name_en if known else None,
            party_id=party.id if party else None,
            party_zh=party.name_zh if party else None,
            party_en=party.name_en if party else None,
        )

    def spot(self, name: str) -> tuple[float, float] | None:
        """Longitude and latitude of a facility; those of others' are told to nobody but their regulators."""
        id_ = id_of(name) if name.startswith("facility:") else None
        row = self._places.get(id_) if id_ else None
        if row is None or row.longitude is None or row.latitude is None:
            return None
        return row.longitude, row.latitude

    def place(self, place: str) -> PlaceView:
        if place not in self._told:
            self._told[place] = self._place(place)
        return self._told[place]

    def _place(self, place: str) -> PlaceView:
        if place == WHOLE:
            return PlaceView(kind="whole")
        if is_unit(place):
            return PlaceView(kind="unit", unit_id=id_of(place))
        if lane := lane_of(place):
            ends = [self.end(facility_of(end) or end) for end in (lane.source, lane.target)]
            return PlaceView(kind="lane", source=ends[0], target=ends[1])
        facility = facility_of(place)
        if facility is None:
            return PlaceView(kind="other", at=self.end(place))
        return PlaceView(
            kind="set_apart" if place.startswith("aside:") else "facility", at=self.end(facility)
        )


def shared_views(visit: Visit, held: Collection[Held]) -> list[SharedView]:
    """What parties upstream let their customers see, by name: the firm is the one that held the batch."""
    kernel = visit.kernel()
    batches = rows_of(kernel, Batch, {one.batch_id for one in held})
    products = rows_of(kernel, Product, {batch.product_id for batch in batches.values()})
    parties = rows_of(kernel, Party, {UUID(one.party.removeprefix("party:")) for one in held})
    found = []
    for one in held:
        if batch := batches.get(one.batch_id):
            product = products[batch.product_id]
            firm = _party(parties.get(UUID(one.party.removeprefix("party:"))))
            told = TracedBatch(id=batch.id, code=batch.code, product_id=product.id, product_zh=product.name_zh,
                               product_en=product.name_en, gtin=product.gtin, firm=firm)  # fmt: skip
            found.append(SharedView(tier=one.tier, batch=told))
    return found


def _party(party: Party | None) -> EndView:
    if party is None:
        return NOBODY
    return EndView(kind="party", id=party.id, name_zh=party.name_zh, name_en=party.name_en,
                   party_id=party.id, party_zh=party.name_zh, party_en=party.name_en)  # fmt: skip


def _ends(place: str) -> list[str]:
    lane = lane_of(place)
    return [facility_of(end) or end for end in ((lane.source, lane.target) if lane else (place,))]
