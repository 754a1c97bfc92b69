"""Links between stocks: the lines that were told, and what one side alone, or a lost record, lets conclude.

A link joins all of its sources to all of its targets, so that n goods that went into m cost n + m. Nothing
here is ever stored: a record that comes late takes a one-sided link away again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from tracelot.rules.books import Hub, Posting, Stock
from tracelot.rules.ledgers import NOTHING, Ledger, Totals
from tracelot.rules.places import UNKNOWN, Lane, facility_of, is_unit, lane_of, on_hand

Key = tuple[str, ...]


class Certainty(IntEnum):
    """How well a way is known: by both its sides, by one, or only as what a lost record could hide."""

    RECORDED = 0
    ONE_SIDED = 1
    POSSIBLE = 2


@dataclass(frozen=True, slots=True)
class Joint:
    """One link. `kind` says by which rule it exists, `key` tells it from others of its kind.

    Kinds: line; sender, arrival, lanes, claim (one-sided); unsourced, open, whole, pool, voided (possible).
    """

    kind: str
    key: Key
    certainty: Certainty
    sources: tuple[Stock, ...]
    targets: tuple[Stock, ...]
    hub: Hub | None = None


ANY_PARTY = "party:*"  # agrees with a facility whose party is not known
Stocks = dict[Stock, Totals]
Sides = tuple[set[Stock], set[Stock]]


def joint_of(hub: Hub, postings: Iterable[Posting]) -> Joint:
    """The link that a told line makes."""
    sources = sorted({posting.stock for posting in postings if posting.side == "take"})
    targets = sorted({posting.stock for posting in postings if posting.side == "put"})
    key = (hub.event, f"{hub.line:06}")
    return Joint("line", key, Certainty.RECORDED, tuple(sources), tuple(targets), hub)


def recorded_links(ledger: Ledger) -> Iterator[Joint]:
    for hub, postings in ledger.hubs.items():
        yield joint_of(hub, postings)


def trace_links(ledger: Ledger) -> tuple[Stocks, list[Joint]]:
    """What a trace follows: told lines and one-sided evidence, with all the stocks that these name."""
    stocks = dict(ledger.stocks)
    joints = [*recorded_links(ledger), *_claims(ledger)]
    senders = list(_senders(ledger))
    for joint in [*joints, *senders]:
        for stock in (*joint.sources, *joint.targets):
            stocks.setdefault(stock, NOTHING)
    joints += senders
    joints += _arrivals(ledger, stocks)
    joints += joined_lanes(ledger)
    return stocks, joints


def links(kind: str, certainty: Certainty, sides: Mapping[Key, Sides]) -> Iterator[Joint]:
    """One link for each key that has both sides."""
    for key in sorted(sides):
        sources, targets = sides[key]
        if sources and targets:
            yield Joint(kind, key, certainty, tuple(sorted(sources)), tuple(sorted(targets)))


def _claims(ledger: Ledger) -> Iterator[Joint]:
    for claim in ledger.book.claims:
        key = (claim.record, claim.batch, claim.source, claim.target)
        source, target = Stock(claim.batch, claim.source), Stock(claim.batch, claim.target)
        yield Joint("claim", key, Certainty.ONE_SIDED, (source,), (target,))


# --- rule 7: one side alone ------------------------------------------------------------------------------


def came_unsent(ledger: Ledger) -> Iterator[tuple[Stock, Lane]]:
    """Lanes that were taken from and never put into."""
    for stock, totals in ledger.stocks.items():
        lane = lane_of(stock.place)
        if lane and totals.takes and not totals.puts:
            yield stock, lane


def sent_unreceived(ledger: Ledger) -> Iterator[tuple[Stock, Lane]]:
    """Lanes that were put into and never taken from."""
    for stock, totals in ledger.stocks.items():
        lane = lane_of(stock.place)
        if lane and totals.puts and not totals.takes:
            yield stock, lane


def _senders(ledger: Ledger) -> Iterator[Joint]:
    """A lane taken from and never put into is fed by the sender that it names."""
    sides: dict[Key, Sides] = {}
    for stock, lane in came_unsent(ledger):
        if on_hand(lane.source):
            sources = {Stock(stock.batch, lane.source)}
        else:
            sources = held_by(ledger, stock.batch, ledger.owner(lane.source))
        sides[(stock.batch, stock.place)] = (sources, {stock})
    return links("sender", Certainty.ONE_SIDED, sides)


def held_by(ledger: Ledger, batch: str, party: str | None) -> set[Stock]:
    """The stocks of a batch on hand at a party's facilities."""
    if party is None:
        return set()
    places = ledger.places.get(batch, ())
    return {Stock(batch, place) for place in places if on_hand(place) and ledger.owner(place) == party}


