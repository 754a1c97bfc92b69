"""The trace and the recall scope against the rules told plainly, pair by pair, on random books."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from diaries import minute
from oracles import Oracle, distances, reach, reach_in_time
from tracelot.rules.answers import Answer
from tracelot.rules.books import Book, Posting, Stock, as_of, without
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.places import WHOLE
from tracelot.rules.scoping import consignees, recall_map
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import Map, follow, trace_map
from worlds import damaged

Rounds = Callable[[int, int], int]


def of_certainty(answer: Answer, certainty: Certainty) -> set[Stock]:
    return {one.stock for one in answer.arrivals if one.certainty <= certainty and one.stock.place != WHOLE}


def spelled_out(book: Book) -> Book:
    """Emptyings as lines and moves, by the kernel's own hand: what they mean has tests of its own."""
    told = open_book(replace(book, voids=())).book
    return replace(told, voids=book.voids)


def test_a_trace_and_its_certainties_are_what_the_rules_say(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(60, 3000)):
        book = damaged(random)
        oracle, chart = Oracle(spelled_out(book)), trace_map(open_book(book))
        start = random.choice(sorted(oracle.stocks))
        for forward in (True, False):
            answer = follow(chart, [start], "forward" if forward else "backward")

            assert of_certainty(answer, Certainty.RECORDED) == reach(
                [start], oracle.recorded, forward=forward
            )
            links = oracle.recorded | oracle.one_sided
            assert set(answer.stocks) == reach([start], links, forward=forward)


def test_a_recall_scope_and_its_certainties_are_what_the_rules_say(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(60, 3000)):
        book = damaged(random)
        oracle, chart = Oracle(spelled_out(book), recall=True), recall_map(open_book(book))
        start = random.choice(sorted(oracle.stocks))
        links = oracle.recorded | oracle.one_sided
        for forward in (True, False):
            answer = follow(chart, [start], "forward" if forward else "backward")

            assert of_certainty(answer, Certainty.ONE_SIDED) == reach([start], links, forward=forward)
            assert of_certainty(answer, Certainty.POSSIBLE) == reach(
                [start], links | oracle.possible, forward=forward
            )


def test_consignees_are_who_may_have_what_was_reached(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(60, 1500)):
        book = damaged(random)
        ledger = open_book(book)
        oracle, chart = Oracle(spelled_out(book), recall=True), recall_map(ledger)
        start = random.choice(sorted(oracle.stocks))
        own = {f"facility:{random.choice('ABCDE')}"}

        named = consignees(ledger, follow(chart, [start], "forward"), own)

        reached = reach([start], oracle.recorded | oracle.one_sided | oracle.possible)
        expected = {end for stock in reached for end in oracle.holders(stock.place)} - own
        assert {one.end for one in named} == expected
        sent = {
            end for stock in reached for source, end in oracle.sendings(stock.place) if source in own
        } - own
        assert {one.end for one in named if one.direct} == sent


def test_a_distance_counts_the_links_of_the_path(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(60, 1000)):
        book = damaged(random)
        oracle, chart = Oracle(spelled_out(book)), trace_map(open_book(book))
        batch = random.choice(sorted(one.batch for one in oracle.stocks))
        starts = of_batches(chart.graph.nodes, [batch])
        answer = follow(chart, starts, "forward")
        by_certainty = [oracle.recorded, oracle.recorded | oracle.one_sided]

        for one in answer.arrivals:
            assert one.distance == distances(starts, by_certainty[one.certainty])[one.stock]
        for found in answer.reached:
            path = answer.path(found.batch)
            assert [step.distance for step in path] == list(range(len(path)))
            assert path[0].stock in starts
            assert (path[-1].stock.batch, len(path) - 1) == (found.batch, found.distance)
            steps = {(step.origin, step.stock) for step in path[1:]}
            assert steps <= by_certainty[found.certainty]


