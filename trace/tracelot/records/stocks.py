"""Stock on hand: the sum of what was put into a stock less what was taken out of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, case, cast, func, type_coerce, union
from sqlmodel import Session, SQLModel, col, select

from tracelot.records.batches import Batch
from tracelot.records.events import EventVoid, Posting
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.stops import StopOfGoods
from tracelot.rules.quantities import STEP, plain

MILLION = 1_000_000


@dataclass(frozen=True)
class Stock:
    """What is on hand of a batch at a place; `unknown`: some quantity was not told, and the sum is a bound.

    What was put there and not told has no upper end, what was taken and not told leaves nothing for sure.
    """

    batch_id: UUID
    place: str
    quantity: Decimal
    unit: str | None
    unknown: bool = False
    pooled: bool = False
    product_id: UUID | None = None
    least: Decimal = Decimal(0)
    most: Decimal | None = None


class StockView(SQLModel):
    batch_id: UUID | None
    product_id: UUID | None
    code: str | None
    product_zh: str | None
    product_en: str | None
    own: bool  # the party registered the batch
    status: str | None  # of an own batch; of another's only that it is recalled
    recalls: list[StopOfGoods]  # that stop it for the party, the earliest first
    place: str
    facility_id: UUID | None
    set_apart: bool
    unit_id: UUID | None
    quantity: Decimal
    unit: str | None
    unknown: bool
    least: Decimal
    most: Decimal | None


def _unvoided() -> ColumnElement[bool]:
    return col(Posting.record_id).not_in(select(EventVoid.event_id))


def _amount(part: ColumnElement[Any]) -> ColumnElement[Any]:
    """The sum of a part of the amounts, those taken out counted as negative."""
    return func.sum(case((col(Posting.side) == "put", part), else_=-part))


def _sums() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Whole units and millionths apart: the sum of whole millionths could pass what SQLite can count."""
    raw = func.coalesce(type_coerce(col(Posting.base_quantity), BigInteger), 0)
    return _amount(raw.op("/")(MILLION)), _amount(raw.op("%")(MILLION))


@cache
def _summed() -> Any:
    """The sums of stocks, which are asked for at every act: put together once."""
    whole, rest = _sums()
    untold = col(Posting.base_quantity).is_(None)
    more, fewer = (
        func.max(case((untold & (col(Posting.side) == side), 1), else_=0)) for side in ("put", "take")
    )
    keys = (col(Posting.batch_id), col(Posting.place))
    chosen: Any = select
    query = chosen(
        *keys,
        whole,
        rest,
        func.max(col(Posting.base_unit)),
        more,
        fewer,
        func.max(cast(col(Posting.pooled), Integer)),
        col(Posting.product_id),
    )
    return query.where(_unvoided()).group_by(*keys, col(Posting.product_id)).order_by(*keys)


def list_stocks(
    session: Session,
    party_id: UUID | None,
    *,
    batch_ids: Collection[UUID] = (),
    places: Collection[str] = (),
    product_id: UUID | None = None,
) -> Sequence[Stock]:
    """A party's stocks by its own records, batch by batch and place by place; empty ones too.

    Without a party, by everybody's records that the session sees.
    """
    query = _summed()
    if party_id is not None:
        query = query.where(col(Posting.party_id) == party_id)
    if batch_ids:
        query = query.where(col(Posting.batch_id).in_(batch_ids))
    if places:
        query = query.where(col(Posting.place).in_(places))
    if product_id:
        query = query.where(col(Posting.product_id) == product_id)
    return [_stock(row) for row in session.exec(query)]


def _stock(row: Any) -> Stock:
    batch_id, place, whole, rest, unit, more, fewer, pooled, product_id = row
    amount = Decimal(plain(Decimal(int(whole)) + Decimal(int(rest)) * STEP))
    least = amount if not more and not fewer else Decimal(0) if fewer else max(amount, Decimal(0))
    most = None if more else amount
    unknown = bool(more or fewer)
    return Stock(batch_id, place, amount, unit, unknown, bool(pooled), product_id, least, most)


def base_unit_of(session: Session, batch_id: UUID) -> str | None:
    """The unit in which a batch's stocks are counted already."""
    query = select(Posting.base_unit).where(
        Posting.batch_id == batch_id, col(Posting.base_unit).is_not(None), _unvoided()
    )
    return session.exec(query.limit(1)).first()


def list_moved(
    session: Session,
    party_id: UUID,
    product_id: UUID | None,
    after: UUID | None,
    limit: int,
    code: str | None = None,
) -> Sequence[UUID]:
    """The batches that a party moved or was sent, in the order of their ids."""
    moved = select(Posting.batch_id).where(Posting.party_id == party_id)
    sent = select(ShipmentLine.batch_id).where(
        ShipmentLine.shipment_id == Shipment.id, Shipment.to_party_id == party_id
    )
    if product_id:
        moved, sent = (
            moved.where(Posting.product_id == product_id),
            sent.where(ShipmentLine.product_id == product_id),
        )
    if code:
        named = select(Batch.id).where(Batch.code == code)
        moved, sent = moved.where(col(Posting.batch_id).in_(named)), sent.where(ShipmentLine.code == code)
    if after:
        moved, sent = moved.where(Posting.batch_id > after), sent.where(ShipmentLine.batch_id > after)
    both = union(moved, sent).subquery()
    return session.exec(select(both.c.batch_id).order_by(both.c.batch_id).limit(limit)).all()
