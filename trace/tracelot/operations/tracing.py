"""Where goods came from and went to, as far as whoever asks may know: its own, and one step each way by name.

The answer rests on a shelf that holds nothing else, so nothing has to be taken out of it again. What is beyond is
told only as how many tiers stand upstream, and whether their records reach the beginning.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from uuid import UUID

from tracelot.operations.beginning import Named, start_of
from tracelot.operations.engines import Engine, Frontier
from tracelot.operations.naming import Names, rows_of, shared_views
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.books import share_origin
from tracelot.records.facilities import list_facilities
from tracelot.records.facts import pool_id
from tracelot.records.paging import read_cursor, write_cursor
from tracelot.records.partial import PartialShelf
from tracelot.records.parties import Party
from tracelot.records.recalls import list_recalls_of
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
from tracelot.records.upstream import Climb
from tracelot.rules.answers import Answer, Kind, Reached
from tracelot.rules.balancing import Hands, hands_of
from tracelot.rules.books import Stock
from tracelot.rules.gaps import Gap, gaps, gaps_at
from tracelot.rules.links import Certainty
from tracelot.rules.places import WHOLE, facility_place, on_hand, party_end, pooled_product
from tracelot.rules.questions import Directions, Question, Traced
from tracelot.rules.refusals import Forbidden, unfit
from tracelot.rules.scoping import consignees

CERTAINTIES: dict[Certainty, CertaintyName] = {
    Certainty.RECORDED: "recorded",
    Certainty.ONE_SIDED: "one_sided",
    Certainty.POSSIBLE: "possible",
}


@dataclass(frozen=True)
class Asked:
    """What a caller asks for, and which page of it; without a limit all of it is one page."""

    named: Named
    direction: Directions = "forward"
    kind: Kind = "trace"
    depth: int | None = None
    as_of: datetime | None = None
    edges: bool = False
    limit: int | None = 50
    cursor: str | None = None


def shelf_of(visit: Visit) -> PartialShelf:
    """All that the visitor may know of the books."""
    return PartialShelf(visit.session, visit.kernel(), visit.actor.party_id)


def trace(visit: Visit, asked: Asked, engine: Engine | None = None) -> TraceView:
    """One page of a trace or recall scope. A regulator's is remembered before it is answered."""
    visit.demand("trace.read")
    shelf = shelf_of(visit)
    question = _question(visit, asked, shelf)
    mark = _mark(visit, question)
    after = None if asked.cursor is None else _place(asked.cursor, mark)
    traced = _answered(visit, question, engine or Frontier(shelf))
    return _page(visit, asked, traced, mark, after)[0]


@dataclass(frozen=True)
class Whole:
    """All of an answer at once: as the rules gave it, as the caller sees it, and the names in it."""

    traced: Traced
    view: TraceView
    names: Names


def trace_whole(visit: Visit, asked: Asked, engine: Engine | None = None) -> Whole:
    """All of a trace or recall scope with its edges, in one page."""
    visit.demand("trace.read")
    shelf = shelf_of(visit)
    wanted = replace(asked, edges=True, limit=None, cursor=None)
    question = _question(visit, wanted, shelf)
    traced = _answered(visit, question, engine or Frontier(shelf))
    view, names = _page(visit, wanted, traced, _mark(visit, question), None)
    return Whole(traced, view, names)


def _question(visit: Visit, asked: Asked, shelf: PartialShelf) -> Question:
    start = start_of(visit, asked.named, shelf)
    return Question(start, asked.direction, asked.kind, asked.depth, asked.as_of, asked.edges)


def _answered(visit: Visit, question: Question, engine: Engine) -> Traced:
    traced = engine.ask(question)
    _demand_occasion(visit, traced)
    remember(visit, traced)
    return traced


def _demand_occasion(visit: Visit, traced: Traced) -> None:
    """A township assists (Food Safety Law Implementing Regulation art. 4): it traces what is being recalled."""
    if visit.actor.level != "township":
        return
    starts = {UUID(stock.batch) for stock in traced.starts if pooled_product(stock.batch) is None}
    if not any(list_recalls_of(visit.session, batch) for batch in sorted(starts)):
        raise Forbidden(
            "no-open-recall",
            "A township's office traces goods of which a recall is published. Ask the county.",
        )


def remember(visit: Visit, traced: Traced) -> None:
    """Who reads in whose books by office: in the reader's journal, before the answer leaves."""
    if not visit.actor.regulator:
        return
    owners = {traced.ledger.owner(stock.place) for stock in traced.stocks if on_hand(stock.place)}
    parties = sorted(owner.removeprefix("party:") for owner in owners if owner)
    batches = sorted({stock.batch for stock in traced.starts})
    subject = visit.actor.party_id
    if subject is not None:
        visit.note("trace.read", subject, subject, {"batches": batches, "parties": parties})


# --- pages -------------------------------------------------------------------------------------------------


def _mark(visit: Visit, question: Question) -> str:
    """Tells the cursors of one question by one party from all others."""
    return sha256(f"{visit.actor.party_id} {question}".encode()).hexdigest()[:16]


def _place(cursor: str, mark: str) -> tuple[int, int, str]:
    told, way, distance, batch = read_cursor(cursor, 4)
    if told == mark and way.isdigit() and distance.isdigit() and way.isascii() and distance.isascii():
        return int(way), int(distance), batch
    raise unfit("bad-cursor", "This cursor was not given out here.", "cursor")


