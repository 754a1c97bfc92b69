"""Walks over big and odd graphs: no recursion, linear time, and cuts that are admitted."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from diaries import Diary, lane, minute, place, stock
from questions import forward
from tracelot.rules.books import Book, Hub, Posting, Stock
from tracelot.rules.graphs import Limits
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.scoping import recall_map, recall_scope
from tracelot.rules.starting import Window, of_batches, of_facility
from tracelot.rules.tracing import Map, follow, trace_map

MANY = 30_000
LATER = minute(0)


def line(number: int, taken: list[Stock], put: list[Stock]) -> list[Posting]:
    hub = Hub(f"{number}", 1)
    told = (None, LATER, LATER, "transform")
    return [
        Posting(f"{number}", hub, one.batch, one.place, "take" if one in taken else "put", *told)
        for one in (*taken, *put)
    ]


def at(batch: int | str) -> Stock:
    return Stock(f"b{batch}", "facility:F")


def chain(length: int) -> Book:
    return Book(tuple(one for step in range(length) for one in line(step, [at(step)], [at(step + 1)])))


def star(points: int) -> Book:
    return Book(tuple(line(0, [at(0)], [at(point) for point in range(1, points + 1)])))


def diamond(layers: int) -> Book:
    """2 ** layers ways from the first to the last."""
    postings = []
    for layer in range(layers):
        left, right, here, below = (at(f"{layer}l"), at(f"{layer}r"), at(layer), at(layer + 1))
        for number, (source, target) in enumerate(
            [(here, left), (here, right), (left, below), (right, below)]
        ):
            postings += line(layer * 4 + number, [source], [target])
    return Book(tuple(postings))


def test_a_long_chain_is_followed_to_its_end() -> None:
    chart = trace_map(open_book(chain(MANY)))

    answer = follow(chart, [at(0)], "forward")

    assert len(answer.reached) == MANY + 1
    assert answer.reached[-1].distance == MANY
    assert len(answer.path(f"b{MANY}")) == MANY + 1


def test_a_recall_goes_down_a_long_chain(rounds: Callable[[int, int], int]) -> None:
    length = rounds(MANY // 10, MANY)

    answer = recall_scope(recall_map(open_book(chain(length))), ["b0"])

    assert (len(answer.recorded), answer.possible) == (length + 1, frozenset())


def test_a_big_star_costs_its_points() -> None:
    chart = trace_map(open_book(star(MANY)))

    assert len(follow(chart, [at(0)], "forward").reached) == MANY + 1
    assert follow(chart, [at(MANY)], "backward").batches == {at(0).batch, at(MANY).batch}


def test_lanes_of_one_batch_with_unknown_ends_stay_linear() -> None:
    """Each of many lanes to nobody known agrees with each of many from nobody known."""
    postings = []
    for number in range(MANY // 20):
        source, target = Stock("b", f"facility:S{number}"), Stock("b", f"facility:G{number}")
        postings += line(2 * number, [source], [Stock("b", f"lane:{source.place}>?")])
        postings += line(2 * number + 1, [Stock("b", f"lane:?>{target.place}")], [target])
    chart = trace_map(open_book(Book(tuple(postings))))

    answer = follow(chart, [Stock("b", "facility:S7")], "forward")

    assert len(answer.stocks) == 2 + 2 * (MANY // 20)


def test_a_diamond_of_sixty_layers_counts_each_batch_once() -> None:
    answer = forward(diamond(60), "b0")

    assert len(answer.reached) == 60 * 3 + 1
    assert answer.reached[-1].distance == 120


@pytest.mark.parametrize("made", [trace_map, recall_map])
@pytest.mark.parametrize("shape", [chain, star, diamond])
def test_work_grows_with_the_graph_and_no_faster(
    made: Callable[..., Map], shape: Callable[[int], Book]
) -> None:
    def work(size: int) -> int:
        """Calls made, which no load on the machine changes."""
        book = shape(size)
        with counted_calls() as calls:
            follow(made(open_book(book)), [at(0)], "forward", edges=True)
        return len(calls)

    assert work(800) < work(100) * 9


@contextmanager
def counted_calls() -> Iterator[list[None]]:
    calls: list[None] = []
    sys.setprofile(lambda *_: calls.append(None))
    try:
        yield calls
    finally:
        sys.setprofile(None)


def test_a_depth_is_counted_in_links() -> None:
    chart = trace_map(open_book(chain(10)))

    answer = follow(chart, [at(0)], "forward", Limits(depth=3))

    assert [one.distance for one in answer.reached] == [0, 1, 2, 3]
    assert answer.complete


def test_a_budget_cuts_and_says_so() -> None:
    chart = trace_map(open_book(star(50)))

    cut = follow(chart, [at(0)], "forward", Limits(budget=10))
    whole = follow(chart, [at(0)], "forward", Limits(budget=51))

    assert (len(cut.reached), cut.complete, cut.reason) == (10, False, "budget")
    assert (len(whole.reached), whole.complete, whole.reason) == (51, True, None)


def test_edges_tell_both_sides_of_each_link_with_quantities() -> None:
    diary = Diary()
    diary.produce("a", "F", 7)
    diary.transform({("a", "F"): 5}, {("b", "F"): 4, ("c", "F"): None})
    chart = trace_map(open_book(diary.book()))

    edges = follow(chart, [stock("a", "F")], "forward", edges=True).edges

    assert [(one.side, one.stock.batch, one.quantity) for one in edges] == [
        ("take", "a", 5),
        ("put", "b", 4),
        ("put", "c", None),
    ]
    assert {one.certainty for one in edges} == {Certainty.RECORDED}


def test_a_start_that_nobody_recorded_reaches_nothing() -> None:
    chart = trace_map(open_book(chain(2)))

    assert follow(chart, [Stock("x", "facility:F")], "forward").reached == ()
    assert of_batches(chart.graph.nodes, ["x"]) == ()


def test_a_facility_and_a_window_start_from_what_was_there() -> None:
    diary = Diary()
    diary.produce("before", "F", 5, at=1)
    diary.take("sell", "before", "F", 5, at=2)
    diary.produce("stayed", "F", 5, at=3)
    diary.produce("inside", "F", 5, at=10)
    diary.take("sell", "inside", "F", 5, at=11)
    diary.produce("after", "F", 5, at=20)
    diary.take("sell", "unborn", "F", 5, at=21)
    diary.produce("elsewhere", "G", 5, at=10)
    diary.produce("packed", "F", 5, at=4)
    diary.shift("pack", "packed", "F", "u:1", 5)
    diary.move("u:1", "G", lane("G", "F"), at=5)
    diary.move("u:1", lane("G", "F"), "F", at=6)
    ledger = open_book(diary.book())

    there = of_facility(ledger, place("F"), Window(minute(9), minute(15)))

    assert {one.batch for one in there} == {"stayed", "inside", "packed", "unborn"}
    assert stock("packed", "u:1") in there
    left = diary.move("u:1", "F", lane("F", "H"), at=8)
    assert left
    gone = of_facility(open_book(diary.book()), place("F"), Window(minute(14), minute(15)))
    assert stock("packed", "u:1") not in gone
