"""What is gathered level by level gives the answer that all the books together give, on a real store."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import get_args

from sqlalchemy import Engine

from conftest import Rounds
from diaries import Diary, minute, place
from stored import named, read_whole, record_name, storable, stored_batch, written
from tracelot.records.gathering import Budget, Gathering, gather
from tracelot.records.shelves import Shelf
from tracelot.rules.answers import Answer, Kind
from tracelot.rules.balancing import hands_of
from tracelot.rules.books import Book, Stock
from tracelot.rules.gaps import gaps, gaps_at
from tracelot.rules.links import Certainty
from tracelot.rules.places import WHOLE, is_unit
from tracelot.rules.questions import Question, Start, Traced, answer_from
from tracelot.rules.scoping import consignees
from tracelot.rules.starting import Window
from worlds import FACILITIES, damaged, make_world


def starts(random: Random, book: Book) -> Iterator[Start]:
    """A start of every sort that a book has."""
    batches = sorted({one.batch for one in book.postings})
    yield Start(batches=(stored_batch(random.choice(batches)),))
    yield Start(batches=tuple(map(stored_batch, random.sample(batches, min(2, len(batches))))))
    yield Start(events=(str(record_name(random.choice(book.postings).record)),))
    units = sorted({one.place for one in book.postings if is_unit(one.place)})
    if units:
        yield Start(units=(named(random.choice(units)),))
    if book.moves:
        yield Start(events=(str(record_name(random.choice(book.moves).record)),))
    since = random.randint(0, 20)
    window = Window(minute(since), minute(since + random.randint(0, 10)))
    yield Start(facility=named(place(random.choice(FACILITIES))), window=window)


def questions(random: Random, book: Book) -> Iterator[Question]:
    for start in starts(random, book):
        yield Question(
            start,
            random.choice(["forward", "backward", "both"]),
            random.choice(["trace", "recall"]),
            depth=random.choice([None, None, 1, 2, 3]),
            as_of=random.choice([None, None, minute(random.randint(1, 25))]),
            edges=True,
            in_time=random.random() < 0.3,
        )


def told(traced: Traced) -> list[object]:
    """All of an answer that a reader is shown."""
    ledger, hands = traced.ledger, hands_of(traced.ledger)
    own = {named(place("A"))}
    reached = sorted({stock.batch for stock in traced.stocks})
    return [
        traced.starts,
        [replace(answer, ways={}) for answer in traced.answers],
        [[answer.path(one.batch) for one in answer.reached] for answer in traced.answers],
        [consignees(ledger, answer, own) for answer in traced.answers],
        gaps_at(gaps(ledger), traced.stocks),
        [(one, place, hands.at(one, place)) for one in reached for place in hands.facilities(one)],
    ]


def unlike(one: Traced, other: Traced) -> list[int]:
    """Which parts of two answers differ; the parts themselves are too long to be shown side by side."""
    pairs = zip(told(one), told(other), strict=True)
    return [number for number, (first, second) in enumerate(pairs) if first != second]


def test_what_is_gathered_answers_as_all_the_books_do(engine: Engine, random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(12, 600)):
        book = storable(damaged(random, random.randint(4, 18)))
        with written(engine, book) as session:
            whole = read_whole(session)
            for question in questions(random, book):
                gathered, complete = gather(Shelf(session), question)

                assert complete
                differing = unlike(answer_from(gathered, question), answer_from(whole, question))
                assert differing == [], question


def test_what_is_read_back_is_what_was_written(engine: Engine, random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(12, 300)):
        told = storable(make_world(random, random.randint(4, 18)).book)
        book = replace(told, owners={place(one): f"party:{one}" for one in FACILITIES})
        batch = random.choice(sorted({one.batch for one in book.postings}))
        with written(engine, book) as session:
            read = read_whole(session)
        for kind in get_args(Kind):
            ours = answer_from(book, Question(Start(batches=(batch,)), "both", kind))
            theirs = answer_from(read, Question(Start(batches=(stored_batch(batch),)), "both", kind))

            same = reached(ours.answers, named_stock) == reached(theirs.answers, lambda stock: stock)
            assert same, (batch, kind)


def named_stock(stock: Stock) -> Stock:
    return Stock(stored_batch(stock.batch), stock.place if stock.place == WHOLE else named(stock.place))


def reached(
    answers: Iterable[Answer], name: Callable[[Stock], Stock]
) -> list[set[tuple[Stock, int, Certainty]]]:
    return [{(name(one.stock), one.distance, one.certainty) for one in answer.arrivals} for answer in answers]


def test_a_question_that_asks_for_too_much_is_cut_and_says_so(engine: Engine) -> None:
    diary = Diary()
    diary.produce("b0", "A")
    for number in range(30):
        diary.transform({(f"b{number}", "A"): 1}, {(f"b{number + 1}", "A"): 1})
    question = Question(Start(batches=(stored_batch("b0"),)))
    with written(engine, diary.book()) as session:
        for budget in (Budget(postings=10), Budget(levels=5)):
            gathered, complete = gather(Shelf(session), question, budget)
            answer = answer_from(gathered, question, complete=complete)

            assert (answer.complete, answer.reason) == (False, "budget")
            assert 1 < len(answer.answers[0].reached) < 31


def shapes(size: int) -> dict[str, Diary]:
    """Books that lead far, wide, and by very many ways to the same goods."""
    chain, star, diamond = Diary(), Diary(), Diary()
    for number in range(size // 4):
        chain.transform({(f"b{number}", "A"): 1}, {(f"b{number + 1}", "A"): 1})
    star.transform({("b0", "A"): 1}, {(f"b{number}", "A"): 1 for number in range(1, size)})
    for layer in range(60):
        here, below, sides = f"b{layer}", f"b{layer + 1}", (f"l{layer}", f"r{layer}")
        diamond.transform({(here, "A"): 1}, {(side, "A"): 1 for side in sides})
        for side in sides:
            diamond.transform({(side, "A"): 1}, {(below, "A"): 1})
    return {"chain": chain, "star": star, "diamond": diamond}


def test_far_wide_and_tangled_books_are_cut_within_the_budget(engine: Engine, rounds: Rounds) -> None:
    size = max(rounds(2_000, 100_000), 2_000)
    budget = Budget(postings=size // 4)
    for name, diary in shapes(size).items():
        told = diary.book()
        book = replace(told, products={one.batch: "P" for one in told.postings})
        question = Question(Start(batches=(stored_batch("b0"),)), kind="trace")
        with written(engine, book) as session:
            gathering = Gathering(Shelf(session), question, budget)
            gathered = gathering.book()
            answer = answer_from(gathered, question, complete=gathering.complete)

        assert answer.complete == (name == "diamond")
        assert len(gathered.postings) <= 3 * budget.postings
        assert len(answer.answers[0].reached) > 1
        if name == "diamond":
            assert len(answer.answers[0].reached) == 60 * 3 + 1
