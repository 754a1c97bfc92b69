"""Where goods came from and went to, as far as whoever asks may know: its own, and one step each way by name.

The answer rests on records that the visitor may see (`engines`), so nothing has to be taken out of it again. What is
beyond is told only as how many tiers stand upstream, and whether their records reach the beginning.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from itertools import islice
from uuid import UUID

from tracelot.operations.beginning import Named, start_of
from tracelot.operations.engines import engine_of
from tracelot.operations.naming import Names, rows_of, shared_views
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.books import share_origin
from tracelot.records.facilities import list_facilities
from tracelot.records.facts import pool_id
from tracelot.records.paging import read_cursor, write_cursor
from tracelot.records.partial import PartialShelf
from tracelot.records.parties import Party
from tracelot.records.recalls import list_recalls_of, list_seller_recalls_of
from tracelot.records.traces import (
    CertaintyName,
    ConsigneeView,
    EdgeView,
    GapView,
    OnHandView,
    ReachedView,
    StepView,
    TraceView,
    UpstreamView,
)
from tracelot.records.upstream import MOST_STOCKS, Climb
from tracelot.rules.answers import Kind
from tracelot.rules.balancing import Hands, hands_of
from tracelot.rules.books import Stock
from tracelot.rules.gaps import Gap
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty
from tracelot.rules.places import facility_place, on_hand, party_end, pooled_product
from tracelot.rules.questions import Directions, Question, Traced
from tracelot.rules.refusals import Forbidden, unfit
from tracelot.rules.scoping import consignees_of
from tracelot.rules.telling import Item, Key, Leaf, Told, told_of

CERTAINTIES: dict[Certainty, CertaintyName] = {
    Certainty.RECORDED: "recorded",
    Certainty.ONE_SIDED: "one_sided",
    Certainty.POSSIBLE: "possible",
}


@dataclass(frozen=True)
class Asked:
    """What a caller asks for, and which page of it."""

    named: Named
    direction: Directions = "forward"
    kind: Kind = "trace"
    depth: int | None = None
    as_of: datetime | None = None
    edges: bool = False
    limit: int = 50
    cursor: str | None = None


def shelf_of(visit: Visit) -> PartialShelf:
    """All that the visitor may know of the books."""
    return PartialShelf(visit.session, visit.kernel(), visit.actor.party_id)


def trace(visit: Visit, asked: Asked) -> TraceView:
    """One page of a trace or recall scope. A regulator's is remembered before it is answered."""
    visit.demand("trace.read")
    shelf = shelf_of(visit)
    question = _question(visit, asked, shelf)
    mark = _mark(visit, question)
    after = None if asked.cursor is None else _place(asked.cursor, mark)
    told = engine_of(visit, shelf).tell(question, Leaf(asked.limit, after))
    remember(visit, told.ledger, told.starts, told.places)
    return _page(visit, asked, told, _names(visit, told, first=after is None), mark)


@dataclass(frozen=True)
class Whole:
    """All of an answer at once: as the rules gave it, as the caller sees it, and the names in it."""

    traced: Traced
    view: TraceView
    names: Names


def trace_whole(visit: Visit, asked: Asked) -> Whole:
    """All of a trace or recall scope with its edges, in one page."""
    visit.demand("trace.read")
    shelf = shelf_of(visit)
    wanted = replace(asked, edges=True, cursor=None)
    question = _question(visit, wanted, shelf)
    traced = engine_of(visit, shelf).ask(question)
    told = told_of(traced, Leaf(sum(len(answer.reached) for answer in traced.answers)))
    remember(visit, told.ledger, told.starts, told.places)
    names = _names(visit, told, first=True)
    return Whole(traced, _page(visit, wanted, told, names, _mark(visit, question)), names)


def _question(visit: Visit, asked: Asked, shelf: PartialShelf) -> Question:
    start = start_of(visit, asked.named, shelf)
    return Question(start, asked.direction, asked.kind, asked.depth, asked.as_of, asked.edges)


def _demand_occasion(visit: Visit, starts: Iterable[str]) -> None:
    """A township assists (Food Safety Law Implementing Regulation art. 4): it traces what is being recalled."""
    if visit.actor.level != "township":
        return
    batches = sorted(UUID(batch) for batch in starts if pooled_product(batch) is None)
    session = visit.session
    if not any(list_recalls_of(session, one) or list_seller_recalls_of(session, one) for one in batches):
        raise Forbidden(
            "no-open-recall",
            "A township's office traces goods of which a recall is published. Ask the county.",
        )


def remember(visit: Visit, ledger: Ledger, starts: Iterable[str], places: Iterable[str]) -> None:
    """Who reads in whose books by office: in the reader's journal, before the answer leaves."""
    if not visit.actor.regulator:
        return
    _demand_occasion(visit, starts)
    owners = {ledger.owner(place) for place in places if on_hand(place)}
    parties = sorted(owner.removeprefix("party:") for owner in owners if owner)
    batches = sorted(starts)
    subject = visit.actor.party_id
    if subject is not None:
        visit.note("trace.read", subject, subject, {"batches": batches, "parties": parties})


# --- pages -------------------------------------------------------------------------------------------------


def _mark(visit: Visit, question: Question) -> str:
    """Tells the cursors of one question by one party from all others."""
    return sha256(f"{visit.actor.party_id} {question}".encode()).hexdigest()[:16]


def _place(cursor: str, mark: str) -> Key:
    told, way, distance, batch = read_cursor(cursor, 4)
    if told == mark and way.isdigit() and distance.isdigit() and way.isascii() and distance.isascii():
        return int(way), int(distance), batch
    raise unfit("bad-cursor", "This cursor was not given out here.", "cursor")


