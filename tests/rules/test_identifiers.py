"""GS1 keys, batch codes, links, short codes and licence numbers."""

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tracelot.rules.identifiers import (
    batch_code,
    batch_key,
    digital_link,
    gln,
    gs1_check_digit,
    gtin14,
    qr_text,
    read_canonical_path,
    read_short_code,
    short_code,
    sscc,
    suggest_batch_code,
    unescaped,
)
from tracelot.rules.licences import jy_licence, sc_licence, uscc, uscc_warnings
from tracelot.rules.refusals import Unfit

GTIN = "09520001000010"
CSET_82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

batch_codes = st.text(CSET_82, min_size=1, max_size=20).filter(lambda code: code not in (".", ".."))
gtins = (
    st.sampled_from([7, 11, 12, 13])
    .flatmap(lambda size: st.text(string.digits, min_size=size, max_size=size))
    .filter(lambda digits: digits.strip("0"))
    .map(lambda digits: digits + gs1_check_digit(digits))
)
seeds = st.binary(min_size=8, max_size=32)


def wide(text):
    """The full-width form, as a Chinese keyboard types it."""
    return "".join(each if each == " " else chr(ord(each) + 0xFEE0) for each in text)


def refused(kind, act, text):
    with pytest.raises(Unfit) as caught:
        act(text)
    assert caught.value.kind == kind
    return caught.value


def slipped(text, place, other):
    assume(text[place] != other)
    return text[:place] + other + text[place + 1 :]


def test_there_are_82_characters_and_each_makes_a_batch_code():
    assert len(set(CSET_82)) == 82
    assert all(batch_code(f"A{character}") == f"A{character}" for character in CSET_82)


@pytest.mark.parametrize(
    "text", ["9520001000010", "9520001000027", "19520001000017", "95200002", "952000100001"]
)
def test_a_good_gtin_becomes_14_digits(text):
    good = text if len(text) > 12 else text[:-1] + gs1_check_digit(text[:-1])

    assert gtin14(good) == good.zfill(14)


def test_keys_of_places_and_pallets_have_check_digits_too():
    assert gln("9520001001017") == "9520001001017"
    assert sscc("095200010000000010") == "095200010000000010"
    refused("bad-check-digit", gln, "9520001001018")
    refused("bad-check-digit", sscc, "095200010000000011")
    refused("bad-gln", gln, "952000100101")
    refused("bad-sscc", sscc, "95200010000000010")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "952000100001",
        " 9520001000010",
        "9520001000010\n",
        wide("9520001000010"),
        "٩٥٢٠٠٠١٠٠٠٠١٠",
        "0" * 13,
    ],
)
def test_what_is_not_ascii_digits_of_a_known_length_is_no_gtin(text):
    with pytest.raises(Unfit):
        gtin14(text)


def test_only_digits_have_a_check_digit():
    refused("bad-digits", gs1_check_digit, wide("9520"))
    refused("bad-digits", gs1_check_digit, "")


@given(gtins, st.data())
def test_any_one_wrong_digit_of_a_gtin_is_caught(gtin, data):
    place = data.draw(st.integers(0, len(gtin) - 1))
    wrong = slipped(gtin, place, data.draw(st.sampled_from(string.digits)))

    with pytest.raises(Unfit):
        gtin14(wrong)


@given(batch_codes)
def test_a_batch_code_is_kept_as_it_is(code):
    assert batch_code(code) == code


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "at least one"),
        (".", "dots"),
        ("..", "dots"),
        ("A B", "Latin letters"),
        ("甲", "Latin letters"),
        ("AB\n", "Latin letters"),
        ("A" + wide("1"), "Latin letters"),
        ("A#", "Latin letters"),
        ("A" * 21, "at most 20"),
    ],
)
def test_a_refused_batch_code_says_what_is_wrong(text, says):
    refusal = refused("bad-batch-code", batch_code, text)

    assert says in refusal.reason


@given(st.text(max_size=60))
@example("..")
@example("....")
@example("\ud800")
@example("ﷺ" * 30)
def test_a_suggestion_is_always_a_valid_code_and_always_the_same(text):
    suggestion = suggest_batch_code(text)

    assert batch_code(suggestion) == suggestion == suggest_batch_code(text)


@given(batch_codes)
def test_a_valid_code_is_its_own_suggestion(code):
    assert suggest_batch_code(code) == code


def test_a_suggestion_is_readable_and_tells_shifts_apart():
    second, first = suggest_batch_code("2026-09-15 乙班"), suggest_batch_code("2026-09-15 甲班")

    assert second.startswith("2026-09-15-")
    assert second != first
    assert suggest_batch_code(wide("2026-09 A")) == "2026-09-A"
    assert refused("bad-batch-code", batch_code, "2026-09-15 乙班").facts == {"suggestion": second}


def test_printed_texts_rarely_collide():
    texts = [
        f"2026年{month}月{day}日 {shift}班"
        for month in range(1, 13)
        for day in range(1, 29)
        for shift in "甲乙丙"
    ]

    assert len({suggest_batch_code(text) for text in texts}) == len(texts)


def test_the_key_of_a_batch_names_product_and_code():
    assert batch_key(GTIN, "A/1") == "01/09520001000010/10/A/1"


