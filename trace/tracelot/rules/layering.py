"""The layers of a picture: what feeds stands left of what it fed, and the starts stand in the middle.

Everything here is bounded: one pass over nodes and edges for circles and for layers, and a few sweeps against
crossings. The result depends on the picture alone.
"""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracelot.rules.pictures import Node, Picture

SWEEPS = 8
Ends = tuple[int, int]


@dataclass(frozen=True)
class Layers:
    """The keys of each layer from top to bottom, layers from left to right.

    `back` holds the edges (source, target) that close a circle: only they run from right to left, or to their
    own beginning.
    """

    rows: tuple[tuple[str, ...], ...]
    back: frozenset[tuple[str, str]]


@dataclass
class _Mesh:
    """The picture in numbers; `out` and `into` hold the edges that are not drawn back."""

    out: list[list[int]]
    into: list[list[int]] = field(default_factory=list)
    level: list[int] = field(default_factory=list)


def layered(shown: Picture) -> Layers:
    """Put every node into a layer, and order the layers so that few edges cross."""
    nodes = sorted(shown.nodes, key=_turn)
    numbers = {node.key: number for number, node in enumerate(nodes)}
    ends = sorted({(numbers[edge.source], numbers[edge.target]) for edge in shown.edges})
    order, back = _unwound(_lists(len(nodes), ends))
    kept = [pair for pair in ends if pair not in back]
    mesh = _Mesh(_lists(len(nodes), kept), _lists(len(nodes), [(target, source) for source, target in kept]))
    mesh.level = _levels(mesh, order, nodes)
    rows: dict[int, list[int]] = defaultdict(list)
    for number in order:
        rows[mesh.level[number]].append(number)
    ordered = _uncrossed(mesh, [rows[level] for level in sorted(rows)])
    return Layers(
        tuple(tuple(nodes[number].key for number in row) for row in ordered),
        frozenset((nodes[source].key, nodes[target].key) for source, target in back),
    )


def _turn(node: Node) -> tuple[bool, int, str, str, str]:
    """Starts and what they became first, then the origins, farthest first: so circles break where they close."""
    return node.distance < 0, node.distance, node.stage, node.party, node.key


def _lists(size: int, ends: Iterable[Ends]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in range(size)]
    for source, target in ends:
        found[source].append(target)
    return found


def _unwound(out: Sequence[Sequence[int]]) -> tuple[list[int], set[Ends]]:
    """An order in which each edge leads onward, and the edges that close circles, for which none can."""
    fresh, open_, done = 0, 1, 2
    state = [fresh] * len(out)
    finished: list[int] = []
    back: set[Ends] = set()
    for root in range(len(out)):
        stack = [(root, iter(out[root]))] if state[root] == fresh else []
        state[root] = state[root] or open_
        while stack:
            node, rest = stack[-1]
            for other in rest:
                if state[other] == open_:
                    back.add((node, other))
                elif state[other] == fresh:
                    state[other] = open_
                    stack.append((other, iter(out[other])))
                    break
            else:
                state[node] = done
                finished.append(node)
                stack.pop()
    return finished[::-1], back


def _levels(mesh: _Mesh, order: Sequence[int], nodes: Sequence[Node]) -> list[int]:
    """Downstream the longest way from a start, upstream the longest way to what is placed already.

    What has no way to or from a start stands right of what feeds it.
    """
    level: dict[int, int] = {}
    for node in order:
        before = [level[one] for one in mesh.into[node] if one in level]
        if before:
            level[node] = max(before) + 1
        elif nodes[node].distance == 0:
            level[node] = 0
    for node in reversed(order):
        after = [level[one] for one in mesh.out[node] if one in level]
        if after and node not in level:
            level[node] = min(after) - 1
    for node in order:
        if node not in level:
            before = [level[one] for one in mesh.into[node]]
            level[node] = max(before) + 1 if before else nodes[node].distance
    return [level[node] for node in range(len(nodes))]


# --- few crossings ---------------------------------------------------------------------------------------


def _uncrossed(mesh: _Mesh, rows: list[list[int]]) -> list[list[int]]:
    """Sweep to and fro, each time ordering a layer by the middle of its neighbours; keep the best order met."""
    best, fewest = rows, crossings(mesh.out, rows)
    idle = 0
    for sweep in range(SWEEPS):
        if not fewest or idle > 1:
            break
        rows = _swept(rows, mesh.into if sweep % 2 == 0 else mesh.out, onward=sweep % 2 == 0)
        crossed = crossings(mesh.out, rows)
        idle = 0 if crossed < fewest else idle + 1
        if crossed < fewest:
            best, fewest = rows, crossed
    return best


def _swept(rows: list[list[int]], neighbours: Sequence[Sequence[int]], *, onward: bool) -> list[list[int]]:
    place: dict[int, float] = {}
    for row in rows:
        _take_places(row, place)
    swept = [list(row) for row in rows]
    for row in swept if onward else reversed(swept):
        row.sort(key=lambda node: _middle(node, neighbours[node], place))
        _take_places(row, place)
    return swept


def _take_places(row: Sequence[int], place: dict[int, float]) -> None:
    """Places are counted from the middle of a layer, so that short and long layers compare."""
    for index, node in enumerate(row):
        place[node] = index - (len(row) - 1) / 2


def _middle(node: int, neighbours: Sequence[int], place: Mapping[int, float]) -> float:
    if not neighbours:
        return place[node]
    return sum(place[one] for one in neighbours) / len(neighbours)


def crossings(out: Sequence[Sequence[int]], rows: Sequence[Sequence[int]]) -> int:
    """How often edges between the same two layers cross; longer edges are held against their like."""
    spot = {node: (layer, index) for layer, row in enumerate(rows) for index, node in enumerate(row)}
    pairs: dict[Ends, list[Ends]] = defaultdict(list)
    for source, targets in enumerate(out):
        for target in targets:
            (left, top), (right, bottom) = spot[source], spot[target]
            pairs[left, right].append((top, bottom))
    total = 0
    for ends in pairs.values():
        met: list[int] = []
        for _, bottom in sorted(ends):
            total += len(met) - bisect_right(met, bottom)
            insort(met, bottom)
    return total
