"""The trace: where goods came from and went to, exactly as it was recorded, with one-sided evidence marked.

A trace goes stock → link → stock; a recall scope (`scoping`) walks the same way over more links. `starting` finds
the stocks at which to begin.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tracelot.rules.answers import Answer, Arrival, Direction, Edge, Excluded, Kind, reached_batches
from tracelot.rules.books import Posting, Stock
from tracelot.rules.graphs import Graph, Limits, Walk, graph_in_time, graph_of, stocks_met, walk
from tracelot.rules.ledgers import ZERO, Ledger
from tracelot.rules.links import Certainty, Joint, trace_links

NO_LIMITS = Limits()


@dataclass(frozen=True)
class Map:
    """A book made ready for many questions of one kind. Made by `trace_map` or `scoping.recall_map`."""

    kind: Kind
    ledger: Ledger
    graph: Graph
    in_time: bool = False


def trace_map(ledger: Ledger, *, in_time: bool = False) -> Map:
    """The links that a trace follows, in time order inside each stock on hand where that is asked for."""
    stocks, joints = trace_links(ledger)
    graph = graph_in_time(ledger, stocks, joints) if in_time else graph_of(stocks, joints)
    return Map("trace", ledger, graph, in_time)


def follow(
    chart: Map,
    starts: Iterable[Stock],
    direction: Direction,
    limits: Limits = NO_LIMITS,
    *,
    edges: bool = False,
) -> Answer:
    """What the goods of some stocks became (forward) or were made of (backward).

    It walks once for each certainty, so that each stock is reached by the most certain ways there are.
    """
    graph = chart.graph
    known = tuple(sorted({stock for stock in starts if stock in graph.nodes}))
    nodes = [node for stock in known for node in graph.nodes[stock]]
    walks: dict[Certainty, Walk] = {}
    certainty: Certainty | None = Certainty.RECORDED
    while certainty is not None:
        walks[certainty] = walk(graph, nodes, certainty, limits, forward=direction == "forward")
        certainty = walks[certainty].shut
    ways = {reach: _arrivals(graph, one, reach) for reach, one in walks.items()}
    best: dict[Stock, Arrival] = {}
    for found in ways.values():
        best = {**found, **best}
    arrivals = tuple(best[stock] for stock in sorted(best))
    crossed = sorted(set[int]().union(*(one.crossed for one in walks.values())))
    cut = any(one.cut for one in walks.values())
    amounts = _amounts(chart, crossed, direction)
    return Answer(
        kind=chart.kind,
        direction=direction,
        starts=known,
        reached=reached_batches(arrivals, lambda batch: amounts.get(batch, (None, ""))),
        arrivals=arrivals,
        edges=tuple(_edges(chart, crossed, best)) if edges else (),
        excluded=tuple(_excluded(chart, walks[max(walks)], best, direction)) if chart.in_time else (),
        complete=not cut,
        reason="budget" if cut else None,
        ways=ways,
    )


def follow_both(chart: Map, starts: Iterable[Stock], limits: Limits = NO_LIMITS) -> tuple[Answer, Answer]:
    """Where the goods went, and where they came from."""
    known = tuple(starts)
    return follow(chart, known, "forward", limits), follow(chart, known, "backward", limits)


def _arrivals(graph: Graph, done: Walk, certainty: Certainty) -> dict[Stock, Arrival]:
    found = {}
    for stock, node in stocks_met(graph, done.ways).items():
        way = done.ways[node]
        link = None if way.joint is None else (graph.joints[way.joint].kind, graph.joints[way.joint].key)
        origin = None if way.origin is None else graph.stocks[way.origin]
        found[stock] = Arrival(stock, way.distance, certainty, link, origin)
    return found


def _of(chart: Map, joint: Joint) -> Sequence[Posting]:
    if joint.hub is None:
        return ()
    told = chart.ledger.hubs.get(joint.hub, ())
    if joint.kind != "voided":
        return told
    return [*told, *(posting for posting in chart.ledger.doubted if posting.hub == joint.hub)]


def _amounts(
    chart: Map, crossed: Iterable[int], direction: Direction
) -> dict[str, tuple[Decimal | None, str]]:
    """For each batch what the crossed lines made of it, or used of it, net for each line."""
    sums: dict[str, tuple[Decimal | None, str]] = {}
    for number in crossed:
        joint = chart.graph.joints[number]
        if joint.kind != "line" or len({stock.batch for stock in (*joint.sources, *joint.targets)}) == 1:
            continue
        for batch, (net, unit) in nets(_of(chart, joint)).items():
            gained = net if direction == "forward" or net is None else -net
            if gained is not None and gained <= 0:
                continue
            total, same = sums.get(batch, (ZERO, unit))
            known = total is not None and gained is not None and same == unit
            sums[batch] = (
                (total + gained, unit) if known and total is not None and gained is not None else (None, "")
            )
    return sums


def nets(postings: Iterable[Posting]) -> Mapping[str, tuple[Decimal | None, str]]:
    """What one line adds to each batch, over all places, and in which unit; None where it cannot be told."""
    sums: dict[str, tuple[Decimal | None, str]] = {}
    for posting in postings:
        total, unit = sums.get(posting.batch, (ZERO, posting.unit))
        if total is None or posting.quantity is None or unit != posting.unit:
            sums[posting.batch] = (None, "")
        else:
            signed = posting.quantity if posting.side == "put" else -posting.quantity
            sums[posting.batch] = (total + signed, unit)
    return sums


def _edges(chart: Map, crossed: Iterable[int], reached: Mapping[Stock, Arrival]) -> Iterator[Edge]:
    """Both sides of the crossed links; of those that no line tells only what was reached, not all that might feed."""
    for number in crossed:
        joint = chart.graph.joints[number]
        link = joint.kind, joint.key
        quantities: dict[tuple[str, Stock], Decimal | None] = {}
        for posting in _of(chart, joint):
            key = posting.side, posting.stock
            before = quantities.get(key, ZERO)
            quantities[key] = (
                None if before is None or posting.quantity is None else before + posting.quantity
            )
        for stock in joint.sources:
            if joint.hub is not None or joint.certainty < Certainty.POSSIBLE or stock in reached:
                yield Edge(link, joint.certainty, "take", stock, quantities.get(("take", stock)))
        for stock in joint.targets:
            yield Edge(link, joint.certainty, "put", stock, quantities.get(("put", stock)))


def _excluded(
    chart: Map, done: Walk, reached: Mapping[Stock, Arrival], direction: Direction
) -> Iterator[Excluded]:
    """The lines at a reached stock that only the order of time leaves out."""
    graph = chart.graph
    links = graph.leaving if direction == "forward" else graph.entering
    for stock in sorted(reached):
        for node in graph.nodes[stock]:
            if node not in done.ways:
                hubs = (graph.joints[number].hub for number in links.get(node, ()))
                yield from (Excluded(stock, hub) for hub in hubs if hub is not None)
