"""Looking up thousands of codes at once: each is answered exactly as it would be alone, by a few statements for all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import func
from sqlmodel import col, select

from tracelot.formats.gs1 import LONGEST_CODE, CodeReading, read_code
from tracelot.operations.lookup import MOST, Answer, Found, OwnBatch, judged, may_be_named, own_batch
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.products import Product
from tracelot.records.public import EACH, Cursor, PublicBatch, PublicLists, PublicProduct, PublicRecall
from tracelot.records.recalls import Recall, RecallRange
from tracelot.records.sights import PUBLIC
from tracelot.rules.refusals import Refusal, Unfit, unfit

MOST_CODES = 10_000
Key = TypeVar("Key")
Named = tuple[PublicProduct, str]


def look_up_all(visit: Visit, texts: Sequence[Any]) -> list[Answer | Refusal]:
    """What each written form of a code stands for, in their order; or what is wrong with it."""
    visit.demand("lookup")
    if not 0 < len(texts) <= MOST_CODES:
        raise unfit("bad-list", "A list has 1 to 10,000 codes.", "")
    read = {text: _read(text) for text in texts if isinstance(text, str)}
    readings = [one for each in read.values() if isinstance(each, CodeReading) for one in _all(each)]
    known = _Known(visit, readings)
    answers = {text: each if isinstance(each, Refusal) else known.answer(each) for text, each in read.items()}
    return [answers[text] if isinstance(text, str) else _no_text() for text in texts]


def _read(text: str) -> CodeReading | Refusal:
    if not 0 < len(text) <= LONGEST_CODE:
        return Unfit("bad-length", "A code has 1 to 512 characters.")
    try:
        return read_code(text)
    except Unfit as refusal:
        return refusal


def _no_text() -> Refusal:
    return Unfit("not-a-text", "A code is a text.")


def _all(reading: CodeReading) -> tuple[CodeReading, ...]:
    return (reading, *reading.alternatives)


@dataclass
class _Known:
    """All that the codes of a list may stand for, fetched together."""

    visit: Visit
    readings: Sequence[CodeReading]
    products: dict[str, PublicProduct] = field(init=False)
    short: dict[str, tuple[PublicProduct, PublicBatch]] = field(init=False)
    batches: dict[tuple[str, str], PublicBatch] = field(init=False)
    recalls: dict[tuple[str, str], list[PublicRecall]] = field(init=False)
    found: dict[CodeReading, list[Found]] = field(init=False)

    def __post_init__(self) -> None:
        self.visit.seeing(PUBLIC).flush()
        connection = self.visit.connection
        lists, cursor = PublicLists(connection.dialect), cast("Cursor", connection.connection.cursor())
        self.products = lists.products(cursor, {one.gtin for one in self.readings if one.gtin and one.batch})
        wanted = [named for one in self.readings if (named := self._named(one))]
        self.batches = lists.batches(cursor, wanted)
        self.short = lists.by_short_codes(cursor, {one.short for one in self.readings if one.short})
        suspects = [
            (product, code) for product, code in wanted if may_be_named(self._batch(product, code))
        ] + [(product, batch.code) for product, batch in self.short.values() if may_be_named(batch)]
        self.recalls = lists.recalls_of(cursor, suspects)
        self.own = _own_batches(self.visit, self.readings)
        self.found = {one: self._find(one) for one in self.readings}
        silent = {
            one.gtin
            for one, found in self.found.items()
            if one.gtin and not any(each.batch.status for each in found)
        }
        self.of_products = _product_recalls(self.visit, silent)

    def _named(self, one: CodeReading) -> Named | None:
        product = self.products.get(one.gtin) if one.gtin and one.batch else None
        return (product, one.batch) if product is not None and one.batch else None

    def _batch(self, product: PublicProduct, code: str) -> PublicBatch:
        return self.batches.get((product.product_id, code)) or PublicBatch(code)

    def _find(self, one: CodeReading) -> list[Found]:
        """As many as one reading stands for: none or one."""
        if one.gtin and one.batch:
            named = self._named(one)
            return [self._judged(named[0], self._batch(*named))] if named else []
        pair = self.short.get(one.short) if one.short else None
        return [self._judged(*pair)] if pair else []

    def _judged(self, product: PublicProduct, batch: PublicBatch) -> Found:
        recalls = self.recalls.get((product.product_id, batch.code), []) if may_be_named(batch) else []
        return judged(product, batch, recalls, self.visit.today)

    def answer(self, reading: CodeReading) -> Answer:
        found = [one for each in _all(reading) for one in self.found[each]]
        told = any(one.batch.status for one in found)
        return Answer(
            reading,
            found,
            [own for each in _all(reading) for own in self.own(each)],
            () if told or not reading.gtin else self.of_products.get(reading.gtin, ()),
            needs_more=reading.kind == "text",
        )


def _chunks(keys: Iterable[Key]) -> Iterator[list[Key]]:
    wanted = list(dict.fromkeys(keys))
    for start in range(0, len(wanted), EACH):
        yield wanted[start : start + EACH]


def _own_batches(
    visit: Visit, readings: Sequence[CodeReading]
) -> Callable[[CodeReading], Sequence[OwnBatch]]:
    """The asking party's own batches by what was read, in every state."""
    if visit.actor.party_id is None:
        return lambda _: ()
    coded = [one for one in readings if one.batch]
    by_gtin = _own_by_gtin(visit, [one for one in coded if one.gtin])
    by_code = _own_by(visit, Batch.code, [one.batch for one in coded if not one.gtin])
    by_short = _own_by(
        visit, Batch.short_code, [one.short for one in readings if one.short and not one.batch]
    )
    texts = [one.text for one in readings if not one.batch and not one.short]
    by_text = _own_by(visit, Batch.code, texts)
    by_print = _own_by(visit, Batch.printed_text, texts)

    def own(one: CodeReading) -> Sequence[OwnBatch]:
        if one.batch:
            return by_gtin.get((one.gtin, one.batch), ()) if one.gtin else by_code.get(one.batch, ())
        if one.short:
            return by_short.get(one.short, ())
        both = {own.id: own for own in (*by_text.get(one.text, ()), *by_print.get(one.text, ()))}
        return [both[id_] for id_ in sorted(both)][:MOST]

    return own