def _arrivals(ledger: Ledger, stocks: Stocks) -> Iterator[Joint]:
    """A stock used, sighted or named as a sender and never put into is fed by what came to its facility.

    That are the lanes to it, the units that stopped there, and lanes to its party that nobody received. Where
    neither facility nor party was named, nothing shows that the goods came there: only a recall reckons with it.
    """
    sides: dict[Key, Sides] = defaultdict(lambda: (set(), set()))
    for stock, totals in stocks.items():
        if on_hand(stock.place) and not totals.puts:
            for label in labels_of_place(ledger, stock.place):
                if label not in (ANY_PARTY, UNKNOWN):
                    sides[(stock.batch, label)][1].add(stock)
    for stock, totals in stocks.items():
        labels: tuple[str, ...] = ()
        if is_unit(stock.place):
            labels = ledger.stops.get(stock.place, ())
        elif (lane := lane_of(stock.place)) and (on_hand(lane.target) or not totals.takes):
            labels = labels_of_destination(ledger, lane)
        for label in labels:
            if (key := (stock.batch, facility_of(label) or label)) in sides:
                sides[key][0].add(stock)
    return links("arrival", Certainty.ONE_SIDED, sides)


def labels_of_place(ledger: Ledger, place: str) -> tuple[str, ...]:
    """What a destination may be called that is this place on hand."""
    return str(facility_of(place)), ledger.owner(place) or ANY_PARTY, UNKNOWN


def labels_of_destination(ledger: Ledger, lane: Lane) -> tuple[str, ...]:
    """Under which of those names the goods on a lane can arrive."""
    if on_hand(lane.target):
        return (str(facility_of(lane.target)),)
    party = ledger.owner(lane.target)
    return (party, ANY_PARTY) if party else (lane.target,)


def joined_lanes(ledger: Ledger) -> Iterator[Joint]:
    """Lanes with an end that is not a facility: sent under one name, received under another.

    Two ends agree if they share a label; there are few labels for an end, so this stays linear where
    thousands of lanes of one batch have an unknown end.
    """
    sides: dict[Key, Sides] = defaultdict(lambda: (set(), set()))
    for stock, lane in came_unsent(ledger):
        for label in _lane_labels(ledger, lane, wanted=True):
            sides[(stock.batch, label)][1].add(stock)
    for stock, lane in sent_unreceived(ledger):
        for label in _lane_labels(ledger, lane, wanted=False):
            if (key := (stock.batch, label)) in sides:
                sides[key][0].add(stock)
    return links("lanes", Certainty.ONE_SIDED, sides)


def _lane_labels(ledger: Ledger, lane: Lane, *, wanted: bool) -> Iterator[str]:
    for source in end_labels(lane.source, ledger.owner(lane.source), wanted=wanted):
        for target in end_labels(lane.target, ledger.owner(lane.target), wanted=wanted):
            yield f"{source}>{target}"


def end_labels(end: str, party: str | None, *, wanted: bool) -> set[str]:
    """Labels of one end of a lane, so that a wanted and a given end agree if, and only if, they share one.

    Equal ends agree; `?` agrees with all; a party agrees with its facilities and its contacts, and with
    facilities whose party is not known.
    """
    mine, theirs = ("wanted", "given") if wanted else ("given", "wanted")
    labels = {f"={end}", f"{theirs} ?"}
    if end == UNKNOWN:
        labels.add(f"{mine} ?")
    elif on_hand(end):
        labels.add(f"{theirs} {party or ANY_PARTY}")
    elif party:
        labels |= {f"={party}", f"{mine} {party}", f"{mine} {ANY_PARTY}"}
    return labels