@given(gtins, batch_codes)
@example("9520001000010", "a/B.c-%2F")
@example("9520001000010", "%")
@example("9520001000010", "A+B?C&D")
def test_a_link_reads_back_as_its_batch(gtin, code):
    link = digital_link("https://trace.example", gtin, code)

    assert read_canonical_path(link.removeprefix("https://trace.example").encode()) == (gtin.zfill(14), code)


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/01/09520001000010",
        b"/01/09520001000011/10/A",
        b"/01/00000000000000/10/A",
        b"/01/0952000100001/10/A",
        b"/01/09520001000010/10/",
        b"/01/09520001000010/10/A/",
        b"/01/09520001000010/10/A/21/1",
        b"/01/09520001000010/10/.",
        b"/01/09520001000010/10/%2e%2E",
        b"/01/09520001000010/10/A%2",
        b"/01/09520001000010/10/%zz",
        b"/01/09520001000010/10/A%20B",
        b"/01/09520001000010/10/A%00",
        b"/01/09520001000010/10/A\n",
        b"/01/09520001000010/10/" + b"A" * 21,
        b"/01/09520001000010/10/%E4%B9%99",
        "/01/09520001000010/10/乙".encode(),
        b"/x/01/09520001000010/10/A",
        b"/01/09520001000010/10/A?x=1",
    ],
)
def test_a_path_that_is_not_exactly_a_batch_is_not_read(path):
    assert read_canonical_path(path) is None


def test_a_path_is_decoded_once():
    assert read_canonical_path(b"/01/9520001000010/10/A%252FB") == (GTIN, "A%2FB")
    assert read_canonical_path(b"/01/9520001000010/10/A%2FB") == (GTIN, "A/B")


def test_a_broken_escape_is_refused():
    assert unescaped("A%2FB") == "A/B"
    refused("bad-escape", unescaped, "A%2")


def test_capitals_are_used_where_they_save_room_and_change_nothing():
    assert qr_text("https://trace.example/01/1/10/A-1") == "HTTPS://TRACE.EXAMPLE/01/1/10/A-1"
    assert qr_text("https://trace.example/01/1/10/a-1") == "https://trace.example/01/1/10/a-1"
    assert qr_text("https://trace.example/stem/01/1/10/A") == "https://trace.example/stem/01/1/10/A"
    assert qr_text("https://trace.example/01/1/10/A%2FB") == "HTTPS://TRACE.EXAMPLE/01/1/10/A%2FB"


@given(seeds)
def test_a_short_code_reads_back_however_it_is_typed(seed):
    code = short_code(seed)
    typed = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower().replace("0", "o").replace("1", "l")

    assert len(code) == 11
    assert read_short_code(typed) == read_short_code(code.replace("1", "I")) == code


@given(seeds, st.integers(0, 10), st.sampled_from(CROCKFORD))
def test_any_one_wrong_character_of_a_short_code_is_caught(seed, place, other):
    refused("bad-check-digit", read_short_code, slipped(short_code(seed), place, other))


@given(seeds, st.integers(0, 10), st.integers(0, 10))
def test_any_two_swapped_characters_of_a_short_code_are_caught(seed, one, two):
    characters = list(short_code(seed))
    assume(characters[one] != characters[two])
    characters[one], characters[two] = characters[two], characters[one]

    refused("bad-check-digit", read_short_code, "".join(characters))


@pytest.mark.parametrize("text", ["", "ABC", "U" * 11, "0" * 12, "\u017f" * 11, wide("0" * 11)])
def test_other_text_is_no_short_code(text):
    refused("bad-short-code", read_short_code, text)


def test_a_guessable_seed_makes_no_short_code():
    with pytest.raises(ValueError, match="at least 8 bytes"):
        short_code(b"1")


@pytest.mark.parametrize(
    "code", ["91411723MA9FAKE21A", "91411724MA9FAKE3XG", "N2411724MF0FAKE156", "91110000600037341L"]
)
def test_a_good_credit_code_is_taken(code):
    assert uscc(f" {code.lower()}\n") == code
    assert uscc_warnings(code) == []


@given(
    st.sampled_from(["91411723MA9FAKE21A", "N2411724MF0FAKE156"]),
    st.integers(0, 17),
    st.sampled_from(USCC_ALPHABET),
)
def test_any_one_wrong_character_of_a_credit_code_is_caught(code, place, other):
    with pytest.raises(Unfit):
        uscc(slipped(code, place, other))


@pytest.mark.parametrize(
    "text",
    ["", "91411723MA9FAKE21", wide("91411723") + "MA9FAKE21A", "91411723MA9FAKEI1A", "01411723MA9FAKE21A"],
)
def test_text_of_another_form_is_no_credit_code(text):
    refused("bad-uscc", uscc, text)


def test_an_odd_credit_code_only_warns():
    body = "91991723MA9FAKE22"
    code = next(body + last for last in USCC_ALPHABET if is_taken(body + last))

    assert len(uscc_warnings(code)) == 2


def is_taken(code):
    try:
        uscc(code)
    except Unfit:
        return False
    return True


SC_LICENCES = [
    "SC10241172390019",
    "SC11841172490014",
    "SC10141172890011",
    "SC11834020305037",
    "SC11532139200465",
]


@pytest.mark.parametrize("licence", SC_LICENCES)
def test_a_good_production_licence_is_taken(licence):
    assert sc_licence(f" {licence.lower()} ") == licence


@given(st.sampled_from(SC_LICENCES), st.integers(2, 15), st.sampled_from(string.digits))
def test_any_one_wrong_digit_of_a_production_licence_is_caught(licence, place, other):
    refused("bad-check-digit", sc_licence, slipped(licence, place, other))


def test_bad_production_licences_are_refused():
    refused("bad-check-digit", sc_licence, "SC10600000000000")
    refused("bad-check-digit", sc_licence, "SC12345678901234")
    refused("bad-sc-licence", sc_licence, "SC1234567890123")


def test_a_trade_licence_is_never_refused():
    assert jy_licence("jy" + SC_LICENCES[0][2:]) == []
    assert len(jy_licence("JY10600000000000")) == 1
    assert len(jy_licence("YB1")) == 1
