"""What the public may read of one batch: a few statements, compiled once, run on the bare driver.

The hot path of every scanned package. Visibility is part of it: the product's GTIN has its owner, the party
is verified, the batch was released or is recalled.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Dialect, Select, bindparam, func
from sqlalchemy import select as core_select
from sqlmodel import SQLModel

from tracelot.records.batches import Batch, ShortCode
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.rules.places import batch_hex
from tracelot.rules.recalls import DRILL

EACH = 500  # keys of one statement: SQLite takes 32,766 parameters and PostgreSQL 65,535


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
    seller_cause: str | None = None
    seller_zh: str | None = None  # who recalls what it sold of the batch; None where its maker recalls it
    seller_en: str | None = None


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
    """The facts of a batch that anyone may see; `status` is None where only its product is known.

    `sold_recalled`: some seller recalls what it sold of it. It leads to that recall, and is told nobody itself.
    """

    code: str
    printed_text: str | None = None
    production_date: str | None = None
    expiry_date: str | None = None
    origin_region_code: str | None = None
    status: str | None = None
    short_code: str | None = None
    released_at: str | None = None
    outgoing_passed: bool = False
    sold_recalled: bool = False


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
          "released_at", "outgoing_passed")  # fmt: skip
_RECALL = ("code", "level", "kind", "published_at", "reason_zh", "reason_en", "harm_zh", "harm_en", "remedy_zh",
           "remedy_en", "contact", "contact_hours", "seller_cause")  # fmt: skip


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


def _sold_recalled() -> Any:
    """Whether a seller recalls what it sold of a batch: of most batches one look into an index, which finds nothing.

    One question inside the other: as a join SQLite would begin at all recalls that are published.
    """
    recall, line = _c(Recall), _c(RecallBatch)
    sold = core_select(recall.id).where(recall.id == line.recall_id, recall.seller_cause.is_not(None))
    sold = sold.where(recall.state == "published", recall.kind != DRILL).correlate(line.batch_id.table)
    named = core_select(line.recall_id).where(line.batch_id == _c(Batch).id, sold.exists())
    return named.correlate(_c(Batch).id.table).exists().label("sold_recalled")


def _batch() -> Select[Any]:
    batch = _c(Batch)
    columns = *_columns(Batch, _BATCH), _sold_recalled(), batch.product_id
    return core_select(*columns).where(batch.id == bindparam("id"))


def _by_short_code() -> Select[Any]:
    short = _c(ShortCode)
    return core_select(short.batch_id).where(short.code == bindparam("short_code"))


def _naming(*first: Any) -> Select[Any]:
    """Published recalls with their firms: those of makers before those of sellers, of each the gravest first.

    `coalesce` hides the index over states from SQLite, which would begin there at all recalls that are published.
    """
    recall, line, firm = _c(Recall), _c(RecallBatch), _c(Party)
    names = firm.name_zh.label("firm_zh"), firm.name_en.label("firm_en")
    return (
        core_select(*first, *_columns(Recall, _RECALL), *names)
        .where(line.recall_id == recall.id, recall.party_id == firm.id)
        .where(func.coalesce(recall.state, "") == "published", recall.kind != DRILL)
        .order_by(recall.seller_cause.is_not(None), recall.level, recall.published_at, recall.code)
    )


def _recalls() -> Select[Any]:
    return _naming().where(_c(RecallBatch).batch_id == bindparam("batch_id"))


def _any_of(column: Any) -> Any:
    return column.in_([bindparam(f"key{number}", type_=column.type) for number in range(EACH)])


def _products_by_gtin() -> Select[Any]:
    return _products().where(_any_of(_c(Product).gtin_claim))


def _products_by_id() -> Select[Any]:
    return _products().where(_any_of(_c(Product).id))


def _batches_by_id() -> Select[Any]:
    batch = _c(Batch)
    columns = *_columns(Batch, _BATCH), _sold_recalled()
    return core_select(batch.id, batch.product_id, *columns).where(_any_of(batch.id))


def _ids_by_short_code() -> Select[Any]:
    short = _c(ShortCode)
    return core_select(short.code, short.batch_id).where(_any_of(short.code))


def _recalls_of() -> Select[Any]:
    line = _c(RecallBatch)
    return _naming(line.batch_id).where(_any_of(line.batch_id))


Written = tuple[str, Callable[[dict[str, Any]], Any]]
_WRITTEN: dict[
    tuple[type[Dialect], Callable[[], Select[Any]]], Written
] = {}  # once in a process: it takes long


def _write(statement: Select[Any], dialect: Dialect) -> Written:
    """A statement in the words of a database, and what makes its parameters."""
    compiled = statement.compile(dialect=dialect)
    order = compiled.positiontup
    fixed = {name: value for name, value in compiled.params.items() if value is not None}
    if order is None:
        return str(compiled), lambda given: {**fixed, **given}
    return str(compiled), lambda given: [given[name] if name in given else fixed[name] for name in order]


class PublicRecords:
    """The statements in the words of one database; safe to share between threads."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._file = dialect.name == "sqlite"
        self._gtin = self._compile(_by_gtin)
        self._id = self._compile(_by_id)
        self._batch = self._compile(_batch)
        self._short = self._compile(_by_short_code)
        self._recalls = self._compile(_recalls)

    def _compile(self, make: Callable[[], Select[Any]]) -> Written:
        known = type(self._dialect), make
        if known not in _WRITTEN:
            _WRITTEN[known] = _write(make(), self._dialect)
        return _WRITTEN[known]

    def _run(self, cursor: Cursor, statement: Written, **given: Any) -> Sequence[Sequence[Any]]:
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
        return self._told(rows[0]) or PublicBatch(code) if rows else PublicBatch(code)

    def by_short_code(self, cursor: Cursor, short_code: str) -> tuple[PublicProduct, PublicBatch] | None:
        """The public batch under a short code, with its product."""
        found = self._run(cursor, self._short, short_code=short_code)
        rows = self._run(cursor, self._batch, id=found[0][0]) if found else []
        batch = self._told(rows[0]) if rows else None
        if batch is None:
            return None
        products = self._run(cursor, self._id, id=rows[0][-1])
        return (_product(products[0]), batch) if products else None

    def recalls(self, cursor: Cursor, product: PublicProduct, code: str) -> list[PublicRecall]:
        """Published recalls that name the batch code, the gravest first."""
        rows = self._run(cursor, self._recalls, batch_id=_id_of(product, code))
        return [_recall(row) for row in rows]

    def _told(self, row: Sequence[Any]) -> PublicBatch | None:
        """What the public sees of a batch; of one that only a seller recalls, that it is so."""
        if _shown(row):
            return self._dated(row)
        return PublicBatch(row[0], short_code=row[6], sold_recalled=True) if row[9] else None

    def _dated(self, row: Sequence[Any]) -> PublicBatch:
        """The columns of a batch with dates as text, which SQLite keeps as text already."""
        made, expires = row[2:4] if self._file else map(_text, row[2:4])
        known = row[0], row[1], made, expires, row[4], row[5], row[6], _text(row[7]), bool(row[8])
        return PublicBatch(*known, bool(row[9]))


