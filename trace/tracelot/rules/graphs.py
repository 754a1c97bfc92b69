"""Stocks and links as numbered nodes, and the walk over them, level by level.

Neither circles nor depth can hang it: a node is met once and a link crossed once, without recursion. Nodes and
links are numbered in the order of their names, and the lowest comes first, so an answer has one form.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracelot.rules.books import Hub, Posting, Stock
from tracelot.rules.ledgers import ZERO, Ledger
from tracelot.rules.links import Certainty, Joint
from tracelot.rules.places import on_hand

NONE: tuple[int, ...] = ()


@dataclass
class Graph:
    """Both directions of every link. A stock in time order has a node for each moment at which goods came."""

    stocks: list[Stock] = field(default_factory=list)  # of each node
    nodes: dict[Stock, list[int]] = field(default_factory=dict)  # of each stock, in order of time
    joints: list[Joint] = field(default_factory=list)
    leaving: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # node → links it feeds
    entering: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # node → its sources
    feeding: list[list[int]] = field(default_factory=list)  # link → nodes that feed it
    fed: list[list[int]] = field(default_factory=list)  # link → nodes that it feeds


@dataclass(frozen=True, slots=True)
class Way:
    """How a node was met first: after how many links, over which link and from which node.

    At a start there is no link; within a stock in time order goods pass on without one.
    """

    distance: int
    joint: int | None
    origin: int | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How many links deep, and how many nodes at most for each certainty; None is no limit."""

    depth: int | None = None
    budget: int | None = None


@dataclass
class Walk:
    ways: dict[int, Way]
    crossed: set[int]
    shut: Certainty | None = None  # the best of the links met that are less certain
    cut: bool = False  # the budget ended it


def graph_of(stocks: Iterable[Stock], joints: Sequence[Joint]) -> Graph:
    """One node for each stock: what goes in at any time may come out at any time."""
    graph = Graph()
    for stock in sorted(stocks):
        graph.nodes[stock] = [len(graph.stocks)]
        graph.stocks.append(stock)
    for joint in _in_order(joints):
        sources = [graph.nodes[stock][0] for stock in joint.sources]
        targets = [graph.nodes[stock][0] for stock in joint.targets]
        _join(graph, joint, sources, targets)
    return graph


def _in_order(joints: Iterable[Joint]) -> list[Joint]:
    return sorted(joints, key=lambda joint: (joint.certainty, joint.kind, joint.key))


def _join(graph: Graph, joint: Joint, sources: list[int], targets: list[int]) -> None:
    number = len(graph.joints)
    graph.joints.append(joint)
    graph.feeding.append(sources)
    graph.fed.append(targets)
    for node in sources:
        graph.leaving[node].append(number)
    for node in targets:
        graph.entering[node].append(number)


# --- time order inside a stock on hand -------------------------------------------------------------------

_Slots = dict[tuple[Hub, Stock], int]


def graph_in_time(ledger: Ledger, stocks: Iterable[Stock], joints: Sequence[Joint]) -> Graph:
    """A take joins the earlier puts of its stock, unless there are none or they cannot cover it.

    Only stocks on hand are put in order: they have one clock. A link that is not a line has no time: what it
    brings may leave by any take, and what it takes away may be of any put.
    """
    postings: dict[Stock, list[Posting]] = defaultdict(list)
    for posting in ledger.book.postings:
        if on_hand(posting.place):
            postings[posting.stock].append(posting)
    graph = Graph()
    takes: _Slots = {}
    puts: _Slots = {}
    for stock in sorted(stocks):
        first = len(graph.stocks)
        slots = _slots(postings.get(stock, []), takes, puts, first)
        graph.nodes[stock] = list(range(first, first + slots))
        graph.stocks += [stock] * slots
    for joint in _in_order(joints):
        hub = joint.hub or Hub("", 0)
        sources = [takes.get((hub, stock), graph.nodes[stock][-1]) for stock in joint.sources]
        targets = [puts.get((hub, stock), graph.nodes[stock][0]) for stock in joint.targets]
        _join(graph, joint, sources, targets)
    return graph


def _slots(postings: list[Posting], takes: _Slots, puts: _Slots, first: int) -> int:
    """Number the nodes of one stock from `first` on: one for each put in time, and the last for takes of any."""
    postings.sort(key=lambda one: (one.event_time, one.side == "take", one.hub, one.record))
    slot, uncovered = first - 1, []
    left, unknown = ZERO, False
    for posting in postings:
        key = posting.hub, posting.stock
        if posting.side == "put":
            slot += 1
            puts.setdefault(key, slot)
            left, unknown = left + (posting.quantity or ZERO), unknown or posting.quantity is None
            continue
        covered = slot >= first and (unknown or (posting.quantity or ZERO) <= left)
        left -= posting.quantity or ZERO
        if covered:
            takes[key] = slot
        else:
            uncovered.append(key)
    last = max(slot, first)
    takes.update(dict.fromkeys(uncovered, last))
    return last - first + 1


# --- the walk --------------------------------------------------------------------------------------------


def walk(graph: Graph, starts: Iterable[int], certainty: Certainty, limits: Limits, *, forward: bool) -> Walk:
    """Everything that links of at least a certainty lead to, by the fewest links."""
    done = Walk({}, set())
    level = _enter(graph, done, [(node, Way(0, None, None)) for node in sorted(set(starts))], limits, forward)
    distance = 0
    while level and not done.cut and distance != limits.depth:
        distance += 1
        level = _enter(graph, done, _next(graph, done, level, certainty, distance, forward), limits, forward)
    return done


def _next(
    graph: Graph, done: Walk, level: list[int], certainty: Certainty, distance: int, forward: bool
) -> list[tuple[int, Way]]:
    out, onward = (graph.leaving, graph.fed) if forward else (graph.entering, graph.feeding)
    found = []
    for node in level:
        for joint in out.get(node, NONE):
            if joint in done.crossed:
                continue
            if (other := graph.joints[joint].certainty) > certainty:
                done.shut = other if done.shut is None else min(done.shut, other)
                continue
            done.crossed.add(joint)
            way = Way(distance, joint, node)
            found += [(met, way) for met in onward[joint] if met not in done.ways]
    return found


def _enter(
    graph: Graph, done: Walk, found: list[tuple[int, Way]], limits: Limits, forward: bool
) -> list[int]:
    """Meet nodes, and within a stock in time order those that goods pass on to; give them in order."""
    level = []
    step = 1 if forward else -1
    found.sort(key=lambda one: one[0] * step)
    for first, way in found:
        node, passed = first, way
        while node not in done.ways:
            if limits.budget is not None and len(done.ways) >= limits.budget:
                done.cut = True
                return []
            done.ways[node] = passed
            level.append(node)
            passed = Way(way.distance, None, node)
            node += step
            if not 0 <= node < len(graph.stocks) or graph.stocks[node] != graph.stocks[first]:
                break
    level.sort()
    return level


def stocks_met(graph: Graph, ways: Mapping[int, Way]) -> dict[Stock, int]:
    """The node by which each stock was met first, over a link or as a start; goods pass on from there."""
    first: dict[Stock, int] = {}
    for node, way in ways.items():
        known = first.setdefault(graph.stocks[node], node)
        if _order_of(node, way) < _order_of(known, ways[known]):
            first[graph.stocks[node]] = node
    return first


def _order_of(node: int, way: Way) -> tuple[int, bool, int]:
    passed = way.joint is None and way.origin is not None
    return way.distance, passed, node
