"""The shapes on a drawn trace: of each status one outline and mark, the same as everywhere on the pages."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracelot.rules.pictures import Node

OUTLINES = {
    "octagon": "M15 3h18l12 12v18L33 45H15L3 33V15z",
    "circle": "M24 3a21 21 0 1 1 0 42a21 21 0 1 1 0-42z",
    "square": "M5 5h38v38H5z",
    "hexagon": "M13 4h22l11 20-11 20H13L2 24z",
}
MARKS = {
    "check": "m14 25 7 7 13-15",
    "pause": "M19 15v18M29 15v18",
    "question": "M18 19c0-4 2.5-6 6-6s6 2 6 5.5c0 5-6 4.5-6 10.5M24 35.5v.2",
    "clock": "M24 12v13l8 5",
    "dots": "M14 24h.1M24 24h.1M34 24h.1",
    "bang": "M24 13v13M24 34.5v.2",
    "dash": "M15 24h18",
    "cross": "M16 16l16 16M32 16 16 32",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Looks:
    """How a status looks: its class in the style sheet, its shape, and its colours on paper."""

    name: str
    tone: str
    outline: str
    mark: str
    fill: str
    over: str
    missing: bool = False


STATUSES = {
    one.name: one
    for one in (
        Looks("draft", "unknown", "square", "none", "#fff", "#5c6773", missing=True),
        Looks("pending_inspection", "pending", "circle", "dots", "#fff", "#16202a"),
        Looks("released", "clear", "circle", "check", "#0b6e4f", "#fff"),
        Looks("held", "hold", "square", "pause", "#1f5fbf", "#fff"),
        Looks("recalled", "level-1", "octagon", "bang", "#a80f1c", "#fff"),
        Looks("expired", "expired", "hexagon", "clock", "#6b3fa0", "#fff"),
        Looks("exhausted", "unknown", "circle", "dash", "#5c6773", "#fff"),
        Looks("destroyed", "unknown", "square", "cross", "#5c6773", "#fff"),
        Looks("void", "unknown", "circle", "cross", "#fff", "#5c6773", missing=True),
    )
}
UNKNOWN = Looks("unknown", "unknown", "circle", "question", "#fff", "#5c6773", missing=True)


def looks_of(status: str) -> Looks:
    return STATUSES.get(status, UNKNOWN)


def definitions(name: str, nodes: Iterable[Node], *, bare: bool = False) -> str:
    """The shapes in use, written once, the tip of a wire unless it is drawn by itself, and the mark of an open end."""
    used = sorted({looks_of(node.status) for node in nodes if node.kind != "knot"}, key=lambda one: one.name)
    return "".join(
        [
            "<defs>" if bare else f"<defs>{_tip(name)}",
            f'<g id="{name}-gap"><path class="net-gap" d="M13 0 26 24H0z" fill="#ffd43b" ',
            'stroke="#7a5c00" stroke-linejoin="round"/></g>',
            *(_shape(name, one) for one in used),
            "</defs>",
        ]
    )


def _tip(name: str) -> str:
    return (
        f'<marker id="{name}-tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'markerUnits="userSpaceOnUse" orient="auto"><path class="net-tip" d="M0 0 8 4 0 8z" fill="#4d5b68" '
        'stroke="none"/></marker>'
    )


def _shape(name: str, looks: Looks) -> str:
    rim = looks.over if looks.fill == "#fff" else looks.fill
    missing, dashes = (" missing", ' stroke-dasharray="7 5"') if looks.missing else ("", "")
    return (
        f'<g id="{name}-{looks.name}"><g transform="scale(.42)" stroke-width="3"><path class="shape-body{missing}" '
        f'd="{OUTLINES[looks.outline]}" fill="{looks.fill}" stroke="{rim}"{dashes}/><path class="shape-mark" '
        f'd="{MARKS[looks.mark]}" fill="none" stroke="{looks.over}" stroke-width="4.5" stroke-linecap="round"/>'
        "</g></g>"
    )
