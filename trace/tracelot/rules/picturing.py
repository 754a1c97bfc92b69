"""From answers to a picture: lines become edges from batch to batch, moves become places under the batch."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from tracelot.rules.answers import Answer, Link
from tracelot.rules.books import Stock
from tracelot.rules.gaps import Gap
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Edge, Node, Picture, merged, picture
from tracelot.rules.places import WHOLE

TIED = 24  # a line with more pairs of batches is drawn as a knot, so that n and m cost n + m


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written on a batch; `unit` is its base unit."""

    label: str
    party: str = ""
    party_name: str = ""
    stage: str = ""
    status: str = ""
    unit: str = ""
    product: str = ""


@dataclass
class _Line:
    """One crossed link, with those of its stocks that were reached, and the batches on its sides."""

    certainty: Certainty
    stocks: dict[Stock, Decimal | None]  # that it takes from, and how much
    put: set[str]

    @property
    def taken(self) -> dict[str, Decimal | None]:
        sums: dict[str, Decimal | None] = {}
        for stock, quantity in self.stocks.items():
            before = sums.get(stock.batch, Decimal(0))
            sums[stock.batch] = None if before is None or quantity is None else before + quantity
        return sums


def picture_of(answers: Iterable[Answer], facts: Mapping[str, Facts], gaps: Iterable[Gap] = ()) -> Picture:
    """The batches of answers about one start, in one or both directions, asked for with their edges.

    Only what an answer reached is shown: of a line's other inputs a picture of what became of one says nothing.
    """
    told = tuple(answers)
    lines = _lines(told)
    knots = {f"line:{number}": line for number, line in enumerate(lines) if _is_knot(line)}
    edges = [edge for line in lines if not _is_knot(line) for edge in _pairs(line, facts)]
    edges += [edge for key, line in knots.items() for edge in _tied(key, line, facts)]
    nodes = {node.key: node for node in _batches(told, facts, gaps)}
    for key, line in knots.items():
        distance = max((nodes[batch].distance for batch in line.taken), default=0)
        nodes[key] = Node(key, certainty=line.certainty, distance=distance, kind="knot")
    return picture(nodes.values(), merged(edges))


def _batches(answers: Iterable[Answer], facts: Mapping[str, Facts], gaps: Iterable[Gap]) -> Iterator[Node]:
    distance: dict[str, int] = {}
    certainty: dict[str, Certainty] = {}
    places: dict[str, set[str]] = defaultdict(set)
    for answer in answers:
        sign = 1 if answer.direction == "forward" else -1
        for one in answer.reached:
            nearest = distance.get(one.batch, sign * one.distance)
            distance[one.batch] = min(nearest, sign * one.distance, key=abs)
            certainty[one.batch] = min(one.certainty, certainty.get(one.batch, one.certainty))
        for stock in answer.stocks:
            if stock.place != WHOLE:
                places[stock.batch].add(stock.place)
    open_ends = Counter(gap.stock.batch for gap in gaps if gap.stock.place in places.get(gap.stock.batch, ()))
    for batch, steps in distance.items():
        known = facts.get(batch, Facts(batch))
        yield Node(
            key=batch,
            label=known.label,
            party=known.party,
            party_name=known.party_name,
            stage=known.stage,
            status=known.status,
            certainty=certainty[batch],
            distance=steps,
            gaps=open_ends[batch],
            places=tuple(sorted(places[batch])),
            product=known.product,
        )


def _lines(answers: Iterable[Answer]) -> list[_Line]:
    lines: dict[Link, _Line] = {}
    for answer in answers:
        reached = answer.stocks
        for edge in answer.edges:
            if edge.stock in reached:
                line = lines.setdefault(edge.link, _Line(edge.certainty, {}, set()))
                if edge.side == "take":
                    line.stocks[edge.stock] = edge.quantity
                else:
                    line.put.add(edge.stock.batch)
    return [lines[link] for link in sorted(lines)]


def _is_knot(line: _Line) -> bool:
    sources = len({stock.batch for stock in line.stocks})
    return sources > 1 and len(line.put) > 1 and sources * len(line.put) > TIED


def _pairs(line: _Line, facts: Mapping[str, Facts]) -> Iterator[Edge]:
    for source, quantity in sorted(line.taken.items()):
        for target in sorted(line.put - {source}):
            yield Edge(source, target, line.certainty, quantity, _unit(source, facts))


def _tied(key: str, line: _Line, facts: Mapping[str, Facts]) -> Iterator[Edge]:
    for source, quantity in sorted(line.taken.items()):
        yield Edge(source, key, line.certainty, quantity, _unit(source, facts))
    for target in sorted(line.put):
        yield Edge(key, target, line.certainty)


def _unit(batch: str, facts: Mapping[str, Facts]) -> str:
    known = facts.get(batch)
    return known.unit if known else ""
