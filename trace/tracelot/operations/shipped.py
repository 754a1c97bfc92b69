"""What a firm sent to whom of some batches: the direct consignees of a recall, with the goods that each got."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tracelot.operations.engines import engine_of
from tracelot.operations.naming import product_id, rows_of
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.captures import goods_named
from tracelot.records.facilities import list_facilities
from tracelot.records.facts import pool_id
from tracelot.records.gathering import RECALL
from tracelot.records.partial import PartialShelf
from tracelot.records.products import Product
from tracelot.records.sights import Sight
from tracelot.rules.balancing import known_sum
from tracelot.rules.books import Stock
from tracelot.rules.flows import Units
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty
from tracelot.rules.places import (
    facility_of,
    facility_place,
    is_unit,
    lane_of,
    party_end,
    pool_of,
    pooled_product,
)
from tracelot.rules.questions import Question, Start, Traced
from tracelot.rules.scoping import consignees_of, held_at

Amount = tuple[Decimal, str]


class Got(Struct, frozen=True):
    """Goods that somebody got, or may have got, with their names as they are now."""

    product_id: UUID
    pooled: bool = False
    possible: bool = False
    quantity: Decimal | None = None
    unit: str | None = None
    code: str = ""
    product_zh: str = ""
    product_en: str | None = None

    def __add__(self, other: "Got") -> "Got":
        known = self.quantity is not None and other.quantity is not None and self.unit == other.unit
        total = (self.quantity or Decimal(0)) + (other.quantity or Decimal(0))
        return replace(
            self,
            possible=self.possible and other.possible,
            quantity=total if known else None,
            unit=self.unit if known else None,
        )


def shipped_by(
    visit: Visit,
    party_id: UUID,
    batches: Collection[UUID],
    products: Collection[UUID],
    traced: Traced | None = None,
) -> dict[str, dict[UUID, Got]]:
    """For each end to which a firm sent goods that a recall reaches, the named batches among them.

    Goods of a named product whose batch nobody told may be of a named batch: they count as possible. `traced` may
    be what the same visit traced from the same batches.
    """
    traced = traced or reach(visit, party_id, map(str, batches))
    ledger, answer = traced.ledger, traced.answers[0]
    own = own_ends(visit, ledger, party_id)
    names = {str(batch) for batch in batches} | {pool_of(str(product)) for product in products}
    found: dict[str, dict[str, Got]] = {}
    reached = held_at(answer)
    for one in consignees_of(ledger, reached, own):
        if one.direct and names.intersection(one.batches):
            found[one.end] = {}
    units = Units(ledger)
    for place, held in reached.items():
        for end, alone in _sent(ledger, place, own):
            for batch in held.batches & names if end in found else ():
                stock = Stock(batch, place)
                amount = _amount(units, stock, own) if alone else None
                got = _got(ledger, stock, amount, held.certainty)
                found[end][batch] = found[end][batch] + got if batch in found[end] else got
    return _named(visit, found)


def reach(visit: Visit, party_id: UUID, batches: Iterable[str], as_of: datetime | None = None) -> Traced:
    """The recall traversal from whole batches, by what their firm may know, whoever asks."""
    shelf = PartialShelf(visit.seeing(Sight(party_id=party_id)), visit.kernel(), party_id)
    start = Start(batches=tuple(sorted(batches)))
    return engine_of(visit, shelf, RECALL).ask(Question(start, "forward", "recall", as_of=as_of))


def own_ends(visit: Visit, ledger: Ledger, party_id: UUID) -> frozenset[str]:
    me = party_end(party_id)
    found = {me} | {end for end, owner in ledger.book.owners.items() if owner == me}
    return frozenset(found | {facility_place(one.id) for one in list_facilities(visit.kernel(), party_id)})


def _sent(ledger: Ledger, place: str, own: Collection[str]) -> Iterator[tuple[str, bool]]:
    """Where the firm sent what is at a place, and whether all of it went there."""
    ways = ledger.lanes.get(place, ()) if is_unit(place) else (place,)
    ends = set()
    for way in ways:
        lane = lane_of(way)
        if lane and (facility_of(lane.source) or lane.source) in own:
            ends.add(facility_of(lane.target) or lane.target)
    return ((end, len(ends) == 1) for end in sorted(ends))


def _amount(units: Units, stock: Stock, own: Collection[str]) -> Decimal | None:
    """How much the firm sent of what is at a place: on a lane all of it, of a pallet what was on it when it left."""
    if is_unit(stock.place):
        ways = [(lane_of(way), amount) for way, amount in units.left(stock)]
        sent = [amount for lane, amount in ways if lane and (facility_of(lane.source) or lane.source) in own]
        return known_sum(sent) if sent else None
    totals = units.ledger.totals(stock)
    return totals.put if totals.puts and not totals.unknown_puts and not totals.mixed else None


def _got(ledger: Ledger, stock: Stock, amount: Decimal | None, certainty: Certainty) -> Got:
    pool = pooled_product(stock.batch)
    return Got(
        product_id(pool or ledger.product(stock.batch)) or UUID(int=0),
        pooled=pool is not None,
        possible=pool is not None or certainty == Certainty.POSSIBLE,
        quantity=amount,
        unit=ledger.totals(stock).unit or None,
    )


def _named(visit: Visit, found: Mapping[str, Mapping[str, Got]]) -> dict[str, dict[UUID, Got]]:
    """The goods under their ids, as they are called today; a pool has the id that it has in the books."""
    kernel = visit.kernel()
    makes = {batch: got.product_id for goods in found.values() for batch, got in goods.items()}
    ids = {batch: UUID(batch) for batch in makes if pooled_product(batch) is None}
    batches = rows_of(kernel, Batch, ids.values())
    rows = goods_named(kernel, set(ids.values()) - set(batches)) | batches
    products = rows_of(kernel, Product, {row.product_id for row in rows.values()} | set(makes.values()))
    named: dict[str, tuple[UUID, str, UUID, Product | None]] = {}
    for batch, make in makes.items():
        row = rows.get(ids[batch]) if batch in ids else None
        product = products.get(row.product_id if row else make)
        id_ = ids[batch] if batch in ids else pool_id(make)
        named[batch] = id_, row.code if row else "", product.id if product else make, product
    return {
        end: {named[batch][0]: _called(got, *named[batch][1:]) for batch, got in goods.items()}
        for end, goods in found.items()
    }


def _called(got: Got, code: str, product_id: UUID, product: Product | None) -> Got:
    names = (product.name_zh, product.name_en) if product else ("", None)
    return Got(product_id, got.pooled, got.possible, got.quantity, got.unit, code, *names)
