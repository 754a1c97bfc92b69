"""Short questions to a book, for tests."""

from decimal import Decimal

from diaries import place, stock
from tracelot.rules.answers import Answer
from tracelot.rules.balancing import Range, hands_of
from tracelot.rules.books import Book, Stock
from tracelot.rules.gaps import gaps
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.scoping import recall_map, recall_scope
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import follow, trace_map


def forward(book: Book, *batches: str, in_time: bool = False) -> Answer:
    chart = trace_map(open_book(book), in_time=in_time)
    return follow(chart, of_batches(chart.graph.nodes, batches), "forward")


def forward_from(book: Book, *stocks: Stock, in_time: bool = False) -> Answer:
    return follow(trace_map(open_book(book), in_time=in_time), stocks, "forward")


def backward(book: Book, *batches: str) -> Answer:
    chart = trace_map(open_book(book))
    return follow(chart, of_batches(chart.graph.nodes, batches), "backward")


def recall(book: Book, *batches: str) -> Answer:
    return recall_scope(recall_map(open_book(book)), batches)


def kinds(book: Book) -> set[tuple[str, str, str]]:
    return {(gap.kind, gap.stock.batch, gap.stock.place) for gap in gaps(open_book(book))}


def in_hand(book: Book, batch: str, facility: str) -> Range:
    return hands_of(open_book(book)).at(batch, place(facility))


def exactly(amount: int | str) -> Range:
    return Range(Decimal(amount), Decimal(amount))


def certainty(answer: Answer, batch: str, where: str) -> Certainty | None:
    return next((one.certainty for one in answer.arrivals if one.stock == stock(batch, where)), None)
