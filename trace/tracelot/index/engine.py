"""The index as others use it: records go in, questions are answered from what went in so far."""

import threading
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

import numpy as np

from tracelot.index.adjacency import Bits
from tracelot.index.answering import Traced, answer_of
from tracelot.index.facts import stocks_named
from tracelot.index.keeping import NO_PARTIES, Arrays
from tracelot.index.moments import arrays_at
from tracelot.index.numbers import Small
from tracelot.index.walking import Question, Walked, Walker
from tracelot.rules.answers import Answer, Direction, Kind
from tracelot.rules.books import Book, Stock
from tracelot.rules.graphs import Limits
from tracelot.rules.ledgers import Ledger
from tracelot.rules.links import Certainty
from tracelot.rules.places import WHOLE, is_unit
from tracelot.rules.tracing import NO_LIMITS

COMPACT_FROM, COMPACT_SHARE = 20_000, 20  # lines beside the arrays, and one in how many


class Index:
    """One book in arrays. Its lock makes each answer one of a moment."""

    def __init__(
        self,
        owners: Mapping[str, str] | None = None,
        arrays: Arrays | None = None,
        lock: AbstractContextManager[bool] | None = None,
    ) -> None:
        self.arrays = arrays or Arrays(dict(owners or {}))
        self._lock: AbstractContextManager[bool] = lock or threading.RLock()
        self._then: tuple[datetime, Index] | None = None

    @classmethod
    def of(cls, book: Book) -> "Index":
        """A whole book at once."""
        index = cls(book.owners)
        index.take_in(book)
        index.compact()
        return index

    def take_in(self, book: Book, parties: Mapping[str, str] = NO_PARTIES, units: Iterable[str] = ()) -> None:
        """More records, with all facts of each; a late one takes back what one side alone let conclude."""
        with self._lock:
            self._then = None
            self.arrays.take_in(book, parties, units)
            beside = len(self.arrays.holdings.later)
            if beside > max(COMPACT_FROM, self.arrays.holdings.columns.lines // COMPACT_SHARE):
                self.compact()

    def compact(self) -> None:
        """Bring what came beside the arrays into them."""
        with self._lock:
            self.arrays.rebuild()

    def at(self, moment: datetime) -> "Index":
        """The index of what was known at a moment; the last one asked for is kept, until more is known."""
        with self._lock:
            held = self._then
            if held is None or held[0] != moment:
                held = self._then = moment, Index(arrays=arrays_at(self.arrays, moment), lock=self._lock)
            return held[1]

    # --- starts ---

    def stocks_of(self, kind: Kind, batches: Iterable[str]) -> tuple[Stock, ...]:
        """Whole batches: all their stocks, those that links alone name too."""
        holdings = self.arrays.holdings
        with self._lock:
            known = [number for name in set(batches) if (number := holdings.batches.find(name)) is not None]
            found = stocks_named(holdings, [one for batch in known for one in self._members(kind, batch)])
            if kind == "recall":
                self.arrays.reach()
                found += [holdings.whole_stock(one) for one in known if self.arrays.made.array[one]]
        return tuple(sorted(found))

    def _members(self, kind: Kind, batch: int) -> set[int]:
        holdings = self.arrays.holdings
        stands = {one for one in holdings.stocks_of_batch(batch) if holdings.stands(one)}
        return stands | self.arrays.families.of(kind, batch).stocks[batch]

    def _nodes(self, kind: Kind, starts: Iterable[Stock]) -> tuple[tuple[Stock, ...], list[int], list[int]]:
        """The starts that there are; stocks by number, and batches whose whole it is."""
        holdings = self.arrays.holdings
        known, stocks, wholes = [], [], []
        began = sorted(set(starts))
        numbers = {name: holdings.batches.find(name) for name in {stock.batch for stock in began}}
        for stock in began:
            batch = numbers[stock.batch]
            if batch is None:
                continue
            if stock.place == WHOLE:
                self.arrays.reach()
                if kind == "recall" and self.arrays.made.array[batch]:
                    known.append(stock)
                    wholes.append(batch)
                continue
            place = holdings.places.find(stock.place)
            number = None if place is None else holdings.stocks.find(batch, place)
            if number is None or not holdings.stands(number):
                named = self.arrays.families.of(kind, batch).stocks[batch]
                number = holdings.find_stock(stock)
                if number not in named:
                    continue
            known.append(stock)
            stocks.append(int(number))
        return tuple(known), stocks, wholes

    # --- questions ---

    def trace(self, question: Question, starts: Iterable[Stock]) -> Traced:
        """What the goods of some stocks became, or were made of, in arrays."""
        with self._lock:
            known, stocks, wholes = self._nodes(question.kind, starts)
            walks: dict[Certainty, Walked] = {}
            certainty: Certainty | None = Certainty.RECORDED
            while certainty is not None:
                walked = Walker(self.arrays, question, certainty).walk(stocks, wholes)
                walks[certainty] = walked
                certainty = None if self._closed(question, walked) else walked.shut
            return self._traced(question, known, walks)

    def answer(
        self,
        kind: Kind,
        starts: Iterable[Stock],
        direction: Direction,
        limits: Limits = NO_LIMITS,
        *,
        edges: bool = False,
    ) -> Answer:
        """The answer in the rules' own form; with edges every link that there is, at the rules' own pace."""
        question = Question(kind, direction, limits, thorough=edges)
        with self._lock:
            return answer_of(self.arrays, self.trace(question, starts), edges=edges)

    def ledger_of(self, answer: Answer) -> Ledger:
        """As much of the books as it takes to name the consignees of an answer."""
        with self._lock:
            units = {stock.place for stock in answer.stocks if is_unit(stock.place)}
            stops, lanes = self.arrays.families.journeys(units)
            book = Book(owners=self.arrays.holdings.owners)
        return Ledger(book, {}, {}, {}, frozenset(), stops, lanes, ())

    def _traced(
        self, question: Question, starts: tuple[Stock, ...], walks: Mapping[Certainty, Walked]
    ) -> Traced:
        scratch = self.arrays.scratch
        if len(walks) == 1:
            ((certainty, walk),) = walks.items()
            stock, whole = walk.stocks, walk.wholes
            sure = [np.full(len(part), certainty, np.int32) for part in (stock, whole)]
            apart = walk.distances(), walk.distances(wholes=True)
            return Traced(question, starts, stock, apart[0], sure[0], whole, apart[1], sure[1], walks)
        stocks = self._best(walks, scratch.seen, wholes=False)
        return Traced(question, starts, *stocks, *self._best(walks, scratch.wholes, wholes=True), walks)

    def _best(
        self, walks: Mapping[Certainty, Walked], seen: Bits, *, wholes: bool
    ) -> tuple[Small, Small, Small]:
        """Each node by its most certain walk: numbers, distances, certainties."""
        numbers, distances, certainties = [], [], []
        for certainty, walk in walks.items():
            met = walk.wholes if wholes else walk.stocks
            fresh = ~seen[met]
            seen[met] = True
            numbers.append(met[fresh])
            distances.append(walk.distances(wholes=wholes)[fresh])
            certainties.append(np.full(len(numbers[-1]), certainty, np.int32))
        for met in numbers:
            seen[met] = False
        return np.concatenate(numbers), np.concatenate(distances), np.concatenate(certainties)

    def _closed(self, question: Question, walked: Walked) -> bool:
        """Whether the possible links of a recall lead nowhere that the walk did not come to anyway."""
        bounded = walked.cut or question.limits.depth is not None
        if (
            bounded
            or question.thorough
            or walked.shut != Certainty.POSSIBLE
            or question.direction == "backward"
        ):
            return False
        walker = Walker(self.arrays, question, Certainty.POSSIBLE)
        return walker.holds_all(walked)
