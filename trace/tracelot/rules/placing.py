"""Where the boxes of a picture stand and how its wires run.

A layer too long for the page is wrapped into columns. Wires pass other layers between the boxes and never over
one: between two layers they bend, and inside a layer they run straight in the space between rows.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracelot.rules.layering import Layers, layered
from tracelot.rules.pictures import Edge, Picture

WIDTH, HEIGHT = 188, 56  # of a box
ROW = 78  # from one box to the next below
BETWEEN = ROW - HEIGHT
COLUMN = WIDTH + 32  # from one column to the next in the same layer
CHANNEL = 72  # between two layers
MARGIN = 24
SHORT = 12  # a layer of so many boxes is never wrapped
_SHAPE = 1.7  # width to height of a good page
_SNAP = 26  # boxes keep to a grid: calmer to look at, and shorter to write
_SETTLING = 4

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge and the points that it passes.

    Between two points at one height it is straight; between two of one x it turns round, at its beginning to
    the right and at its end to the left; else it bends.
    """

    edge: Edge
    points: tuple[Point, ...]
    back: bool


@dataclass(frozen=True)
class Layout:
    """Boxes by their upper left corner, all of one size, and wires. All that is drawn lies inside the page."""

    width: int
    height: int
    boxes: Mapping[str, Point]
    wires: tuple[Wire, ...]
    layers: Layers


