"""The ledger of a recall by consignee: postings first, answers where they leave something open, nothing twice."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diaries import Diary, lane, minute, place
from tracelot.rules.accounting import account
from tracelot.rules.balancing import hands_of
from tracelot.rules.ledgers import open_book
from tracelot.rules.recovering import Answer, Answers, Figures, effectiveness

OWN = {place("works")}
SHOPS = ("wholesaler", "supermarket")
OIL = ((60, 45, 15), (40, 33, 7))  # cases sent, returned, sold


def ledger(diary: Diary, answers: Answers | None = None, since: int | None = None) -> Figures:
    hands = hands_of(open_book(diary.book()))
    (one,) = effectiveness(hands, ["b"], OWN, None if since is None else minute(since), answers or {})
    return one


def oil() -> Diary:
    diary = Diary()
    diary.produce("b", "works", 120)
    for shop, (sent, _, _) in zip(SHOPS, OIL, strict=True):
        diary.send("b", "works", shop, sent)
    return diary


def sell_and_return(diary: Diary) -> Diary:
    for shop, (_, back, sold) in zip(SHOPS, OIL, strict=True):
        diary.take("sell", "b", shop, sold)
        diary.ship("b", shop, "works", back)
        diary.receive("b", shop, "works'", back)
    return diary


def entries(found: Figures) -> dict[str, Any]:
    return {one.end: one for one in found.entries}


def test_before_anybody_answers_the_goods_sent_are_missing() -> None:
    found = ledger(oil())

    assert (found.made, found.own, found.accounted, found.missing) == (120, 20, 20, 100)
    assert [(one.shipped, one.unaccounted, one.missing) for one in found.entries] == [
        (40, 40, ("open",)),
        (60, 60, ("open",)),
    ]  # fmt: skip


def test_nobody_spoke_who_recorded_nothing_since_the_recall() -> None:
    diary = oil()

    assert {one.missing for one in ledger(diary, since=diary.clock + 1).entries} == {("silent",)}


def test_the_oil_of_scenario_a_reconciles_from_postings() -> None:
    found = ledger(sell_and_return(oil()))

    assert found.accounted_share == 1
    assert round((found.recovered_share or Decimal(0)) * 100, 2) == Decimal("81.67")
    assert found.recovered_of_shipped == Decimal("0.78")
    shop = entries(found)[place("wholesaler")]
    assert (shop.returned, shop.sold, shop.unaccounted, shop.missing) == (45, 15, 0, ())


def test_the_same_from_answers_alone_is_accounted_for_and_not_yet_recovered() -> None:
    told = {(place(shop), "b"): Answer(returned=Decimal(back), sold=Decimal(sold))
            for shop, (_, back, sold) in zip(SHOPS, OIL, strict=True)}  # fmt: skip
    found = ledger(oil(), told)

    assert found.accounted_share == 1
    assert found.recovered == 20
    assert entries(found)[place("supermarket")].told == {"returned", "sold"}


def test_what_is_both_posted_and_answered_counts_once() -> None:
    told = {(place(shop), "b"): Answer(returned=Decimal(back), sold=Decimal(sold))
            for shop, (_, back, sold) in zip(SHOPS, OIL, strict=True)}  # fmt: skip
    found = ledger(sell_and_return(oil()), told)

    assert (found.accounted, found.recovered) == (120, 98)
    assert {one.told for one in found.entries} == {frozenset()}


def test_goods_said_to_be_on_hand_that_went_back_since_count_once() -> None:
    diary = oil()
    diary.ship("b", "wholesaler", "works", 45)
    diary.receive("b", "wholesaler", "works'", 45)
    found = ledger(diary, {(place("wholesaler"), "b"): Answer(on_hand=Decimal(60))})

    shop = entries(found)[place("wholesaler")]
    assert (shop.returned, shop.on_hand, shop.unaccounted) == (45, 15, 0)


def test_what_is_set_apart_is_part_of_what_is_said_to_be_on_hand() -> None:
    diary = oil()
    diary.shift("set_apart", "b", "wholesaler", "wholesaler'", 50)
    told = {amount: ledger(diary, {(place("wholesaler"), "b"): Answer(on_hand=Decimal(amount))})
            for amount in (50, 55, 40)}  # fmt: skip

    assert {amount: one.accounted for amount, one in told.items()} == {50: 70, 55: 75, 40: 70}
    shops = {amount: entries(one)[place("wholesaler")] for amount, one in told.items()}
    assert [(one.sealed, one.on_hand, one.unaccounted) for one in shops.values()] == [
        (50, 0, 10), (50, 5, 5), (50, 0, 10),
    ]  # fmt: skip
    assert [one.missing for one in shops.values()] == [("open",), ("open",), ("open", "differs")]


def test_who_counted_its_stock_and_set_some_apart_answers_with_both_together() -> None:
    diary = oil()
    diary.shift("set_apart", "b", "wholesaler", "wholesaler'", 20)
    diary.sight("b", "wholesaler", "count")
    found = ledger(diary, {(place("wholesaler"), "b"): Answer(on_hand=Decimal(60))})

    shop = entries(found)[place("wholesaler")]
    assert (shop.on_hand, shop.sealed, shop.missing) == (40, 20, ())


def test_what_came_back_from_nobody_knows_whom_is_not_counted_beside_the_answer() -> None:
    diary = oil()
    diary.receive("b", "?", "works'", 30)
    found = ledger(diary, {(place("wholesaler"), "b"): Answer(returned=Decimal(30))})

    assert found.own == 50
    assert found.accounted == 50


def test_an_answer_that_is_more_than_came_or_differs_from_the_books_is_told() -> None:
    diary = sell_and_return(oil())
    told = {
        (place("wholesaler"), "b"): Answer(sold=Decimal(70)),
        (place("supermarket"), "b"): Answer(sold=Decimal(8)),
        (place("stranger"), "b"): Answer(on_hand=Decimal(5)),
    }
    found = entries(ledger(diary, told))

    assert found[place("wholesaler")].missing == ("excess", "differs")
    assert found[place("supermarket")].missing == ("differs",)
    assert found[place("stranger")].missing == ("excess",)
    assert found[place("stranger")].on_hand == 0


def test_a_stock_is_confirmed_by_a_count_a_seal_or_by_being_set_apart_since_the_recall() -> None:
    diary = oil()
    diary.sight("b", "wholesaler", "count")
    before = diary.clock
    diary.clock += 1
    diary.shift("set_apart", "b", "supermarket", "supermarket'", 30)
    found = entries(ledger(diary, since=before + 1))

    assert (found[place("wholesaler")].on_hand, found[place("wholesaler")].unaccounted) == (0, 60)
    assert (found[place("supermarket")].sealed, found[place("supermarket")].unaccounted) == (30, 10)
    assert entries(ledger(diary, since=before))[place("wholesaler")].on_hand == 60


def test_goods_on_the_way_are_missing_until_they_come() -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.ship("b", "works", "shop", 6)
    found = ledger(diary)

    assert (found.way, found.accounted) == (6, 4)
    assert entries(found)[place("shop")].missing == ("on_the_way",)


def test_goods_in_units_and_goods_passed_on_are_followed() -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.shift("pack", "b", "works", "u:1", 10)
    diary.drive("u:1", "works", "shop")
    diary.shift("unpack", "b", "u:1", "shop", 4)
    diary.drive("u:1", "shop", "kiosk")
    diary.shift("unpack", "b", "u:1", "kiosk", 6)
    diary.take("destroy", "b", "kiosk", 6)
    found = ledger(diary)

    shop, kiosk = (entries(found)[place(one)] for one in ("shop", "kiosk"))
    assert (shop.direct, shop.shipped, shop.passed_on, shop.unaccounted) == (True, 10, 6, 4)
    assert (kiosk.direct, kiosk.came, kiosk.destroyed, kiosk.unaccounted) == (False, 6, 6, 0)
    assert (found.made, found.recovered, found.accounted) == (10, 6, 6)


@pytest.mark.parametrize("late", [0, 1, 50])
def test_what_was_in_a_unit_when_it_left_hangs_on_no_two_clocks(late: int) -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.shift("pack", "b", "works", "u:1", 10)
    for source, target, unpacked in (("works", "shop", 4), ("shop", "kiosk", 6)):
        on_way = lane(source, target)
        diary.move("u:1", source, on_way, at=diary.clock + late)  # by the clock of whoever sent it
        diary.move("u:1", on_way, target)
        diary.shift("unpack", "b", "u:1", target, unpacked)
    found = entries(ledger(diary))

    shop, kiosk = (found[place(one)] for one in ("shop", "kiosk"))
    assert (shop.shipped, shop.passed_on, kiosk.came) == (10, 6, 6)


def test_a_pallet_carries_what_is_on_it_when_it_leaves_and_no_more() -> None:
    diary = Diary()
    diary.produce("b", "works", 100)
    diary.shift("pack", "b", "works", "u:1", 40)
    diary.shift("unpack", "b", "u:1", "works", 10)
    diary.drive("u:1", "works", "shop")
    diary.shift("unpack", "b", "u:1", "shop", 12)
    diary.drive("u:1", "shop", "works")
    found = ledger(diary)

    assert (found.shipped, found.came_back, found.own) == (30, 18, 88)
    shop = entries(found)[place("shop")]
    assert (shop.shipped, shop.returned, shop.unaccounted) == (30, 18, 12)


def test_what_a_customer_sells_off_its_pallet_is_its_own_and_counts_once() -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.shift("pack", "b", "works", "u:1", 10)
    diary.drive("u:1", "works", "shop")
    diary.take("sell", "b", "u:1", 6)
    found = ledger(diary, {(place("shop"), "b"): Answer(sold=Decimal(10))})

    assert (found.made, found.accounted, found.own_ended) == (10, 6, {})
    assert [(one.end, one.sold, one.missing) for one in found.entries] == [
        (place("shop"), 6, ("open", "differs"))
    ]


def test_an_unknown_quantity_makes_no_share() -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.send("b", "works", "shop")
    found = ledger(diary)

    assert found.accounted_share is None
    assert entries(found)[place("shop")].missing == ("unknown",)


def test_a_party_answers_once_whether_as_itself_or_as_a_contact() -> None:
    diary = Diary()
    diary.owners = {place("shop"): "party:S", "contact:7": "party:S"}
    diary.produce("b", "works", 10)
    diary.send("b", "works", "shop", 10)
    told = {("contact:7", "b"): Answer(sold=Decimal(9)), ("party:S", "b"): Answer(sold=Decimal(4))}
    found = ledger(diary, told)

    assert [(one.end, one.sold) for one in found.entries] == [("party:S", 4)]


@pytest.mark.parametrize(("counted", "closes"), [(996, True), (995, True), (994, False)])
def test_a_ledger_closes_within_the_tolerance(counted: int, closes: bool) -> None:
    diary = Diary()
    diary.produce("b", "works", 1000)
    diary.send("b", "works", "shop", 1000)
    diary.take("sell", "b", "shop", counted)
    assert ledger(diary).closes() == closes


# --- an oracle that moves every single item -------------------------------------------------------------------

FIELDS = ("returned", "destroyed", "sold", "on_hand")
STEPS = st.tuples(
    st.sampled_from(["send", "sell", "destroy", "return", "pass", "apart", "sample", "way"]),
    st.sampled_from("GHK"), st.sampled_from("GHK"), st.integers(1, 9),
)  # fmt: skip
SAID = st.dictionaries(
    st.sampled_from("GHK"),
    st.dictionaries(st.sampled_from(FIELDS), st.integers(0, 12)),
)


class Items:
    """Each item of a batch of so many: where it is, or what became of it and by whom it was last held."""

    def __init__(self, count: int) -> None:
        self.where = ["works"] * count
        self.held: list[set[str]] = [set() for _ in range(count)]

    def move(self, source: str, target: str, most: int) -> int:
        chosen = [number for number, at in enumerate(self.where) if at == source][:most]
        for number in chosen:
            self.where[number] = target
        return len(chosen)


def played(count: int, steps: list[tuple[str, str, str, int]], counted: set[str]) -> tuple[Diary, Items]:
    """The same story twice: as a diary of postings, and item by item."""
    diary, items = Diary(), Items(count)
    diary.produce("b", "works", count)
    for act, shop, other, amount in steps:
        if act == "send" and (moved := items.move("works", shop, amount)):
            diary.send("b", "works", shop, moved)
        elif act == "way" and (moved := items.move("works", f"to {shop}", amount)):
            diary.ship("b", "works", shop, moved)
        elif act == "return" and (moved := items.move(shop, f"returned by {shop}", amount)):
            diary.ship("b", shop, "works", moved)
            diary.receive("b", shop, "works'", moved)
        elif act == "pass" and shop != other and (moved := items.move(shop, other, amount)):
            diary.send("b", shop, other, moved)
        elif act == "apart" and (moved := items.move(shop, f"apart at {shop}", amount)):
            diary.shift("set_apart", "b", shop, f"{shop}'", moved)
        elif act in ("sell", "destroy", "sample") and (moved := items.move(shop, f"{act} by {shop}", amount)):
            diary.take(act, "b", shop, moved)
    for shop in sorted(counted):
        if shop in items.where:
            diary.sight("b", shop, "count")
            items.move(shop, f"counted at {shop}", count)
    return diary, items


POSTED = {"returned": "returned by", "destroyed": "destroy by", "sold": "sell by", "on_hand": "counted at"}


@given(st.integers(1, 40), st.lists(STEPS, max_size=14), st.sets(st.sampled_from("GHK")), SAID)
def test_no_item_counts_twice_and_none_that_is_told_of_is_left_out(
    count: int, steps: list[tuple[str, str, str, int]], counted: set[str], said: dict[str, dict[str, int]]
) -> None:
    diary, items = played(count, steps, counted)
    told: Answers = {
        (place(shop), "b"): Answer(**{name: Decimal(amount) for name, amount in one.items()})
        for shop, one in said.items()
    }
    found = ledger(diary, told)

    for shop, one in said.items():
        for name in FIELDS:
            if f"{POSTED[name]} {shop}" not in items.where:
                # Items of which nobody knows more than that they were sent to this shop.
                part = items.where.count(f"apart at {shop}") if name == "on_hand" else 0
                for source in (shop, f"to {shop}"):
                    left = one.get(name, 0) - part - items.where.count(f"{name} said by {shop}")
                    items.move(source, f"{name} said by {shop}", max(0, left))
    known = [at for at in items.where if at not in "GHK" and not at.startswith("to ")]
    assert found.accounted == len(known)
    assert found.recovered == sum(at == "works" or at.startswith(("returned by", "destroy by", "destroyed said"))
                                  for at in known)  # fmt: skip
    for shop, one in entries(found).items():
        name = shop.removeprefix("facility:")
        assert one.unaccounted == sum(at in (name, f"to {name}") for at in items.where)


@given(st.integers(1, 40), st.lists(STEPS, max_size=14), st.sets(st.sampled_from("GHK")))
def test_without_answers_the_ledger_says_what_the_account_of_the_batch_says(
    count: int, steps: list[tuple[str, str, str, int]], counted: set[str]
) -> None:
    steps = [step for step in steps if step[0] != "apart"]
    diary, _ = played(count, steps, counted)
    found, whole = ledger(diary), account(hands_of(open_book(diary.book())), "b", OWN)

    assert (found.made, found.shipped, found.accounted, found.recovered) == (
        whole.total, whole.shipped, whole.accounted, whole.recovered,
    )  # fmt: skip
