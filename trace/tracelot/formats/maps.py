"""The map of a trace as SVG: numbered places on a net of degrees, and lines for the moves between them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from tracelot.formats.drawing_words import harmless
from tracelot.formats.drawings import CLASSES, DASHES
from tracelot.rules.links import Certainty
from tracelot.rules.plotting import Mark, Plot

RADIUS = 13
_LABEL = 64  # the room that degrees need
_BEND = 0.12  # how far a line swings aside, so that there and back are two


@dataclass(frozen=True)
class MapWords:
    """What is said on a map, in one language."""

    title: str
    summary: str


@dataclass(frozen=True, slots=True)
class Way:
    """A line from one place to another, with what it says."""

    source: str
    target: str
    certainty: Certainty
    batches: int
    told: str


def map_svg(
    plot: Plot, numbers: Mapping[str, int], titles: Mapping[str, str], ways: Iterable[Way], words: MapWords
) -> str:
    """`numbers` are those of the list beside the map; a mark leads to `#f` and the first number at it."""
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="map" width="{plot.width}" height="{plot.height}" ',
            f'viewBox="0 0 {plot.width} {plot.height}" role="group" aria-labelledby="map-title map-desc" ',
            'font-family="system-ui, sans-serif" font-size="12" fill="#16202a">',
            f'<title id="map-title">{_text(words.title)}</title><desc id="map-desc">{_text(words.summary)}</desc>',
            '<defs><marker id="map-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" ',
            'markerUnits="userSpaceOnUse" orient="auto"><path class="net-tip" d="M0 0 8 4 0 8z" fill="#4d5b68"/>',
            '</marker></defs><g class="map-net" stroke="#d3dae0">',
            *_net(plot),
            '</g><g fill="none" stroke="#4d5b68" marker-end="url(#map-tip)">',
            *(_way(plot, one) for one in _between(plot, ways)),
            "</g>",
            *(_mark(mark, numbers, titles) for mark in plot.marks),
            "</svg>",
        ]
    )


def _text(text: str) -> str:
    return escape(harmless(text))


def _net(plot: Plot) -> Iterator[str]:
    for x, degrees in plot.meridians:
        yield f'<path d="M{x} 0V{plot.height}"/>'
        if x + _LABEL < plot.width:
            label = _degrees(degrees, "E", "W")
            yield f'<text stroke="none" x="{x + 4}" y="{plot.height - 6}">{label}</text>'
    for y, degrees in plot.parallels:
        yield f'<path d="M0 {y}H{plot.width}"/><text stroke="none" x="6" y="{y - 4}">'
        yield f"{_degrees(degrees, 'N', 'S')}</text>"


def _degrees(degrees: float, positive: str, negative: str) -> str:
    side = "" if degrees == 0 else positive if degrees > 0 else negative
    return f"{abs(degrees):g}°{side}"


def _between(plot: Plot, ways: Iterable[Way]) -> Iterator[Way]:
    """Ways of which both ends stand on the map, at two marks."""
    for one in ways:
        ends = plot.of.get(one.source), plot.of.get(one.target)
        if None not in ends and ends[0] != ends[1]:
            yield one


def _way(plot: Plot, way: Way) -> str:
    """A bent line from rim to rim."""
    start, end = plot.marks[plot.of[way.source]], plot.marks[plot.of[way.target]]
    over, down = end.x - start.x, end.y - start.y
    length = max(1.0, (over**2 + down**2) ** 0.5)
    middle = (
        round((start.x + end.x) / 2 - down * _BEND),
        round((start.y + end.y) / 2 + over * _BEND),
    )
    cut = RADIUS / length
    first = round(start.x + over * cut), round(start.y + down * cut)
    last = round(end.x - over * cut), round(end.y - down * cut)
    dashes = f' stroke-dasharray="{DASHES[way.certainty]}"' if DASHES[way.certainty] else ""
    width = 1.5 if way.batches == 1 else 2.5
    return (
        f'<path class="net-wires {CLASSES[way.certainty]}" stroke-width="{width}"{dashes} '
        f'd="M{first[0]} {first[1]}Q{middle[0]} {middle[1]} {last[0]} {last[1]}">'
        f"<title>{_text(way.told)}</title></path>"
    )


def _mark(mark: Mark, numbers: Mapping[str, int], titles: Mapping[str, str]) -> str:
    told = sorted((numbers[place], titles[place]) for place in mark.places)
    label = str(told[0][0]) if len(told) == 1 else f"{told[0][0]}+{len(told) - 1}"
    title = "; ".join(f"{number} {text}" for number, text in told)
    return (
        f'<a href="#f{told[0][0]}" class="map-mark"><title>{_text(title)}</title>'
        f'<circle cx="{mark.x}" cy="{mark.y}" r="{RADIUS}" fill="#fff" stroke="#16202a"/>'
        f'<text x="{mark.x}" y="{mark.y + 4}" text-anchor="middle">{label}</text></a>'
    )
