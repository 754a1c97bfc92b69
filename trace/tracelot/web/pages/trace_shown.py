"""What the trace explorer shows: the picture in the form asked for, a row for each of its nodes, map and moments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracelot.formats.drawing_words import Gettext
from tracelot.formats.maps import MapWords, Way, map_svg
from tracelot.operations.picturing import Drawn, Language
from tracelot.records.traces import EndView, ReachedView, StepView
from tracelot.rules.grouping import MOST_OPENED, opened
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Node, Picture, ways_through
from tracelot.rules.places import pool_of
from tracelot.rules.plotting import plotted
from tracelot.rules.routing import Route, routes
from tracelot.web.pages.trace_asked import TraceAsked

GROUP = "group:"
_SHORT = 8  # digits of a batch's id that stand in an address; of two alike the first is meant
MOST_MOMENTS = 200  # on the slider; of more, evenly chosen ones


@dataclass(frozen=True)
class Row:
    """One node that is drawn: `number` names it, `mark` stands for it in the address."""

    number: int
    mark: str
    node: Node
    items: tuple[ReachedView, ...]  # of a batch, one for each direction; none of a group
    way: tuple[str, ...]  # the labels of the batches on the way to it
    leads: str  # the page of the batch, where the reader may see it


@dataclass(frozen=True)
class Place:
    """One end of the ways: numbered on the map where `spot` is known."""

    number: int
    end: EndView
    batches: int
    spot: bool


def mark_of(node: Node) -> str:
    """A short name in the address: a few digits of a batch's id, or what a group has in common."""
    if node.kind == "group":
        return node.key.removeprefix(GROUP).replace("\x1f", "~").replace("\0", "")
    return node.key.removeprefix("product:")[:_SHORT]


def open_group(drawn: Drawn, asked: TraceAsked) -> Node | None:
    """The group that the address names, to be drawn batch by batch."""
    groups = (one for one in drawn.shown.nodes if one.kind == "group")
    return next((one for one in groups if asked["open"] == mark_of(one)), None)


def picture_asked(drawn: Drawn, asked: TraceAsked) -> Picture:
    """What is drawn, with one group open where that is asked for."""
    group = open_group(drawn, asked)
    if group is None:
        return drawn.shown
    return opened(drawn.whole, group.key, asked.by, asked.page * MOST_OPENED)


def chosen_node(shown: Picture, asked: TraceAsked) -> Node | None:
    if not asked["on"]:
        return None
    return next((one for one in shown.nodes if one.kind != "knot" and mark_of(one) == asked["on"]), None)


def lit_by(shown: Picture, chosen: Node | None) -> frozenset[str]:
    return frozenset() if chosen is None else ways_through(shown, chosen.key)


def rows_of(drawn: Drawn, shown: Picture) -> list[Row]:
    """In reading order: what fed the start, the start, what became of it."""
    items: dict[str, list[ReachedView]] = {}
    for key, item in drawn.rows:
        items.setdefault(key, []).append(item)
    nodes = sorted(
        (node for node in shown.nodes if node.kind != "knot"),
        key=lambda one: (one.distance, one.kind, one.party_name, one.label, one.key),
    )
    return [
        Row(
            number,
            mark_of(node),
            node,
            tuple(items.get(node.key, ())),
            _way(drawn, items.get(node.key, ())),
            f"/app/batches/{node.key}" if node.kind == "batch" and drawn.names.leads(node.key) else "",
        )
        for number, node in enumerate(nodes)
    ]


def _way(drawn: Drawn, items: Sequence[ReachedView]) -> tuple[str, ...]:
    """The batches on the way, each once."""
    best = min(items, key=lambda one: one.distance, default=None)
    labels: list[str] = []
    for step in best.path if best else ():
        label = label_of(drawn, step)
        if not labels or labels[-1] != label:
            labels.append(label)
    return tuple(labels)


def label_of(drawn: Drawn, step: StepView) -> str:
    return label(drawn, step.batch_id, step.product_id)


def label(drawn: Drawn, batch_id: UUID | None, product_id: UUID | None) -> str:
    """A batch by its code; goods of a product without a batch by the product's name."""
    key = str(batch_id) if batch_id else pool_of(str(product_id))
    known = drawn.facts.get(key)
    return known.label if known else drawn.names.batch(key).code or ""


def certainties(nodes: Iterable[Node]) -> dict[Certainty, int]:
    """How many batches there are of each certainty."""
    counts = dict.fromkeys(Certainty, 0)
    for node in nodes:
        if node.kind == "batch":
            counts[node.certainty] += 1
    return counts


def chosen_moments(moments: Sequence[datetime], now: datetime | None) -> list[datetime]:
    """The moments of the slider; the one that is asked for is among them."""
    told = list(moments)
    if len(told) > MOST_MOMENTS:
        step = (len(told) - 1) / (MOST_MOMENTS - 1)
        told = [told[round(number * step)] for number in range(MOST_MOMENTS)]
    return sorted({*told, now}) if now is not None else told


# --- the map -----------------------------------------------------------------------------------------------


def named(end: EndView, language: Language) -> str:
    pair = (end.name_zh, end.name_en) if language == "zh" else (end.name_en, end.name_zh)
    return next(filter(None, pair), "")


@dataclass(frozen=True)
class Map:
    """The drawing, where any place is known, and the list of all places."""

    svg: str
    places: tuple[Place, ...]


def map_of(drawn: Drawn, language: Language, gettext: Gettext) -> Map:
    found = routes(drawn.traced.ledger, drawn.traced.answers)
    spots = {end: spot for end in found.ends if (spot := drawn.names.spot(end)) is not None}
    ends = sorted(found.ends, key=lambda end: (end not in spots, named(drawn.names.end(end), language), end))
    numbers = {end: number for number, end in enumerate(ends, 1)}
    titles = {end: named(drawn.names.end(end), language) for end in ends}
    places = tuple(Place(numbers[end], drawn.names.end(end), found.ends[end], end in spots) for end in ends)
    plot = plotted(spots)
    if plot is None:
        return Map("", places)
    words = MapWords(
        gettext("The places on a map"),
        gettext("Numbered places on a net of degrees, and lines for the moves between them."),
    )
    sentence = gettext("{source} → {target}; batches: {count}")
    ways = [
        Way(one.source, one.target, one.certainty, one.batches, _told(sentence, titles, one))
        for one in found.ways
    ]
    return Map(map_svg(plot, numbers, titles, ways, words), places)


def _told(sentence: str, titles: Mapping[str, str], way: Route) -> str:
    filled = sentence.replace("{count}", str(way.batches))
    return filled.replace("{source}", titles[way.source]).replace("{target}", titles[way.target])
