"""Every written form of a code leads to the same batch."""

import json
import os
import re
import string
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracelot.formats.gs1 import read_code
from tracelot.rules.identifiers import batch_key, digital_link, gs1_check_digit, short_code
from tracelot.rules.refusals import Unfit

GTIN = "09520001000010"
WIDE_DIGITS = {ord(digit): ord(digit) + 0xFEE0 for digit in string.digits}
SHORT = short_code(b"a batch without GTIN")
CSET_82 = string.ascii_letters + string.digits + "!\"%&'()*+,-./:;<=>?_"
batch_codes = st.text(CSET_82, min_size=1, max_size=20).filter(lambda code: code not in (".", ".."))

SAME_BATCH = [
    "https://id.gs1.org/01/09520001000010/10/A-1",
    "HTTPS://TRACE.EXAMPLE/01/09520001000010/10/A-1",
    "http://shop.example:8080/some/stem/01/9520001000010/10/A%2D1?utm_source=x&17=271231#top",
    "https://brand.example/gtin/9520001000010/cpv/2A/lot/A-1/ser/7",
    "https://brand.example/01/09520001000010/22/2A/10/A-1/21/7",
    "https://brand.example/8006/095200010000100102/10/A-1",
    "https://brand.example/00/095200010000000010?02=09520001000010&37=12&10=A-1",
    "brand.example/01/09520001000010/10/A-1",
    "/01/09520001000010/10/A-1",
    "01/09520001000010/10/A-1",
    "]Q1https://brand.example/01/09520001000010/10/A-1",
    "(01)09520001000010(10)A-1",
    "(10) A-1 (01) 9520001000010 (17) 271231",
    "\uff0801\uff0909520001000010\uff0810\uff09A-1",
    "]C1010952000100001010A-1",
    "]d2010952000100001010A-1\x1d21SER",
    "]Q3010952000100001010A-1",
    "]e00109520001000010" + "10A-1",
    "\x1d010952000100001010A-1",
    "^010952000100001010A-1^21SER",
    "010952000100001010A-1<GS>17271231",
    "010952000100001010A-1{gs}17271231",
    "010952000100001010A-1^]17271231",
    "010952000100001010A-1|17271231",
    "17271231010952000100001010A-1",
    "0109520001000010\n10A-1",
    "02095200010000103712\x1d10A-1",
    "9520001000010 A-1",
    "9520001000010,A-1",
    "9520001000010/A-1",
    "9520001000010\r\nA-1",
    "09520001000010\uff0cA-1",
    "\ufeff 9520001000010\tA-1\x00 ",
    "urn:epc:class:lgtin:9520001.000001.A-1",
    "URN:EPC:class:lgtin:952000100001.0.A-1",
]


@pytest.mark.parametrize("text", SAME_BATCH)
def test_every_written_form_names_the_same_batch(text):
    reading = read_code(text)

    assert (reading.gtin, reading.batch) == (GTIN, "A-1")
    assert not reading.ambiguous
    assert reading.faults == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (SAME_BATCH[0], "digital_link"),
        ("(01)09520001000010(10)A-1", "element_string"),
        ("9520001000010 A-1", "gtin_and_batch"),
        ("9520001000010", "gtin"),
        ("9 520001 000010", "gtin"),
        ("]E09520001000010", "gtin"),
        ("https://brand.example/01/9520001000010", "digital_link"),
        ("urn:epc:id:sgtin:9520001.000001.5", "epc_urn"),
        ("urn:epc:idpat:sgtin:9520001.000001.*", "epc_urn"),
        (f"https://trace.example/b/{SHORT}", "private_link"),
        (f"HTTP://OTHER.EXAMPLE/stem/b/{SHORT.lower()}/", "private_link"),
        (SHORT, "short_code"),
        ("乙班", "text"),
        ("", "text"),
        ("https://trace.example/recalls", "text"),
        ("https://trace.example/b/", "text"),
        ("http://[", "text"),
        ("2026-09-15", "text"),
    ],
)
def test_the_kind_of_a_code_is_told(text, kind):
    assert read_code(text).kind == kind