class PublicLists(PublicRecords):
    """The same records, of thousands of batches at once."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__(dialect)
        self._gtins = self._compile(_products_by_gtin)
        self._ids = self._compile(_products_by_id)
        self._many = self._compile(_batches_by_id)
        self._shorts = self._compile(_ids_by_short_code)
        self._recalled = self._compile(_recalls_of)

    def _rows(self, cursor: Cursor, statement: Written, keys: Iterable[str]) -> Iterator[Sequence[Any]]:
        """Rows by lists of keys. A short list is filled up with its last key: one statement fits all of them."""
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted), EACH):
            some = wanted[start : start + EACH]
            some += [some[-1]] * (EACH - len(some))
            yield from self._run(
                cursor, statement, **{f"key{number}": key for number, key in enumerate(some)}
            )

    def products(self, cursor: Cursor, gtins: Iterable[str]) -> dict[str, PublicProduct]:
        """The products that own the GTINs, by these."""
        return {row[1]: _product(row) for row in self._rows(cursor, self._gtins, gtins)}

    def batches(
        self, cursor: Cursor, wanted: Iterable[tuple[PublicProduct, str]]
    ) -> dict[tuple[str, str], PublicBatch]:
        """The batches that the public sees, by the id of their product and their code."""
        named = {_id_of(product, code): (product.product_id, code) for product, code in wanted}
        rows = self._rows(cursor, self._many, named)
        told = ((named[_hex(row[0])], self._told(row[2:])) for row in rows)
        return {key: batch for key, batch in told if batch is not None}

    def by_short_codes(
        self, cursor: Cursor, short_codes: Iterable[str]
    ) -> dict[str, tuple[PublicProduct, PublicBatch]]:
        """The public batches under short codes, with their products."""
        ids = {row[0]: _hex(row[1]) for row in self._rows(cursor, self._shorts, short_codes)}
        rows = {
            _hex(row[0]): (_hex(row[1]), self._told(row[2:]))
            for row in self._rows(cursor, self._many, ids.values())
        }
        owners = {owner for owner, _ in rows.values()}
        products = {_hex(row[0]): _product(row) for row in self._rows(cursor, self._ids, owners)}
        return {
            short: (products[owner], batch)
            for short, (owner, batch) in ((short, rows[id_]) for short, id_ in ids.items() if id_ in rows)
            if batch is not None and owner in products
        }

    def recalls_of(
        self, cursor: Cursor, wanted: Iterable[tuple[PublicProduct, str]]
    ) -> dict[tuple[str, str], list[PublicRecall]]:
        """Published recalls that name the batch codes, of each the gravest first."""
        named = {_id_of(product, code): (product.product_id, code) for product, code in wanted}
        found: dict[tuple[str, str], list[PublicRecall]] = {}
        for row in self._rows(cursor, self._recalled, named):
            found.setdefault(named[_hex(row[0])], []).append(_recall(row[1:]))
        return found


def _hex(key: Any) -> str:
    """A UUID as SQLite keeps it, whichever database it came from."""
    return key if isinstance(key, str) else str(key.hex)


def _recall(row: Sequence[Any]) -> PublicRecall:
    firm = row[-2:] if row[-3] is not None else (None, None)
    return PublicRecall(row[0], row[1], row[2], _text(row[3]) or "", *row[4:-2], *firm)


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
