"""What sightings, claims and sales without a batch prove, and what they do not."""

from decimal import Decimal

from diaries import Diary, lane, place, stock
from questions import certainty, exactly, forward, forward_from, in_hand, kinds, recall
from tracelot.rules.balancing import Range, hands_of
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.scoping import consignees, recall_map
from tracelot.rules.tracing import follow

# --- sightings, claims, sales without a batch ------------------------------------------------------------


def test_goods_that_were_only_sighted() -> None:
    diary = Diary()
    diary.produce("b", "F", 5)
    diary.sight("b", "H")
    book = diary.book()

    named = consignees(open_book(book), recall(book, "b"), [place("F")])
    only = recall_map(open_book(book))
    assert [(one.end, one.direct) for one in named] == [(place("H"), False)]
    assert certainty(follow(only, [stock("b", "F")], "forward"), "b", "H") == Certainty.POSSIBLE
    assert stock("b", "H") not in forward_from(book, stock("b", "F")).stocks
    assert kinds(book) == {("sighted_only", "b", place("H"))}


def test_a_sighting_where_a_lane_came_is_one_sided() -> None:
    diary = Diary()
    diary.produce("b", "F", 5)
    diary.ship("b", "F", "G", 5)
    diary.sight("b", "G")

    assert certainty(forward(diary.book(), "b"), "b", "G") is not None
    assert certainty(forward_from(diary.book(), stock("b", "F")), "b", "G") == Certainty.ONE_SIDED


def test_a_forged_receipt_debits_nobody() -> None:
    diary = Diary()
    diary.produce("b", "F", 10)
    honest = in_hand(diary.book(), "b", "F")
    diary.receive("b", "F", "X", 1000)
    diary.claim("b", "F", lane("F", "Y"))
    forged = diary.book()

    assert in_hand(forged, "b", "F") == honest == exactly(10)
    assert ("overdrawn", "b", place("F")) not in kinds(forged)
    ends = {one.end for one in consignees(open_book(forged), recall(forged, "b"), [place("F")])}
    assert ends == {place("X"), place("Y")}


def test_a_sale_without_a_batch_makes_ranges_and_possibilities() -> None:
    diary = Diary(products={"a": "P", "b": "P", "q": "Q"})
    for batch in ("a", "b", "q"):
        diary.produce(batch, "F", 10)
    diary.take_any("sell", "P", "F", 3)
    sold = diary.book()
    diary.transform({("product:P", "F"): 1}, {("c", "F"): 1})
    used = diary.book()

    assert in_hand(sold, "a", "F") == Range(Decimal(7), Decimal(10))
    assert in_hand(sold, "q", "F") == exactly(10)
    assert hands_of(open_book(sold)).of_product("P", place("F")) == exactly(17)
    assert forward(used, "a").batches == {"a"}
    assert recall(used, "a").possible == {"product:P", "c"}
    assert recall(used, "q").batches == {"q"}
    assert ("batch_unknown", "product:P", place("F")) in kinds(sold)


def test_goods_shipped_without_a_batch_have_consignees() -> None:
    diary = Diary(products={"a": "P"})
    diary.produce("a", "F", 10)
    diary.send("product:P", "F", "G", 3)
    book = diary.book()

    ends = consignees(open_book(book), recall(book, "a"), [place("F")])

    assert [(one.end, one.direct, one.certainty) for one in ends] == [(place("G"), True, Certainty.POSSIBLE)]


def test_goods_of_a_product_that_never_came_may_be_of_any_batch_of_it() -> None:
    diary = Diary(products={"a": "P", "q": "Q"})
    diary.produce("a", "F", 10)
    diary.produce("q", "F", 10)
    diary.transform({("product:P", "G"): 1}, {("c", "G"): 1})
    none = diary.book()
    diary.send("a", "F", "G", 1)
    enough = diary.book()
    diary.produce("z", "H", 1)
    diary.products["z"] = "P"

    assert recall(none, "a").possible == {"product:P", "c"}
    assert recall(none, "q").batches == {"q"}
    assert recall(diary.book(), "z").batches == {"z"}
    assert recall(enough, "a").possible == {"product:P", "c"}
