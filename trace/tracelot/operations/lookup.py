"""Looking a batch up by whatever is written on its package."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import col, select

from tracelot.formats.gs1 import CodeReading, read_code
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.public import Cursor, PublicBatch, PublicProduct, PublicRecall, PublicRecords
from tracelot.records.recalls import Recall, RecallRange, find_recall_by_code
from tracelot.records.searching import holds_all
from tracelot.records.sights import PUBLIC
from tracelot.rules.batches import status_on
from tracelot.rules.identifiers import batch_key, digital_link, read_canonical_path, read_short_code
from tracelot.rules.refusals import Unknown
from tracelot.rules.searching import query_terms
from tracelot.rules.verdicts import Verdict, verdict

MOST = 20


class Found(NamedTuple):
    """One batch as the public sees it, with its verdict and the recalls behind it."""

    verdict: Verdict
    product: PublicProduct
    batch: PublicBatch
    recalls: Sequence[PublicRecall]

    @property
    def on_record(self) -> bool:
        """Whether the batch itself is known, registered or recalled, and not its product alone."""
        return bool(self.batch.status or self.recalls)

    @property
    def level(self) -> int | None:
        """The gravest of the recalls that make the verdict: a seller's says nothing of what others sold."""
        made = self.verdict == "recalled"
        return min((one.level for one in self.recalls if not (made and one.seller_cause)), default=None)

    def standing(self, public_url: str) -> dict[str, Any]:
        """All but the product, which many batches share."""
        gtin, code = self.product.gtin, self.batch.code
        key = batch_key(gtin, code) if gtin else f"b/{self.batch.short_code}"
        batch = self.batch._asdict()
        del batch["sold_recalled"]
        link = digital_link(public_url, gtin, code) if gtin else f"{public_url}/{key}"
        return {
            "verdict": self.verdict,
            "level": self.level,
            "key": key,
            "link": link,
            "batch": batch,
            "recalls": [
                recall._asdict() | {"link": f"{public_url}/recalls/{recall.code}"} for recall in self.recalls
            ],
        }

    def facts(self, public_url: str) -> dict[str, Any]:
        return self.standing(public_url) | {"product": self.product._asdict()}


@dataclass(frozen=True)
class OwnBatch:
    """One of the asking party's own batches, public or not."""

    id: UUID
    code: str
    status: str
    product_zh: str
    product_en: str | None


@dataclass(frozen=True)
class Answer:
    """All that a code may stand for. With no match the verdict is "unknown", which never means safe."""

    reading: CodeReading
    found: Sequence[Found]
    own: Sequence[OwnBatch] = ()
    product_recalls: Sequence[Recall] = ()
    needs_more: bool = False

    @property
    def verdict(self) -> Verdict:
        return self.found[0].verdict if len(self.found) == 1 else "unknown"


def public_batch(
    records: PublicRecords,
    cursor: Cursor,
    gtin: str,
    code: str,
    today: date,
    known: dict[str, PublicProduct] | None = None,
) -> Found | None:
    """The batch under a GTIN and batch code; verdict "unknown" where only the product is known.

    `known` holds products read before, as long as nothing was committed since.
    """
    product = known.get(gtin) if known is not None else None
    if product is None:
        product = records.product(cursor, gtin)
        if product is None:
            return None
        if known is not None:
            known[gtin] = product
    return _judge(records, cursor, product, records.batch(cursor, product, code), today)


def public_short(records: PublicRecords, cursor: Cursor, short_code: str, today: date) -> Found | None:
    """The batch under a private short code."""
    known = records.by_short_code(cursor, short_code)
    return _judge(records, cursor, *known, today) if known else None


def _judge(
    records: PublicRecords, cursor: Cursor, product: PublicProduct, batch: PublicBatch, today: date
) -> Found:
    recalls = records.recalls(cursor, product, batch.code) if may_be_named(batch) else []
    return judged(product, batch, recalls, today)


def may_be_named(batch: PublicBatch) -> bool:
    """A code may be recalled before its batch is registered, after its record was withdrawn, and by a seller."""
    return batch.status in (None, "recalled", "void") or batch.sold_recalled


def judged(product: PublicProduct, batch: PublicBatch, recalls: Sequence[PublicRecall], today: date) -> Found:
    expiry = date.fromisoformat(batch.expiry_date) if batch.expiry_date else None
    status = status_on(today, batch.status, expiry) if batch.status else None
    makers = [recall.level for recall in recalls if recall.seller_cause is None]
    sellers = [recall.level for recall in recalls if recall.seller_cause is not None]
    return Found(verdict(status, makers, sellers), product, batch, recalls)


