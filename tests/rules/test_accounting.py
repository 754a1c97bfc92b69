"""What was made, shipped, recovered and accounted for: a recall of peanuts that reconciles to the unit."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diaries import Diary, place
from questions import backward, exactly, forward, in_hand, kinds, recall
from tracelot.rules.accounting import Account, account, share
from tracelot.rules.balancing import Range, hands_of, mass_balance
from tracelot.rules.books import Hub
from tracelot.rules.ledgers import open_book
from tracelot.rules.scoping import consignees

OWN = {place("works")}
CASE = 4 * Decimal("4.58")  # four bottles of oil, in kg
CARTON = Decimal(10)  # twenty packs of roasted peanuts, in kg
FARMS = {"farm1": 5000, "farm2": 4000, "farm3": 3000}


def peanuts() -> tuple[Diary, dict[str, str]]:
    """From three farms to oil and roasted peanuts in stock; and the records of the lines that made them."""
    diary = Diary()
    for farm, amount in FARMS.items():
        diary.produce(farm, f"field-{farm}", amount)
        diary.send(farm, f"field-{farm}", "works", amount)
    lines = {
        "shelling": diary.transform(
            {(farm, "works"): amount for farm, amount in FARMS.items()},
            {("kernels", "works"): 8520, ("shells", "works"): 3300},
        ),
        "pressing": diary.transform(
            {("kernels", "works"): 5000}, {("crude", "works"): 2200, ("cake", "works"): 2750}
        ),
        "roasting": diary.transform({("kernels", "works"): 3500}, {("roasted", "works"): 3325}),
    }
    diary.lose_in(lines["shelling"], 180)
    diary.lose_in(lines["pressing"], 50)
    diary.lose_in(lines["roasting"], 175)
    diary.take("sample", "crude", "works", "1.6")
    diary.transform({("crude", "works"): "2198.4"}, {("oil", "works"): 480 * Decimal("4.58")})
    diary.take("sample", "roasted", "works", 5)
    diary.transform({("roasted", "works"): 3320}, {("packs", "works"): 6640 * Decimal("0.5")})
    return diary, lines


def shipped() -> Diary:
    diary, _ = peanuts()
    for target, cases in (("wholesaler", 60), ("supermarket", 40)):
        diary.send("oil", "works", target, cases * CASE)
    for target, cartons in (("wholesaler", 150), ("supermarket", 100), ("schools", 40)):
        diary.send("packs", "works", target, cartons * CARTON)
    return diary


def answered() -> Diary:
    diary = shipped()
    for target, back, sold in (("wholesaler", 45, 15), ("supermarket", 33, 7)):
        diary.ship("oil", target, "works", back * CASE)
        diary.receive("oil", target, "works'", back * CASE)
        diary.take("sell", "oil", target, sold * CASE)
    return diary


def account_of(diary: Diary, batch: str) -> Account:
    return account(hands_of(open_book(diary.book())), batch, OWN)


@pytest.mark.parametrize(
    ("line", "yields"),
    [
        ("shelling", {"kernels": "0.71", "shells": "0.275"}),
        ("pressing", {"crude": "0.44", "cake": "0.55"}),
        ("roasting", {"roasted": "0.95"}),
    ],
)
def test_a_line_balances_with_its_yields_and_its_declared_loss(line: str, yields: dict[str, str]) -> None:
    diary, lines = peanuts()

    (balance,) = mass_balance(open_book(diary.book()), Hub(lines[line], 1))

    assert balance.unexplained == 0
    assert dict(balance.yields) == {batch: Decimal(part) for batch, part in yields.items()}


def test_what_a_line_does_not_declare_is_unexplained() -> None:
    diary = Diary()
    diary.produce("a", "F", 10)
    known = diary.transform({("a", "F"): 10}, {("b", "F"): 8})
    unknown = diary.transform({("b", "F"): None}, {("c", "F"): 8})
    ledger = open_book(diary.book())

    assert [one.unexplained for one in mass_balance(ledger, Hub(known, 1))] == [2]
    assert [one.unexplained for one in mass_balance(ledger, Hub(unknown, 1))] == [None]


def test_the_stock_of_the_works_reconciles() -> None:
    book = shipped().book()

    assert in_hand(book, "kernels", "works") == exactly(20)
    assert in_hand(book, "oil", "works") == exactly(20 * CASE)
    assert in_hand(book, "packs", "works") == exactly(42 * CARTON)
    assert {in_hand(book, batch, "works") for batch in (*FARMS, "crude", "roasted")} == {Range()}
    assert kinds(book) == set()
    holders = hands_of(open_book(book)).facilities("packs")
    assert holders == tuple(place(one) for one in ("schools", "supermarket", "wholesaler", "works"))


def test_the_trace_leads_to_the_farm_and_to_both_products() -> None:
    book = shipped().book()

    assert "farm2" in backward(book, "packs").batches
    made = {one.batch: one.quantity for one in forward(book, "farm2").reached if one.batch != "farm2"}
    assert made["kernels"] == 8520
    assert {"oil", "packs"} <= made.keys()
    assert {one.batch: one.quantity for one in backward(book, "packs").reached}["farm2"] == 4000


def test_the_recall_names_three_direct_consignees_and_what_they_got() -> None:
    diary = shipped()
    book = diary.book()
    answer = recall(book, "oil", "packs")

    named = consignees(open_book(book), answer, OWN)

    assert [one.end for one in named if one.direct] == [
        place(one) for one in ("schools", "supermarket", "wholesaler")
    ]
    assert len(named) == 3
    assert account_of(diary, "oil").shipped == 100 * CASE
    assert account_of(diary, "packs").shipped == 290 * CARTON


def test_before_anybody_answers_only_the_own_stock_is_accounted_for() -> None:
    state = account_of(shipped(), "oil")

    assert Fraction(share(state.accounted, state.total) or 0) == pytest.approx(20 / 120)
    assert state.came_back == 0


def test_all_the_oil_is_accounted_for_in_the_end() -> None:
    state = account_of(answered(), "oil")

    assert (state.total, state.ended) == (120 * CASE, {"sell": 22 * CASE})
    assert share(state.accounted, state.total) == 1
    assert f"{share(state.recovered, state.total):.4f}" == "0.8167"
    assert share(state.came_back, state.shipped) == Decimal("0.78")


def test_destroying_returned_goods_changes_no_sum() -> None:
    diary = answered()
    diary.take("destroy", "oil", "works'", 78 * CASE)
    state = account_of(diary, "oil")

    assert (state.returned, share(state.accounted, state.total)) == (0, 1)
    assert f"{share(state.recovered, state.total):.4f}" == "0.8167"


def test_a_consignee_s_stock_counts_once_it_is_counted_or_sealed() -> None:
    diary = shipped()
    diary.sight("packs", "schools", "count")
    diary.sight("packs", "wholesaler", "seal")
    diary.sight("packs", "supermarket", "inspect")
    diary.take("count", "packs", "supermarket", 1)

    state = account_of(diary, "packs")

    assert state.confirmed == (40 + 150 + 100) * CARTON - 1
    assert share(state.accounted, state.total) == 1


def test_what_a_count_finds_was_not_produced() -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.line("count", {}, dict.fromkeys([next(iter(diary.postings)).stock], 2))
    state = account_of(diary, "b")

    assert (state.produced, state.found, state.accounted) == (10, 2, 12)


def test_produced_is_net_for_each_line() -> None:
    diary = Diary()
    diary.produce("b", "works", 10)
    diary.transform({("b", "works"): 10}, {("b", "works"): 9})
    diary.produce("x", "works", 3)
    diary.transform({("x", "works"): 3, ("b", "works"): 4}, {("b", "works"): 7})
    state = account_of(diary, "b")

    assert (state.produced, state.ended, state.stock) == (13, {"transform": 1}, 12)
    assert share(state.accounted, state.total) == 1


def test_goods_from_outside_are_introduced() -> None:
    diary = Diary()
    diary.receive("b", "S", "works", 10)
    state = account_of(diary, "b")

    assert (state.produced, state.introduced, state.total, state.accounted) == (0, 10, 10, 10)


def test_an_unknown_quantity_makes_no_share() -> None:
    diary = Diary()
    diary.produce("b", "works", None)
    diary.send("b", "works", "G", 3)
    state = account_of(diary, "b")

    assert share(state.accounted, state.total) is None


@given(st.lists(st.tuples(st.sampled_from("GHK"), st.integers(1, 50), st.booleans()), min_size=1))
def test_nothing_is_fully_accounted_for_before_replies(sent: list[tuple[str, int, bool]]) -> None:
    diary = Diary()
    diary.produce("b", "works", sum(amount for _, amount, _ in sent) + 7)
    for target, amount, received in sent:
        diary.ship("b", "works", target, amount)
        if received:
            diary.receive("b", "works", target, amount)
    state = account_of(diary, "b")

    assert state.accounted == 7
    assert (share(state.accounted, state.total) or 0) < 1
