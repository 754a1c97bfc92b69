"""What the trace explorer shows: the picture in the form asked for, a row for each of its nodes, map and moments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from uuid import UUID

from tracelot.formats.drawing_words import Gettext
from tracelot.formats.maps import MapWords, Way, map_svg
from tracelot.operations.picturing import Drawn, Language
from tracelot.records.traces import CertaintyName, ConsigneeView, EndView, ReachedView, TraceView
from tracelot.rules.grouping import MOST_OPENED, opened
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Node, Picture, ways_through
from tracelot.rules.places import pool_of
from tracelot.rules.plotting import plotted
from tracelot.rules.routing import Route, routes
from tracelot.web.pages.trace_asked import TraceAsked

GROUP = "group:"
_SHORT = 8  # digits of a batch's id that stand in an address; of two alike the first is meant
_BEST: tuple[CertaintyName, ...] = get_args(CertaintyName)
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
    return opened(drawn.whole, group.key, asked.by, first_of(group, asked))


def first_of(group: Node, asked: TraceAsked) -> int:
    """Which of the batches of an open group is the first that is drawn; after the last page comes none."""
    return min(asked.page, (len(group.members) - 1) // MOST_OPENED) * MOST_OPENED


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
    keys = [_key(step.batch_id, step.product_id) for step in best.path] if best else []
    known = [drawn.facts[key] for key in dict.fromkeys(keys) if key in drawn.facts]
    return tuple(f"{one.label} {one.product}".strip() for one in known)


def label(drawn: Drawn, batch_id: UUID | None, product_id: UUID | None) -> str:
    """A batch by its code; goods of a product without a batch by the product's name."""
    known = drawn.facts.get(key := _key(batch_id, product_id))
    return known.label if known else drawn.names.batch(key).code or ""


def product_of(drawn: Drawn, batch_id: UUID | None, product_id: UUID | None) -> str:
    known = drawn.facts.get(_key(batch_id, product_id))
    return known.product if known else ""


def unit_of(drawn: Drawn, batch_id: UUID | None, product_id: UUID | None) -> str:
    known = drawn.facts.get(_key(batch_id, product_id))
    return known.unit if known else ""


def _key(batch_id: UUID | None, product_id: UUID | None) -> str:
    return str(batch_id) if batch_id else pool_of(str(product_id))


def starts_of(drawn: Drawn) -> list[str]:
    return [one for one in sorted({stock.batch for stock in drawn.traced.starts}) if one in drawn.facts]


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


# --- consignees ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Consignee:
    """Everybody who got reached goods, once: a party with all its places, or an end of which no party is known."""

    end: EndView
    places: tuple[EndView, ...]
    direct: bool
    certainty: CertaintyName
    batches: int


def consignees_of(view: TraceView) -> list[Consignee]:
    """Direct ones first."""
    parties: dict[object, list[ConsigneeView]] = {}
    for one in view.consignees:
        parties.setdefault(one.end.party_id or one.end.id or one.end.kind, []).append(one)
    found = [
        Consignee(
            end=next((one.end for one in of_it if one.end.kind == "party"), of_it[0].end),
            places=tuple(one.end for one in of_it if one.end.kind != "party"),
            direct=any(one.direct for one in of_it),
            certainty=min((one.certainty for one in of_it), key=_BEST.index),
            batches=len({batch for one in of_it for batch in one.batches}),
        )
        for of_it in parties.values()
    ]
    return sorted(found, key=lambda one: (not one.direct, _BEST.index(one.certainty), -one.batches))


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
