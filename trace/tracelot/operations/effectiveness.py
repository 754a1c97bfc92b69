"""How effective a recall is: its ledger by consignee and batch, its curves, and what does not close.

Whoever gets goods that are recalled must tell its supplier what became of them (Food Recall Measures art. 19, 21 CFR
7.53). From the publication on, therefore, the ledger rests on what all holders recorded of the recalled batches: the
firm reads the sums of those to whom it sent them itself, by name, and of all others together, without a name. A draft
and a drill oblige nobody: there the ledger rests on what its reader may see anyway.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from tracelot.operations.answered import answered
from tracelot.operations.engines import Frontier
from tracelot.operations.naming import Names
from tracelot.operations.recallable import bought
from tracelot.operations.recovery_curves import Words, curves_of
from tracelot.operations.shipped import own_ends
from tracelot.operations.tracing import gap_views, own_places, remember, shelf_of, unit_of
from tracelot.operations.visit import Visit
from tracelot.records.effectiveness import (
    DESTROYING,
    EffectivenessView,
    EntryView,
    FiguresView,
    list_disposals,
)
from tracelot.records.gathering import RECALL
from tracelot.records.paging import read_cursor, write_cursor
from tracelot.records.partial import PartialShelf
from tracelot.records.recalls import Recall, find_recall_by_code, list_recall_batches
from tracelot.records.shelves import Shelf
from tracelot.records.sights import Sight
from tracelot.rules.balancing import Hands, hands_of, known_sum, mass_balance
from tracelot.rules.books import Hub, Stock
from tracelot.rules.gaps import Gap, gaps, gaps_at
from tracelot.rules.ledgers import ZERO
from tracelot.rules.places import facility_of, lane_of
from tracelot.rules.questions import Question, Start
from tracelot.rules.recalls import DRILL
from tracelot.rules.recovering import (
    TOLERANCE,
    Answer,
    Answers,
    Entry,
    Figures,
    Missing,
    effectiveness,
)
from tracelot.rules.refusals import Conflict, Unknown, unfit

AMOUNTS = (
    "shipped",
    "came",
    "passed_on",
    "way",
    "on_hand",
    "sealed",
    "returned",
    "destroyed",
    "sold",
    "otherwise",
)


@dataclass(frozen=True)
class Reckoning:
    """The figures of a recall with the books that they rest on."""

    recall: Recall
    hands: Hands
    own: frozenset[str]
    figures: tuple[Figures, ...]
    words: Mapping[str, Words]
    complete: bool
    bought: frozenset[str] = frozenset()

    @cached_property
    def made_by(self) -> Mapping[str, list[Hub]]:
        """The lines of the firm's own that made each batch out of others."""
        found: dict[str, list[Hub]] = defaultdict(list)
        for hub, postings in self.hands.ledger.hubs.items():
            taken = {one.batch for one in postings if one.side == "take"}
            first = {one.batch: one for one in reversed(postings) if one.side == "put"}
            for batch, put in first.items():
                if taken - {batch} and facility_of(put.place) in self.own:
                    found[batch].append(hub)
        return found

    def consignees(self) -> list[str]:
        """To whom the firm sent recalled goods itself."""
        return sorted({entry.end for one in self.figures for entry in one.entries if entry.direct})


def recall_in_work(visit: Visit, named: str | UUID) -> Recall:
    """A recall of the actor's own, or one that the actor watches; by its id or its code."""
    visit.demand("effectiveness.read")
    try:
        recall = visit.session.get(Recall, named if isinstance(named, UUID) else UUID(named))
    except ValueError:
        recall = find_recall_by_code(visit.session, str(named)) if str(named).isprintable() else None
    if recall is None:
        raise Unknown("unknown-recall", "No such recall.")
    return recall


def demand_standing(recall: Recall) -> None:
    """Refuse to record work on a recall that was taken back: nothing is to be done for it any more."""
    if recall.state == "withdrawn":
        raise Conflict("recall-withdrawn", "This recall was withdrawn: no work on it is recorded any more.")