@dataclass(frozen=True)
class _Band:
    """The room of a layer: from `left` to `right`, with boxes at the heights `tops`."""

    left: int
    right: int
    tops: list[int]

    def free(self, height: int) -> int:
        """The nearest height at which a wire passes no box."""
        number = bisect_right(self.tops, height + BETWEEN // 2) - 1
        if number < 0 or height >= self.tops[number] + HEIGHT + BETWEEN // 2:
            return height
        above, below = (
            self.tops[number] - BETWEEN // 2,
            self.tops[number] + HEIGHT + BETWEEN // 2,
        )
        return above if height - above < below - height else below


def placed(shown: Picture) -> Layout:
    """The whole layout of a picture."""
    layers = layered(shown)
    rows = _rows_of_page([len(row) for row in layers.rows])
    heights = _settled(shown, layers, rows)
    top = min(heights.values(), default=0) - MARGIN
    boxes: dict[str, Point] = {}
    bands: list[_Band] = []
    left = MARGIN
    for row in layers.rows:
        right = left + (-(-len(row) // rows) - 1) * COLUMN + WIDTH
        for index, key in enumerate(row):
            boxes[key] = left + index // rows * COLUMN, heights[key] - top
        bands.append(_Band(left, right, sorted({boxes[key][1] for key in row})))
        left = right + CHANNEL
    wires = _wires(shown.edges, layers, boxes, bands)
    lowest = [y + HEIGHT for _, y in boxes.values()] + [y for wire in wires for _, y in wire.points]
    return Layout(left - CHANNEL + MARGIN, max(lowest, default=0) + MARGIN, boxes, wires, layers)


def _rows_of_page(sizes: Sequence[int]) -> int:
    """How many boxes may stand one below the other, for a page that is rather wide than high."""
    low, high = SHORT, max(SHORT, *sizes, 0)
    while low < high:
        middle = (low + high) // 2
        width = sum(-(-size // middle) * COLUMN + CHANNEL for size in sizes)
        if width <= _SHAPE * middle * ROW:
            high = middle
        else:
            low = middle + 1
    return low


# --- heights ---------------------------------------------------------------------------------------------


def _settled(shown: Picture, layers: Layers, rows: int) -> dict[str, int]:
    """The height of each box: near the middle of its neighbours, where its layer is not wrapped."""
    near: dict[str, list[str]] = {node.key: [] for node in shown.nodes}
    for edge in shown.edges:
        if (edge.source, edge.target) not in layers.back:
            near[edge.source].append(edge.target)
            near[edge.target].append(edge.source)
    height: dict[str, int] = {}
    for row in layers.rows:
        first = -(min(len(row), rows) - 1) * ROW // 2 // _SNAP * _SNAP
        for index, key in enumerate(row):
            height[key] = first + index % rows * ROW
    loose = [row for row in layers.rows if len(row) <= rows]
    for sweep in range(_SETTLING):
        for row in loose if sweep % 2 == 0 else reversed(loose):
            wished = [
                sum(height[one] for one in near[key]) / len(near[key]) if near[key] else height[key]
                for key in row
            ]
            height.update(zip(row, spread(wished), strict=True))
    return height


def spread(wished: Sequence[float]) -> list[int]:
    """Heights in the given order, a row apart at least, that are as near as can be to those wished for."""
    blocks: list[tuple[float, int]] = []  # sums and sizes of neighbours that stand as close as they may
    for index, height in enumerate(wished):
        total, size = height - index * ROW, 1
        while blocks and blocks[-1][0] * size > total * blocks[-1][1]:
            before = blocks.pop()
            total, size = total + before[0], size + before[1]
        blocks.append((total, size))
    firsts = [round(total / size / _SNAP) * _SNAP for total, size in blocks for _ in range(size)]
    return [first + index * ROW for index, first in enumerate(firsts)]


# --- wires -----------------------------------------------------------------------------------------------


def _wires(
    edges: Sequence[Edge], layers: Layers, boxes: Mapping[str, Point], bands: Sequence[_Band]
) -> tuple[Wire, ...]:
    layer = {key: number for number, row in enumerate(layers.rows) for key in row}
    found = []
    for number, edge in enumerate(edges):
        lane = (number % 5 - 2) * 2  # wires that share a space do not hide each other
        back = (edge.source, edge.target) in layers.back
        ends = boxes[edge.source], boxes[edge.target]
        first, last = layer[edge.source], layer[edge.target]
        points = (
            _backward(ends, bands[last : first + 1], lane)
            if back
            else _forward(ends, bands[first : last + 1], lane)
        )
        found.append(Wire(edge, _straightened(points), back))
    return tuple(found)


def _forward(ends: tuple[Point, Point], bands: Sequence[_Band], lane: int) -> list[Point]:
    (x, y), (to_x, to_y) = ends
    start, end = (x + WIDTH, y + HEIGHT // 2), (to_x, to_y + HEIGHT // 2)
    points = [start]
    if start[0] < bands[0].right:
        out = _beside(y, end[1], lane)
        points += [(x + COLUMN, out), (bands[0].right, out)]
    for band in bands[1:-1]:
        height = _onward(points[-1][1], end[1], band, lane)
        points += [(band.left, height), (band.right, height)]
    if to_x > bands[-1].left:
        into = _beside(to_y, points[-1][1], lane)
        points += [(bands[-1].left, into), (to_x - COLUMN + WIDTH, into)]
    return [*points, end]


def _backward(ends: tuple[Point, Point], bands: Sequence[_Band], lane: int) -> list[Point]:
    """Round below the source, back between the boxes, and round into the target from below."""
    (x, y), (to_x, to_y) = ends
    out = y + HEIGHT + BETWEEN // 2 + lane
    into = to_y + HEIGHT + BETWEEN // 2 + lane
    points = [(x + WIDTH, y + HEIGHT // 2), (x + WIDTH, out)]
    if len(bands) > 1:
        points.append((bands[-1].left, out))
        for band in reversed(bands[1:-1]):
            height = _onward(points[-1][1], into, band, lane)
            points += [(band.right, height), (band.left, height)]
        points.append((bands[0].right, into))
    return [*points, (to_x, into), (to_x, to_y + HEIGHT // 2)]


def _onward(height: int, end: int, band: _Band, lane: int) -> int:
    """The height at which a wire passes a layer: its own while that is free, or near it towards its end."""
    nearer = (height < end) - (height > end)
    free = band.free(height + nearer)
    return height if free == height + nearer else free + lane


def _straightened(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points without those between two others of the same height."""
    kept: list[Point] = []
    for point in points:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and kept[-1][1] == kept[-2][1] == point[1]:
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _beside(top: int, other: int, lane: int) -> int:
    """The space above or below a box, on the side where the wire's other end is."""
    middle = BETWEEN // 2
    return (top - middle if other < top + HEIGHT // 2 else top + HEIGHT + middle) + lane
