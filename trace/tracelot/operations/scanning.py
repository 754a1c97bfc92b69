"""What somebody with goods before them may name, by any written form of a code, and how much of it is on hand."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select

from tracelot.formats.gs1 import CodeReading, read_code
from tracelot.operations.goods import item_of, mine
from tracelot.operations.stocks import contents, known_unit, place_of_unit
from tracelot.operations.visit import Visit
from tracelot.records.acts import Thing
from tracelot.records.batches import Batch, ShortCode
from tracelot.records.events import Event, Posting
from tracelot.records.products import Product
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.stocks import Stock, list_stocks
from tracelot.records.units import LogisticUnit
from tracelot.rules.batches import status_on
from tracelot.rules.places import aside_place, facility_place
from tracelot.rules.refusals import Unfit

Kind = Literal["batch", "product", "unit"]
MOST = 20
LATELY = 60  # so many acts are looked through for what a facility handles


@dataclass(frozen=True)
class Handled:
    """A batch, a product of which no batch is known, or a unit; with what the books say is on hand.

    `stock` and `apart` are amounts where the act is, None where nothing was ever recorded.
    """

    kind: Kind
    id: UUID
    code: str = ""
    product_zh: str = ""
    product_en: str | None = None
    status: str | None = None
    unit: str | None = None
    stock: Decimal | None = None
    apart: Decimal | None = None
    unknown: bool = False
    here: bool = False  # of a unit: whether it is where the act is

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def on_hand(self) -> bool:
        return self.here or self.unknown or bool(self.stock) or bool(self.apart)


def find_handled(visit: Visit, text: str, facility_id: UUID | None) -> list[Handled]:
    """All that a code may stand for among what the party makes, holds or was sent; what is here comes alone."""
    visit.demand("stock.read")
    reading = read_code(text)
    readings = (reading, *reading.alternatives)
    names = dict.fromkeys(name for one in readings for name in _names(visit, one, facility_id))
    found = list(describe(visit, list(names)[: 2 * MOST], facility_id).values())
    here = [one for one in found if one.on_hand]
    pools = [one for one in found if one.kind == "product" and one not in here]
    return [*here, *pools] if here else found


def _names(visit: Visit, reading: CodeReading, facility_id: UUID | None) -> Iterator[str]:
    unit = _unit(visit, reading.sscc or reading.text)
    if unit is not None:
        yield f"unit:{unit.id}"
    yield from (f"batch:{one}" for one in _coded(visit, reading))
    if reading.batch or reading.short:
        return
    for product in _products(visit, reading):
        lately = recently(visit, facility_id) if facility_id else []
        yield from (f"batch:{one}" for one in _of_product(visit, product, lately))
        yield f"product:{product}"


def _unit(visit: Visit, number: str) -> LogisticUnit | None:
    """The newest filling under a number that the party knows: an own code is its owner's alone."""
    own = (col(LogisticUnit.party_id) == mine(visit)) & (col(LogisticUnit.code) == number)
    query = select(LogisticUnit).where(or_(own, col(LogisticUnit.sscc) == number))
    if not number:
        return None
    newest = visit.kernel().exec(query.order_by(col(LogisticUnit.id).desc()).limit(MOST)).all()
    return next((unit for unit in newest if known_unit(visit, unit.id) is not None), None)


def _coded(visit: Visit, reading: CodeReading) -> Sequence[UUID]:
    """Batches by code; where none has it, own ones by the text on the package."""
    if reading.short:
        short = visit.kernel().get(ShortCode, reading.short)
        return _known(visit, [Batch.id == short.batch_id]) if short else []
    if not (reading.batch or reading.text):
        return []
    named: list[ColumnElement[bool] | bool] = [Batch.code == (reading.batch or reading.text)]
    if reading.gtin:
        named.append(or_(col(Product.gtin) == reading.gtin, col(Product.supplier_code) == reading.gtin))
    found = _known(visit, named)
    if found or not reading.text:
        return found
    return _known(visit, [Batch.party_id == mine(visit), Batch.printed_text == reading.text])


def _of_product(visit: Visit, product_id: UUID, among: Collection[UUID]) -> Sequence[UUID]:
    return _known(visit, [Batch.product_id == product_id, col(Batch.id).in_(among)]) if among else []


def _known(visit: Visit, named: Iterable[ColumnElement[bool] | bool]) -> Sequence[UUID]:
    """Batches that the party made, recorded something of, or was sent; the latest made first."""
    moved = select(Posting.id).where(Posting.batch_id == Batch.id, Posting.party_id == mine(visit))
    sent = select(ShipmentLine.number).where(
        ShipmentLine.batch_id == Batch.id,
        ShipmentLine.shipment_id == Shipment.id,
        Shipment.to_party_id == mine(visit),
    )
    held = or_(col(Batch.party_id) == mine(visit), moved.exists(), sent.exists())
    query = select(Batch.id).where(Batch.product_id == Product.id, *named, held)
    order = (col(Batch.production_date).desc(), col(Batch.id))
    return visit.kernel().exec(query.order_by(*order).limit(MOST)).all()


