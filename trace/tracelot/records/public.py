"""What the public may read of one batch: a few statements, compiled once, run on the bare driver.

The hot path of every scanned package. Visibility is part of it: the product's GTIN has its owner, the party
is verified, the batch was released or is recalled.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Dialect, Select, bindparam
from sqlalchemy import select as core_select
from sqlmodel import SQLModel

from tracelot.records.batches import Batch, ShortCode
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.rules.places import batch_hex
from tracelot.rules.recalls import DRILL


class Cursor(Protocol):
    def execute(self, sql: str, parameters: Any, /) -> Any: ...
    def fetchall(self) -> Sequence[Sequence[Any]]: ...


class PublicRecall(NamedTuple):
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


class PublicProduct(NamedTuple):
    """What anyone may know of a product and its producer."""

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
    archived: bool = False
    successor_zh: str | None = None
    successor_en: str | None = None


class PublicBatch(NamedTuple):
    """The facts of a batch that anyone may see; `status` is None where only its product is known."""

    code: str
    printed_text: str | None = None
    production_date: str | None = None
    expiry_date: str | None = None
    origin_region_code: str | None = None
    status: str | None = None
    short_code: str | None = None
    released_at: str | None = None


def _c(model: type[SQLModel]) -> Any:
    return getattr(model, "__table__").c  # noqa: B009  (SQLModel does not declare it)


_PRODUCT = (
    "id",
    "gtin_claim",
    "name_zh",
    "name_en",
    "brand",
    "spec",
    "storage",
    "storage_en",
    "geographic_mark",
)
_PARTY = ("name_zh", "name_en", "sc_no", "region_code")
_BATCH = ("code", "printed_text", "production_date", "expiry_date", "origin_region_code", "status", "short_code",
          "released_at")  # fmt: skip
_RECALL = ("code", "level", "kind", "published_at", "reason_zh", "reason_en", "harm_zh", "harm_en", "remedy_zh",
           "remedy_en", "contact", "contact_hours")  # fmt: skip


def _columns(model: type[SQLModel], names: Sequence[str]) -> list[Any]:
    columns = _c(model)
    return [columns[name].label(f"{model.__name__.lower()}_{name}") for name in names]


def _products() -> Select[Any]:
    """Products of verified parties; a party that is archived names who goes on in its place."""
    product, party = _c(Product), _c(Party)
    heir = party.id.table.alias("heir")
    tables = product.id.table.join(party.id.table, party.id == product.party_id)
    tables = tables.outerjoin(heir, heir.c.id == party.successor_id)
    closed = party.archived_at.is_not(None).label("party_archived")
    names = heir.c.name_zh.label("heir_zh"), heir.c.name_en.label("heir_en")
    columns = *_columns(Product, _PRODUCT), *_columns(Party, _PARTY), closed, *names
    return core_select(*columns).select_from(tables).where(party.status == "verified")


def _by_gtin() -> Select[Any]:
    return _products().where(_c(Product).gtin_claim == bindparam("gtin"))


def _by_id() -> Select[Any]:
    return _products().where(_c(Product).id == bindparam("id"))


def _batch() -> Select[Any]:
    batch = _c(Batch)
    columns = *_columns(Batch, _BATCH), batch.product_id
    return core_select(*columns).where(batch.id == bindparam("id"))


def _by_short_code() -> Select[Any]:
    short = _c(ShortCode)
    return core_select(short.batch_id).where(short.code == bindparam("short_code"))


def _recalls() -> Select[Any]:
    recall, line = _c(Recall), _c(RecallBatch)
    return (
        core_select(*_columns(Recall, _RECALL))
        .where(line.batch_id == bindparam("batch_id"), line.recall_id == recall.id)
        .where(recall.state == "published", recall.kind != DRILL)
        .order_by(recall.level, recall.published_at)
    )


class PublicRecords:
    """The statements in the words of one database; safe to share between threads."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._file = dialect.name == "sqlite"
        self._gtin = self._compile(_by_gtin())
        self._id = self._compile(_by_id())
        self._batch = self._compile(_batch())
        self._short = self._compile(_by_short_code())
        self._recalls = self._compile(_recalls())

    def _compile(self, statement: Select[Any]) -> tuple[str, Callable[[dict[str, Any]], Any]]:
        compiled = statement.compile(dialect=self._dialect)
        order = compiled.positiontup
        fixed = {name: value for name, value in compiled.params.items() if value is not None}
        if order is None:
            return str(compiled), lambda given: {**fixed, **given}
        return str(compiled), lambda given: [given[name] if name in given else fixed[name] for name in order]

    def _run(self, cursor: Cursor, statement: tuple[str, Any], **given: Any) -> Sequence[Sequence[Any]]:
        sql, bind = statement
        cursor.execute(sql, bind(given))
        return cursor.fetchall()

    def product(self, cursor: Cursor, gtin: str) -> PublicProduct | None:
        """The product that owns a GTIN; None where no verified party does."""
        rows = self._run(cursor, self._gtin, gtin=gtin)
        return _product(rows[0]) if rows else None

    def batch(self, cursor: Cursor, product: PublicProduct, code: str) -> PublicBatch:
        """The batch of a product; with status None where the public sees no such batch."""
        rows = self._run(cursor, self._batch, id=_id_of(product, code))
        return self._dated(rows[0]) if rows and _shown(rows[0]) else PublicBatch(code)

    def by_short_code(self, cursor: Cursor, short_code: str) -> tuple[PublicProduct, PublicBatch] | None:
        """The public batch under a short code, with its product."""
        found = self._run(cursor, self._short, short_code=short_code)
        rows = self._run(cursor, self._batch, id=found[0][0]) if found else []
        if not rows or not _shown(rows[0]):
            return None
        products = self._run(cursor, self._id, id=rows[0][len(_BATCH)])
        return (_product(products[0]), self._dated(rows[0])) if products else None

    def recalls(self, cursor: Cursor, product: PublicProduct, code: str) -> list[PublicRecall]:
        """Published recalls that name the batch code, the gravest first."""
        rows = self._run(cursor, self._recalls, batch_id=_id_of(product, code))
        return [PublicRecall(row[0], row[1], row[2], _text(row[3]) or "", *row[4:]) for row in rows]

    def _dated(self, row: Sequence[Any]) -> PublicBatch:
        """The columns of a batch with dates as text, which SQLite keeps as text already."""
        made, expires = row[2:4] if self._file else map(_text, row[2:4])
        return PublicBatch(row[0], row[1], made, expires, row[4], row[5], row[6], _text(row[7]))


def _shown(row: Sequence[Any]) -> bool:
    """Whether the public sees the batch: it was released once, or it is recalled."""
    return row[7] is not None or row[5] == "recalled"


def _id_of(product: PublicProduct, code: str) -> str:
    """The key of a batch, as SQLite keeps it and PostgreSQL reads it."""
    return batch_hex(_bytes_of(product.product_id), code)


@lru_cache(1024)
def _bytes_of(product_id: str) -> bytes:
    return bytes.fromhex(product_id.replace("-", ""))


def _product(row: Sequence[Any]) -> PublicProduct:
    first = _hyphened(row[0]) if isinstance(row[0], str) else str(row[0])
    return PublicProduct._make((first, *row[1:-3], bool(row[-3]), *row[-2:]))


def _hyphened(hexadecimal: str) -> str:
    """A UUID as everybody writes it; parsing it would take ten times as long."""
    h = hexadecimal
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _text(value: str | date | datetime | None) -> str | None:
    """A date or time as ISO text; SQLite keeps times as text in UTC without saying so."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if value is not None and len(value) > len("2026-11-22"):
        return f"{value[:19].replace(' ', 'T')}+00:00"
    return value
