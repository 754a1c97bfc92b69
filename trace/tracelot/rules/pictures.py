"""What the drawing of a trace shows: batches or groups of them, and what went from one into another.

A picture is engine-neutral: `picturing` makes one of answers, `grouping` a smaller one of a large one, `layering`
and `placing` say where everything stands, and the formats write it down.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Literal

from tracelot.rules.links import Certainty

NodeKind = Literal["batch", "knot", "group"]


@dataclass(frozen=True, slots=True)
class Node:
    """A batch, a knot (a line of many batches that became many), or a group of batches.

    `distance` is negative upstream, 0 at a start and positive downstream. `places` are where the batch was met,
    `gaps` how many of them do not close. A group counts its members by certainty and by status.
    """

    key: str
    label: str = ""
    party: str = ""
    party_name: str = ""
    stage: str = ""
    status: str = ""
    certainty: Certainty = Certainty.RECORDED
    distance: int = 0
    gaps: int = 0
    places: tuple[str, ...] = ()
    kind: NodeKind = "batch"
    members: tuple[str, ...] = ()
    certainties: tuple[tuple[Certainty, int], ...] = ()
    statuses: tuple[tuple[str, int], ...] = ()
    inner: int = 0  # edges between members of a group
    product: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """What of one batch went into another: over `count` lines, or edges where groups are drawn.

    The certainty is that of the best of them; the quantity is unknown where one of them tells none.
    """

    source: str
    target: str
    certainty: Certainty = Certainty.RECORDED
    quantity: Decimal | None = None
    unit: str = ""
    count: int = 1


@dataclass(frozen=True)
class Picture:
    """Nodes and edges in one order, whatever the order in which they were found. Every edge joins two nodes."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def named(self) -> Mapping[str, Node]:
        return {node.key: node for node in self.nodes}

    @property
    def batches(self) -> int:
        """How many batches are shown, alone or in groups."""
        return sum(len(node.members) if node.kind == "group" else node.kind == "batch" for node in self.nodes)


def picture(nodes: Iterable[Node], edges: Iterable[Edge]) -> Picture:
    """A picture in order; edges to what is not shown are left out."""
    shown = {node.key: node for node in nodes}
    joined = [edge for edge in edges if edge.source in shown and edge.target in shown]
    return Picture(
        tuple(shown[key] for key in sorted(shown)),
        tuple(sorted(joined, key=lambda edge: (edge.source, edge.target))),
    )


def ways_through(shown: Picture, key: str) -> frozenset[str]:
    """A node, all that it is made of and all that it became: what is lit when it is chosen."""
    out: dict[str, list[str]] = {}
    into: dict[str, list[str]] = {}
    for edge in shown.edges:
        out.setdefault(edge.source, []).append(edge.target)
        into.setdefault(edge.target, []).append(edge.source)
    return frozenset(_met(key, lambda one: into.get(one, ())) | _met(key, lambda one: out.get(one, ())))


def _met(key: str, onward: Callable[[str], Iterable[str]]) -> set[str]:
    met = {key}
    waiting = [key]
    while waiting:
        for one in onward(waiting.pop()):
            if one not in met:
                met.add(one)
                waiting.append(one)
    return met


def merged(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for each pair of ends."""
    best: dict[tuple[str, str], Edge] = {}
    for edge in edges:
        known = best.get((edge.source, edge.target))
        best[edge.source, edge.target] = edge if known is None else _both(known, edge)
    return list(best.values())


def _both(one: Edge, other: Edge) -> Edge:
    total = None
    if one.quantity is not None and other.quantity is not None and one.unit == other.unit:
        total = one.quantity + other.quantity
    certainty = min(one.certainty, other.certainty)
    unit = "" if total is None else one.unit
    return Edge(one.source, one.target, certainty, total, unit, one.count + other.count)