def test_all_that_a_code_says_is_read():
    reading = read_code("]d2010952000100001017280400" + "10A-1\x1d21S/9")

    assert (reading.batch, reading.serial) == ("A-1", "S/9")
    assert reading.expiry == date(2028, 4, 30)  # day 00 is the whole month
    assert read_code("(00)095200010000000010").sscc == "095200010000000010"
    assert read_code("urn:epc:id:sscc:9520001.0000000001").sscc == "095200010000000010"
    assert read_code("urn:epc:id:itip:9520001.000001.01.02.9").serial == "9"
    assert read_code("(01)09520001000010(10)A\\(21)B").batch == "A(21)B"


def test_a_short_code_is_the_same_typed_and_linked():
    typed, linked = read_code(f" {SHORT[:5]}-{SHORT[5:]} ".lower()), read_code(f"https://x.example/b/{SHORT}")

    assert typed.short == linked.short == SHORT
    assert [other.kind for other in typed.alternatives] == ["text"]


@given(batch_codes)
@example("a/B.c-%2F")
@example("A+B")
def test_a_link_reads_back_whatever_the_batch_code(code):
    reading = read_code(digital_link("https://trace.example", GTIN, code))

    assert (reading.kind, reading.gtin, reading.batch) == ("digital_link", GTIN, code)


@given(batch_codes)
def test_the_key_reads_back_whatever_the_batch_code(code):
    assert read_code(batch_key(GTIN, code)).batch == code


@given(batch_codes)
def test_a_urn_reads_back_whatever_the_batch_code(code):
    escaped = "".join(f"%{ord(each):02X}" if each in '"%&/<>?' else each for each in code)

    assert read_code(f"urn:epc:class:lgtin:9520001.000001.{escaped}").batch == code


@given(st.text(max_size=512))
@example(GTIN.translate(WIDE_DIGITS))
@example("(01)" + GTIN.translate(WIDE_DIGITS))
@example("urn:epc:id:sgtin:..")
@example("https://x/01/%00/10/%ff")
def test_any_text_is_read(text):
    reading = read_code(text)

    assert reading.kind != "text" or (reading.gtin is None and reading.batch is None)


@given(st.text("0129()[]^|/:.%ABhtpsurne\x1d ?=&", max_size=60))
def test_text_that_resembles_a_code_is_read_or_stays_text(text):
    for prefix in (
        "",
        "https://x.example/01/09520001000010/10/",
        "(01)09520001000010",
        "0109520001000010",
        "]C1",
    ):
        assert read_code(prefix + text).kind


def test_an_overlong_code_is_refused():
    with pytest.raises(Unfit) as caught:
        read_code("1" * 513)

    assert caught.value.kind == "code-too-long"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("(01)09520001000011(10)A", "bad-check-digit"),
        ("010952000100001110A", "bad-check-digit"),
        ("https://x.example/01/09520001000011/10/A", "bad-check-digit"),
        ("9520001000011", "bad-check-digit"),
        ("(00)095200010000000011", "bad-check-digit"),
        ("(414)9520001001018", "bad-check-digit"),
        ("(01)09520001000010(10)A(10)B", "repeated-identifier"),
        ("https://x.example/01/09520001000010/10/A?10=B", "repeated-identifier"),
        ("https://x.example/01/09520001000010?99=A&99=A", "repeated-identifier"),
        ("https://x.example/01/09520001000010?89=A", "unknown-identifier"),
        ("https://x.example/01/09520001000010/10/%E4%B9%99", "bad-element"),
        ("https://x.example/01/09520001000010/10/A%2", "bad-escape"),
        ("https://x.example/01/09520001000010/10/%2E%2E", "bad-batch-code"),
        ("(01)09520001000010(10)" + "A" * 21, "bad-element"),
        ("https://x.example/b/ABC", "bad-short-code"),
        ("urn:epc:class:lgtin:9520001.01.A", "bad-urn"),
        ("urn:epc:class:lgtin:9520001.000001", "bad-urn"),
    ],
)
def test_a_faulty_code_is_text_and_the_fault_is_named(text, fault):
    reading = read_code(text)

    assert (reading.kind, reading.text, reading.faults) == ("text", text, (fault,))
    assert (reading.gtin, reading.batch) == (None, None)


def test_qualifiers_out_of_order_are_no_digital_link():
    assert read_code("https://x.example/01/09520001000010/21/7/10/A").kind == "text"
    assert read_code("https://x.example/01/09520001000010/10/A/235/B").kind == "text"
    assert read_code("https://x.example/01/09520001000010/235/B").kind == "digital_link"


def test_a_bad_date_does_not_hide_the_batch():
    reading = read_code("(01)09520001000010(10)A-1(17)270230")

    assert (reading.batch, reading.expiry, reading.faults) == ("A-1", None, ("bad-date",))


