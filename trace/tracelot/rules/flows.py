"""How much of a batch went from whom to whom: over lanes by itself, and in the units that travelled on them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tracelot.rules.balancing import Hands, known_sum
from tracelot.rules.books import Posting, Stock, outer_units
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
    units: dict[str, list[Posting]] = defaultdict(list)
    for posting in hands.ledger.book.postings:
        if posting.batch == batch and is_unit(posting.place):
            units[posting.place].append(posting)
    for place in hands.ledger.places.get(batch, ()):
        told = (
            _in_unit(hands, place, units[place], who)
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


def _in_unit(
    hands: Hands, unit: str, postings: Iterable[Posting], who: Callable[[str], str]
) -> Iterator[Flow]:
    """What was in a unit each time when it left on a lane: what had gone in by then less what had come out."""
    ledger, contents = hands.ledger, list(postings)
    boxes = outer_units(ledger.book, {unit})
    here = hands.presence.get(unit, ())
    left = {
        (move.target, move.event_time)
        for move in ledger.book.moves
        if move.unit in boxes and move.target and lane_of(move.target)
    }
    onward = _onward(ledger, {lane for lane, _ in left})
    for lane, moment in sorted(left):
        if ends := _ends(lane, who):
            moved = _inside(ledger, contents, onward, lane, moment)
            yield Flow(*ends, moved, moved if lane in here else ZERO)


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
