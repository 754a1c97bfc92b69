"""Pallets and cases: places that move, wherever and in whatever order that is told."""

from decimal import Decimal

from diaries import Diary, lane, place, stock
from questions import certainty, exactly, forward, forward_from, in_hand, kinds, recall
from tracelot.rules.balancing import Range, hands_of
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.scoping import consignees
from tracelot.rules.starting import of_event, of_units
from tracelot.rules.tracing import follow, trace_map


def test_units_are_where_their_moves_leave_them_by_any_clock() -> None:
    diary = Diary()
    diary.produce("b", "F", 5)
    diary.shift("pack", "b", "F", "u:1", 5)
    diary.move("u:1", "F", lane("F", "G"), at=900)
    diary.move("u:1", lane("F", "G"), "G", at=7)
    book = diary.book()

    assert in_hand(book, "b", "F") == Range()
    assert in_hand(book, "b", "G") == exactly(5)
    assert (
        certainty(
            follow(trace_map(open_book(book)), of_units(open_book(book), ["unit:1"]), "backward"), "b", "F"
        )
        == 0
    )


def packed_pallet() -> Diary:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.produce("b", "F", 5)
    diary.shift("pack", "a", "F", "u:1", 5)
    diary.shift("pack", "b", "F", "u:1", 5)
    diary.drive("u:1", "F", "G")
    return diary


def test_a_half_opened_pallet_moves_on_with_the_rest() -> None:
    diary = packed_pallet()
    diary.shift("unpack", "a", "u:1", "G", 2)
    diary.drive("u:1", "G", "H")
    book = diary.book()

    assert in_hand(book, "a", "G") == exactly(2)
    assert in_hand(book, "a", "H") == exactly(3)
    assert in_hand(book, "b", "H") == exactly(5)
    assert forward(book, "a").batches == {"a"}
    assert [
        (one.end, one.direct) for one in consignees(open_book(book), recall(book, "b"), [place("F")])
    ] == [
        (place("G"), True),
        (place("H"), False),
    ]


def test_a_pallet_that_was_shipped_before_its_contents_were_told() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.drive("u:1", "F", "G")
    empty = diary.book()
    diary.shift("pack", "a", "F", "u:1", 5)
    told = diary.book()

    assert kinds(empty) == {("unknown_contents", "", "unit:1")}
    assert kinds(told) == set()
    assert in_hand(told, "a", "G") == exactly(5)
    assert [one.end for one in consignees(open_book(told), recall(told, "a"), [place("F")])] == [place("G")]


def test_a_nested_unit_goes_where_the_outer_one_goes() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.shift("pack", "a", "F", "u:case", 5)
    diary.move("u:case", "F", "u:pallet")
    diary.drive("u:pallet", "F", "G")
    away = diary.book()
    diary.move("u:case", "u:pallet", "G")
    diary.drive("u:pallet", "G", "H")
    apart = diary.book()

    assert in_hand(away, "a", "G") == exactly(5)
    assert in_hand(apart, "a", "G") == exactly(5)
    assert in_hand(apart, "a", "H") == Range()
    assert of_units(open_book(away), ["unit:pallet"]) == (stock("a", "u:case"),)
    assert kinds(apart) == set()


def test_units_that_hold_each_other_do_not_hang() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.shift("pack", "a", "F", "u:1", 5)
    diary.move("u:1", "F", "u:2")
    diary.move("u:2", "F", "u:1")
    book = diary.book()

    assert forward(book, "a").batches == {"a"}
    assert hands_of(open_book(book)).at("a", place("F")).least == 0


def test_each_filling_of_a_carrier_is_a_unit_of_its_own() -> None:
    diary = Diary()
    for filling, batch, target in (("u:crate-1", "a", "G"), ("u:crate-2", "b", "H")):
        diary.produce(batch, "F", 5)
        diary.shift("pack", batch, "F", filling, 5)
        diary.drive(filling, "F", target)
    book = diary.book()

    assert [one.end for one in consignees(open_book(book), recall(book, "a"), [place("F")])] == [place("G")]


def test_a_pallet_used_without_unpacking() -> None:
    diary = packed_pallet()
    diary.transform({("a", "G"): 5}, {("c", "G"): 5})
    book = diary.book()

    answer = forward_from(book, stock("a", "F"))

    assert certainty(answer, "c", "G") == Certainty.ONE_SIDED
    assert ("used_never_came", "a", place("G")) in kinds(book)


def test_a_pallet_emptied_without_saying_of_what() -> None:
    diary = packed_pallet()
    diary.move("u:inner", "F", "u:1")
    diary.empty("u:1", "G")
    diary.drive("u:1", "G", "H")
    early = diary.book()
    diary.produce("late", "F", 1)
    diary.shift("pack", "late", "F", "u:inner", 1)

    assert in_hand(early, "a", "G") == exactly(5)
    assert in_hand(early, "a", "H") == Range()
    assert in_hand(diary.book(), "late", "G") == exactly(1)


def test_a_unit_whose_arrival_was_not_told_is_on_its_way() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.shift("pack", "a", "F", "u:1", 5)
    diary.move("u:1", "F", lane("F", "?"))
    away = diary.book()
    diary.move("u:1", lane("?", "G"), "G")

    assert in_hand(away, "a", "F") == Range()
    assert in_hand(diary.book(), "a", "G") == exactly(5)


def test_a_unit_that_may_be_in_two_places_makes_ranges() -> None:
    diary = packed_pallet()
    diary.move("u:1", lane("S", "H"), "H")

    assert in_hand(diary.book(), "a", "G") == Range(Decimal(0), Decimal(5))
    assert in_hand(diary.book(), "a", "H") == Range(Decimal(0), Decimal(5))


def test_a_shipment_of_a_pallet_starts_from_its_contents() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    diary.shift("pack", "a", "F", "u:1", 5)
    shipped, _ = diary.drive("u:1", "F", "G")

    assert of_event(open_book(diary.book()), [shipped]) == (stock("a", "u:1"),)
