"""Names of what an answer reaches: batches, places and the parties behind them, as far as the visitor may know.

A book that was gathered for a visitor names only its own places and the ends of ways from and to these, so every
place in it may be named. The firm that made a batch may be further away: it is named where the visitor sees the
party anyway, where it stands at such an end, or where the batch is public.
"""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.contacts import Contact
from tracelot.records.facilities import Facility
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.shelves import chunks
from tracelot.records.tenancy import ScopedSession
from tracelot.records.traces import EndView, PlaceView, TracedBatch
from tracelot.rules.ledgers import Ledger
from tracelot.rules.places import UNKNOWN, WHOLE, facility_of, is_unit, lane_of, pooled_product

Row = TypeVar("Row", bound=SQLModel)
NOBODY = EndView(kind="unknown")


def rows_of(session: ScopedSession, model: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    key: Any = getattr(model, "id")  # noqa: B009
    return {
        getattr(row, "id"): row  # noqa: B009
        for some in chunks(ids)
        for row in session.exec(select(model).where(col(key).in_(some)))
    }


def id_of(name: str) -> UUID | None:
    """The id in `facility:…`, `unit:…` and the like."""
    kind, _, text = name.partition(":")
    return UUID(text if kind and text else name) if name else None


class Names:
    """The names that an answer needs, read at once."""

    def __init__(
        self, visit: Visit, ledger: Ledger, batches: Collection[str], places: Collection[str]
    ) -> None:
        kernel = visit.kernel()
        self.ledger = ledger
        ends = {end for place in places for end in _ends(place)}
        self._facilities = rows_of(kernel, Facility, _ids(ends, "facility:"))
        self._contacts = rows_of(visit.session, Contact, _ids(ends, "contact:"))
        whole = {UUID(batch) for batch in batches if batch and pooled_product(batch) is None}
        self._batches = rows_of(kernel, Batch, whole)
        pools = {UUID(product) for batch in batches if (product := pooled_product(batch))}
        self._products = rows_of(
            kernel, Product, pools | {batch.product_id for batch in self._batches.values()}
        )
        partners = {UUID(owner.removeprefix("party:")) for owner in self._owners(ends)}
        makers = {batch.party_id for batch in self._batches.values()}
        self._parties = rows_of(kernel, Party, partners | makers)
        seen = set(rows_of(visit.session, Party, makers))
        public = rows_of(visit.with_published(), Batch, whole)
        self._named = partners | seen | {batch.party_id for batch in public.values()}

    def _owners(self, ends: Collection[str]) -> set[str]:
        return {owner for end in ends if (owner := self.ledger.owner(end)) is not None}

    def batch(self, name: str) -> TracedBatch:
        row = None if pooled_product(name) else self._batches.get(UUID(name))
        product_id = row.product_id if row else UUID(pooled_product(name) or name)
        product = self._products.get(product_id)
        return TracedBatch(
            id=row.id if row else None,
            code=row.code if row else None,
            product_id=product.id if product else None,
            product_zh=product.name_zh if product else None,
            product_en=product.name_en if product else None,
            firm=self.party(row.party_id) if row and row.party_id in self._named else None,
        )

    def ids(self, name: str) -> dict[str, UUID | None]:
        """A batch by its id, or the product of which no batch was told."""
        product = pooled_product(name)
        if product is not None:
            return {"batch_id": None, "product_id": UUID(product)}
        row = self._batches.get(UUID(name)) if name else None
        known = row.product_id if row else self.ledger.book.products.get(name)
        return {
            "batch_id": UUID(name) if name else None,
            "product_id": UUID(known) if isinstance(known, str) else known,
        }

    def party(self, party_id: UUID) -> EndView:
        party = self._parties.get(party_id)
        if party is None:
            return NOBODY
        return EndView(kind="party", id=party.id, name_zh=party.name_zh, name_en=party.name_en,
                       party_id=party.id, party_zh=party.name_zh, party_en=party.name_en)  # fmt: skip

    def end(self, name: str) -> EndView:
        """An end of a lane, or the facility of a place on hand."""
        if name == UNKNOWN:
            return NOBODY
        id_, owner = id_of(name), self.ledger.owner(name)
        party = self._parties.get(UUID(owner.removeprefix("party:"))) if owner else None
        if name.startswith("party:"):
            return self.party(UUID(name.removeprefix("party:")))
        known: Facility | None = self._facilities.get(id_) if id_ else None
        contact = self._contacts.get(id_) if id_ else None
        return EndView(
            kind="facility" if name.startswith("facility:") else "contact",
            id=id_,
            name_zh=known.name_zh if known else contact.name if contact else None,
            name_en=known.name_en if known else None,
            party_id=party.id if party else None,
            party_zh=party.name_zh if party else None,
            party_en=party.name_en if party else None,
        )

    def place(self, place: str) -> PlaceView:
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


def _ends(place: str) -> list[str]:
    lane = lane_of(place)
    return [facility_of(end) or end for end in ((lane.source, lane.target) if lane else (place,))]


def _ids(ends: Iterable[str], prefix: str) -> set[UUID]:
    return {UUID(end.removeprefix(prefix)) for end in ends if end.startswith(prefix)}
