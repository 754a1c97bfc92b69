"""Which batches a recall names: the selectors of its ranges, read into lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.engines import engine_of
from tracelot.operations.recallable import batches_held, nameable, nameable_product, of_others
from tracelot.operations.recalling import Whose, recall_line
from tracelot.operations.tracing import shelf_of
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch, list_made_within
from tracelot.records.facilities import Facility
from tracelot.records.products import Product
from tracelot.records.recalls import (
    NewRange,
    Recall,
    RecallBatch,
    RecallRange,
    list_recall_batches,
    list_recall_ranges,
)
from tracelot.rules.places import facility_place
from tracelot.rules.proposing import code_within
from tracelot.rules.questions import Question, Start
from tracelot.rules.recalls import Range
from tracelot.rules.refusals import unfit
from tracelot.rules.starting import Window

MOST_BATCHES = 5000


@dataclass(frozen=True)
class Selected:
    """What ranges name: lines, by batch, and as a trace names them the goods of others that they meet."""

    lines: Mapping[UUID, RecallBatch]
    met: frozenset[str]
    spans: Sequence[tuple[UUID, NewRange]]  # each range once for every product that it names batches of

    @property
    def named(self) -> frozenset[str]:
        return self.met | {str(id_) for id_ in self.lines}


def select_batches(visit: Visit, recall: Whose, ranges: Sequence[NewRange]) -> Selected:
    """What ranges name today; nothing is kept of it."""
    named: dict[UUID, RecallBatch] = {}
    met: set[str] = set()
    spans = []
    for asked in ranges:
        there = _there(visit, asked)
        for product in _products(visit, recall, asked, there):
            spans.append((product.id, asked))
            named |= {row.batch_id: row for row in _lines(visit, recall, product, asked, there)}
        met |= (there or set()) - nameable(visit, recall, there or ()).keys()
    if len(named) > MOST_BATCHES:
        raise unfit("too-many-batches", "A recall names at most 5000 batches.", "ranges")
    return Selected(named, frozenset(met), spans)


def set_ranges(visit: Visit, recall: Recall, ranges: Sequence[NewRange]) -> Selected:
    """Keep the ranges as said, and the batches that they name today."""
    session = visit.session
    for old in (*list_recall_ranges(session, recall.id), *list_recall_batches(session, [recall.id])):
        session.delete(old)
    session.flush()
    selected = select_batches(visit, recall, ranges)
    for product_id, asked in selected.spans:
        add_range(visit, recall, product_id, asked)
    session.add_all(selected.lines.values())
    session.flush()
    return selected


def _products(visit: Visit, recall: Whose, asked: NewRange, there: set[str] | None) -> list[Product]:
    if asked.product_id is not None:
        return [nameable_product(visit, recall, asked.product_id)]
    met = {product.id: product for _, product in nameable(visit, recall, there or ()).values()}
    return [met[id_] for id_ in sorted(met)]


def _lines(
    visit: Visit, recall: Whose, product: Product, asked: NewRange, there: set[str] | None
) -> Iterator[RecallBatch]:
    """The batches of one product that a range names."""
    for code, registered in dict(_named(visit, recall, product, asked)).items():
        line = recall_line(visit, recall, product.id, code, registered=registered)
        if there is None or str(line.batch_id) in there:
            yield line


def add_range(visit: Visit, recall: Recall, product_id: UUID, asked: NewRange | None = None) -> None:
    """One more range; without one that was asked for it stands for batches that were named by their codes."""
    number = len(list_recall_ranges(visit.session, recall.id)) + 1
    span = RecallRange(recall_id=recall.id, number=number, party_id=recall.party_id, product_id=product_id)
    span.made_from, span.made_to = (asked.made_from, asked.made_to) if asked else (None, None)
    span.by_code = asked is None or asked.by_code
    visit.session.add(span)
    visit.session.flush()


def name_by_code(visit: Visit, recall: Recall) -> None:
    """What a seller published names what had come to it, and nothing that its maker makes or registers later."""
    for span in list_recall_ranges(visit.session, recall.id) if recall.seller_cause is not None else ():
        span.by_code = True
        visit.session.add(span)
    visit.session.flush()


def _named(visit: Visit, recall: Whose, product: Product, asked: NewRange) -> Iterator[tuple[str, bool]]:
    """Codes of the firm's own are taken as said, registered or not; all else names what is registered, or came."""
    dated = asked.made_from is not None or asked.made_to is not None
    between = bool(asked.code_from or asked.code_to)
    made = _made(visit, recall, product, asked) if dated or between or not asked.codes else set()
    if between:
        yield from (
            (code, True) for code in sorted(made) if code_within(code, asked.code_from, asked.code_to)
        )
    if asked.codes:
        known = _registered(visit, recall, product, asked.codes)
        fits = made if dated else known
        yield from ((code, code in known) for code in asked.codes if code in fits or code not in known)
    elif not between:
        yield from ((code, True) for code in sorted(made))


def _made(visit: Visit, recall: Whose, product: Product, asked: NewRange) -> set[str]:
    return {batch.code for batch in _within(visit, recall, product, asked)}


def _within(visit: Visit, recall: Whose, product: Product, asked: NewRange | RecallRange) -> Sequence[Batch]:
    if not of_others(product, recall.party_id):
        return list_made_within(visit.session, product.id, asked.made_from, asked.made_to)
    dated = asked.made_from is not None or asked.made_to is not None
    return batches_held(visit, recall, product.id, Range(asked.made_from, asked.made_to) if dated else None)


def _registered(visit: Visit, recall: Whose, product: Product, codes: Sequence[str]) -> set[str]:
    if of_others(product, recall.party_id):
        held = {batch.code for batch in batches_held(visit, recall, product.id)}
        if set(codes) - held:
            raise unfit(
                "not-held", "No goods under one of these codes came to the firm that recalls them.", "ranges"
            )
        return held
    query = select(Batch.code).where(Batch.product_id == product.id, col(Batch.code).in_(list(codes)))
    return set(visit.session.exec(query))


def _there(visit: Visit, asked: NewRange) -> set[str] | None:
    """What was at a facility of the own between two moments, as a trace names it; None where no facility is named."""
    if asked.facility_id is None or asked.since is None or asked.until is None:
        return None
    facility = visit.session.get(Facility, asked.facility_id)
    if facility is None or facility.party_id != visit.actor.party_id:
        raise unfit("unknown-facility", "None of your facilities has this id.", "facility_id")
    start = Start(facility=facility_place(facility.id), window=Window(asked.since, asked.until))
    found = engine_of(visit, shelf_of(visit)).ask(Question(start, "forward", "recall", depth=0))
    return {stock.batch for stock in found.starts}


def held_by_dates(visit: Visit, recall: Recall) -> list[Batch]:
    """The batches that the recall's dates hold today: those that are registered, or came."""
    found: list[Batch] = []
    for span in list_recall_ranges(visit.session, recall.id):
        if not span.by_code:
            product = visit.kernel().get_one(Product, span.product_id)
            found += _within(visit, recall, product, span)
    return found


def named_since(visit: Visit, recall: Recall, but: Iterable[UUID]) -> list[RecallBatch]:
    """Lines for the batches that the recall's dates hold by now, and did not when the draft was opened."""
    found = {line.batch_id for line in list_recall_batches(visit.session, [recall.id])} | set(but)
    new = {batch.id: batch for batch in held_by_dates(visit, recall) if batch.id not in found}
    added = [recall_line(visit, recall, one.product_id, one.code, registered=True) for one in new.values()]
    visit.session.add_all(added)
    visit.session.flush()
    return added
