"""Who answers a question to the books: the frontier from any store, the index from memory; by one meaning.

The index holds the books of everybody, so it answers those alone who may see every record on which the answer
rests. All others are answered from what the frontier gathers for them, which holds nothing else. What one party may
see of a chain is short, and gathered as quickly as it could be cut out of the whole.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar
from uuid import UUID

from tracelot.index.loading import Kept
from tracelot.index.telling import Found, find
from tracelot.operations.memory import PATIENCE, Memory
from tracelot.operations.visit import Visit
from tracelot.records.gathering import Budget, gather
from tracelot.records.partial import PartialShelf
from tracelot.records.shelves import Shelf
from tracelot.rules.books import Stock
from tracelot.rules.questions import Question, Traced, answer_from
from tracelot.rules.telling import Leaf, Told, told_of

MOST_CROSSED = 20_000  # lines, where all of an answer is to be told by name
Answer = TypeVar("Answer", Traced, Told)


class Engine(Protocol):
    """What `rules.questions.answer_from` answers from all the books that the asker may know."""

    def ask(self, question: Question) -> Traced:
        """All of it."""

    def tell(self, question: Question, leaf: Leaf) -> Told:
        """A page of it."""


@dataclass(frozen=True)
class Frontier:
    """Gathers level by level what a question needs, from any store, and lets the rules answer."""

    shelf: Shelf
    budget: Budget = field(default_factory=Budget)

    def ask(self, question: Question) -> Traced:
        book, complete = gather(self.shelf, question, self.budget)
        return answer_from(book, question, complete=complete)

    def tell(self, question: Question, leaf: Leaf) -> Told:
        return told_of(self.ask(question), leaf)


@dataclass(frozen=True)
class Indexed:
    """Answers from memory where it may, and else lets the frontier answer."""

    visit: Visit
    shelf: PartialShelf
    memory: Memory
    budget: Budget = field(default_factory=Budget)

    def ask(self, question: Question) -> Traced:
        return self._answer(question, Found.whole, Frontier(self.shelf, self.budget).ask, most=MOST_CROSSED)

    def tell(self, question: Question, leaf: Leaf) -> Told:
        if question.edges:
            return told_of(self.ask(question), leaf)
        return self._answer(
            question, lambda found: found.tell(leaf), lambda asked: Frontier(self.shelf).tell(asked, leaf)
        )

    def _answer(
        self,
        question: Question,
        ours: Callable[[Found], Answer],
        theirs: Callable[[Question], Answer],
        most: int | None = None,
    ) -> Answer:
        """From memory, or gathered; what would be only a part waits for an index that is being loaded."""
        loading = self.memory.kept() is None
        found = self._remembered(question, ours, most)
        if found is not None:
            return found
        gathered = theirs(question)
        if gathered.complete or not loading or not self.memory.ready(PATIENCE):
            return gathered
        return self._remembered(question, ours, most) or gathered

    def _remembered(
        self, question: Question, ours: Callable[[Found], Answer], most: int | None
    ) -> Answer | None:
        """None where there is no index, or it may not answer this question or asker."""
        if question.as_of or question.in_time:  # each needs more than the index holds
            return None
        with self._fresh() as kept:
            starts = self._starts(kept, question) if kept else None
            if kept is None or starts is None:
                return None
            found = find(kept.index, question, starts)
            fits = most is None or found.crossed <= most
            return ours(found) if fits and self._sees(found) else None

    @contextmanager
    def _fresh(self) -> Iterator[Kept | None]:
        """The index as it stands in the moment of the visit; None where it is not there, or others went ahead."""
        kept = self.memory.kept()
        if kept is None:
            yield None
            return
        with kept.lock:
            yield kept if kept.is_at(self.visit.kernel()) else None

    def _starts(self, kept: Kept, question: Question) -> tuple[Stock, ...] | None:
        start = question.start
        if start.batches and not (start.events or start.units or start.facility):
            return kept.index.stocks_of(question.kind, start.batches)
        traced = Frontier(self.shelf).ask(replace(question, depth=0))
        return traced.starts if traced.complete else None

    def _sees(self, found: Found) -> bool:
        parties = found.parties
        return "" not in parties and self.shelf.sees_all({UUID(party) for party in parties})


def engine_of(visit: Visit, shelf: PartialShelf, budget: Budget | None = None) -> Engine:
    """Whoever answers this visit."""
    most = budget or Budget()
    return Frontier(shelf, most) if visit.memory is None else Indexed(visit, shelf, visit.memory, most)
