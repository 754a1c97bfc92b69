"""What every way of tracing answers: the same shape and order, whichever engine made it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Literal

from tracelot.rules.books import Hub, Side, Stock
from tracelot.rules.links import Certainty, Key
from tracelot.rules.places import is_unit

Direction = Literal["forward", "backward"]
Kind = Literal["trace", "recall"]
Link = tuple[str, Key]  # the kind of a link, and what tells it from others of its kind


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a stock is reached by the most certain ways there are, and among these by the fewest links.

    `link` and `origin` are the last link and the stock before it; both None at a start.
    """

    stock: Stock
    distance: int
    certainty: Certainty
    link: Link | None
    origin: Stock | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A batch: its distance is that of its most certain stock, the nearest of these.

    `quantity` is arithmetic, not an estimate. Forward: what the crossed lines made of it out of other batches,
    net for each line. Backward: what of it went into others. None where no line did, or one tells no quantity.
    """

    batch: str
    distance: int
    certainty: Certainty
    quantity: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """One side of a crossed link: a stock that feeds it (take) or that it feeds (put)."""

    link: Link
    certainty: Certainty
    side: Side
    stock: Stock
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Excluded:
    """A line that shares a reached stock and is left out because of time alone."""

    stock: Stock
    hub: Hub


@dataclass(frozen=True)
class Answer:
    """One direction of a trace or recall scope. Everything in it is sorted.

    In a recall a stock at the place `*` stands for the whole of its batch. `ways` holds for each certainty the
    arrivals of the walk over the links of that certainty and better; one that changes nothing is left out.
    `complete` is False where the budget cut the answer, with the reason.
    """

    kind: Kind
    direction: Direction
    starts: tuple[Stock, ...]
    reached: tuple[Reached, ...]
    arrivals: tuple[Arrival, ...]
    edges: tuple[Edge, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    complete: bool = True
    reason: str | None = None
    ways: Mapping[Certainty, Mapping[Stock, Arrival]] = field(default_factory=dict, repr=False)

    @property
    def batches(self) -> frozenset[str]:
        """All batches of the answer, those of the start too."""
        return frozenset(one.batch for one in self.reached)

    @property
    def recorded(self) -> frozenset[str]:
        """The batches that evidence leads to, on both sides or on one."""
        return frozenset(one.batch for one in self.reached if one.certainty < Certainty.POSSIBLE)

    @property
    def possible(self) -> frozenset[str]:
        """The batches that only a lost or voided record could lead to."""
        return frozenset(one.batch for one in self.reached if one.certainty == Certainty.POSSIBLE)

    @property
    def stocks(self) -> frozenset[Stock]:
        return frozenset(one.stock for one in self.arrivals)

    @property
    def units(self) -> frozenset[str]:
        """The logistic units that hold reached goods."""
        return frozenset(one.stock.place for one in self.arrivals if is_unit(one.stock.place))

    def path(self, batch: str) -> tuple[Arrival, ...]:
        """One shortest way from a start to a batch, start first; empty where the batch is not reached."""
        last = self._last.get(batch)
        return () if last is None else tuple(reversed(list(self._back(last))))

    @cached_property
    def _last(self) -> Mapping[str, Arrival]:
        """Of each batch the stock that is reached best."""
        best: dict[str, Arrival] = {}
        for one in self.arrivals:
            known = best.setdefault(one.stock.batch, one)
            if (one.certainty, one.distance, one.stock) < (known.certainty, known.distance, known.stock):
                best[one.stock.batch] = one
        return best

    def _back(self, arrival: Arrival) -> Iterator[Arrival]:
        ways = self.ways[arrival.certainty]
        step: Arrival | None = arrival
        while step is not None:
            yield step
            step = ways[step.origin] if step.origin is not None else None


def reached_batches(
    arrivals: tuple[Arrival, ...], amount: Callable[[str], tuple[Decimal | None, str]]
) -> tuple[Reached, ...]:
    """The batches of arrivals, nearest first; `amount` tells the quantity of each."""
    best: dict[str, Arrival] = {}
    for one in arrivals:
        known = best.get(one.stock.batch, one)
        if one is known or (one.certainty, one.distance) < (known.certainty, known.distance):
            best[one.stock.batch] = one
    found = [Reached(batch, one.distance, one.certainty, *amount(batch)) for batch, one in best.items()]
    return tuple(sorted(found, key=lambda one: (one.distance, one.batch)))
