"""Search terms: whatever text a record is kept under, its pieces find it."""

from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.searching import MAX_TERM, query_terms, terms

chinese = st.text(alphabet="花生油正阳县黄曲霉毒素召回", min_size=1, max_size=12)


def test_two_characters_find_the_word_that_holds_them() -> None:
    assert set(query_terms("花生")) <= terms("正阳花生油有限公司")
    assert not set(query_terms("生花")) <= terms("正阳花生油有限公司")


def test_one_character_finds_it_too() -> None:
    assert set(query_terms("油")) <= terms("花生油")


@given(chinese, st.data())
def test_every_part_of_a_chinese_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))

    assert set(query_terms(text[start:end])) <= terms(text)


@given(st.text(max_size=60))
def test_every_text_finds_itself(text: str) -> None:
    assert set(query_terms(text)) <= terms(text)


@given(st.text(max_size=200))
def test_a_query_asks_for_at_most_twelve_different_terms(text: str) -> None:
    asked = query_terms(text)

    assert len(asked) == len(set(asked)) <= 12
    assert all(len(term) <= MAX_TERM for term in asked)


def test_full_width_and_capital_letters_are_the_same_word() -> None:
    assert query_terms("ＡＦＬＡ") == query_terms("afla") == ["afla"]


def test_no_text_has_no_terms() -> None:
    assert terms(None, "", " …!") == set()
