"""A large picture as a small one: batches in groups by stage and enterprise, with all that is counted of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Edge, Node, Picture, merged, picture

Grouping = Literal["stage_party", "party", "stage"]
GROUPINGS: tuple[Grouping, ...] = ("stage_party", "party", "stage")  # the finest first
MOST_BATCHES = 300  # drawn one by one
MOST_GROUPS = 60
MOST_OPENED = 200  # batches of one group that are drawn one by one
_Name = tuple[int, str, str]  # side of the start, stage, party
_REST = "\0rest"


def fitting(shown: Picture, most: int = MOST_BATCHES, groups: int = MOST_GROUPS) -> Picture:
    """The picture itself while it is small; else the finest grouping that has few groups.

    Where even the stages are too many, the smallest of them are put together on each side of the start.
    """
    name = _fitting(shown, most, groups)
    return shown if name is None else _grouped(shown, name)


def grouped(shown: Picture, by: Grouping) -> Picture:
    """One node for each stage, enterprise, or both: origins, starts and what they became stay apart.

    Where these are too many to be drawn, the smallest of them are put together.
    """
    return _grouped(shown, _bearable(shown, by))


def opened(
    shown: Picture, key: str, by: Grouping | None = None, first: int = 0, most: int = MOST_OPENED
) -> Picture:
    """The same groups with one of them open: some of its batches stand alone, the first ones left out.

    A group that is not there opens nothing.
    """
    name = _bearable(shown, by) if by else _fitting(shown)
    if name is None:
        return shown
    members = [node for node in shown.nodes if node.kind != "knot" and _key(name(node)) == key]
    members.sort(key=lambda node: (abs(node.distance), node.label, node.key))
    return _grouped(shown, name, frozenset(node.key for node in members[first : first + most]))


def _fitting(
    shown: Picture, most: int = MOST_BATCHES, groups: int = MOST_GROUPS
) -> Callable[[Node], _Name] | None:
    if len(shown.nodes) <= most:
        return None
    for by in GROUPINGS:
        name = _naming(by)
        if len({name(node) for node in shown.nodes if node.kind != "knot"}) <= groups:
            return name
    return _with_rest(shown.nodes, _naming("stage"), groups)


def _bearable(shown: Picture, by: Grouping) -> Callable[[Node], _Name]:
    name = _naming(by)
    many = len({name(node) for node in shown.nodes}) > MOST_BATCHES
    return _with_rest(shown.nodes, name, MOST_GROUPS) if many else name


def _naming(by: Grouping) -> Callable[[Node], _Name]:
    def name(node: Node) -> _Name:
        side = (node.distance > 0) - (node.distance < 0)
        return side, node.stage if by != "party" else "", node.party if by != "stage" else ""

    return name


def _with_rest(nodes: Iterable[Node], name: Callable[[Node], _Name], groups: int) -> Callable[[Node], _Name]:
    sizes = Counter(name(node) for node in nodes if node.kind != "knot")
    largest = sorted(sizes, key=lambda one: (-sizes[one], one))[: groups - 3]
    kept = set(largest)

    def shortened(node: Node) -> _Name:
        own = name(node)
        return own if own in kept else (own[0], _REST, "")

    return shortened


def _grouped(shown: Picture, name: Callable[[Node], _Name], alone: frozenset[str] = frozenset()) -> Picture:
    members: dict[_Name, list[Node]] = defaultdict(list)
    of: dict[str, str] = {key: key for key in alone}
    for node in shown.nodes:
        if node.kind != "knot" and node.key not in alone:
            members[name(node)].append(node)
            of[node.key] = _key(name(node))
    lifted = [
        Edge(of[edge.source], of[edge.target], edge.certainty, edge.quantity, edge.unit, edge.count)
        for edge in _untied(shown, of)
    ]
    inner = Counter(edge.source for edge in lifted if edge.source == edge.target)
    nodes = [_group(one, group, inner[_key(one)]) for one, group in members.items()]
    nodes += [shown.named[key] for key in alone]
    return picture(nodes, merged(edge for edge in lifted if edge.source != edge.target))


def _key(name: _Name) -> str:
    return "group:" + "\x1f".join(map(str, name))


def _group(name: _Name, members: Sequence[Node], inner: int) -> Node:
    """What is common to the members, and the rest of it counted."""
    first = members[0]
    stage, party = ("", "") if name[1] == _REST else name[1:]
    nearest = min((node.distance for node in members), key=abs)
    certainties = Counter(node.certainty for node in members)
    statuses = Counter(node.status for node in members)
    return Node(
        key=_key(name),
        party=party,
        party_name=first.party_name if party else "",
        stage=stage,
        status=first.status if len(statuses) == 1 else "",
        certainty=min(certainties),
        distance=nearest,
        gaps=sum(node.gaps for node in members),
        places=tuple(sorted({place for node in members for place in node.places})),
        kind="group",
        members=tuple(sorted(node.key for node in members)),
        certainties=tuple(sorted(certainties.items())),
        statuses=tuple(sorted(statuses.items(), key=lambda one: (-one[1], one[0]))),
        inner=inner,
    )


def _untied(shown: Picture, of: dict[str, str]) -> list[Edge]:
    """All edges between batches; a knot's sources are joined to its targets, once for each pair of groups."""
    into: dict[str, list[Edge]] = defaultdict(list)
    out: dict[str, list[Edge]] = defaultdict(list)
    plain = []
    for edge in shown.edges:
        if edge.target not in of:
            into[edge.target].append(edge)
        elif edge.source not in of:
            out[edge.source].append(edge)
        else:
            plain.append(edge)
    for knot in sorted(into):
        sources = {of[edge.source]: edge for edge in into[knot]}
        targets = {of[edge.target]: edge for edge in out[knot]}
        plain += [
            Edge(source.source, target.target, Certainty(max(source.certainty, target.certainty)))
            for source in sources.values()
            for target in targets.values()
        ]
    return plain
