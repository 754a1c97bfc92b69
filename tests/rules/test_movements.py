"""Goods that move, are returned or taken: the cases on which simpler bookkeeping broke."""

from decimal import Decimal

from diaries import Diary, lane, minute, place, stock
from questions import backward, certainty, exactly, forward, forward_from, in_hand, kinds, recall
from tracelot.rules.balancing import Range
from tracelot.rules.books import Hub, Stock
from tracelot.rules.gaps import gaps
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.scoping import consignees
from tracelot.rules.tracing import follow, trace_map

# --- shipped and received --------------------------------------------------------------------------------


def test_shipped_and_never_received() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.ship("b", "F", "G", 4)
    book = diary.book()

    assert kinds(book) == {("sent_never_came", "b", lane("F", "G"))}
    assert in_hand(book, "b", "F") == exactly(6)
    assert in_hand(book, "b", "G") == Range()
    assert {one.end for one in consignees(open_book(book), recall(book, "b"), [place("F")])} == {place("G")}


def test_shipped_never_received_and_used_all_the_same() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.ship("b", "F", "G", 4)
    diary.transform({("b", "G"): 4}, {("c", "G"): 4})
    book = diary.book()

    answer = forward_from(book, Stock("b", lane("F", "G")))

    assert certainty(answer, "c", "G") == Certainty.ONE_SIDED
    assert kinds(book) == {("sent_never_came", "b", lane("F", "G")), ("used_never_came", "b", place("G"))}


def test_received_and_never_shipped() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.receive("b", "F", "G", 4)
    book = diary.book()

    answer = forward_from(book, stock("b", "F"))

    assert certainty(answer, "b", "G") == Certainty.ONE_SIDED
    assert kinds(book) == {("came_never_sent", "b", lane("F", "G"))}
    assert in_hand(book, "b", "F") == exactly(10)  # a claim debits nobody


def test_a_late_shipment_takes_the_one_sided_link_away() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.receive("b", "F", "G", 4)
    early = diary.clock
    diary.ship("b", "F", "G", 4)
    book = diary.book()
    before = follow(trace_map(open_book(book, minute(early))), [stock("b", "F")], "forward")
    now = forward_from(book, stock("b", "F"))

    assert certainty(before, "b", "G") == Certainty.ONE_SIDED
    assert certainty(now, "b", "G") == Certainty.RECORDED
    assert kinds(book) == set()


def test_shipped_and_received_in_different_quantities() -> None:
    diary = Diary()
    diary.produce("b", "F", 100)
    diary.ship("b", "F", "G", 60)
    diary.receive("b", "F", "G", 57)
    short = diary.book()
    diary.receive("b", "F", "G", 5)
    over = diary.book()

    assert [(gap.kind, gap.quantity) for gap in gaps(open_book(short))] == [("sent_never_came", 3)]
    assert [(gap.kind, gap.quantity) for gap in gaps(open_book(over))] == [("overdrawn", 2)]
    assert in_hand(over, "b", "G") == exactly(62)


def test_received_before_it_was_shipped_and_under_another_name() -> None:
    diary = Diary(owners={place("F"): "party:f", place("G"): "party:g"})
    diary.receive("b", lane("party:f", "G"), "G", 5)
    diary.ship("b", "F", lane("F", "party:g"), 5)
    diary.produce("b", "F", 5)
    book = diary.book()

    answer = forward_from(book, stock("b", "F"))

    assert certainty(answer, "b", "G") == Certainty.ONE_SIDED
    assert kinds(book) == set()


def test_a_party_and_its_contact_are_one_end() -> None:
    diary = Diary(owners={"contact:1": "party:g"})
    diary.produce("b", "F", 5)
    diary.ship("b", "F", lane("F", "contact:1"), 5)
    diary.receive("b", lane("F", "party:g"), "G", 5)

    shipped = Stock("b", lane("F", "contact:1"))
    assert stock("b", "G") in forward_from(diary.book(), shipped).stocks
    diary.owners.clear()
    assert stock("b", "G") not in forward_from(diary.book(), shipped).stocks


def test_lanes_of_two_strangers_do_not_join() -> None:
    diary = Diary(owners={place("F"): "party:f", place("H"): "party:h"})
    diary.produce("b", "F", 5)
    diary.produce("b", "H", 5)
    diary.ship("b", "F", "?", 5)
    diary.receive("b", lane("party:h", "G"), "G", 5)

    answer = forward_from(diary.book(), stock("b", "F"))

    assert stock("b", "G") not in answer.stocks


def test_two_suppliers_one_batch_one_place() -> None:
    diary = Diary()
    diary.produce("b", "S", 5)
    diary.produce("b", "T", 5)
    diary.send("b", "S", "G", 5)
    diary.send("b", "T", "G", 3)
    diary.transform({("b", "G"): 8}, {("c", "G"): 8})
    book = diary.book()

    assert backward(book, "c").stocks >= {stock("b", "S"), stock("b", "T")}
    assert in_hand(book, "b", "G") == Range()
    assert kinds(book) == {("sent_never_came", "b", lane("T", "G"))} - {
        ("sent_never_came", "b", lane("T", "G"))
    }


