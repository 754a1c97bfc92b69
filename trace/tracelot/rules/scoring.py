"""Which facilities and deliveries explain an outbreak: the share of the case facilities that they lead to."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tracelot.rules.books import Stock
from tracelot.rules.graphs import graph_of
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty, Joint, Key, Sides, links, trace_links
from tracelot.rules.places import facility_of
from tracelot.rules.tracing import Map, follow, trace_map


@dataclass(frozen=True)
class Scores:
    """Shares of the cases reached forward, 0 to 1. What reaches no case is left out.

    `common` are the facilities and batches that reach every case.
    """

    facilities: Mapping[str, Fraction]
    batches: Mapping[str, Fraction]

    @property
    def common(self) -> tuple[str, ...]:
        shares = {**self.facilities, **self.batches}
        return tuple(sorted(name for name, share in shares.items() if share == 1))


def outbreak_map(ledger: Ledger, *, cross_contamination: bool = False) -> Map:
    """The links of a trace; with cross-contamination, all that came to a facility also went into all that left it."""
    if not cross_contamination:
        return trace_map(ledger)
    stocks, joints = trace_links(ledger)
    return Map("trace", ledger, graph_of(stocks, [*joints, *_mixed(joints)]))


def _mixed(joints: Iterable[Joint]) -> Iterable[Joint]:
    sides: dict[Key, Sides] = defaultdict(lambda: (set(), set()))
    for joint in joints:
        if any(stock.place.startswith("lane:") for stock in joint.sources):
            for stock in joint.targets:
                sides[stock.place,][0].add(stock)
        if any(stock.place.startswith("lane:") for stock in joint.targets):
            for stock in joint.sources:
                sides[stock.place,][1].add(stock)
    return links("mixed", Certainty.POSSIBLE, sides)


def outbreak(chart: Map, cases: Collection[str]) -> Scores:
    """Follow each case facility (`facility:…`) back from what came to it; a case counts itself."""
    facilities: dict[str, int] = defaultdict(int)
    batches: dict[str, int] = defaultdict(int)
    for case in sorted(cases):
        answer = follow(chart, _came_to(chart, case), "backward")
        reached = {facility for stock in answer.stocks if (facility := facility_of(stock.place))}
        for facility in reached | {case}:
            facilities[facility] += 1
        for batch in answer.batches:
            batches[batch] += 1
    return Scores(_shares(facilities, len(cases)), _shares(batches, len(cases)))


def _shares(counts: Mapping[str, int], cases: int) -> dict[str, Fraction]:
    return {name: Fraction(counts[name], cases) for name in sorted(counts)}


def _came_to(chart: Map, facility: str) -> set[Stock]:
    """The goods on hand at a facility that came over a lane."""
    return {
        stock
        for joint in chart.graph.joints
        if any(source.place.startswith("lane:") for source in joint.sources)
        for stock in joint.targets
        if facility_of(stock.place) == facility
    }
