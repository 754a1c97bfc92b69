"""Where places stand on a plain map: parallels and meridians, and no outline of any country."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, cos, floor, radians

WIDTH, LOWEST, HIGHEST = 720, 300, 560
EDGE = 48  # room around the outermost places, for numbers and degrees
TOGETHER = 26  # places nearer than this are one mark
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60)
_LINES = 7  # so many meridians or parallels at most
_NARROW = 0.01  # degrees: a map of one place shows its neighbourhood
_POLE = 90
_FLAT = 80.0  # nearer to a pole a degree of longitude is no more made narrower

Point = tuple[int, int]
Degrees = tuple[float, float]  # longitude, latitude


@dataclass(frozen=True, slots=True)
class Mark:
    """One point, and the places that stand there."""

    x: int
    y: int
    places: tuple[str, ...]


@dataclass(frozen=True)
class Plot:
    """Marks from west to east, and the lines of the net with their degrees; west and south are negative."""

    width: int
    height: int
    marks: tuple[Mark, ...]
    meridians: tuple[tuple[int, float], ...]
    parallels: tuple[tuple[int, float], ...]
    of: Mapping[str, int]  # the mark of each place


def plotted(spots: Mapping[str, Degrees]) -> Plot | None:
    """The map of some places; None where there are none."""
    if not spots:
        return None
    west, east = _span([one[0] for one in spots.values()])
    south, north = _span([one[1] for one in spots.values()], _NARROW / 4)
    narrow = cos(radians(min(_FLAT, max(abs(south), abs(north)))))
    room = WIDTH - 2 * EDGE
    scale = min(room / ((east - west) * narrow), (HIGHEST - 2 * EDGE) / (north - south))
    height = max(LOWEST, round((north - south) * scale) + 2 * EDGE)

    def across(longitude: float) -> int:
        return round(WIDTH / 2 + (longitude - (west + east) / 2) * narrow * scale)

    def down(latitude: float) -> int:
        return round(height / 2 - (latitude - (south + north) / 2) * scale)

    marks = _marks({key: (across(one[0]), down(one[1])) for key, one in spots.items()})
    wide, high = WIDTH / narrow / scale, height / scale
    step = next((one for one in STEPS if max(wide, high) / one <= _LINES), STEPS[-1])
    return Plot(
        width=WIDTH,
        height=height,
        marks=marks,
        meridians=tuple((across(one), one) for one in _lines((west + east) / 2, wide, step)),
        parallels=tuple(
            (down(one), one) for one in _lines((south + north) / 2, high, step) if abs(one) <= _POLE
        ),
        of={place: number for number, mark in enumerate(marks) for place in mark.places},
    )


def _span(degrees: Sequence[float], narrow: float = _NARROW) -> Degrees:
    least, most = min(degrees), max(degrees)
    wider = max(0.0, narrow - (most - least)) / 2
    return least - wider, most + wider


def _lines(middle: float, span: float, step: float) -> Iterable[float]:
    first, last = ceil((middle - span / 2) / step), floor((middle + span / 2) / step)
    return (round(number * step, 3) for number in range(first, last + 1))


def _marks(points: Mapping[str, Point]) -> tuple[Mark, ...]:
    """Places from west to east; each joins the first mark that it would hide."""
    found: list[tuple[Point, list[str]]] = []
    for key in sorted(points, key=lambda one: (points[one], one)):
        x, y = points[key]
        near = next((names for (left, top), names in found
                     if (left - x) ** 2 + (top - y) ** 2 < TOGETHER**2), None)  # fmt: skip
        if near is None:
            found.append(((x, y), [key]))
        else:
            near.append(key)
    return tuple(Mark(*point, tuple(names)) for point, names in found)
