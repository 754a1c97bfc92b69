"""The regulators' query: recalls by any field, with exact totals, facets and a stable cursor."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false, func, or_, tuple_
from sqlmodel import Session, col, select

from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, RecallBatch, RecallRange, RecallSummary
from tracelot.records.searching import holds_all
from tracelot.rules.parties import area_prefix
from tracelot.rules.recalls import DRILL
from tracelot.rules.refusals import unfit
from tracelot.rules.searching import query_terms

Sort = Literal["newest", "oldest", "gravest", "changed"]
SORTS: tuple[Sort, ...] = get_args(Sort)


@dataclass(frozen=True)
class RecallFilter:
    """Which recalls are asked for. Dates are of publication, in the site's zone, both ends included.

    Drills are no recalls: they are found and counted only by whoever asks for that kind. `public` asks for what
    everybody was told of: what is published, and what was withdrawn since.
    """

    text: str | None = None
    firm: str | None = None
    product: str | None = None
    gtin: str | None = None
    batch: str | None = None
    level: int | None = None
    state: str | None = None
    stage: str | None = None
    kind: str | None = None
    reason: str | None = None
    region: str | None = None
    territory: tuple[str, ...] = ()
    published_from: date | None = None
    published_to: date | None = None
    party_id: UUID | None = None
    public: bool = False


def search_recalls(
    session: Session, asked: RecallFilter, zone: ZoneInfo, sort: Sort, limit: int, cursor: str | None
) -> Page[RecallSummary]:
    """One page of the recalls that the session may see."""
    where = conditions(asked, zone)
    total = session.exec(select(func.count()).select_from(Recall).where(*where)).one()
    query = select(Recall).where(*where)
    if cursor:
        query = query.where(_after(sort, _place(cursor, sort)))
    query = query.order_by(*_order(sort)).limit(limit + 1)
    rows = session.exec(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(summaries(session, rows[:limit]), total, _write_place(last, sort) if last else None)


def count_by(
    session: Session,
    asked: RecallFilter,
    zone: ZoneInfo,
    facet: Literal["level", "reason_code", "state", "stage"],
) -> dict[str, int]:
    """How many of the recalls asked for fall under each value of a field."""
    column = getattr(Recall, facet)
    query = select(column, func.count()).where(*conditions(asked, zone)).group_by(column).order_by(column)
    return {str(value): count for value, count in session.exec(query)}


def _moment(sort: Sort) -> Any:
    return col(Recall.changed_at) if sort == "changed" else col(Recall.listed_at)


def _order(sort: Sort) -> tuple[Any, ...]:
    moment, row = _moment(sort), col(Recall.id)
    match sort:
        case "oldest":
            return (moment, row)
        case "newest" | "changed":
            return (moment.desc(), row.desc())
        case "gravest":
            return (col(Recall.level), moment.desc(), row.desc())


def _after(sort: Sort, place: tuple[Any, ...]) -> Any:
    keys = tuple_(_moment(sort), col(Recall.id))
    if sort == "oldest":
        return keys > place
    if sort != "gravest":
        return keys < place
    level, *rest = place
    return (col(Recall.level) > level) | ((col(Recall.level) == level) & (keys < tuple(rest)))


def _write_place(last: Recall, sort: Sort) -> str:
    keys = ((last.changed_at if sort == "changed" else last.listed_at).isoformat(), last.id)
    return write_cursor(last.level, *keys) if sort == "gravest" else write_cursor(*keys)


def _place(cursor: str, sort: Sort) -> tuple[Any, ...]:
    try:
        if sort == "gravest":
            level, moment, row = read_cursor(cursor, 3)
            return (int(level) % 10, datetime.fromisoformat(moment), UUID(row))
        moment, row = read_cursor(cursor, 2)
        return (datetime.fromisoformat(moment), UUID(row))
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def conditions(asked: RecallFilter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    plain = {
        Recall.level: asked.level,
        Recall.state: asked.state,
        Recall.stage: asked.stage,
        Recall.kind: asked.kind,
        Recall.reason_code: asked.reason,
        Recall.party_id: asked.party_id,
    }
    where: list[ColumnElement[bool]] = [
        col(field) == value for field, value in plain.items() if value is not None
    ]
    if asked.kind is None:
        where.append(col(Recall.kind) != DRILL)
    if asked.text:
        where += holds_all("recall", col(Recall.id), asked.text) if query_terms(asked.text) else [false()]
    if asked.firm:
        where.append(col(Recall.party_id).in_(_firms(asked.firm)))
    if asked.product or asked.gtin:
        where.append(col(Recall.id).in_(_of_products(asked.product, asked.gtin)))
    if asked.batch:
        where.append(col(Recall.id).in_(select(RecallBatch.recall_id).where(RecallBatch.code == asked.batch)))
    if asked.region:
        where.append(col(Recall.region_code).like(f"{area_prefix(asked.region)}%"))
    if asked.territory:
        where.append(or_(*(col(Recall.region_code).like(f"{area}%") for area in asked.territory)))
    return where + _published(asked, zone)


def _published(asked: RecallFilter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [col(Recall.published_at).is_not(None)] if asked.public else []
    if asked.published_from:
        where.append(col(Recall.published_at) >= datetime.combine(asked.published_from, time(), zone))
    if asked.published_to:
        end = datetime.combine(asked.published_to + timedelta(days=1), time(), zone)
        where.append(col(Recall.published_at) < end)
    return where


def _like(text: str) -> str:
    return f"%{text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"


def _firms(firm: str) -> Any:
    """Parties by id, USCC, or a part of their name."""
    names = [col(Party.name_zh), col(Party.name_en), col(Party.short_name)]
    where = or_(*(name.ilike(_like(firm), escape="!") for name in names), col(Party.uscc) == firm.upper())
    with suppress(ValueError):
        where = or_(where, col(Party.id) == UUID(firm))
    return select(Party.id).where(where)


def _of_products(product: str | None, gtin: str | None) -> Any:
    """Recalls of a product by its name as the notice tells it, by its id, or by its GTIN."""
    where: list[ColumnElement[bool]] = []
    if product:
        told = (RecallRange.product_name_zh, RecallRange.product_name_en)
        named = or_(*(col(name).ilike(_like(product), escape="!") for name in told))
        with suppress(ValueError):
            named = or_(named, col(RecallRange.product_id) == UUID(product))
        where.append(named)
    if gtin:  # its owner's alone: anyone may write a rival's GTIN
        owned = select(Product.id).where(Product.gtin_claim == gtin)
        where.append(col(RecallRange.product_id).in_(owned))
    return select(RecallRange.recall_id).where(*where)


def summaries(session: Session, recalls: Sequence[Recall]) -> list[RecallSummary]:
    """Recalls as lines of a list, with their firms and products fetched together."""
    ids = [recall.id for recall in recalls]
    parties = {recall.party_id for recall in recalls}
    firms = {firm.id: firm for firm in session.exec(select(Party).where(col(Party.id).in_(parties)))}
    counted = select(RecallBatch.recall_id, func.count()).where(col(RecallBatch.recall_id).in_(ids))
    counts = dict(session.exec(counted.group_by(col(RecallBatch.recall_id))).all())
    products: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    for span in session.exec(select(RecallRange).where(col(RecallRange.recall_id).in_(ids))):
        products[span.recall_id][span.product_name_zh] = span.product_name_en or span.product_name_zh
    return [
        RecallSummary.model_validate(
            recall.model_dump()
            | {
                "firm_id": recall.party_id,
                "firm_zh": firms[recall.party_id].name_zh,
                "firm_en": firms[recall.party_id].name_en,
                "batches": counts.get(recall.id, 0),
                "products": sorted(products[recall.id]),
                "products_en": sorted(products[recall.id].values()),
            }
        )
        for recall in recalls
    ]
