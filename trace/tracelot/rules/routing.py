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
    known = _Ends(ledger)
    batches: dict[tuple[str, str], set[str]] = defaultdict(set)
    certainties: dict[tuple[str, str], Certainty] = {}
    ends: dict[str, set[str]] = defaultdict(set)
    for answer in answers:
        for arrival in answer.arrivals:
            batch, place = arrival.stock
            for end in known.at(place):
                ends[end].add(batch)
            for way in known.ways(place):
                batches[way].add(batch)
                certainties[way] = min(arrival.certainty, certainties.get(way, arrival.certainty))
    ways = (Route(*way, certainties[way], len(batches[way])) for way in sorted(batches))
    return Routes(tuple(ways), {end: len(ends[end]) for end in sorted(ends)})


class _Ends:
    """The ends of places: where a lane names a party, the facilities at which the records begin and end it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._left: dict[str, set[str]] = defaultdict(set)
        self._came: dict[str, set[str]] = defaultdict(set)
        for postings in ledger.hubs.values():
            taken = {one.place for one in postings if one.side == "take"}
            put = {one.place for one in postings if one.side == "put"}
            for lane in filter(lane_of, put):
                self._left[lane] |= set(filter(None, map(facility_of, taken)))
            for lane in filter(lane_of, taken):
                self._came[lane] |= set(filter(None, map(facility_of, put)))

    def ways(self, place: str) -> Iterator[tuple[str, str]]:
        for one in self._ledger.lanes.get(place, ()) if is_unit(place) else (place,):
            if lane := lane_of(one):
                for source in self._named(lane.source, self._left.get(one)):
                    for target in self._named(lane.target, self._came.get(one)):
                        yield source, target

    def at(self, place: str) -> Iterator[str]:
        for way in self.ways(place):
            yield from way
        for stop in self._ledger.stops.get(place, ()) if is_unit(place) else (place,):
            if stop != WHOLE and lane_of(stop) is None:
                yield facility_of(stop) or stop

    def _named(self, end: str, told: set[str] | None) -> list[str]:
        facility = facility_of(end)
        return [facility] if facility else sorted(told or {end})
