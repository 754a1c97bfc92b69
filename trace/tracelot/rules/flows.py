"""How much of a batch went from whom to whom: over lanes by itself, and in the units that travelled on them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from tracelot.rules.balancing import Hands, known_sum
from tracelot.rules.books import Posting, Stock, nested, outward
from tracelot.rules.ledgers import ZERO, Ledger, Totals, consignee_of
from tracelot.rules.places import facility_of, is_unit, lane_of


@dataclass(frozen=True, slots=True)
class Flow:
    """What went from one consignee to another in all, and how much of it did not arrive yet; None is unknown."""

    source: str
    target: str
    moved: Decimal | None
    way: Decimal | None


def flows_of(hands: Hands, batch: str, who: Callable[[str], str]) -> tuple[Flow, ...]:
    """The flows of a batch between those whom `who` tells apart; what moves inside one of them is none."""
    found: dict[tuple[str, str], list[Flow]] = defaultdict(list)
    places = hands.ledger.places.get(batch, ())
    units = Units(hands.ledger)
    for place in places:
        told = (
            _in_unit(hands, units, Stock(batch, place), who)
            if is_unit(place)
            else _on_lane(hands, batch, place, who)
        )
        for flow in told:
            if flow.source != flow.target:
                found[flow.source, flow.target].append(flow)
    return tuple(
        Flow(*ends, known_sum(one.moved for one in flows), known_sum(one.way for one in flows))
        for ends, flows in sorted(found.items())
    )


def _ends(lane: str, who: Callable[[str], str]) -> tuple[str, str] | None:
    ways = lane_of(lane)
    return None if ways is None else (
        who(facility_of(ways.source) or ways.source), who(facility_of(ways.target) or ways.target)
    )  # fmt: skip


def _on_lane(hands: Hands, batch: str, place: str, who: Callable[[str], str]) -> Iterator[Flow]:
    ends = _ends(place, who)
    totals = hands.ledger.totals(Stock(batch, place))
    if ends is None or not (totals.puts or totals.takes):
        return
    yield Flow(*ends, _moved(totals), _waiting(totals))


def _moved(totals: Totals) -> Decimal | None:
    """What was sent; where nobody says so, what came. More may come than was said to be sent."""
    if totals.mixed or totals.unknown_puts or (totals.unknown_takes and not totals.puts):
        return None
    return max(totals.put, totals.taken)


def _waiting(totals: Totals) -> Decimal | None:
    return None if totals.mixed or totals.unknown_puts or totals.unknown_takes else totals.least


def _in_unit(hands: Hands, units: "Units", stock: Stock, who: Callable[[str], str]) -> Iterator[Flow]:
    here = hands.presence.get(stock.place, ())
    for lane, moved in units.left(stock):
        if ends := _ends(lane, who):
            yield Flow(*ends, moved, moved if lane in here else ZERO)


@dataclass(frozen=True)
class Units:
    """The units of a book: what went into each and came out, and on which ways it left."""

    ledger: Ledger

    def left(self, stock: Stock) -> Iterator[tuple[str, Decimal | None]]:
        """What was in a unit each time when it left on a lane: what had gone in by then less what had come out."""
        left = {lane for box in nested(self._outward, [stock.place]) for lane in self._lanes.get(box, ())}
        onward = _onward(self.ledger, {lane for lane, _ in left})
        contents, mixed = self._contents.get(stock, ()), self.ledger.totals(stock).mixed
        for lane, moment in sorted(left):
            yield lane, None if mixed else _inside(self.ledger, contents, onward, lane, moment)

    @cached_property
    def _outward(self) -> Mapping[str, list[str]]:
        return outward(self.ledger.book)

    @cached_property
    def _lanes(self) -> Mapping[str, list[tuple[str, datetime]]]:
        found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
        for move in self.ledger.book.moves:
            if move.target and lane_of(move.target):
                found[move.unit].append((move.target, move.event_time))
        return found

    @cached_property
    def _contents(self) -> Mapping[Stock, list[Posting]]:
        found: dict[Stock, list[Posting]] = defaultdict(list)
        for posting in self.ledger.book.postings:
            if is_unit(posting.place):
                found[posting.stock].append(posting)
        return found


Onward = Mapping[str, frozenset[str]]  # those to whom a unit came from each of those who had it


def _onward(ledger: Ledger, lanes: Iterable[str]) -> Onward:
    """To whom the lanes of a unit lead from each of their beginnings, over however many of them."""
    steps: dict[str, set[str]] = defaultdict(set)
    for way in map(lane_of, lanes):
        if way is not None:
            steps[consignee_of(ledger, way.source)].add(consignee_of(ledger, way.target))
    return {source: _reached(steps, source) for source in steps}


def _reached(steps: Mapping[str, set[str]], source: str) -> frozenset[str]:
    met, waiting = set[str](), [source]
    while waiting:
        new = steps.get(waiting.pop(), set()) - met
        met |= new
        waiting.extend(new)
    return frozenset(met)


def _inside(
    ledger: Ledger, contents: Iterable[Posting], onward: Onward, lane: str, moment: datetime
) -> Decimal | None:
    known = [one for one in contents if _by_then(ledger, one, onward, lane, moment)]
    put = known_sum(one.quantity for one in known if one.side == "put")
    taken = known_sum(one.quantity for one in known if one.side == "take")
    return None if put is None or taken is None else max(ZERO, put - taken)


def _by_then(ledger: Ledger, posting: Posting, onward: Onward, lane: str, moment: datetime) -> bool:
    """Whether goods went into a unit, or came out, before it left on a lane.

    The clocks of two who had it are compared only where it went in a circle, or where nobody says who packed it.
    """
    way = lane_of(lane)
    source = "" if way is None else consignee_of(ledger, way.source)
    spots = (facility_of(one.place) for one in ledger.hubs.get(posting.hub, ()))
    packer = next((consignee_of(ledger, spot) for spot in spots if spot), source)
    before = source in onward.get(packer, ())
    after = packer in onward.get(source, ())
    return posting.event_time <= moment if before == after else before
