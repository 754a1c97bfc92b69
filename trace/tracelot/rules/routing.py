"""Between which places the goods of an answer moved, and who had them: what a map of a trace shows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracelot.rules.answers import Answer
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty
from tracelot.rules.places import WHOLE, facility_of, is_unit, lane_of


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """From one end to another (`facility:…`, `party:…`, `contact:…` or `?`), by the best evidence there is."""

    source: str
    target: str
    certainty: Certainty
    batches: int


@dataclass(frozen=True)
class Routes:
    """The ways, and for each end how many batches were met there."""

    ways: tuple[Route, ...]
    ends: dict[str, int]


def routes(ledger: Ledger, answers: Iterable[Answer]) -> Routes:
    """The lanes of reached goods, alone or in units, and every end where such goods were or went."""
    batches: dict[tuple[str, str], set[str]] = defaultdict(set)
    certainties: dict[tuple[str, str], Certainty] = {}
    ends: dict[str, set[str]] = defaultdict(set)
    for answer in answers:
        for arrival in answer.arrivals:
            batch, place = arrival.stock
            for end in _ends(ledger, place):
                ends[end].add(batch)
            for way in _lanes(ledger, place):
                batches[way].add(batch)
                certainties[way] = min(arrival.certainty, certainties.get(way, arrival.certainty))
    ways = (Route(*way, certainties[way], len(batches[way])) for way in sorted(batches))
    return Routes(tuple(ways), {end: len(ends[end]) for end in sorted(ends)})


def _lanes(ledger: Ledger, place: str) -> Iterator[tuple[str, str]]:
    for one in ledger.lanes.get(place, ()) if is_unit(place) else (place,):
        if lane := lane_of(one):
            yield facility_of(lane.source) or lane.source, facility_of(lane.target) or lane.target


def _ends(ledger: Ledger, place: str) -> Iterator[str]:
    for way in _lanes(ledger, place):
        yield from way
    for stop in ledger.stops.get(place, ()) if is_unit(place) else (place,):
        if stop != WHOLE and lane_of(stop) is None:
            yield facility_of(stop) or stop
