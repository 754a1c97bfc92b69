"""Published recalls as records for clients of openFDA; no draft, drill or withdrawn recall is among them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select

from tracelot.formats.openfda import Recalled, Record, record_of
from tracelot.formats.openfda_queries import Join, Query, Test
from tracelot.operations.parties import region_names
from tracelot.operations.visit import Visit
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.sights import PUBLIC
from tracelot.rules.refusals import Conflict
from tracelot.rules.stages import STAGES

DRILL = "mock_drill"
CHUNK = 500
OF_A_SELLER = "recalled by the seller: what it sold of these batches"
MOST_RECALLS = 20_000  # that one question goes through
MOST_NAMED = 2000  # batch codes told of one product
CODED = frozenset({"", "code_info", "more_code_info"})


@dataclass(frozen=True)
class Wanted:
    """What a client asks for: a search, and in which order."""

    query: Query | None = None
    field: str | None = None
    descending: bool = True


def find_records(visit: Visit, wanted: Wanted, skip: int, limit: int) -> tuple[list[Record], int]:
    """A page of records, and how many there are in all."""
    found = list(all_records(visit, wanted.query))
    if wanted.field is not None:
        name = wanted.field
        found.sort(key=lambda one: one.get(name, ""), reverse=wanted.descending)
    page = found[skip : skip + limit]
    if not _names_codes(wanted.query):
        page = _with_codes(visit, page)
    return page, len(found)


def all_records(visit: Visit, query: Query | None, *, codes: bool = False) -> Iterator[Record]:
    """Every record that the search finds, the newest recall first."""
    visit.demand("recall.query")
    session = visit.seeing(PUBLIC)
    published = (Recall.state == "published", Recall.kind != DRILL)
    if session.exec(select(func.count()).select_from(Recall).where(*published)).one() > MOST_RECALLS:
        raise Conflict(
            "too-many-recalls", "There are too many recalls for this interface: use /api/v1/recalls."
        )
    order = col(Recall.published_at).desc(), col(Recall.id).desc()
    ids = session.exec(select(Recall.id).where(*published).order_by(*order)).all()
    told = codes or _names_codes(query)
    for start in range(0, len(ids), CHUNK):
        for one in _recalled(visit, ids[start : start + CHUNK], codes=told):
            record = record_of(one)
            if query is None or query.holds(record):
                yield record


def last_change(visit: Visit) -> date:
    """The day of the last change of any recall that was published, withdrawn ones too."""
    query = select(func.max(Recall.changed_at)).where(
        col(Recall.published_at).is_not(None), Recall.kind != DRILL
    )
    changed = visit.seeing(PUBLIC).exec(query).one()
    return changed.astimezone(visit.place.zone).date() if changed else visit.today


def _names_codes(query: Query | None) -> bool:
    if isinstance(query, Test):
        return query.field in CODED
    return isinstance(query, Join) and any(map(_names_codes, query.parts))


def _recalled(visit: Visit, ids: Sequence[UUID], *, codes: bool) -> Iterator[Recalled]:
    session = visit.seeing(PUBLIC)
    recalls = {one.id: one for one in session.exec(select(Recall).where(col(Recall.id).in_(ids)))}
    firms = {one.party_id for one in recalls.values()}
    parties = {one.id: one for one in session.exec(select(Party).where(col(Party.id).in_(firms)))}
    areas = {one.region_code[:length] for one in recalls.values() for length in (2, 4)}
    places = region_names(visit, areas)
    spans: defaultdict[UUID, dict[UUID, list[RecallRange]]] = defaultdict(lambda: defaultdict(list))
    query = select(RecallRange).where(col(RecallRange.recall_id).in_(ids))
    for span in session.exec(query.order_by(col(RecallRange.recall_id), col(RecallRange.number))):
        spans[span.recall_id][span.product_id].append(span)
    named = _codes(visit, ids) if codes else {}
    for id_ in ids:
        recall = recalls[id_]
        for number, (product_id, told) in enumerate(spans[id_].items(), 1):
            yield _of_product(
                visit,
                recall,
                parties[recall.party_id],
                places,
                (number, told, named.get((id_, product_id), [])),
            )


DONE = STAGES[STAGES.index("completed") :]


def _of_product(
    visit: Visit,
    recall: Recall,
    firm: Party,
    places: dict[str, str],
    told: tuple[int, list[RecallRange], list[str]],
) -> Recalled:
    number, spans, codes = told
    first, published = spans[0], recall.published_at
    province = places[recall.region_code[:2]]
    made = [span for span in spans if span.made_from or span.made_to]
    return Recalled(
        code=recall.code,
        number=number,
        level=recall.level,
        product=", ".join(filter(None, [first.product_name_en or first.product_name_zh, first.spec])),
        codes=codes,
        made="; ".join(f"made from {span.made_from or '…'} to {span.made_to or '…'}" for span in made),
        reason=_said(recall),
        firm=firm.name_en or firm.name_zh,
        state=province,
        city=places[recall.region_code[:4]].removeprefix(province),
        published=(published or recall.recorded_at).astimezone(visit.place.zone).date(),
        mandated=recall.mode == "ordered",
        completed=recall.stage in DONE,
        ended=recall.closed_at.astimezone(visit.place.zone).date() if recall.closed_at else None,
    )


def _said(recall: Recall) -> str:
    """Why it is recalled; the form has no field for who recalls it as what."""
    reason = recall.reason_en or recall.reason_zh or ""
    return reason if recall.seller_cause is None else f"{reason} ({OF_A_SELLER})".strip()


def _codes(visit: Visit, ids: Collection[UUID]) -> dict[tuple[UUID, UUID], list[str]]:
    found: defaultdict[tuple[UUID, UUID], list[str]] = defaultdict(list)
    query = select(RecallBatch.recall_id, RecallBatch.product_id, RecallBatch.code)
    query = query.where(col(RecallBatch.recall_id).in_(ids)).order_by(col(RecallBatch.code))
    for recall_id, product_id, code in visit.seeing(PUBLIC).exec(query):
        if len(held := found[recall_id, product_id]) < MOST_NAMED:
            held.append(code)
    return found


def _with_codes(visit: Visit, page: Sequence[Record]) -> list[Record]:
    """The same records with their batch codes, which a search that does not name them need not know."""
    events = {one["event_id"] for one in page}
    query = select(Recall.id).where(col(Recall.code).in_(events))
    ids = visit.seeing(PUBLIC).exec(query).all()
    whole = {f"{one.code}-{one.number}": record_of(one) for one in _recalled(visit, ids, codes=True)}
    return [whole[one["recall_number"]] for one in page]
