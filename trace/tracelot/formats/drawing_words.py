"""The words on a drawn trace, and how text is made to fit and to be harmless."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from unicodedata import east_asian_width

from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Edge, Node, Picture

_LINE = 21  # room for text below a code, in halves of a Chinese character
Gettext = Callable[[str], str]
# Not allowed in XML at all, or able to turn the order of the letters round.
_UNFIT = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\u202a-\u202e\u2066-\u2069]"
)


@dataclass(frozen=True)
class Words:
    """What is said on a drawing, in one language. `{count}` stands for a number."""

    title: str
    summary: str
    aggregated: str
    origin: str
    destination: str
    start: str
    before: str
    after: str
    batches: str
    others: str
    knot: str
    gaps: str
    places: str
    back: str
    unknown: str
    certainties: Mapping[Certainty, str]
    statuses: Mapping[str, str]
    stages: Mapping[str, str]


def words_in(_: Gettext) -> Words:
    """The words of the language of a catalogue."""
    return Words(
        title=_("Where these goods came from and went to"),
        summary=_("{count} batches. What feeds stands left of what it became; a table tells the same."),
        aggregated=_("{count} batches in groups."),
        origin=_("Where from"),
        destination=_("Where to"),
        start=_("Start"),
        before=_("steps before: {count}"),
        after=_("steps after: {count}"),
        batches=_("batches: {count}"),
        others=_("Others"),
        knot=_("Many into many"),
        gaps=_("open ends: {count}"),
        places=_("places: {count}"),
        back=_("back into an earlier batch"),
        unknown=_("Not on record"),
        certainties={
            Certainty.RECORDED: _("recorded"),
            Certainty.ONE_SIDED: _("told by one side"),
            Certainty.POSSIBLE: _("possible"),
        },
        statuses={
            "draft": _("Draft"),
            "pending_inspection": _("Awaiting inspection"),
            "released": _("Released"),
            "held": _("On hold"),
            "recalled": _("Recalled"),
            "expired": _("Expired"),
            "exhausted": _("Used up"),
            "destroyed": _("Destroyed"),
            "void": _("Void"),
        },
        stages=_stages(_),
    )


def _stages(_: Gettext) -> dict[str, str]:
    return {
        "raw": _("Raw material"),
        "intermediate": _("Intermediate product"),
        "finished": _("Finished product"),
        "packaging": _("Packaging material"),
        "returned": _("Returned goods"),
        "rework": _("Rework"),
    }


def counted(sentence: str, count: int) -> str:
    return sentence.replace("{count}", str(count))


def harmless(text: str) -> str:
    """Text without characters that a drawing cannot hold or that would make it read otherwise."""
    return _UNFIT.sub("\ufffd", text)


def fitted(text: str, room: int) -> str:
    """Text of at most so many halves of a Chinese character; of a longer one its beginning and its end."""
    if sum(map(_width, text)) <= room:
        return text
    tail = _cut(text[::-1], (room - 1) // 2)[::-1]
    return _cut(text, room - 1 - sum(map(_width, tail))) + "…" + tail


def _width(character: str) -> int:
    return 2 if east_asian_width(character) in "WFA" else 1


def _cut(text: str, room: int) -> str:
    for index, character in enumerate(text):
        room -= _width(character)
        if room < 0:
            return text[:index]
    return text


def amount(quantity: Decimal | None, unit: str) -> str:
    return "" if quantity is None else f"{quantity.normalize():f} {unit}".strip()


def weight_of(edge: Edge) -> str:
    """How much went over an edge, and over how many lines where there are several."""
    times = f"\N{MULTIPLICATION SIGN}{edge.count}" if edge.count > 1 else ""
    return f"{amount(edge.quantity, edge.unit)} {times}".strip()


def name_of(node: Node, words: Words) -> str:
    if node.kind == "knot":
        return words.knot
    if node.kind == "batch":
        return node.label or node.key
    return " · ".join(filter(None, (node.party_name or node.party, stage_of(node, words)))) or words.others


def second_line(node: Node, words: Words) -> str:
    """Below the code of a batch: the product and whose it is, each with its share of the room."""
    whose = node.party_name or stage_of(node, words)
    if not node.product:
        return fitted(whose, _LINE)
    share = (_LINE - 1) // 2
    return f"{fitted(node.product, share)} {fitted(whose, share)}".strip()


def stage_of(node: Node, words: Words) -> str:
    return words.stages.get(node.stage, node.stage)


def status_of(node: Node, words: Words) -> str:
    """The word of a status; of a group whose members differ, how many there are of each."""
    if node.kind == "group":
        return ", ".join(f"{words.statuses.get(one, words.unknown)} {count}" for one, count in node.statuses)
    return words.statuses.get(node.status, words.unknown)


def certainty_of(node: Node, words: Words) -> str:
    if node.kind == "group":
        return ", ".join(f"{words.certainties[one]} {count}" for one, count in node.certainties)
    return words.certainties[node.certainty]


def told(node: Node, words: Words) -> str:
    """All that a drawing says of a node, in one line."""
    parts = [name_of(node, words)]
    if node.kind == "batch":
        parts += [node.product, node.party_name, stage_of(node, words)]
    if node.kind == "group":
        parts.append(counted(words.batches, len(node.members)))
    if node.kind != "knot":
        parts.append(status_of(node, words))
    parts += [certainty_of(node, words), distance_of(node, words)]
    parts += [counted(words.gaps, node.gaps)] if node.gaps else []
    parts += [counted(words.places, len(node.places))] if len(node.places) > 1 else []
    return harmless("; ".join(part for part in parts if part))


def distance_of(node: Node, words: Words) -> str:
    if node.distance == 0:
        return "" if node.kind == "knot" else words.start
    return counted(words.before if node.distance < 0 else words.after, abs(node.distance))


def told_of_edge(edge: Edge, shown: Picture, words: Words) -> str:
    ends = (name_of(shown.named[key], words) for key in (edge.source, edge.target))
    parts = [" → ".join(ends), weight_of(edge), words.certainties[edge.certainty]]
    return harmless("; ".join(part for part in parts if part))


def summary(shown: Picture, words: Words) -> str:
    grouped = any(node.kind == "group" for node in shown.nodes)
    return counted(words.aggregated if grouped else words.summary, shown.batches)