def _products(visit: Visit, reading: CodeReading) -> Sequence[UUID]:
    """Products by GTIN or own code: those of the party, and those that its suppliers make."""
    number = reading.gtin or reading.text
    if not number:
        return []
    codes = (Product.gtin, Product.own_code, Product.supplier_code)
    named = or_(*(col(code) == number for code in codes))
    return visit.kernel().exec(
        select(Product.id).where(Product.party_id == mine(visit), named).limit(MOST)
    ).all()  # fmt: skip


def recently(visit: Visit, facility_id: UUID) -> list[UUID]:
    """The batches of the last acts at a facility, the latest first."""
    order = (col(Event.event_time).desc(), col(Event.id).desc())
    last = select(Event.id).where(Event.party_id == mine(visit), Event.facility_id == facility_id)
    events = visit.session.exec(last.order_by(*order).limit(LATELY)).all()
    query = select(Posting.batch_id, Posting.record_id).where(col(Posting.record_id).in_(events))
    moved = visit.session.exec(query).all()
    place = {event: number for number, event in enumerate(events)}
    return list(dict.fromkeys(one for one, _ in sorted(moved, key=lambda row: (place[row[1]], row[0]))))


def shelf(visit: Visit, facility_id: UUID) -> list[Handled]:
    """What was handled at a facility lately and is on hand there."""
    visit.demand("stock.read")
    ids = recently(visit, facility_id)[: 2 * MOST]
    stocks = _stocks(visit, ids, facility_id)
    names = []
    for id_ in ids:
        stock = next(
            (one for one in stocks if one.batch_id == id_ and (one.quantity > 0 or one.unknown)), None
        )
        if stock is not None:
            names.append(f"product:{stock.product_id}" if stock.pooled else f"batch:{id_}")
    return list(describe(visit, names[:MOST], facility_id).values())


def inside(visit: Visit, unit_id: UUID, facility_id: UUID | None) -> list[Handled]:
    """What the books know to be in a unit, with the amounts that are in it."""
    visit.demand("stock.read")
    stocks = {one.batch_id: one for one in contents(visit, [unit_id]) if one.quantity > 0 or one.unknown}
    names = [f"batch:{one}" for one, stock in stocks.items() if not stock.pooled]
    found = describe(visit, names[:MOST], facility_id).values()
    return [_in_unit(one, stocks[one.id]) for one in found]


def _in_unit(one: Handled, stock: Stock) -> Handled:
    return Handled(one.kind, one.id, one.code, one.product_zh, one.product_en, one.status, stock.unit,
                   stock.quantity, None, stock.unknown)  # fmt: skip


def describe(visit: Visit, names: Iterable[str], facility_id: UUID | None) -> dict[str, Handled]:
    """Things by the names that `Handled` gives them; what the party may not name is left out."""
    things = {name: thing for name in names if (thing := _thing(name)) is not None}
    items = {name: item for name, thing in things.items() if (item := _item(visit, thing)) is not None}
    stocks = _stocks(visit, [id_ for id_, _ in items.values()], facility_id)
    found: dict[str, Handled] = {}
    for name, thing in things.items():
        if name in items:
            id_, goods = items[name]
            found[name] = _goods(visit, thing, goods, [one for one in stocks if one.batch_id == id_])
        elif thing.unit_id and (unit := known_unit(visit, thing.unit_id)) is not None:
            here = facility_id is not None and place_of_unit(visit, unit.id) == facility_place(facility_id)
            found[name] = Handled("unit", unit.id, unit.sscc or unit.code or "", here=here)
    return found


def _thing(name: str) -> Thing | None:
    kind, _, text = name.partition(":")
    try:
        return Thing.model_validate({f"{kind}_id": text})
    except ValueError:
        return None


Goods = tuple[Product, Batch | None]


def _item(visit: Visit, thing: Thing) -> tuple[UUID, Goods] | None:
    if thing.unit_id is not None:
        return None
    try:
        item = item_of(visit, thing, "")
    except Unfit:
        return None
    return item.id, (item.product, item.batch)


def _stocks(visit: Visit, ids: Collection[UUID], facility_id: UUID | None) -> Sequence[Stock]:
    if not ids or facility_id is None:
        return []
    places = [facility_place(facility_id), aside_place(facility_id)]
    return list_stocks(visit.session, mine(visit), batch_ids=ids, places=places)


def _goods(visit: Visit, thing: Thing, goods: Goods, stocks: Sequence[Stock]) -> Handled:
    product, batch = goods
    apart = next((one for one in stocks if one.place.startswith("aside:")), None)
    stock = next((one for one in stocks if one is not apart), None)
    seen = batch is not None and (batch.party_id == mine(visit) or batch.status == "recalled")
    return Handled(
        kind="batch" if batch else "product",
        id=batch.id if batch else product.id,
        code=batch.code if batch else "",
        product_zh=product.name_zh,
        product_en=product.name_en,
        status=status_on(visit.today, batch.status, batch.expiry_date) if batch and seen else None,
        unit=next((one.unit for one in stocks if one.unit), None) or product.base_unit,
        stock=stock.quantity if stock else None,
        apart=apart.quantity if apart else None,
        unknown=any(one.unknown for one in stocks),
    )
