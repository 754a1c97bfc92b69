"""The shape and the query language of openFDA, over real records that it published and over our own."""

from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.formats.openfda import FIELDS, Recalled, answer, counts, fault, record_of
from tracelot.formats.openfda_queries import BadSearch, read_search
from vectors import vector


@cache
def real() -> list[dict[str, str]]:
    return [
        {name: value for name, value in one.items() if value is not None}
        for one in vector("openfda-recalls.json")
    ]


def found(search: str) -> list[str]:
    query = read_search(search)
    return [one["recall_number"] for one in real() if query is None or query.holds(one)]


def by(test: object) -> list[str]:
    return [one["recall_number"] for one in real() if test(one)]  # type: ignore[operator]


OURS = Recalled(
    code="ZH-411724-20261126-0001", number=2, level=1, product="Peanut oil 5 L, 5 L × 4", codes=["A1", "B2"],
    made="Made from 2026-09-01 to 2026-09-30", reason="Aflatoxin B1 above the limit",
    firm="Zhengyang Peanut Oil Co., Ltd.",
    state="河南省", city="驻马店市", published=date(2026, 11, 26),
)  # fmt: skip


def test_our_record_has_openfda_s_names_and_no_others() -> None:
    record = record_of(OURS)
    assert set(record) <= set(FIELDS)
    assert {name for one in real() for name in one} <= set(FIELDS)
    assert (record["recall_number"], record["event_id"]) == (
        "ZH-411724-20261126-0001-2",
        "ZH-411724-20261126-0001",
    )
    assert (record["classification"], record["status"], record["report_date"]) == (
        "Class I",
        "Ongoing",
        "20261126",
    )
    assert record["code_info"] == "Batch A1, B2; Made from 2026-09-01 to 2026-09-30"
    assert "termination_date" not in record
    assert "center_classification_date" not in record  # no centre classified it


def test_what_openfda_always_tells_is_always_there() -> None:
    always = {"recall_number", "event_id", "classification", "status", "recalling_firm", "city", "state", "country",
              "product_description", "product_quantity", "reason_for_recall", "code_info", "distribution_pattern",
              "recall_initiation_date", "report_date"}  # fmt: skip
    assert all(always <= set(one) for one in real())
    assert always <= set(record_of(OURS))


def test_many_codes_go_on_in_the_next_field() -> None:
    record = record_of(Recalled(**(vars(OURS) | {"codes": [f"C{number}" for number in range(250)]})))
    assert record["code_info"].count(",") == 99
    assert record["more_code_info"].startswith("C100, C101")


def test_a_recall_that_is_over_is_terminated() -> None:
    record = record_of(Recalled(**(vars(OURS) | {"ended": date(2026, 12, 1)})))
    assert (record["status"], record["termination_date"]) == ("Terminated", "20261201")


def test_the_page_is_wrapped_as_openfda_wraps_it() -> None:
    page = answer(real()[:2], 12, 4, 2, date(2026, 11, 26), "https://trace.example.org")
    assert page["meta"]["results"] == {"skip": 4, "limit": 2, "total": 12}
    assert {"disclaimer", "terms", "license", "last_updated", "results"} == set(page["meta"])
    assert page["meta"]["last_updated"] == "2026-11-26"
    assert page["results"][0] == real()[0] | {"openfda": {}}
    assert fault("NOT_FOUND", "No matches found!") == {
        "error": {"code": "NOT_FOUND", "message": "No matches found!"}
    }


SEARCHES = {
    'classification:"Class I"': lambda one: one["classification"] == "Class I",
    'classification.exact:"Class II"': lambda one: one["classification"] == "Class II",
    "status:Terminated": lambda one: one["status"] == "Terminated",
    "status:terminated AND state:TX": lambda one: one["status"] == "Terminated" and one["state"] == "TX",
    "state:IA+state:NE": lambda one: one["state"] in ("IA", "NE"),
    "state:(IA OR NE)": lambda one: one["state"] in ("IA", "NE"),
    "report_date:[20190101 TO 20191231]": lambda one: one["report_date"][:4] == "2019",
    "report_date:[2019-01-01+TO+2019-12-31]".replace("+", " "): lambda one: one["report_date"][:4] == "2019",
    "report_date:[20200101 TO *]": lambda one: one["report_date"] >= "20200101",
    "reason_for_recall:milk": lambda one: (
        "milk" in one["reason_for_recall"].lower().replace(",", " ").split()
    ),
    "reason_for_recall:contam*": lambda one: " contam" in " " + one["reason_for_recall"].lower(),
    'recalling_firm:"D & D Foods"': lambda one: one["recalling_firm"] == "D & D Foods, Inc.",
    "_exists_:termination_date": lambda one: "termination_date" in one,
    "_missing_:termination_date": lambda one: "termination_date" not in one,
    "NOT status:Terminated": lambda one: one["status"] != "Terminated",
    '(state:IA OR state:TX) AND classification:"Class I"': lambda one: (
        one["state"] in ("IA", "TX") and one["classification"] == "Class I"
    ),
    "": lambda one: True,
}


@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_finds_what_it_says(search: str) -> None:
    assert found(search) == by(SEARCHES[search])


def test_these_searches_tell_records_apart() -> None:
    assert sum(0 < len(found(search)) < len(real()) for search in SEARCHES) > 12


@pytest.mark.parametrize(
    "search",
    ["colour:red", "state:", "(state:IA", "state:IA)", 'state:"IA', "report_date:[2019", "[1 TO 2]", "state:I*A", "AND",
     "state:milk~", "(" * 30 + "a" + ")" * 30, "NOT " * 50 + "a", "a" * 1001, "state:IA AND", ":", '""":', "state:{"],
)  # fmt: skip
def test_what_cannot_be_read_is_told(search: str) -> None:
    with pytest.raises(BadSearch):
        read_search(search)


PIECES = [*'ab:"()[]{}* \\+-~^_\u00e9\u82b1', "AND", "OR", "NOT", "TO", "state", "report_date", "_exists_"]


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_no_search_breaks_the_reader(search: str) -> None:
    try:
        query = read_search(search)
    except BadSearch:
        return
    assert query is None or query.holds(real()[0]) in (True, False)


def test_values_and_words_are_counted() -> None:
    whole = counts(real(), "classification.exact", 100, date(2026, 11, 26), "")["results"]
    assert {one["term"]: one["count"] for one in whole} == {
        name: sum(one["classification"] == name for one in real())
        for name in {one["classification"] for one in real()}
    }
    assert [one["count"] for one in whole] == sorted((one["count"] for one in whole), reverse=True)
    some = {
        one["term"]: one["count"]
        for one in counts(real(), "classification", 100, date(2026, 11, 26), "")["results"]
    }
    assert some["class"] == len(real())
    days = counts(real(), "report_date", 100, date(2026, 11, 26), "")["results"]
    assert [one["time"] for one in days] == sorted({one["report_date"] for one in real()})
