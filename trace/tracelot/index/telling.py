"""One page of an answer out of the arrays: names are made for what the page shows, and for the whole only sums."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tracelot.index.answering import Traced, amounts, answer_of, batches_in_arrays, crossed_lines
from tracelot.index.engine import Index
from tracelot.index.facts import named
from tracelot.index.keeping import Arrays
from tracelot.index.loose_ends import loose_ends
from tracelot.index.marks import GAP, RECALL, TRACE
from tracelot.index.numbers import MASK, Small, distinct
from tracelot.index.opening import opened
from tracelot.index.parties import parties_of
from tracelot.index.places import UNIT
from tracelot.index.steps import Namer, steps
from tracelot.index.walking import NOTHING
from tracelot.index.walking import Question as Walk
from tracelot.rules.answers import Arrival, Reached
from tracelot.rules.books import Stock
from tracelot.rules.gaps import Gap, gaps, gaps_at
from tracelot.rules.graphs import Limits
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty
from tracelot.rules.places import pooled_product
from tracelot.rules.questions import BUDGET, Question
from tracelot.rules.questions import Traced as Whole
from tracelot.rules.scoping import Held
from tracelot.rules.telling import Item, Key, Leaf, Told

MOST_OPENED = 20_000  # batches whose books may not close, opened one by one


@dataclass(frozen=True)
class _Way:
    """One direction of an answer: its batches in the order in which they are told."""

    number: int
    traced: Traced
    batches: Small
    distances: Small
    certainties: Small


@dataclass(frozen=True)
class Found:
    """An answer in arrays, to be told page by page. All of it is of one moment: use it under the index's lock."""

    arrays: Arrays
    question: Question
    starts: tuple[Stock, ...]
    ways: tuple[_Way, ...]

    @property
    def parties(self) -> frozenset[str]:
        """Whose records tell of all that was reached, and of where it began."""
        return parties_of(self.arrays, self._reached(self._began))

    def _reached(self, more: Sequence[int] = ()) -> Small:
        """The batches of all directions, and more, each once."""
        found = np.concatenate([np.array(more, np.int32), *(way.batches for way in self.ways)])
        return distinct(found, len(self.arrays.holdings.batches))

    @property
    def _began(self) -> list[int]:
        """The batches at which it began, as far as they have numbers."""
        numbers = map(self.arrays.holdings.batches.find, {stock.batch for stock in self.starts})
        return [number for number in numbers if number is not None]

    @property
    def crossed(self) -> int:
        """How many lines were crossed, in all directions."""
        return sum(len(crossed_lines(self.arrays, way.traced)) for way in self.ways)

    def tell(self, leaf: Leaf) -> Told:
        page = [item for way in self.ways for item in self._items(way, leaf)][: leaf.limit + 1]
        more, page = len(page) > leaf.limit, page[: leaf.limit]
        found, odd, cut = self._gaps() if leaf.first else ((), NOTHING, False)
        complete = not cut and all(way.traced.complete for way in self.ways)
        number = self.arrays.holdings.batches.find
        shown = {number(one.reached.batch) for one in page}
        ledger = opened(self.arrays, {one for one in shown if one is not None}, self._units())
        return Told(
            ledger=self._named(ledger, odd),
            starts=frozenset(stock.batch for stock in self.starts),
            total=sum(len(way.batches) for way in self.ways),
            items=tuple(page),
            more=more,
            held={way.traced.question.direction: self._held(way, leaf) for way in self.ways},
            gaps=found,
            complete=complete,
            reason=None if complete else BUDGET,
        )

    def whole(self) -> Whole:
        """All of it in the rules' own form: for as much as somebody can look at."""
        ledger = opened(self.arrays, self._reached(self._began).tolist(), self._units())
        answers = tuple(answer_of(self.arrays, way.traced, edges=self.question.edges) for way in self.ways)
        complete = all(answer.complete for answer in answers)
        names = {edge.stock.batch for answer in answers for edge in answer.edges}
        numbers = [
            number for name in names if (number := self.arrays.holdings.batches.find(name)) is not None
        ]
        ledger = self._named(ledger, np.array(numbers, np.int32))
        return Whole(ledger, self.starts, answers, complete, None if complete else BUDGET)

    def _named(self, ledger: Ledger, batches: Small) -> Ledger:
        """A ledger that knows the products of these batches too."""
        holdings = self.arrays.holdings
        known = holdings.product_of.array[batches]  # zero where nobody told it
        names = holdings.batches.texts(batches[known > 0])
        product = named(holdings.products, known[known > 0] - 1)
        told = zip(names, (known[known > 0] - 1).tolist(), strict=True)
        products = {name: product[number] for name, number in told if pooled_product(name) is None}
        return replace(ledger, book=replace(ledger.book, products=products | dict(ledger.book.products)))

    # --- pages ---

    def _items(self, way: _Way, leaf: Leaf) -> list[Item]:
        """The batches of a page in one direction, and one more where there are more."""
        if leaf.after is not None and leaf.after[0] > way.number:
            return []
        order = self._order(way)
        keys = [
            self._key(way, one) for one in _slice(order, self._begin(way, order, leaf.after), leaf.limit + 1)
        ]
        places = {key[2]: place for key, place in keys}
        paths = self._paths(way, list(places.values()))
        told = self._amounts(way, list(places.values()))
        direction = way.traced.question.direction
        return [
            Item(
                key, direction,
                Reached(key[2], key[1], Certainty(int(way.certainties[place])), *told.get(key[2], (None, ""))),
                paths[int(way.batches[place])],
            )
            for key, place in keys
        ]  # fmt: skip

    def _key(self, way: _Way, place: int) -> tuple[Key, int]:
        name = self.arrays.holdings.batches.text(int(way.batches[place]))
        return (way.number, int(way.distances[place]), name), place

    def _order(self, way: _Way) -> NDArray[np.int64]:
        """The places of the batches by distance, then by name."""
        names = self.arrays.holdings.batches
        if int(way.batches.max(initial=0)) < names.loaded:
            return np.lexsort((names.ranks(way.batches), way.distances))
        texts = names.texts(way.batches)
        distances = way.distances.tolist()
        found = sorted(range(len(texts)), key=lambda one: (distances[one], texts[one]))
        return np.array(found, np.int64)

    def _begin(self, way: _Way, order: NDArray[np.int64], after: Key | None) -> int:
        """Where in the order the page begins."""
        if after is None or after[0] < way.number:
            return 0
        return bisect_right(order, after, key=lambda place: self._key(way, int(place))[0])

    def _paths(self, way: _Way, places: list[int]) -> dict[int, tuple[Arrival, ...]]:
        """For each batch one shortest of its most certain ways."""
        traced, namer = way.traced, Namer(self.arrays)
        last = self._last(traced, way.batches[places], namer)
        paths: dict[int, tuple[Arrival, ...]] = {}
        for certainty, walk in traced.walks.items():
            ends = {batch: node for batch, (found, node) in last.items() if found == certainty}
            before = steps(self.arrays, traced.question, walk, namer, ends.values()) if ends else {}
            for batch, end in ends.items():
                nodes = [end]
                while nodes[-1] in before:
                    nodes.append(before[nodes[-1]][0])
                nodes.reverse()
                paths[batch] = tuple(
                    Arrival(
                        namer.stock(node), distance, certainty,
                        namer.link(before[node][1])[1:] if distance else None,
                        namer.stock(nodes[distance - 1]) if distance else None,
                    )
                    for distance, node in enumerate(nodes)
                )  # fmt: skip
        return paths

    def _last(self, traced: Traced, batches: Small, namer: Namer) -> dict[int, tuple[Certainty, int]]:
        """The stock by which each batch is told: the most certain, then the nearest, then the first by name."""
        of = self.arrays.batch_of.array
        found: dict[int, list[tuple[int, int, Stock, int]]] = defaultdict(list)
        mine = np.flatnonzero(np.isin(of[traced.stocks], batches))
        for node, distance, certainty in _rows(traced.stocks, traced.distances, traced.certainties, mine):
            found[int(of[node])].append((certainty, distance, namer.stock(node), node))
        mine = np.flatnonzero(np.isin(traced.wholes, batches))
        parts = traced.wholes, traced.whole_distances, traced.whole_certainties
        for batch, distance, certainty in _rows(*parts, mine):
            found[batch].append((certainty, distance, namer.stock(-1 - batch), -1 - batch))
        best = {batch: min(some) for batch, some in found.items()}
        return {batch: (Certainty(one[0]), one[3]) for batch, one in best.items()}

    def _amounts(self, way: _Way, places: list[int]) -> Mapping[str, tuple[Decimal | None, str]]:
        holdings = self.arrays.holdings
        stocks = [one for batch in way.batches[places].tolist() for one in holdings.stocks_of_batch(batch)]
        near = self.arrays.lines_at_any(stocks)
        crossed = crossed_lines(self.arrays, way.traced)
        lines = crossed[np.isin(crossed, np.array(sorted(near), np.int32))].tolist()
        return amounts(self.arrays, lines, forward=way.traced.question.direction == "forward")

    # --- the whole ---

    def _units(self) -> set[str]:
        """All units that hold reached goods."""
        places = self.arrays.holdings.places
        kinds = places.kinds({})
        at = [NOTHING, *(self._places(way.traced.stocks) for way in self.ways)]
        found = distinct(np.concatenate(at), len(places))
        return {places.text(one) for one in found[kinds[found] == UNIT].tolist()}

    def _places(self, stocks: Small) -> Small:
        return (self.arrays.holdings.stocks.keys[stocks] & MASK).astype(np.int32)

    def _held(self, way: _Way, leaf: Leaf) -> dict[str, Held]:
        """What was reached at each place; on the first page with the batches there."""
        traced, places = way.traced, self.arrays.holdings.places
        if not len(traced.stocks):
            return {}
        at = self._places(traced.stocks)
        order = np.argsort(at, kind="stable")
        first = np.flatnonzero(np.diff(at[order], prepend=-1))
        best = np.minimum.reduceat(traced.certainties[order], first).tolist()
        names = self._names(traced.stocks[order]) if leaf.first else []
        ends = [*first[1:].tolist(), len(order)]
        spots = zip(at[order[first]].tolist(), best, first.tolist(), ends, strict=True)
        return {
            places.text(place): Held(Certainty(certainty), frozenset(names[start:end]))
            for place, certainty, start, end in spots
        }

    def _names(self, stocks: Small) -> list[str]:
        """The names of the batches of stocks."""
        batches = self.arrays.batch_of.array[stocks]
        text = named(self.arrays.holdings.batches, batches)
        return list(map(text.__getitem__, batches.tolist()))

    def _gaps(self) -> tuple[tuple[Gap, ...], Small, bool]:
        """Where the books of what was reached do not close, of which batches; and whether there was too much to see."""
        marks = self.arrays.batch_marks.array
        reached = self._reached()
        odd = reached[(marks[reached] & (TRACE | RECALL)) != 0]
        cut, odd = len(odd) > MOST_OPENED, odd[:MOST_OPENED]
        ledger = opened(self.arrays, odd.tolist())
        of = self.arrays.batch_of.array
        stocks = distinct(
            np.concatenate([way.traced.stocks for way in self.ways]), len(self.arrays.holdings.stocks)
        )
        there = frozenset(map(self.arrays.holdings.stock, stocks[np.isin(of[stocks], odd)].tolist()))
        regular = stocks[(marks[of[stocks]] & (GAP | TRACE | RECALL)) == GAP]
        found = [*gaps_at(gaps(ledger), there), *loose_ends(self.arrays, regular)]
        ordered = sorted(found, key=lambda gap: (gap.kind, *gap.stock, gap.event))
        return tuple(ordered), np.concatenate((odd, of[regular])), cut


def find(index: Index, question: Question, starts: Iterable[Stock]) -> Found:
    """Walk in every direction that is asked for."""
    began = tuple(starts)
    ways = []
    for number, direction in enumerate(question.ways):
        walk = Walk(question.kind, direction, Limits(question.depth), thorough=question.edges)
        traced = index.trace(walk, began)
        ways.append(_Way(number, traced, *batches_in_arrays(index.arrays, traced)))
    known = ways[0].traced.starts
    return Found(index.arrays, question, known, tuple(ways))


def _slice(order: NDArray[np.int64], begin: int, count: int) -> list[int]:
    found: list[int] = order[begin : begin + count].tolist()
    return found


def _rows(
    node: Small, distance: Small, certainty: Small, mine: NDArray[np.int64]
) -> Iterable[tuple[int, int, int]]:
    return zip(node[mine].tolist(), distance[mine].tolist(), certainty[mine].tolist(), strict=True)