def test_a_batch_that_ends_like_a_date_has_two_readings():
    reading = read_code("010952000100001010ABC17271231")
    [other] = reading.alternatives

    assert reading.ambiguous
    assert (reading.batch, reading.expiry) == ("ABC17271231", None)
    assert (other.batch, other.expiry, other.gtin) == ("ABC", date(2027, 12, 31), GTIN)
    assert other.faults == ("missing-separator",)


@pytest.mark.parametrize(
    "text",
    [
        "(01)09520001000010(10)ABC17271231",
        "https://x.example/01/09520001000010/10/ABC17271231",
        "010952000100001010ABC17271231<GS>21X",
        "010952000100001010ABC17271331",
        "01095200010000101727123010ABC17271231",
        "010952000100001010" + "17271231",
    ],
)
def test_a_batch_whose_end_is_certain_has_one_reading(text):
    assert not read_code(text).ambiguous


def test_a_batch_that_is_too_long_was_glued():
    reading = read_code("010952000100001010ABCDEFGHIJKLM17271231")

    assert (reading.batch, reading.expiry) == ("ABCDEFGHIJKLM", date(2027, 12, 31))
    assert reading.faults == ("missing-separator",)
    assert not reading.ambiguous
    assert read_code("010952000100001010" + "A" * 21).gtin is None


def test_a_number_that_may_be_a_printed_date_has_two_readings():
    dated = "2026091" + gs1_check_digit("2026091")
    [other] = read_code(dated).alternatives

    assert read_code(dated).gtin == dated.zfill(14)
    assert (other.kind, other.text) == ("text", dated)
    assert read_code("20260912").faults == ()


def test_what_no_identifier_takes_stays_text():
    reading = read_code("9520001000010\uff0c2026-09-15 乙班")

    assert (reading.kind, reading.gtin, reading.batch, reading.text) == (
        "gtin",
        GTIN,
        None,
        "2026-09-15 乙班",
    )


def vectors(name):
    folder = os.environ.get("TRACE_VECTORS")
    if not folder:
        pytest.skip("TRACE_VECTORS is not set")
    return json.loads((Path(folder) / name).read_text(encoding="utf-8"))


def goods_of(unbracketed):
    """GTIN and batch of an element string with a mark before each element that needs one."""
    gtin = re.search(r"\^01(\d{14})", unbracketed)
    batch = re.search(r"(?:\^|\^01\d{14}|\^22[^^]+\^)10([^^]+)", unbracketed)
    return (gtin and gtin[1], batch and batch[1])


# The same links are called good and bad there: an option of that tool permits leading zeros to be left out.
BY_OPTION = {"https://a/01/2112345678900", "https://a/01/02345673"}
# A serial number of an asset with the trade item beside it names no batch of goods.
OF_AN_ASSET = {"https://a/8004/9520614141234567?01=02345673"}


def test_digital_links_from_the_field():
    cases = [
        case for case in vectors("digital-link-parse.json") if case["uri"] not in BY_OPTION | OF_AN_ASSET
    ]

    wrong = [case for case in cases if found(case["uri"]) != goods_of(case["unbracketed"])]

    assert wrong == []
    assert len(cases) == 50


def found(text):
    reading = read_code(text)
    return reading.gtin, reading.batch


def test_links_that_leave_leading_zeros_out_are_read():
    options = [case["uri"] for case in vectors("digital-link-parse.json") if case["uri"] in BY_OPTION]

    assert len(options) == 4
    assert all(found(uri)[0] for uri in options)


@pytest.mark.parametrize("name", ["test_parseAIdata", "test_processAIdata"])
def test_element_strings_from_the_field(name):
    cases = vectors("element-strings.json")[name]

    wrong = [case for case in cases if found(case["in"]) != expected_of(case)]

    assert wrong == []
    assert len(cases) in (14, 40)


def expected_of(case):
    return goods_of(case["out"] or case["in"]) if case["ok"] else (None, None)


def goods_of_canonical(link):
    gtin = re.search(r"/(?:01|8006)/(\d{14})", link or "")
    return gtin and gtin[1]


def test_epc_uris_from_the_field():
    cases = vectors("epc-uri-to-digital-link.json")

    wrong = [case for case in cases if found(case["in"])[0] != goods_of_canonical(case["out"])]

    assert wrong == []
    assert len(cases) == 35
