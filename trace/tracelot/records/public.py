"""What the public may read of one batch: two statements, compiled once, run on the bare driver.

The hot path of every scanned package. Visibility is part of the statements: the product's GTIN has its
owner, the party is verified, the batch was released or is recalled.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Dialect, Select, and_, bindparam, or_
from sqlalchemy import select as core_select
from sqlmodel import SQLModel

from tracelot.records.batches import Batch
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, RecallBatch


class Cursor(Protocol):
    def execute(self, sql: str, parameters: Any, /) -> Any: ...
    def fetchall(self) -> Sequence[Sequence[Any]]: ...


@dataclass(frozen=True)
class PublicRecall:
    code: str
    level: int
    kind: str
    published_at: str
    reason_zh: str | None
    reason_en: str | None
    harm_zh: str | None
    harm_en: str | None
    remedy_zh: str | None
    remedy_en: str | None
    contact: str | None
    contact_hours: str | None


@dataclass(frozen=True)
class PublicBatch:
    """The facts of a batch that anyone may see; `status` is None where only the product is known."""

    product_id: str
    gtin: str | None
    name_zh: str
    name_en: str | None
    brand: str | None
    spec: str | None
    storage: str | None
    storage_en: str | None
    geographic_mark: str | None
    producer_zh: str
    producer_en: str | None
    sc_no: str | None
    region_code: str
    code: str
    printed_text: str | None = None
    production_date: str | None = None
    expiry_date: str | None = None
    origin_region_code: str | None = None
    status: str | None = None
    short_code: str | None = None
    released_at: str | None = None

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def _c(model: type[SQLModel]) -> Any:
    return getattr(model, "__table__").c  # noqa: B009  (SQLModel does not declare it)


_PRODUCT = ("id", "gtin_claim", "name_zh", "name_en", "brand", "spec", "storage", "storage_en", "geographic_mark")
_PARTY = ("name_zh", "name_en", "sc_no", "region_code")
_BATCH = ("code", "printed_text", "production_date", "expiry_date", "origin_region_code", "status", "short_code",
          "released_at")  # fmt: skip
_RECALL = ("code", "level", "kind", "published_at", "reason_zh", "reason_en", "harm_zh", "harm_en", "remedy_zh",
           "remedy_en", "contact", "contact_hours")  # fmt: skip


def _columns(model: type[SQLModel], names: Sequence[str]) -> list[Any]:
    columns = _c(model)
    return [columns[name].label(f"{model.__name__.lower()}_{name}") for name in names]


def _public(batch: Any) -> Any:
    return or_(batch.released_at.is_not(None), batch.status == "recalled")


def _base() -> Select[Any]:
    return core_select(*_columns(Product, _PRODUCT), *_columns(Party, _PARTY), *_columns(Batch, _BATCH))


def _by_gtin() -> Select[Any]:
    product, party, batch = _c(Product), _c(Party), _c(Batch)
    shown = and_(batch.product_id == product.id, batch.code == bindparam("code"), _public(batch))
    tables = product.id.table.join(party.id.table, party.id == product.party_id).outerjoin(batch.id.table, shown)
    return _base().select_from(tables).where(
        product.gtin_claim == bindparam("gtin"), party.status == "verified"
    )


def _by_short_code() -> Select[Any]:
    product, party, batch = _c(Product), _c(Party), _c(Batch)
    tables = batch.id.table.join(product.id.table, batch.product_id == product.id)
    tables = tables.join(party.id.table, party.id == batch.party_id)
    return _base().select_from(tables).where(
        batch.short_code == bindparam("short_code"), party.status == "verified", _public(batch)
    )


def _recalls() -> Select[Any]:
    recall, line = _c(Recall), _c(RecallBatch)
    return (
        core_select(*_columns(Recall, _RECALL))
        .where(line.product_id == bindparam("product_id"), line.code == bindparam("code"))
        .where(line.recall_id == recall.id, recall.state == "published")
        .order_by(recall.level, recall.published_at)
    )


class PublicRecords:
    """The statements in the words of one database; safe to share between threads."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._gtin = self._compile(_by_gtin(), ("code", "gtin"))
        self._short = self._compile(_by_short_code(), ("short_code",))
        self._recalls = self._compile(_recalls(), ("product_id", "code"))

    def _compile(self, statement: Select[Any], names: Sequence[str]) -> tuple[str, Any]:
        compiled = statement.compile(dialect=self._dialect)
        order = compiled.positiontup
        fixed = {key: value for key, value in compiled.params.items() if key not in names}
        if order is None:
            return str(compiled), lambda given: {**fixed, **given}
        return str(compiled), lambda given: tuple(given[key] if key in given else fixed[key] for key in order)

    def _run(self, cursor: Cursor, statement: tuple[str, Any], **given: Any) -> Sequence[Sequence[Any]]:
        sql, bind = statement
        cursor.execute(sql, bind(given))
        return cursor.fetchall()

    def by_gtin(self, cursor: Cursor, gtin: str, code: str) -> PublicBatch | None:
        """The batch, or its product alone with status None; None where the GTIN has no owner here."""
        rows = self._run(cursor, self._gtin, gtin=gtin, code=code)
        return _read(rows[0], code) if rows else None

    def by_short_code(self, cursor: Cursor, short_code: str) -> PublicBatch | None:
        rows = self._run(cursor, self._short, short_code=short_code)
        return _read(rows[0], "") if rows else None

    def recalls(self, cursor: Cursor, product_id: str, code: str) -> list[PublicRecall]:
        """Published recalls that name the batch code, the gravest first."""
        given = UUID(product_id).hex if self._dialect.name == "sqlite" else UUID(product_id)
        rows = self._run(cursor, self._recalls, product_id=given, code=code)
        return [PublicRecall(row[0], row[1], row[2], _text(row[3]) or "", *row[4:]) for row in rows]


def _read(row: Sequence[Any], code: str) -> PublicBatch:
    product, party, batch = row[:9], row[9:13], row[13:]
    return PublicBatch(
        str(UUID(product[0])) if isinstance(product[0], str) else str(product[0]),
        *product[1:],
        *party,
        batch[0] or code,
        batch[1],
        _text(batch[2]),
        _text(batch[3]),
        *batch[4:7],
        _text(batch[7]),
    )


def _text(value: str | date | datetime | None) -> str | None:
    """A date or time as ISO text; SQLite keeps times as text in UTC without saying so."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is not None and len(value) > len("2026-11-22"):
        return f"{value[:19].replace(' ', 'T')}+00:00"
    return value