def _own_by(visit: Visit, column: Any, keys: Iterable[str | None]) -> dict[str, list[OwnBatch]]:
    """Of each key as many as one answer holds."""
    found: dict[str, list[OwnBatch]] = defaultdict(list)
    for some in _chunks(keys):
        place = func.row_number().over(partition_by=column, order_by=col(Batch.id)).label("place")
        placed = select(Batch.id, place).where(col(column).in_(some)).subquery()
        query = select(Batch, Product).where(Batch.product_id == Product.id, Batch.id == placed.c.id)
        for batch, product in visit.session.exec(query.where(placed.c.place <= MOST).order_by(col(Batch.id))):
            found[getattr(batch, column.key)].append(own_batch(visit, batch, product))
    return found


def _own_by_gtin(visit: Visit, readings: Sequence[CodeReading]) -> dict[tuple[str, str], list[OwnBatch]]:
    found: dict[tuple[str, str], list[OwnBatch]] = defaultdict(list)
    gtins = {one.gtin for one in readings}
    for some in _chunks(one.batch for one in readings):
        for few in _chunks(gtins):
            query = select(Batch, Product).where(Batch.product_id == Product.id, col(Product.gtin).in_(few))
            query = query.where(col(Batch.code).in_(some)).order_by(col(Batch.id))
            for batch, product in visit.session.exec(query):
                held = found[str(product.gtin), batch.code]
                if len(held) < MOST:
                    held.append(own_batch(visit, batch, product))
    return found


def _product_recalls(visit: Visit, gtins: Iterable[str]) -> dict[str, list[Recall]]:
    found: dict[str, list[Recall]] = defaultdict(list)
    for some in _chunks(gtins):
        query = (
            select(Product.gtin_claim, Recall)
            .where(col(Product.gtin_claim).in_(some), RecallRange.product_id == Product.id)
            .where(RecallRange.recall_id == Recall.id, Recall.state == "published")
            .order_by(col(Recall.level), col(Recall.published_at).desc(), col(Recall.code))
        )
        for gtin, recall in visit.seeing(PUBLIC).exec(query):
            held = found[str(gtin)]
            if len(held) < MOST and recall not in held[-1:]:  # once, however many ranges name the product
                held.append(recall)
    return found