def reached_by(traced: Traced) -> list[tuple[tuple[int, int, str], Answer, Reached]]:
    return [
        ((number, one.distance, one.batch), answer, one)
        for number, answer in enumerate(traced.answers)
        for one in answer.reached
    ]


def _page(
    visit: Visit, asked: Asked, traced: Traced, mark: str, after: tuple[int, int, str] | None
) -> tuple[TraceView, Names]:
    found = reached_by(traced)
    rest = [one for one in found if after is None or one[0] > after]
    page = rest[: asked.limit]
    more = write_cursor(mark, *page[-1][0]) if len(rest) > len(page) else None
    names = _names(visit, traced, [(answer, one) for _, answer, one in page], first=after is None)
    hands = hands_of(traced.ledger)
    first = after is None
    view = TraceView(
        kind=asked.kind,
        direction=asked.direction,
        depth=asked.depth,
        as_of=asked.as_of,
        items=[_view(names, hands, answer, one) for _, answer, one in page],
        total=len(found),
        cursor=more,
        consignees=_consignees(visit, traced, names) if first else [],
        gaps=gap_views(names, gaps_at(gaps(traced.ledger), traced.stocks)) if first else [],
        upstream=_upstream(visit, traced) if first and asked.direction != "forward" else None,
        edges=list(_edges(traced, names)) if first and asked.edges else None,
        complete=traced.complete,
        reason=traced.reason,
    )
    return view, names


def _names(visit: Visit, traced: Traced, page: Iterable[tuple[Answer, Reached]], *, first: bool) -> Names:
    """The first page names all that was reached; later ones what they show."""
    if first:
        batches = {stock.batch for stock in traced.stocks}
        places = {stock.place for stock in traced.stocks}
    else:
        steps = [arrival.stock for answer, one in page for arrival in answer.path(one.batch)]
        batches = {stock.batch for stock in steps}
        places = {place for batch in batches for place in traced.ledger.places.get(batch, ())}
        places |= {stock.place for stock in steps}
    ledger = traced.ledger
    places |= {
        stop for place in places for stop in (*ledger.stops.get(place, ()), *ledger.lanes.get(place, ()))
    }
    places |= {place for batch in batches for place in ledger.places.get(batch, ())}
    return Names(visit, ledger, batches, places)


def _view(names: Names, hands: Hands, answer: Answer, one: Reached) -> ReachedView:
    unit = unit_of(hands, one.batch)
    return ReachedView(
        direction=answer.direction,
        batch=names.batch(one.batch),
        distance=one.distance,
        certainty=CERTAINTIES[one.certainty],
        quantity=one.quantity,
        unit=one.unit or None,
        path=[
            StepView(**names.ids(step.stock.batch), place=names.place(step.stock.place),
                     link=step.link[0] if step.link else None)
            for step in answer.path(one.batch)
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
    return [
        GapView(kind=gap.kind, **names.ids(gap.stock.batch), place=names.place(gap.stock.place),
                event_id=UUID(gap.event) if gap.event else None, quantity=gap.quantity)
        for gap in found
    ]  # fmt: skip


# --- the whole ---------------------------------------------------------------------------------------------


def own_places(visit: Visit, traced: Traced) -> frozenset[str]:
    """The places of whoever asks; for a regulator those of the firms at whose batches the trace began."""
    parties = {visit.actor.party_id} if visit.actor.party_id else set[UUID]()
    if visit.actor.regulator:
        whole = {UUID(stock.batch) for stock in traced.starts if pooled_product(stock.batch) is None}
        parties = {batch.party_id for batch in rows_of(visit.kernel(), Batch, whole).values()}
    found = {party_end(party) for party in parties}
    found |= {end for end, owner in traced.ledger.book.owners.items() if owner in found}
    for party in parties:
        found |= {facility_place(one.id) for one in list_facilities(visit.kernel(), party)}
    return frozenset(found)


def _consignees(visit: Visit, traced: Traced, names: Names) -> list[ConsigneeView]:
    own = own_places(visit, traced)
    return [
        ConsigneeView(
            end=names.end(one.end),
            direct=one.direct,
            certainty=CERTAINTIES[one.certainty],
            batches=[names.ids(batch)["batch_id"] for batch in one.batches],
        )
        for answer in traced.answers
        if answer.direction == "forward"
        for one in consignees(traced.ledger, answer, own)
    ]


def _edges(traced: Traced, names: Names) -> Iterator[EdgeView]:
    for answer in traced.answers:
        for edge in answer.edges:
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


def _upstream(visit: Visit, traced: Traced) -> UpstreamView:
    """How far the ways go on before the visitor, counted by nothing but what these ways themselves tell."""

    @cache
    def inside(owner: str) -> bool:
        return visit.session.get(Party, _party_of(owner)) is not None

    @cache
    def shares(owner: str) -> bool:
        return share_origin(visit.kernel(), _party_of(owner))

    starts = {
        _key(stock)
        for answer in traced.answers
        if answer.direction == "backward"
        for stock in answer.stocks
        if stock.place != WHOLE
    }
    found = Climb(visit.kernel(), inside, shares).tiers(starts)
    return UpstreamView(tiers=found.tiers, complete=found.complete, shared=shared_views(visit, found.shared))


def _party_of(owner: str) -> UUID:
    return UUID(owner.removeprefix("party:"))


def _key(stock: Stock) -> tuple[UUID, str]:
    product = pooled_product(stock.batch)
    return (pool_id(UUID(product)) if product else UUID(stock.batch)), stock.place
