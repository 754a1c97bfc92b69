"""What is told of an answer: one page of what was reached, and what is said of the whole."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tracelot.rules.answers import Answer, Arrival, Direction, Edge, Reached
from tracelot.rules.books import Stock
from tracelot.rules.gaps import Gap, gaps, gaps_at
from tracelot.rules.ledgers import Ledger
from tracelot.rules.places import WHOLE
from tracelot.rules.questions import Traced
from tracelot.rules.scoping import Held, held_at

Key = tuple[
    int, int, str
]  # which of the directions, the distance, the batch: the order in which batches are told


@dataclass(frozen=True)
class Leaf:
    """Which page: so many after a key. On the first one the whole is told."""

    limit: int = 50
    after: Key | None = None

    @property
    def first(self) -> bool:
        return self.after is None


@dataclass(frozen=True)
class Item:
    """A reached batch, and one shortest way to it."""

    key: Key
    direction: Direction
    reached: Reached
    path: tuple[Arrival, ...]


@dataclass(frozen=True)
class Told:
    """One page. The ledger holds all facts of its batches, the ways of all reached units, and all owners.

    `held` tells for each direction what was reached at each place; the batches there, and gaps and edges, are told
    on the first page alone.
    """

    ledger: Ledger
    starts: frozenset[str]  # the batches at which it began
    total: int
    items: tuple[Item, ...]
    more: bool
    held: Mapping[Direction, Mapping[str, Held]]
    gaps: tuple[Gap, ...] = ()
    edges: tuple[Edge, ...] = ()
    complete: bool = True
    reason: str | None = None

    @property
    def places(self) -> frozenset[str]:
        """All places where anything was reached."""
        return frozenset(place for held in self.held.values() for place in held if place != WHOLE)

    def stocks(self, direction: Direction) -> Iterator[Stock]:
        for place, held in self.held.get(direction, {}).items():
            if place != WHOLE:
                yield from (Stock(batch, place) for batch in held.batches)


def told_of(traced: Traced, leaf: Leaf) -> Told:
    """A page of an answer that is there as a whole."""
    found = [
        (answer, one, (number, one.distance, one.batch))
        for number, answer in enumerate(traced.answers)
        for one in answer.reached
    ]
    rest = [one for one in found if leaf.after is None or one[2] > leaf.after]
    page = rest[: leaf.limit]
    return Told(
        ledger=traced.ledger,
        starts=frozenset(stock.batch for stock in traced.starts),
        total=len(found),
        items=tuple(Item(key, answer.direction, one, answer.path(one.batch)) for answer, one, key in page),
        more=len(rest) > len(page),
        held={answer.direction: held_at(answer) for answer in traced.answers},
        gaps=gaps_at(gaps(traced.ledger), traced.stocks) if leaf.first else (),
        edges=tuple(_edges(traced.answers)) if leaf.first else (),
        complete=traced.complete,
        reason=traced.reason,
    )


def _edges(answers: Iterable[Answer]) -> Iterator[Edge]:
    for answer in answers:
        yield from answer.edges