def look_up(visit: Visit, text: str, product: str | None = None, firm: str | None = None) -> Answer:
    """Read a code in any written form and find what it stands for.

    A bare batch text is answered only together with a product or a firm: alone it would list strangers'
    batches. The asking party's own batches are found in every state.
    """
    visit.demand("lookup")
    reading = read_code(text)
    readings = (reading, *reading.alternatives)
    found = [one for each in readings for one in _found(visit, each) if one is not None]
    bare = reading.kind == "text"
    if bare and (product or firm):
        found = _by_text(visit, reading.text, product, firm)
    return Answer(
        reading,
        found,
        [own for each in readings for own in _own(visit, each)],
        _product_recalls(visit, reading.gtin) if not any(one.batch.status for one in found) else (),
        needs_more=bare and not product and not firm,
    )


def public_product(visit: Visit, gtin: str) -> tuple[PublicProduct | None, Sequence[Recall]]:
    """The product that owns a GTIN, and its published recalls; nothing where no verified party does."""
    visit.demand("lookup")
    records, cursor = records_of(visit.connection)
    return records.product(cursor, gtin), _product_recalls(visit, gtin)


def demand_public(visit: Visit, path: str) -> str:
    """The link of a batch or recall that everybody may see at this path; nothing else has one."""
    visit.demand("lookup")
    records, cursor = records_of(visit.connection)
    public_url = visit.place.public_url
    found: Found | None = None
    if named := read_canonical_path(path.encode("ascii", "replace")):
        found = public_batch(records, cursor, *named, visit.today)
    elif path.startswith("/b/"):
        found = public_short(records, cursor, read_short_code(path.removeprefix("/b/")), visit.today)
    elif path.startswith("/recalls/") and _is_published(visit, path.removeprefix("/recalls/")):
        return f"{public_url}{path}"
    if found is None or not found.on_record:
        raise Unknown("unknown-link", "No batch and no recall is public at this address.")
    return str(found.facts(public_url)["link"])


def _is_published(visit: Visit, code: str) -> bool:
    recall = find_recall_by_code(visit.seeing(PUBLIC), code)
    return recall is not None and recall.published_at is not None  # a withdrawn one keeps its page


def records_of(connection: Connection) -> tuple[PublicRecords, Cursor]:
    return PublicRecords(connection.dialect), cast("Cursor", connection.connection.cursor())


def _found(visit: Visit, reading: CodeReading) -> list[Found | None]:
    visit.seeing(PUBLIC).flush()
    records, cursor = records_of(visit.connection)
    if reading.gtin and reading.batch:
        return [public_batch(records, cursor, reading.gtin, reading.batch, visit.today)]
    if reading.short:
        return [public_short(records, cursor, reading.short, visit.today)]
    return []


def _by_text(visit: Visit, code: str, product: str | None, firm: str | None) -> list[Found]:
    """Public batches with this code, of products or firms whose name holds the words asked for."""
    query = select(Batch).where(Batch.code == code, Batch.product_id == Product.id)
    query = query.where(Batch.party_id == Party.id)
    if product:
        query = query.where(*_named(product, "product", Product.id, Product.gtin_claim))
    if firm:
        query = query.where(*_named(firm, "party", Party.id, Party.uscc_claim))
    records, cursor = records_of(visit.connection)
    batches = visit.seeing(PUBLIC).exec(query.limit(MOST)).all()
    found = [public_short(records, cursor, batch.short_code, visit.today) for batch in batches]
    return [one for one in found if one is not None]


def _named(words: str, kind: str, subject: Any, number: Any) -> list[Any]:
    if not query_terms(words):
        return [col(number) == words]
    by_words = holds_all(kind, col(subject), words)
    whole = by_words[0]
    for condition in by_words[1:]:
        whole = whole & condition
    return [whole | (col(number) == words.strip().upper())]


def _own(visit: Visit, reading: CodeReading) -> list[OwnBatch]:
    if visit.actor.party_id is None:
        return []
    query = select(Batch, Product).where(Batch.product_id == Product.id)
    if reading.batch:
        query = query.where(Batch.code == reading.batch)
        if reading.gtin:
            query = query.where(Product.gtin == reading.gtin)
    elif reading.short:
        query = query.where(Batch.short_code == reading.short)
    else:
        query = query.where((col(Batch.code) == reading.text) | (col(Batch.printed_text) == reading.text))
    rows = visit.session.exec(query.order_by(col(Batch.id)).limit(MOST)).all()
    return [own_batch(visit, batch, product) for batch, product in rows]


def own_batch(visit: Visit, batch: Batch, product: Product) -> OwnBatch:
    status = status_on(visit.today, batch.status, batch.expiry_date)
    return OwnBatch(batch.id, batch.code, status, product.name_zh, product.name_en)


def _product_recalls(visit: Visit, gtin: str | None) -> Sequence[Recall]:
    """Published recalls of the product, for whoever holds a batch of it that is not on record."""
    if not gtin:
        return ()
    named = select(RecallRange.recall_id).where(RecallRange.product_id == Product.id)
    query = (
        select(Recall)
        .where(col(Recall.id).in_(named.where(Product.gtin_claim == gtin)), Recall.state == "published")
        .order_by(col(Recall.level), col(Recall.published_at).desc(), col(Recall.code))
    )
    return visit.seeing(PUBLIC).exec(query.limit(MOST)).all()