@pytest.mark.parametrize("made", [trace_map, recall_map])
def test_backward_is_forward_turned_round(made: Callable[..., Map], random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(30, 600)):
        chart = made(open_book(damaged(random)))
        batches = sorted({stock.batch for stock in chart.graph.nodes})
        starts = {batch: of_batches(chart.graph.nodes, [batch]) for batch in batches}
        forward = {one: follow(chart, starts[one], "forward").batches for one in batches}
        backward = {one: follow(chart, starts[one], "backward").batches for one in batches}

        assert {(a, b) for a in batches for b in forward[a]} == {(a, b) for b in batches for a in backward[b]}


def everything(book: Book) -> object:
    """All that the kernel says about a book."""
    ledger = open_book(book)
    said: list[object] = []
    for chart in (trace_map(ledger), trace_map(ledger, in_time=True), recall_map(ledger)):
        for batch in sorted(ledger.places):
            for direction in ("forward", "backward"):
                answer = follow(chart, of_batches(chart.graph.nodes, [batch]), direction, edges=True)
                said.append((answer, consignees(ledger, answer, [])))
    return said


def test_the_order_of_capture_does_not_matter(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(10, 200)):
        book = damaged(random)

        assert everything(shuffled(book, random)) == everything(book)


def shuffled(book: Book, random: Random) -> Book:
    def mixed(facts: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(facts, len(facts)))

    return replace(
        book, postings=mixed(book.postings), moves=mixed(book.moves), sightings=mixed(book.sightings),
        emptyings=mixed(book.emptyings), claims=mixed(book.claims), voids=mixed(book.voids),
        products=dict(random.sample(sorted(book.products.items()), len(book.products))),
    )  # fmt: skip


def test_an_earlier_moment_knows_nothing_of_what_came_later(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(10, 200)):
        book = damaged(random)
        moment = random.choice(sorted(posting.recorded_at for posting in book.postings))
        known = as_of(book, moment)
        facts = (book.postings, book.moves, book.sightings, book.emptyings, book.claims)
        later = {one.record for some in facts for one in some if one.recorded_at > moment}
        voids = tuple(one for one in book.voids if one.recorded_at <= moment)

        assert everything(known) == everything(replace(without(book, later), voids=voids))


def test_time_order_only_takes_away_and_lists_what(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(60, 1000)):
        ledger = open_book(damaged(random))
        free, timed = trace_map(ledger), trace_map(ledger, in_time=True)
        start = random.choice(sorted(free.graph.nodes))
        for direction in ("forward", "backward"):
            all_of_it, answer = follow(free, [start], direction), follow(timed, [start], direction)

            assert answer.stocks <= all_of_it.stocks
            assert answer.excluded or answer.stocks == all_of_it.stocks


def test_backward_is_forward_turned_round_in_time_too(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(30, 600)):
        chart = trace_map(open_book(damaged(random)), in_time=True)
        batches = sorted({stock.batch for stock in chart.graph.nodes})
        starts = {batch: of_batches(chart.graph.nodes, [batch]) for batch in batches}
        forward = {one: follow(chart, starts[one], "forward").batches for one in batches}
        backward = {one: follow(chart, starts[one], "backward").batches for one in batches}

        assert {(a, b) for a in batches for b in forward[a]} == {(a, b) for b in batches for a in backward[b]}


def test_time_order_is_what_the_rule_says(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(80, 2000)):
        told = spelled_out(damaged(random))
        book = replace(told, postings=tuple(with_other_clock(one, random) for one in told.postings))
        oracle, chart = Oracle(book), trace_map(open_book(book), in_time=True)
        start = random.choice(sorted(oracle.stocks))

        answer = follow(chart, [start], "forward")

        assert set(answer.stocks) == reach_in_time(oracle.book, start, oracle.one_sided)


def with_other_clock(posting: Posting, random: Random) -> Posting:
    """The clock of a place may be wrong, and times may coincide."""
    return posting._replace(event_time=minute(random.randint(0, 9)))
