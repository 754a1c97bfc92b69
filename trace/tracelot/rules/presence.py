"""Where logistic units are now: bookkeeping of their moves, without comparing any clocks."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime

from tracelot.rules.ledgers import Ledger, packings
from tracelot.rules.links import end_labels
from tracelot.rules.places import is_unit, lane_of, on_hand

Presence = Mapping[str, tuple[str, ...]]


def whereabouts(ledger: Ledger) -> Presence:
    """For each unit the places where it may be, never inside another unit; one place where that is sure.

    A move takes the unit from one place and puts it at the next, so the place that is left over is where it is,
    in whatever order and by whichever clocks the moves were told. A unit that came back to where it began is where
    its last move was an arrival by that place's own clock; one that never moved is where it was packed.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for move in ledger.book.moves:
        counts[move.unit][move.source or ""] -= 1
        counts[move.unit][move.target or ""] += 1
    returned = _came_last(ledger)
    packed: dict[str, set[str]] = defaultdict(set)
    for unit, place in packings(ledger.hubs):
        packed[unit].add(place)
    direct: dict[str, tuple[str, ...]] = {}
    for unit in sorted({*counts, *packed}):
        _cancel(ledger, counts[unit])
        present = tuple(sorted(place for place, count in counts[unit].items() if count > 0))
        direct[unit] = present or returned.get(unit) or tuple(sorted(packed.get(unit, ())))
    return {unit: _outermost(unit, direct) for unit in direct}


def _came_last(ledger: Ledger) -> dict[str, tuple[str, ...]]:
    """For each unit the places on hand where the last move, by their own clock, is its arrival."""
    last: dict[tuple[str, str], tuple[datetime, datetime, bool]] = {}
    for move in ledger.book.moves:
        for place, came in ((move.source, False), (move.target, True)):
            if place is not None and on_hand(place):
                key, told = (move.unit, place), (move.event_time, move.recorded_at, came)
                last[key] = max(last.get(key, told), told)
    found: dict[str, list[str]] = defaultdict(list)
    for unit, place in sorted(last):
        if last[unit, place][2]:
            found[unit].append(place)
    return {unit: tuple(places) for unit, places in found.items()}


def _cancel(ledger: Ledger, counts: Counter[str]) -> None:
    """A lane on which a unit left and one on which it came are the same way if their ends agree."""
    left = [place for place in sorted(counts) if counts[place] > 0 and lane_of(place)]
    came = [place for place in sorted(counts) if counts[place] < 0 and lane_of(place)]
    for given in left:
        for wanted in came:
            agreed = min(counts[given], -counts[wanted])
            if agreed > 0 and _agree(ledger, given, wanted):
                counts[given] -= agreed
                counts[wanted] += agreed


def _agree(ledger: Ledger, given: str, wanted: str) -> bool:
    one, other = lane_of(given), lane_of(wanted)
    return (
        one is not None
        and other is not None
        and _ends_agree(ledger, one.source, other.source)
        and _ends_agree(ledger, one.target, other.target)
    )


def _ends_agree(ledger: Ledger, given: str, wanted: str) -> bool:
    labels = end_labels(given, ledger.owner(given), wanted=False)
    return not labels.isdisjoint(end_labels(wanted, ledger.owner(wanted), wanted=True))


def _outermost(unit: str, direct: Presence) -> tuple[str, ...]:
    found: set[str] = set()
    met, waiting = {unit}, [unit]
    while waiting:
        for place in direct.get(waiting.pop(), ()):
            if place and not is_unit(place):
                found.add(place)
            elif place and place not in met:
                met.add(place)
                waiting.append(place)
    return tuple(sorted(found))
