"""How much of a batch went from whom to whom: over lanes by itself, and in the units that travelled on them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tracelot.rules.balancing import Hands, known_sum
from tracelot.rules.books import Posting, Stock, outer_units
from tracelot.rules.ledgers import ZERO, Totals
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
    contents = list(postings)
    boxes = outer_units(hands.ledger.book, {unit})
    here = hands.presence.get(unit, ())
    left = {
        (move.target, move.event_time)
        for move in hands.ledger.book.moves
        if move.unit in boxes and move.target
    }
    for lane, moment in sorted(left):
        if ends := _ends(lane, who):
            moved = _inside(contents, moment)
            yield Flow(*ends, moved, moved if lane in here else ZERO)


def _inside(contents: Iterable[Posting], moment: datetime) -> Decimal | None:
    known = [one for one in contents if one.event_time <= moment]
    put = known_sum(one.quantity for one in known if one.side == "put")
    taken = known_sum(one.quantity for one in known if one.side == "take")
    return None if put is None or taken is None else max(ZERO, put - taken)
