"""From answers to pictures: on tales told by hand, and on damaged books."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

from diaries import Diary
from tracelot.rules.answers import Answer
from tracelot.rules.books import Book
from tracelot.rules.gaps import gaps
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.pictures import Picture
from tracelot.rules.picturing import TIED, Facts, picture_of
from tracelot.rules.scoping import recall_map
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import Map, follow, trace_map
from worlds import damaged

Rounds = Callable[[int, int], int]


def both(chart: Map, batch: str) -> tuple[Answer, Answer]:
    starts = of_batches(chart.graph.nodes, [batch])
    return follow(chart, starts, "forward", edges=True), follow(chart, starts, "backward", edges=True)


def drawn(book: Book, batch: str, **facts: Facts) -> Picture:
    ledger = open_book(book)
    return picture_of(both(trace_map(ledger), batch), facts, gaps(ledger))


def ends(shown: Picture) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in shown.edges}


def test_lines_become_edges_and_moves_become_places() -> None:
    diary = Diary()
    diary.produce("milk", "A", 50)
    diary.send("milk", "A", "B", 50)
    diary.transform({("milk", "B"): 20}, {("yogurt", "B"): 30})
    diary.transform({("milk", "B"): 10}, {("yogurt", "B"): 15})
    shown = drawn(diary.book(), "yogurt", milk=Facts("M-1", unit="kg"))

    assert ends(shown) == {("milk", "yogurt")}
    assert shown.edges[0].quantity == Decimal(30)
    assert (shown.edges[0].unit, shown.edges[0].count) == ("kg", 2)
    assert shown.named["milk"].label == "M-1"
    assert shown.named["milk"].distance < 0 == shown.named["yogurt"].distance
    assert shown.named["milk"].places == ("facility:A", "facility:B", "lane:facility:A>facility:B")


def test_a_quantity_that_one_line_does_not_tell_is_unknown() -> None:
    diary = Diary()
    diary.transform({("a", "F"): 2}, {("b", "F"): 1})
    diary.transform({("a", "F"): None}, {("b", "F"): 1})

    assert drawn(diary.book(), "a").edges[0].quantity is None


def test_rework_is_a_circle_and_keeps_its_signs() -> None:
    diary = Diary()
    diary.produce("a", "F", 9)
    diary.transform({("a", "F"): 5}, {("b", "F"): 5})
    diary.transform({("b", "F"): 1, ("a", "F"): 1}, {("a", "F"): 2})
    shown = drawn(diary.book(), "a")

    assert ends(shown) == {("a", "b"), ("b", "a")}
    assert shown.named["b"].distance > 0


def test_the_other_inputs_of_a_line_are_no_part_of_what_became_of_one() -> None:
    diary = Diary()
    diary.transform({("a", "F"): 1, ("b", "F"): 1}, {("c", "F"): 2})
    chart = trace_map(open_book(diary.book()))
    forward, _ = both(chart, "a")

    assert ends(picture_of([forward], {})) == {("a", "c")}


def test_gaps_and_doubt_are_told_of_the_batch_that_they_concern() -> None:
    diary = Diary()
    diary.transform({("z", "A"): 5}, {("a", "A"): 5})
    diary.ship("a", "A", "B", 5)
    diary.transform({("a", "B"): 5}, {("b", "B"): 5})
    shown = drawn(diary.book(), "z")

    assert shown.named["a"].gaps == 2
    assert shown.named["b"].gaps == 0
    assert shown.named["b"].certainty == Certainty.ONE_SIDED


def test_a_line_of_many_into_many_is_one_knot() -> None:
    diary = Diary()
    size = 40
    diary.transform(
        {(f"in{number}", "F"): 1 for number in range(size)},
        {(f"out{number}", "F"): 1 for number in range(size)},
    )
    ledger = open_book(diary.book())
    chart = trace_map(ledger)
    starts = of_batches(chart.graph.nodes, [f"in{number}" for number in range(size)])
    shown = picture_of([follow(chart, starts, "forward", edges=True)], {})

    assert size * size > TIED
    assert len(shown.edges) == 2 * size
    assert [node.kind for node in shown.nodes].count("knot") == 1
    assert shown.batches == 2 * size


def test_in_a_picture_everything_reached_is_joined_to_the_start(random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(80, 2000)):
        ledger = open_book(damaged(random))
        for chart in (trace_map(ledger), recall_map(ledger)):
            batch = random.choice(sorted({stock.batch for stock in chart.graph.nodes}))
            forward, backward = both(chart, batch)

            shown = picture_of([forward, backward], {})

            assert {
                node.key for node in shown.nodes if node.kind == "batch"
            } == forward.batches | backward.batches
            assert forward.batches == met(picture_of([forward], {}), batch, forward=True)
            assert backward.batches == met(picture_of([backward], {}), batch, forward=False)


def met(shown: Picture, key: str, *, forward: bool) -> set[str]:
    found = {key}
    pairs = ends(shown) if forward else {(target, source) for source, target in ends(shown)}
    while further := {target for source, target in pairs if source in found} - found:
        found |= further
    return {one for one in found if shown.named[one].kind == "batch"}
