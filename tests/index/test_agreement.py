"""The index answers what the rules define, whatever the records, their order and the question."""

from collections.abc import Callable
from dataclasses import fields, replace
from random import Random

import pytest

from tracelot.index.engine import Index
from tracelot.rules.answers import Answer, Direction, Kind
from tracelot.rules.books import Book, Stock
from tracelot.rules.graphs import Limits
from tracelot.rules.ledgers import Ledger, open_book
from tracelot.rules.scoping import consignees, recall_map
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import Map, follow, trace_map
from worlds import damaged

Rounds = Callable[[int, int], int]
MAPS: dict[Kind, Callable[[Ledger], Map]] = {"trace": trace_map, "recall": recall_map}
WAYS: tuple[Direction, ...] = ("forward", "backward")
FACTS = ("postings", "moves", "sightings", "emptyings", "claims", "losses", "notes")


def records_of(book: Book) -> list[Book]:
    """Each record by itself, and each void."""
    found: dict[str, dict[str, list[object]]] = {}
    for name in FACTS:
        for fact in getattr(book, name):
            found.setdefault(fact.record, {}).setdefault(name, []).append(fact)
    records = [
        replace(Book(), **{name: tuple(facts) for name, facts in one.items()}) for one in found.values()
    ]
    return records + [Book(voids=(void,)) for void in book.voids]


def kept_up(book: Book, random: Random) -> Index:
    """Record by record in any order; asked on the way, and its arrays built anew now and then."""
    index = Index(book.owners)
    index.take_in(Book(products=book.products))
    records = records_of(book)
    random.shuffle(records)
    for record in records:
        index.take_in(record)
        if random.random() < 0.1:
            index.compact()
        if random.random() < 0.15:
            kind = random.choice(tuple(MAPS))
            starts = index.stocks_of(kind, [random.choice(book.postings).batch])
            index.answer(kind, starts, random.choice(WAYS))
    return index


def fresh(book: Book, _: Random) -> Index:
    return Index.of(book)


def limits(random: Random) -> Limits:
    depth, budget = random.randint(0, 4), random.randint(1, 12)
    return random.choice([Limits(), Limits(), Limits(depth), Limits(None, budget), Limits(depth, budget)])


def without_ways(answer: Answer) -> list[object]:
    return [getattr(answer, one.name) for one in fields(answer) if one.name not in ("ways", "edges")]


@pytest.mark.parametrize("made", [fresh, kept_up])
@pytest.mark.parametrize("backdated", [False, True])
def test_every_answer_is_the_one_of_the_rules(
    made: Callable[[Book, Random], Index], backdated: bool, random: Random, rounds: Rounds
) -> None:
    for _ in range(rounds(40, 3000)):
        book = damaged(random)
        index = made(book, random)
        moment = random.choice([one.recorded_at for one in (*book.postings, *book.voids)])
        if backdated:
            index = index.at(moment)
        ledger = open_book(book, moment if backdated else None)
        for kind, map_of in MAPS.items():
            agree(index, map_of(ledger), kind, random)


def agree(index: Index, chart: Map, kind: Kind, random: Random) -> None:
    batches = sorted({stock.batch for stock in chart.graph.nodes})
    for batch in random.sample(batches, min(3, len(batches))):
        starts = of_batches(chart.graph.nodes, [batch])
        assert index.stocks_of(kind, [batch]) == starts
        if random.random() < 0.3:
            starts = (random.choice(sorted(chart.graph.nodes)),)
        for direction in WAYS:
            bounds = limits(random)
            wanted = follow(chart, starts, direction, bounds, edges=True)
            found = index.answer(kind, starts, direction, bounds)

            assert index.answer(kind, starts, direction, bounds, edges=True) == wanted
            assert without_ways(found) == without_ways(wanted)
            assert [found.path(one) for one in batches] == [wanted.path(one) for one in batches]
            own = [stock.place for stock in starts]
            told = consignees(index.ledger_of(found), found, own)
            assert told == consignees(chart.ledger, wanted, own)


def test_a_stock_that_nobody_recorded_is_no_start() -> None:
    index = Index.of(Book())

    assert index.answer("trace", [Stock("x", "facility:F")], "forward").reached == ()
    assert index.stocks_of("recall", ["x"]) == ()