def test_the_same_code_of_two_makers_is_two_batches() -> None:
    diary = Diary()
    diary.produce("s/L1", "S", 5)
    diary.produce("t/L1", "T", 5)
    diary.send("s/L1", "S", "G", 5)
    diary.send("t/L1", "T", "G", 5)
    diary.transform({("s/L1", "G"): 5}, {("c", "G"): 5})

    assert backward(diary.book(), "c").batches == {"c", "s/L1"}


# --- returns and goods set apart -------------------------------------------------------------------------


def test_a_partial_return_does_not_mix_back_into_stock() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.send("b", "F", "G", 6)
    diary.ship("b", "G", "F", 2)
    diary.receive("b", "G", "F'", 2)
    diary.transform({("b", "F"): 4}, {("c", "F"): 4})
    book = diary.book()

    answer = forward_from(book, stock("b", "G"))

    assert answer.batches == {"b"}
    assert stock("b", "F'") in answer.stocks
    assert in_hand(book, "b", "F") == exactly(2)
    assert in_hand(book, "b", "G") == exactly(4)


def test_released_goods_are_stock_again() -> None:
    diary = Diary()
    diary.produce("b", "G", 2)
    diary.ship("b", "G", "F", 2)
    diary.receive("b", "G", "F'", 2)
    diary.shift("release", "b", "F'", "F", 2)
    diary.transform({("b", "F"): 2}, {("c", "F"): 2})

    assert forward(diary.book(), "b").batches == {"b", "c"}


def test_a_return_shipped_onward_is_its_own_lane() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.send("b", "F", "M", 4)
    diary.transform({("b", "M"): 4}, {("c", "M"): 4})
    diary.ship("b", "G", "F", 2)
    diary.receive("b", "G", "F'", 2)
    onward = lane("F'", "M")
    diary.ship("b", "F'", onward, 2)
    diary.receive("b", onward, "M'", 2)
    diary.take("destroy", "b", "M'", 2)
    book = diary.book()

    answer = forward_from(book, stock("b", "G"))

    assert stock("b", "M'") in answer.stocks
    assert stock("b", "M") not in answer.stocks
    assert answer.batches == {"b"}


# --- quantities ------------------------------------------------------------------------------------------


def test_overdrawn_is_a_gap_and_no_error() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    diary.take("sell", "b", "F", 12)
    book = diary.book()

    assert [(gap.kind, gap.quantity) for gap in gaps(open_book(book))] == [("overdrawn", Decimal(2))]
    assert in_hand(book, "b", "F") == Range()


def test_an_unknown_quantity_makes_a_range_and_never_overdraws() -> None:
    diary = Diary()
    diary.produce("b", "F", None)
    diary.take("sell", "b", "F", 12)
    diary.produce("c", "F", 12)
    diary.take("sell", "c", "F", None)
    book = diary.book()

    assert kinds(book) == set()
    assert in_hand(book, "b", "F") == Range(Decimal(0), None)
    assert in_hand(book, "c", "F") == Range(Decimal(0), Decimal(12))


def test_a_void_in_the_middle_cuts_a_trace_and_shows() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    made = diary.transform({("a", "F"): 5}, {("b", "F"): 5})
    diary.transform({("b", "F"): 5}, {("c", "F"): 5})
    diary.void(made, "did_not_occur")
    book = diary.book()

    assert forward(book, "a").batches == {"a"}
    assert recall(book, "a").batches == {"a"}
    assert ("used_never_came", "b", place("F")) in kinds(book)


def test_a_transformation_with_wrong_data_still_counts_in_a_recall() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    made = diary.transform({("a", "F"): 5}, {("b", "F"): 5})
    diary.void(made, "incorrect_data")
    alone = diary.book()
    better = diary.transform({("a", "F"): 4}, {("d", "F"): 4})
    diary.voids.clear()
    diary.void(made, "incorrect_data", [better])
    replaced = diary.book()
    diary.void(better, "did_not_occur")
    neither = diary.book()

    assert (forward(alone, "a").batches, recall(alone, "a").possible) == ({"a"}, {"b"})
    assert (recall(replaced, "a").batches, recall(replaced, "a").possible) == ({"a", "d"}, frozenset())
    assert recall(neither, "a").batches == {"a", "b"}


def test_a_void_of_one_record_leaves_the_others_of_its_hub() -> None:
    hub = Hub("mixing", 0)
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.produce("x", "F", 5)
    diary.transform({("a", "F"): 5}, {}, hub)
    wrong = diary.transform({("x", "F"): 5}, {}, hub)
    diary.transform({}, {("b", "F"): 9}, hub)
    diary.void(wrong, "did_not_occur")

    assert backward(diary.book(), "b").batches == {"a", "b"}
