"""Postings read in bulk, many rows in one value: to unpack each row by itself would take most of the time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, LargeBinary, String, cast, literal, type_coerce
from sqlmodel import Session, col, func, select

from tracelot.records.events import Event, Posting
from tracelot.records.journal import BUCKETS, Bucket, Position
from tracelot.rules.gaps import MAKING

WIDTH = 3 * 16 + 4 + 8 + 8  # bytes of a row: batch, record, event, line, amount, time of record; big-endian
UNTOLD = -1  # an amount that nobody told
SHARES = 16  # a place's rows come in so many parts
MICROSECONDS = 1_000_000
_SECOND = len("2026-11-22 18:30:00")


@dataclass(frozen=True)
class Packed:
    """Rows that share a party, a place, a side and a unit."""

    party: UUID
    place: str
    put: bool
    unit: str
    rows: bytes


def read_postings(session: Session) -> Iterator[Packed]:
    """Every posting that names its batch, voided ones too."""
    hexadecimal = session.get_bind().dialect.name == "sqlite"
    row = _as_text() if hexadecimal else _as_bytes()
    joined: Any = (
        func.group_concat(row, "") if hexadecimal else func.string_agg(row, literal(b"", LargeBinary))
    )
    share = func.substr(cast(col(Posting.batch_id), String), 1, 1)
    keys = (col(Posting.party_id), col(Posting.place), col(Posting.side), col(Posting.base_unit))
    chosen: Any = select
    query = chosen(*keys, joined).where(col(Posting.pooled).is_(False)).group_by(*keys, share)
    for party, place, side, unit, rows in session.exec(query.execution_options(yield_per=SHARES)):
        yield Packed(party, place, side == "put", unit or "", bytes.fromhex(rows) if hexadecimal else rows)


def read_makings(session: Session) -> bytes:
    """The ids of all events that made something, 16 bytes each."""
    hexadecimal = session.get_bind().dialect.name == "sqlite"
    id_: Any = type_coerce(col(Event.id), String) if hexadecimal else func.uuid_send(col(Event.id))
    joined: Any = (
        func.group_concat(id_, "") if hexadecimal else func.string_agg(id_, literal(b"", LargeBinary))
    )
    chosen: Any = select
    query = chosen(joined).where(col(Event.act).in_(sorted(MAKING))).group_by(Event.bucket)
    parts = session.exec(query).all()
    return b"".join(bytes.fromhex(part) if hexadecimal else part for part in parts)


def _as_text() -> ColumnElement[str]:
    """Hexadecimal digits: what SQLite can put together."""
    ids = [type_coerce(col(id_), String) for id_ in (Posting.batch_id, Posting.record_id, Posting.event_id)]
    moment = type_coerce(col(Posting.recorded_at), String)
    recorded = cast(func.strftime("%s", func.substr(moment, 1, _SECOND)), BigInteger) * MICROSECONDS + cast(
        func.substr(moment, _SECOND + 2, 6), Integer
    )
    rest = func.printf("%08x%016x%016x", col(Posting.line), _amount(), recorded)
    return ids[0] + ids[1] + ids[2] + type_coerce(rest, String)


def _as_bytes() -> ColumnElement[bytes]:
    epoch = func.extract("epoch", col(Posting.recorded_at))
    parts: list[Any] = [
        func.uuid_send(col(Posting.batch_id)),
        func.uuid_send(col(Posting.record_id)),
        func.uuid_send(col(Posting.event_id)),
        func.int4send(col(Posting.line)),
        func.int8send(_amount()),
        func.int8send(cast(epoch * MICROSECONDS, BigInteger)),
    ]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.op("||")(part)
    return type_coerce(whole, LargeBinary)


def _amount() -> ColumnElement[int]:
    return func.coalesce(type_coerce(col(Posting.base_quantity), BigInteger), UNTOLD)


def newest(session: Session) -> Position:
    """The position after all that the session sees."""
    heads = dict(session.exec(select(Bucket.id, Bucket.seq)).all())
    return tuple(heads.get(bucket, 0) for bucket in range(BUCKETS))
