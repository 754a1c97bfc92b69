"""The scope of a recall: every batch and every consignee that may hold its goods, never fewer.

Time is ignored. What only a lost or voided record could lead to is marked possible and kept apart.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tracelot.rules.answers import Answer, Direction
from tracelot.rules.graphs import Limits, graph_of
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty
from tracelot.rules.places import WHOLE, facility_of, is_unit, lane_of, on_hand
from tracelot.rules.possibilities import recall_links
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import NO_LIMITS, Map, follow


def recall_map(ledger: Ledger) -> Map:
    """The links that a recall must reckon with."""
    return Map("recall", ledger, graph_of(*recall_links(ledger)))


def recall_scope(
    chart: Map, batches: Iterable[str], direction: Direction = "forward", limits: Limits = NO_LIMITS
) -> Answer:
    """What whole batches may have become (or been made of)."""
    return follow(chart, of_batches(chart.graph.nodes, batches), direction, limits)


@dataclass(frozen=True, slots=True, order=True)
class Consignee:
    """Who got reached goods or may have: a facility, or a party or contact whose facility is not known.

    Direct ones are those to whom the recalling party sent them itself.
    """

    end: str
    direct: bool
    certainty: Certainty
    batches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What was reached at one place: how certainly at best, and which batches."""

    certainty: Certainty
    batches: frozenset[str]


def held_at(answer: Answer) -> dict[str, Held]:
    """What was reached at each place."""
    certainties: dict[str, Certainty] = {}
    batches: dict[str, set[str]] = {}
    for arrival in answer.arrivals:
        batch, place = arrival.stock
        certainties[place] = min(arrival.certainty, certainties.get(place, arrival.certainty))
        batches.setdefault(place, set()).add(batch)
    return {place: Held(certainties[place], frozenset(found)) for place, found in batches.items()}


def consignees(ledger: Ledger, answer: Answer, own: Collection[str]) -> tuple[Consignee, ...]:
    """Who got the goods of an answer, or may have."""
    return consignees_of(ledger, held_at(answer), own)


def consignees_of(ledger: Ledger, reached: Mapping[str, Held], own: Collection[str]) -> tuple[Consignee, ...]:
    """Destinations of reached lanes, stops of units, sightings and holders, less the recalling party's `own` places.

    An end of which nothing is known (`?`) is named too: somebody got those goods.
    """
    certainties: dict[str, Certainty] = {}
    batches: dict[str, set[str]] = {}
    direct: set[str] = set()
    for place, held in reached.items():
        for end, sent in _ends(ledger, place, own):
            if end in own:
                continue
            certainties[end] = min(held.certainty, certainties.get(end, held.certainty))
            batches.setdefault(end, set()).update(held.batches)
            if sent:
                direct.add(end)
    return tuple(
        Consignee(end, end in direct, certainties[end], tuple(sorted(batches[end])))
        for end in sorted(certainties)
    )


def _ends(ledger: Ledger, place: str, own: Collection[str]) -> Iterable[tuple[str, bool]]:
    """Who is meant by a place of reached goods, and whether the recalling party sent them there."""
    if place == WHOLE:
        return []
    if on_hand(place):
        return [(str(facility_of(place)), False)]
    if lane := lane_of(place):
        sent = (facility_of(lane.source) or lane.source) in own
        return [(facility_of(lane.target) or lane.target, sent)]
    if is_unit(place):
        lanes = [lane_of(way) for way in ledger.lanes.get(place, ())]
        sent_to = {
            facility_of(lane.target) or lane.target
            for lane in lanes
            if lane and (facility_of(lane.source) or lane.source) in own
        }
        met = {facility_of(lane.target) or lane.target for lane in lanes if lane}
        stops = {str(facility_of(stop)) for stop in ledger.stops.get(place, ())}
        return [(end, end in sent_to) for end in sorted(met | stops)]
    return [(place, False)]