def demand_during(visit: Visit, recall: Recall, moment: datetime) -> None:
    """Refuse a time at which nothing can have been done about a danger: it was not known, or is still to come."""
    if moment > visit.now:
        raise unfit("in-the-future", "This time lies in the future.", "performed_at")
    if moment < recall.knowledge_at:
        raise unfit("before-the-danger", "This time lies before the danger was known.", "performed_at")


def reckon(visit: Visit, recall: Recall) -> Reckoning:
    """The figures of all batches of a recall that are registered."""
    visit.demand("effectiveness.read")
    lines = [line for line in list_recall_batches(visit.session, [recall.id]) if line.registered]
    batches = sorted({str(line.batch_id) for line in lines})
    others = bought(visit, recall, batches)
    open_ = recall.state == "published" and recall.kind != DRILL and not others
    shelf = Shelf(visit.kernel()) if open_ else _shelf(visit, recall, others)
    traced = Frontier(shelf, RECALL).ask(Question(Start(batches=tuple(batches)), depth=1))
    ledger = traced.ledger
    if batches:
        remember(visit, ledger, batches, {place for one in batches for place in ledger.places.get(one, ())})
    own = own_ends(visit, ledger, recall.party_id) if others else own_places(visit, ledger, batches)
    hands = hands_of(ledger)
    told = answered(visit, recall, hands)
    said = _with_disposals(visit, recall, told.answers)
    figures = effectiveness(hands, batches, own, recall.published_at, said, others)
    return Reckoning(recall, hands, own, figures, told.words, traced.complete, others)


def _shelf(visit: Visit, recall: Recall, others: Collection[str]) -> Shelf:
    """What its firm may know where a recall names goods of others, whoever reads: how they came is not its matter."""
    if not others:
        return shelf_of(visit)
    return PartialShelf(visit.seeing(Sight(party_id=recall.party_id)), visit.kernel(), recall.party_id)


def _with_disposals(visit: Visit, recall: Recall, answers: Answers) -> Answers:
    """What was destroyed on the spot before witnesses is as good as the consignee's own word."""
    watched: dict[tuple[str, str], Decimal] = {}
    for one in list_disposals(visit.session, recall.id):
        if one.consignee and one.performed_at and one.event_id is None and one.method in DESTROYING:
            key = (one.consignee, str(one.batch_id))
            watched[key] = watched.get(key, ZERO) + one.amount
    said = dict(answers)
    for key, amount in watched.items():
        before = said.get(key, Answer())
        said[key] = replace(before, destroyed=max(before.destroyed or ZERO, amount))
    return said


def effectiveness_of(
    visit: Visit, recall: Recall, limit: int | None = None, cursor: str | None = None
) -> EffectivenessView:
    """What the actor may read of how effective a recall is. An office's reading is remembered."""
    return view_of(visit, reckon(visit, recall), limit, cursor)


def view_of(
    visit: Visit, found: Reckoning, limit: int | None = None, cursor: str | None = None
) -> EffectivenessView:
    """A page of the batches, with the curves of all of them; without a limit every batch."""
    page, more = _paged(found.figures, limit, cursor)
    ledger, batches = found.hands.ledger, [one.batch for one in page]
    shown = {one.batch: _shown(visit, one) for one in page}
    open_ends = gaps(ledger) if page else ()
    troubles = {batch: list(_gaps(visit, found, open_ends, batch)) for batch in batches}
    places = frozenset().union(
        *shown.values(), (gap.stock.place for some in troubles.values() for gap in some)
    )
    names = Names(visit, ledger, batches, places)
    return EffectivenessView(
        recall_id=found.recall.id,
        code=found.recall.code,
        since=found.recall.published_at,
        tolerance=TOLERANCE,
        figures=[_figures(found, one, names, shown[one.batch], troubles[one.batch]) for one in page],
        curves=curves_of(found.hands, found.figures, found.own, found.recall.published_at, found.words),
        complete=found.complete,
        total=len(found.figures),
        cursor=more,
    )


