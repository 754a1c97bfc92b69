"""Who answers a question to the books: anything that has the shape of an engine, by one meaning."""

from dataclasses import dataclass, field
from typing import Protocol

from tracelot.records.gathering import Budget, gather
from tracelot.records.shelves import Shelf
from tracelot.rules.questions import Question, Traced, answer_from


class Engine(Protocol):
    """Answers as `rules.questions.answer_from` would from all the books that the asker may know."""

    def ask(self, question: Question) -> Traced: ...


@dataclass(frozen=True)
class Frontier:
    """Gathers level by level what a question needs, from any store, and lets the rules answer."""

    shelf: Shelf
    budget: Budget = field(default_factory=Budget)

    def ask(self, question: Question) -> Traced:
        book, complete = gather(self.shelf, question, self.budget)
        return answer_from(book, question, complete=complete)
