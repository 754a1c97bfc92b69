"""A trace as SVG: every batch a link, with no script and no style of its own.

It carries colours for paper as attributes; a page's style sheet outranks them, so it follows the theme there.
What a colour says, a shape, a word or a numeral says too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from tracelot.formats.drawing_shapes import definitions, looks_of
from tracelot.formats.drawing_words import (
    Words,
    certainty_of,
    counted,
    fitted,
    harmless,
    name_of,
    second_line,
    status_of,
    summary,
    told,
    told_of_edge,
    weight_of,
)
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Node, Picture
from tracelot.rules.placing import HEIGHT, MARGIN, WIDTH, Layout, Point, Wire, placed

Href = Callable[[Node], str]
CLASSES = {Certainty.RECORDED: "recorded", Certainty.ONE_SIDED: "one-sided", Certainty.POSSIBLE: "possible"}
DASHES = {Certainty.RECORDED: "", Certainty.ONE_SIDED: "7 4", Certainty.POSSIBLE: "2 4"}
FEW = 40  # so many wires bear their words and quantities; the table tells those of more
_TURN = 18  # how far a wire swings out where it turns round
_CODE, _SMALL = 20, 27  # room for text, in halves of a Chinese character
_SAMPLE, _KEY_ROW = 240, 26
_TOP = 20  # the words above the drawing


@dataclass(frozen=True, slots=True)
class _Pen:
    """With what everything is drawn."""

    words: Words
    href: Href
    lit: frozenset[str]
    name: str
    bare: bool

    @property
    def tip(self) -> str:
        return "" if self.bare else f' marker-end="url(#{self.name}-tip)"'

    def title(self, text: str) -> str:
        return "" if self.bare else f"<title>{escape(text)}</title>"


def svg(
    shown: Picture,
    words: Words,
    href: Href,
    lit: frozenset[str] = frozenset(),
    *,
    name: str = "net",
    bare: bool = False,
) -> str:
    """The drawing. `href` gives the page of a node, "" where it has none; `lit` are the nodes to stand out.

    Nodes stand in reading order, so the tab key goes from left to right. A wire names its two ends in `data-ends`
    by their numbers in this order, from 0, so that a page may light a way without asking again. A bare drawing is
    one for programs that know neither titles nor markers.
    """
    pen = _Pen(words, href, lit, name, bare)
    layout = placed(shown)
    order = [key for row in layout.layers.rows for key in row]
    numbers = {key: number for number, key in enumerate(order)}
    width = max(layout.width, _SAMPLE + 2 * MARGIN)
    legend = list(_key(pen, width, layout.height + _TOP))
    height = layout.height + _TOP + MARGIN + _KEY_ROW * -(-len(legend) // _columns(width))
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="net" width="{width}" height="{height}" ',
            f'viewBox="0 0 {width} {height}" role="group" aria-labelledby="{name}-title {name}-desc" ',
            'font-family="system-ui, sans-serif" font-size="12" fill="#16202a">',
            *([] if bare else _told(shown, words, name)),
            definitions(name, shown.nodes, bare=bare),
            f'<text class="net-side" x="{MARGIN}" y="24">← {_text(words.origin)}</text><text class="net-side" ',
            f'x="{width - MARGIN}" y="24" text-anchor="end">{_text(words.destination)} →</text>',
            f'<g transform="translate(0 {_TOP})">',
            *_wires(shown, layout, numbers, pen),
            '<g class="net-nodes" stroke="#76838f">',
            *(_node(shown.named[key], layout.boxes[key], pen) for key in order),
            '</g></g><g class="net-key" fill="none" stroke="#4d5b68">',
            *legend,
            "</g></svg>",
        ]
    )


def _text(text: str) -> str:
    return escape(harmless(text))


def _told(shown: Picture, words: Words, name: str) -> Iterator[str]:
    yield f'<title id="{name}-title">{_text(words.title)}</title>'
    yield f'<desc id="{name}-desc">{_text(summary(shown, words))}</desc>'


# --- wires -----------------------------------------------------------------------------------------------


def _wires(shown: Picture, layout: Layout, numbers: Mapping[str, int], pen: _Pen) -> Iterator[str]:
    """Wires of one certainty are together, so that it is written once."""
    few = len(layout.wires) <= FEW
    wires = sorted(layout.wires, key=lambda one: (numbers[one.edge.source], numbers[one.edge.target]))
    yield f'<g fill="none" stroke="#4d5b68"{pen.tip}>'
    for certainty, kind in CLASSES.items():
        dashes = f' stroke-dasharray="{DASHES[certainty]}"' if DASHES[certainty] else ""
        yield f'<g class="net-wires {kind}"{dashes}>'
        for wire in wires:
            edge = wire.edge
            if edge.certainty == certainty:
                classes = ["back"] if wire.back else []
                classes += ["lit"] if {edge.source, edge.target} <= pen.lit else []
                marked = f' class="{" ".join(classes)}"' if classes else ""
                ends = f"{numbers[edge.source]} {numbers[edge.target]}"
                title = pen.title(told_of_edge(edge, shown, pen.words)) if few else ""
                path = f'<path{marked} data-ends="{ends}" d="{_path(wire.points)}"'
                yield f"{path}>{title}</path>" if title else f"{path}/>"
        yield "</g>"
    yield "</g>"
    if pen.bare:
        yield '<g fill="#4d5b68">'
        yield from (_tip(*wire.points[-1]) for wire in wires)
        yield "</g>"
    if few:
        yield '<g class="net-amounts" font-size="11" text-anchor="middle">'
        yield from filter(None, map(_amount, layout.wires))
        yield "</g>"


def _tip(x: int, y: int) -> str:
    return f'<path d="M{x - 8} {y - 4}l8 4-8 4z"/>'


def _path(points: tuple[Point, ...]) -> str:
    x, y = points[0]
    parts = [f"M{x} {y}"]
    for number, (to_x, to_y) in enumerate(points[1:]):
        over, down = to_x - x, to_y - y
        if down == 0:
            parts.append(f"h{over}")
        elif over == 0:
            swing = _TURN if number == 0 else -_TURN
            parts.append(f"c{swing} 0 {swing} {down} 0 {down}")
        else:
            parts.append(f"c{over // 2} 0 {over - over // 2} {down} {over} {down}")
        x, y = to_x, to_y
    return "".join(parts)


def _amount(wire: Wire) -> str:
    text = weight_of(wire.edge)
    (x, y), (to_x, to_y) = wire.points[-3:-1] if wire.back else wire.points[-2:]
    return (
        f'<text x="{(x + to_x) // 2}" y="{(y + to_y) // 2 - 4}">{_text(fitted(text, 11))}</text>'
        if text
        else ""
    )


# --- nodes -----------------------------------------------------------------------------------------------


def _node(node: Node, box: Point, pen: _Pen) -> str:
    address = _address(pen.href(node))
    looks = looks_of(node.status)
    dashes = f' stroke-dasharray="{DASHES[node.certainty]}"' if DASHES[node.certainty] else ""
    classes = ["net-node", looks.tone]
    classes += [CLASSES[node.certainty]] if dashes else []
    classes += [node.kind] if node.kind != "batch" else []
    classes += ["start"] if node.distance == 0 and node.kind != "knot" else []
    classes += ["lit"] if node.key in pen.lit else []
    tag, link = ("a", f' href="{escape(address)}"') if address else ("g", "")
    thick = ' stroke-width="3"' if "start" in classes else ""
    frame = f'width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"'
    stack = f'<rect x="5" y="-5" {frame}/>' if node.kind == "group" else ""
    mark = "" if node.kind == "knot" else f'<use href="#{pen.name}-{looks.name}" x="8" y="8"/>'
    return (
        f'<{tag}{link} class="{" ".join(classes)}" transform="translate({box[0]} {box[1]})">'
        f"{pen.title(told(node, pen.words))}{stack}<rect {frame}{dashes}{thick}/>{mark}"
        f"{_lines(node, pen.words)}{_gaps(node, pen.name)}</{tag}>"
    )


def _address(address: str) -> str:
    """An address of our own site, or none."""
    own = address.startswith(("/", "?", "#")) and not address.startswith(("//", "/\\"))
    return harmless(address) if own else ""


def _lines(node: Node, words: Words) -> str:
    if node.kind == "knot":
        return f'<text stroke="none" x="36" y="32">{_text(words.knot)}</text>'
    if node.kind == "group":
        first = fitted(name_of(node, words), _CODE)
        second = counted(words.batches, len(node.members))
    else:
        first = fitted(name_of(node, words), _CODE)
        second = second_line(node, words)
    third = _state(node, words)
    return (
        f'<g stroke="none"><text class="net-code" x="36" y="19">{_text(first)}</text>'
        f'<text x="36" y="34">{_text(second)}</text><text class="net-state" x="36" y="49">{_text(third)}</text></g>'
    )


def _state(node: Node, words: Words) -> str:
    """Start, doubt and status in words; what is as usual is not said twice."""
    doubt = node.certainty != Certainty.RECORDED or len(node.certainties) > 1
    parts = [words.start] if node.distance == 0 else []
    parts += [certainty_of(node, words)] if doubt else []
    return fitted(" · ".join([*parts, status_of(node, words)]), _SMALL)


def _gaps(node: Node, name: str) -> str:
    if not node.gaps:
        return ""
    return (
        f'<use href="#{name}-gap" x="164" y="-8"/><text class="net-count" stroke="none" x="177" y="12" '
        f'text-anchor="middle">{min(node.gaps, 99)}</text>'
    )


# --- key -------------------------------------------------------------------------------------------------


def _columns(width: int) -> int:
    return max(1, (width - 2 * MARGIN) // _SAMPLE)


def _key(pen: _Pen, width: int, top: int) -> Iterator[str]:
    """What the lines and marks mean, on the drawing itself, so that it may leave the page."""
    words, name = pen.words, pen.name
    tip = '<path fill="#4d5b68" stroke="none" d="M8 -4 0 0 8 4z"/>' if pen.bare else ""
    samples: Iterable[tuple[str, str]] = [
        *(
            (
                f'<path class="net-wires {kind}" stroke-dasharray="{DASHES[one] or "none"}" d="M0 -4h36"/>',
                text,
            )
            for one, kind in CLASSES.items()
            for text in [words.certainties[one]]
        ),
        (f'<path d="M36 -8c{_TURN} 0 {_TURN} 8 0 8h-36"{pen.tip}/>{tip}', words.back),
        (f'<use href="#{name}-gap" x="4" y="-17"/>', words.gaps.replace("{count}", "n")),
    ]
    for number, (sample, text) in enumerate(samples):
        x = MARGIN + number % _columns(width) * _SAMPLE
        y = top + MARGIN // 2 + number // _columns(width) * _KEY_ROW
        label = f'<text x="58" y="0" fill="#16202a" stroke="none">{_text(text)}</text>'
        yield f'<g transform="translate({x} {y})">{sample}{label}</g>'