def _paged(
    figures: Iterable[Figures], limit: int | None, cursor: str | None
) -> tuple[list[Figures], str | None]:
    """Some of the batches, those that were shipped first; and where the next page starts."""
    rest = sorted(figures, key=_place)
    if cursor is not None:
        rank, batch = read_cursor(cursor, 2)
        rest = [one for one in rest if _place(one) > (rank, batch)]
    page = rest[:limit]
    return page, write_cursor(*_place(page[-1])) if len(page) < len(rest) else None


def _place(one: Figures) -> tuple[str, str]:
    return "0" if one.shipped else "1", one.batch


def _shown(visit: Visit, one: Figures) -> frozenset[str]:
    """The consignees of a batch that the actor reads by name: an office all, a firm those to whom it sent this batch.

    Whoever got another batch from the firm, and this one from a customer, is that customer's customer here.
    """
    return frozenset(entry.end for entry in one.entries if entry.direct or visit.actor.regulator)


def _figures(
    found: Reckoning, one: Figures, names: Names, shown: Collection[str], troubles: Iterable[Gap]
) -> FiguresView:
    told = {name: getattr(one, name) for name in FiguresView.model_fields if hasattr(one, name)}
    return FiguresView.model_validate(
        told
        | {
            "batch": names.batch(one.batch),
            "bought": one.batch in found.bought,
            "unit": unit_of(found.hands, one.batch),
            "unexplained_share": unexplained(found, one.batch),
            "closes": one.closes(),
            "own_ended": dict(one.own_ended),
            "entries": _entries(one, names, shown),
            "gaps": gap_views(names, troubles),
        }
    )


def _entries(one: Figures, names: Names, shown: Collection[str]) -> list[EntryView]:
    by_name = [entry for entry in one.entries if entry.end in shown]
    rest = [entry for entry in one.entries if entry.end not in shown]
    views = [_entry(entry) | {"consignee": names.end(entry.end), "key": entry.end} for entry in by_name] + (
        [_together(rest)] if rest else []
    )
    return [EntryView.model_validate(view) for view in views]


def _entry(entry: Entry) -> dict[str, object]:
    amounts = {name: getattr(entry, name) for name in (*AMOUNTS, "unaccounted")}
    return amounts | {"direct": entry.direct, "told": sorted(entry.told), "missing": list(entry.missing)}


def _together(entries: Iterable[Entry]) -> dict[str, object]:
    """Those further on, as one: nobody learns from it who they are, or how many."""
    some = list(entries)
    amounts = {name: known_sum(getattr(entry, name) for entry in some) for name in (*AMOUNTS, "unaccounted")}
    missing = sorted({kind for entry in some for kind in entry.missing}, key=_ORDER.index)
    told = sorted({name for entry in some for name in entry.told})
    return amounts | {"consignee": None, "key": None, "direct": False, "told": told, "missing": missing}


_ORDER: tuple[Missing, ...] = ("on_the_way", "silent", "open", "unknown", "excess", "differs")


def _gaps(visit: Visit, found: Reckoning, open_ends: Iterable[Gap], batch: str) -> Iterable[Gap]:
    """Where the books of the batch do not close; a firm reads of those on its own doorstep."""
    stocks = frozenset(Stock(batch, place) for place in found.hands.ledger.places.get(batch, ()))
    for gap in gaps_at(open_ends, stocks):
        if visit.actor.regulator or _at_own(gap.stock, found.own):
            yield gap


def _at_own(stock: Stock, own: Collection[str]) -> bool:
    lane = lane_of(stock.place)
    ends = (lane.source, lane.target) if lane else (stock.place,)
    return any((facility_of(end) or end) in own for end in ends)


def unexplained(found: Reckoning, batch: str) -> Decimal | None:
    """The worst share of what was taken that the firm's own lines which made the batch leave unexplained."""
    shares = []
    for hub in found.made_by.get(batch, ()):
        for balance in mass_balance(found.hands.ledger, hub):
            lost = balance.unexplained
            shares += (
                [abs(lost) / balance.taken] if lost is not None and balance.taken and balance.put else []
            )
    return max(shares, default=None)
