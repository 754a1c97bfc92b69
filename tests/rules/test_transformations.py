"""Goods made of others, under one key or two, in one event or several, in order of time or not."""

from diaries import Diary, lane, place, stock
from questions import backward, certainty, forward, forward_from, in_hand, kinds, recall
from tracelot.rules.balancing import Range
from tracelot.rules.books import Hub, Stock
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.starting import of_event

# --- transformations -------------------------------------------------------------------------------------


def test_a_repack_may_keep_the_code() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.transform({("b", "F"): 10}, {("b", "F"): 9})
    diary.transform({("b", "F"): 9}, {("c", "F"): 9})
    book = diary.book()

    assert forward(book, "b").batches == {"b", "c"}
    assert in_hand(book, "b", "F") == Range()


def test_rework_into_an_older_batch_is_a_circle_that_does_not_hang() -> None:
    diary = Diary()
    diary.produce("old", "F", 10)
    diary.transform({("old", "F"): 5}, {("new", "F"): 5})
    diary.transform({("new", "F"): 2}, {("old", "F"): 2})
    diary.take("sell", "old", "F", 7)
    book = diary.book()

    assert forward(book, "new").batches == {"new", "old"}
    assert backward(book, "new").batches == {"new", "old"}
    assert in_hand(book, "old", "F") == Range()


def test_a_reworked_batch_is_recalled_whole() -> None:
    diary = Diary()
    diary.produce("old", "F", 10)
    diary.send("old", "F", "G", 5)
    diary.transform({("old", "G"): 5}, {("c", "G"): 5})
    diary.produce("x", "F", 1)
    diary.transform({("x", "F"): 1}, {("old", "F'"): 1})
    book = diary.book()

    assert forward(book, "x").batches == {"x", "old"}
    assert (recall(book, "x").recorded, recall(book, "x").possible) == ({"x", "old"}, {"c"})


def test_a_transformation_in_several_events_outputs_first() -> None:
    hub = Hub("transformation:7", 0)
    diary = Diary()
    diary.transform({}, {("out", "F"): 8, ("cake", "F"): 2}, hub)
    diary.transform({("in1", "F"): 5}, {}, hub)
    diary.transform({("in2", "F"): 5}, {}, hub)
    diary.produce("in1", "F", 5)
    diary.produce("in2", "F", 5)

    assert backward(diary.book(), "out").batches == {"in1", "in2", "out"}
    assert forward(diary.book(), "in2").batches == {"in2", "out", "cake"}


def test_a_transformation_whose_outputs_or_inputs_are_untold_is_a_gap() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.transform({("a", "F"): 5}, {})
    diary.transform({}, {("z", "F"): 5})

    assert {("output_unknown", "a", place("F")), ("input_unknown", "z", place("F"))} == kinds(diary.book())


def test_two_keys_for_one_batch_found_out_late() -> None:
    hub = Hub("receipt", 1)
    diary = Diary()
    diary.produce("theirs", "S", 5)
    diary.ship("theirs", "S", "G", 5)
    diary.line("receive", {}, {stock("ours", "G"): 5}, hub)
    before = diary.book()
    diary.line("receive", {Stock("theirs", lane("S", "G")): 5}, {}, hub)

    assert forward(before, "theirs").batches == {"theirs"}
    assert forward(diary.book(), "theirs").batches == {"theirs", "ours"}
    assert kinds(diary.book()) == set()


def test_a_truck_with_two_batches_mixes_nothing() -> None:
    diary = Diary()
    diary.produce("a", "F", 1)
    diary.produce("b", "F", 1)
    for line, batch in enumerate(("a", "b")):
        way = Stock(batch, lane("F", "G"))
        diary.line("ship", {stock(batch, "F"): 1}, {way: 1}, Hub("truck", line))
        diary.line("receive", {way: 1}, {stock(batch, "G"): 1}, Hub("gate", line))

    assert forward(diary.book(), "a").batches == {"a"}
    assert {one.batch for one in of_event(open_book(diary.book()), ["truck"])} == {"a", "b"}


def test_an_outside_supplier_that_joins_later() -> None:
    diary = Diary()
    way = lane("contact:7", "G")
    diary.receive("b", way, "G", 5)
    diary.transform({("b", "G"): 5}, {("c", "G"): 5})
    outside = diary.book()
    diary.owners |= {"contact:7": "party:s", place("S"): "party:s", place("G"): "party:g"}
    diary.transform({("a", "S"): 5}, {("b", "S"): 5})
    diary.ship("b", "S", "G", 5)
    joined = diary.book()

    assert backward(outside, "c").batches == {"b", "c"}
    assert backward(joined, "c").batches == {"a", "b", "c"}
    assert certainty(forward_from(joined, stock("a", "S")), "c", "G") == Certainty.ONE_SIDED
    assert kinds(joined) == {("used_never_came", "a", place("S"))}


# --- time ------------------------------------------------------------------------------------------------


def test_a_take_cannot_hold_what_came_later() -> None:
    diary = Diary()
    diary.produce("a", "F", 5, at=1)
    diary.produce("x", "H", 5, at=1)
    diary.transform({("a", "F"): 5}, {("s", "F"): 5}, at=2)
    diary.transform({("s", "F"): 5}, {("c", "F"): 5}, at=3)
    diary.receive("s", "H", "F", 5, at=4)
    late = diary.transform({("s", "F"): 5}, {("d", "F"): 5}, at=5)
    book = diary.book()

    start = Stock("s", lane("H", "F"))
    free, timed = forward_from(book, start), forward_from(book, start, in_time=True)

    assert free.batches == {"s", "c", "d"}
    assert timed.batches == {"s", "d"}
    assert [(one.stock, one.hub.event) for one in timed.excluded] == [(stock("s", "F"), "r4")]
    assert late == "r6"


def test_sites_with_broken_clocks_lose_nothing() -> None:
    """A take before any put, or of more than was there, may hold what came later by the same clock."""
    diary = Diary()
    diary.produce("a", "F", 5, at=1000)
    diary.ship("a", "F", "G", 5, at=1001)
    diary.receive("a", "F", "G", 5, at=3)  # the clock of G is years behind
    diary.transform({("a", "G"): 5}, {("b", "G"): 5}, at=2)  # and set anew in between
    diary.produce("k", "G", 1, at=1)
    diary.receive("k", "F", "G", 9, at=9)
    diary.transform({("k", "G"): 10}, {("m", "G"): 10}, at=2)
    book = diary.book()

    assert forward(book, "a", in_time=True).batches == {"a", "b"}
    assert forward_from(book, Stock("k", lane("F", "G")), in_time=True).batches == {"k", "m"}
