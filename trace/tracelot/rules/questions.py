"""A question to the books, whoever keeps them, and its answer from a book that holds all that it needs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from tracelot.rules.answers import Answer, Direction, Kind
from tracelot.rules.books import Book, Stock
from tracelot.rules.graphs import Limits
from tracelot.rules.ledgers import Ledger, open_book
from tracelot.rules.scoping import recall_map
from tracelot.rules.starting import Window, of_batches, of_event, of_facility, of_units
from tracelot.rules.tracing import Map, follow, trace_map

Directions = Literal["forward", "backward", "both"]
BUDGET = "budget"  # why an answer is cut: there was more to read than may be read at once


@dataclass(frozen=True)
class Start:
    """Where to begin: whole batches, the lines of events (a shipment), units, or a facility for a while."""

    batches: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    facility: str | None = None
    window: Window | None = None

    def stocks(self, ledger: Ledger, named: Iterable[Stock]) -> tuple[Stock, ...]:
        """The stocks at which to begin; `named` are all that the links name, told or not."""
        found = set(of_batches(named, self.batches)) if self.batches else set[Stock]()
        if self.events:
            found.update(of_event(ledger, self.events))
        if self.units:
            found.update(of_units(ledger, self.units))
        if self.facility is not None and self.window is not None:
            found.update(of_facility(ledger, self.facility, self.window))
        return tuple(sorted(found))


@dataclass(frozen=True)
class Question:
    """What is asked, by whichever engine it is answered. A depth of None is no limit, an `as_of` of None is now."""

    start: Start
    direction: Directions = "forward"
    kind: Kind = "trace"
    depth: int | None = None
    as_of: datetime | None = None
    edges: bool = False
    in_time: bool = False

    @property
    def ways(self) -> tuple[Direction, ...]:
        return ("forward", "backward") if self.direction == "both" else (self.direction,)


@dataclass(frozen=True)
class Traced:
    """The answers to one question, one for each direction, and the opened book that they rest on.

    The book holds all facts of every batch that is reached; of other batches it may hold some.
    """

    ledger: Ledger
    starts: tuple[Stock, ...]
    answers: tuple[Answer, ...]
    complete: bool = True
    reason: str | None = None

    @property
    def stocks(self) -> frozenset[Stock]:
        return frozenset[Stock]().union(*(answer.stocks for answer in self.answers))


def answer_from(
    book: Book, question: Question, *, complete: bool = True, budget: int | None = None
) -> Traced:
    """The answer that a book gives; `complete` is False where the book is known to lack something."""
    ledger = open_book(book, question.as_of)
    chart = _chart(ledger, question)
    starts = question.start.stocks(ledger, chart.graph.nodes)
    limits = Limits(question.depth, budget)
    answers = tuple(follow(chart, starts, way, limits, edges=question.edges) for way in question.ways)
    whole = complete and all(answer.complete for answer in answers)
    if not complete:
        answers = tuple(replace(answer, complete=False, reason=BUDGET) for answer in answers)
    return Traced(ledger, starts, answers, whole, None if whole else BUDGET)


def _chart(ledger: Ledger, question: Question) -> Map:
    return recall_map(ledger) if question.kind == "recall" else trace_map(ledger, in_time=question.in_time)