def _page(visit: Visit, asked: Asked, told: Told, names: Names, mark: str) -> TraceView:
    first, hands = asked.cursor is None, hands_of(told.ledger)
    return TraceView(
        kind=asked.kind,
        direction=asked.direction,
        depth=asked.depth,
        as_of=asked.as_of,
        items=[_view(names, hands, one) for one in told.items],
        total=told.total,
        cursor=write_cursor(mark, *told.items[-1].key) if told.more else None,
        consignees=_consignees(visit, told, names) if first else [],
        gaps=gap_views(names, told.gaps),
        upstream=_upstream(visit, told) if first and asked.direction != "forward" else None,
        edges=list(_edges(told, names)) if first and asked.edges else None,
        complete=told.complete,
        reason=told.reason,
    )


def _names(visit: Visit, told: Told, *, first: bool) -> Names:
    """The names of what the page shows; the first one shows all places."""
    ledger = told.ledger
    batches = {step.stock.batch for one in told.items for step in one.path}
    places = {step.stock.place for one in told.items for step in one.path}
    places |= {place for one in told.items for place in ledger.places.get(one.reached.batch, ())}
    places |= {
        stock.place for stock in (*(gap.stock for gap in told.gaps), *(one.stock for one in told.edges))
    }
    if first:
        places |= told.places
    places |= {
        stop for place in places for stop in (*ledger.stops.get(place, ()), *ledger.lanes.get(place, ()))
    }
    return Names(visit, ledger, batches, places)


def _view(names: Names, hands: Hands, item: Item) -> ReachedView:
    one = item.reached
    unit = unit_of(hands, one.batch)
    return ReachedView(
        direction=item.direction,
        batch=names.batch(one.batch),
        distance=one.distance,
        certainty=CERTAINTIES[one.certainty],
        quantity=one.quantity,
        unit=one.unit or None,
        path=[
            StepView(**names.ids(step.stock.batch), place=names.place(step.stock.place),
                     link=step.link[0] if step.link else None)
            for step in item.path
        ],
        on_hand=[
            OnHandView(facility=names.end(place), least=held.least, most=held.most, unit=unit)
            for place in hands.facilities(one.batch)
            for held in [hands.at(one.batch, place)]
        ],
    )  # fmt: skip


def unit_of(hands: Hands, batch: str) -> str | None:
    """The unit in which a batch is counted; None where it is counted in none, or in two."""
    ledger = hands.ledger
    units = {ledger.totals(Stock(batch, place)).unit for place in ledger.places.get(batch, ())}
    known = {unit for unit in units if unit}
    return known.pop() if len(known) == 1 else None


def gap_views(names: Names, found: Iterable[Gap]) -> list[GapView]:
    told = [*found]
    names.learn_ids(gap.stock.batch for gap in told)
    return [
        GapView(kind=gap.kind, **names.ids(gap.stock.batch), place=names.place(gap.stock.place),
                event_id=UUID(gap.event) if gap.event else None, quantity=gap.quantity)
        for gap in told
    ]  # fmt: skip


# --- the whole ---------------------------------------------------------------------------------------------


def own_places(visit: Visit, ledger: Ledger, starts: Iterable[str]) -> frozenset[str]:
    """The places of whoever asks; for a regulator those of the firms at whose batches the trace began."""
    parties = {visit.actor.party_id} if visit.actor.party_id else set[UUID]()
    if visit.actor.regulator:
        whole = {UUID(batch) for batch in starts if pooled_product(batch) is None}
        parties = {batch.party_id for batch in rows_of(visit.kernel(), Batch, whole).values()}
    found = {party_end(party) for party in parties}
    found |= {end for end, owner in ledger.book.owners.items() if owner in found}
    for party in parties:
        found |= {facility_place(one.id) for one in list_facilities(visit.kernel(), party)}
    return frozenset(found)


def _consignees(visit: Visit, told: Told, names: Names) -> list[ConsigneeView]:
    own = own_places(visit, told.ledger, told.starts)
    found = consignees_of(told.ledger, told.held.get("forward", {}), own)
    names.learn_ids(set[str]().union(*(one.batches for one in found)))
    return [
        ConsigneeView(
            end=names.end(one.end),
            direct=one.direct,
            certainty=CERTAINTIES[one.certainty],
            batches=names.batch_ids(one.batches),
        )
        for one in found
    ]


def _edges(told: Told, names: Names) -> Iterator[EdgeView]:
    for edge in told.edges:
        kind, key = edge.link
        yield EdgeView(
            link=kind,
            key=sha256(" ".join(key).encode()).hexdigest()[:16],
            certainty=CERTAINTIES[edge.certainty],
            side=edge.side,
            **names.ids(edge.stock.batch),
            place=names.place(edge.stock.place),
            quantity=edge.quantity,
        )


def _upstream(visit: Visit, told: Told) -> UpstreamView:
    """How far the ways go on before the visitor, counted by nothing but what these ways themselves tell."""

    @cache
    def inside(owner: str) -> bool:
        return visit.session.get(Party, _party_of(owner)) is not None

    @cache
    def shares(owner: str) -> bool:
        return share_origin(visit.kernel(), _party_of(owner))

    starts = {_key(stock) for stock in islice(told.stocks("backward"), MOST_STOCKS + 1)}
    if len(starts) > MOST_STOCKS:
        return UpstreamView(tiers=0, complete=False, shared=[])
    found = Climb(visit.kernel(), inside, shares).tiers(starts)
    return UpstreamView(tiers=found.tiers, complete=found.complete, shared=shared_views(visit, found.shared))


def _party_of(owner: str) -> UUID:
    return UUID(owner.removeprefix("party:"))


def _key(stock: Stock) -> tuple[UUID, str]:
    product = pooled_product(stock.batch)
    return (pool_id(UUID(product)) if product else UUID(stock.batch)), stock.place
