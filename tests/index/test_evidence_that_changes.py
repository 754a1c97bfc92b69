"""What the index concluded from one side alone, it takes back when the other side comes."""

from diaries import Diary, lane, stock
from tracelot.index.engine import Index
from tracelot.rules.books import Book
from tracelot.rules.links import Certainty


def parts(book: Book, late: str) -> tuple[Book, Book]:
    """All but one record, and that one."""
    own = tuple(one for one in book.postings if one.record == late)
    return Book(postings=tuple(one for one in book.postings if one.record != late)), Book(postings=own)


def test_a_late_shipment_takes_the_one_sided_link_back() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    shipped = diary.ship("a", "F", "G", 5)
    diary.receive("a", "F", "G", 5)
    early, late = parts(diary.book(), shipped)
    index = Index.of(early)
    start = [stock("a", "F")]

    before = index.answer("trace", start, "forward").arrivals
    index.take_in(late)
    after = index.answer("trace", start, "forward").arrivals

    assert [one.certainty for one in before] == [Certainty.RECORDED, *[Certainty.ONE_SIDED] * 2]
    assert [one.certainty for one in after] == [Certainty.RECORDED] * 3
    assert {one.stock.place for one in after} == {"facility:F", "facility:G", lane("F", "G")}


def test_a_void_takes_a_line_away_and_what_follows_with_it() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    made = diary.transform({("a", "F"): 5}, {("b", "F"): 5})
    index = Index.of(diary.book())

    diary.void(made, "did_not_occur")
    index.take_in(Book(voids=tuple(diary.voids)))

    for kind in ("trace", "recall"):
        assert index.answer(kind, [stock("a", "F")], "forward").batches == {"a"}
        assert index.stocks_of(kind, ["b"]) == ()


def test_a_line_that_gains_a_posting_leads_there_too() -> None:
    diary = Diary()
    diary.produce("a", "F", 5)
    made = diary.transform({("a", "F"): 5}, {("b", "F"): 3})
    index = Index.of(diary.book())
    hub = diary.postings[-1].hub

    diary.transform({}, {("c", "F"): 2}, hub)
    index.take_in(Book(postings=diary.postings[-1:]))

    assert index.answer("trace", [stock("a", "F")], "forward").batches == {"a", "b", "c"}
    assert made
