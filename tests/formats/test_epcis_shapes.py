"""Documents and events that cannot be read are refused where they are wrong, whatever they hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epcis_events import FARM, NOW, TIME, UNIT, A, at, event, goods, read
from tracelot.formats.epcis import read_epcis
from tracelot.rules.ledgers import open_book
from tracelot.rules.refusals import Unfit


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (7, ""),
        ({"type": "MagicEvent"}, "/type"),
        ({"type": ["ObjectEvent"]}, "/type"),
        (event(action="MAYBE", epcList=[A]), "/action"),
        (event(eventTime="yesterday", epcList=[A]), "/eventTime"),
        (event(eventTime="2026-01-01T00:00:00", epcList=[A]), "/eventTime"),
        (event(eventTime=None, epcList=[A]), "/eventTime"),
        (event(eventTime="0001-01-01T00:00:00+14:00", epcList=[A]), "/eventTime"),
        (event(), ""),
        (event(epcList=A), "/epcList"),
        (event(epcList=[7]), "/epcList/0"),
        (event(epcList=["\ud800"]), "/epcList/0"),
        (event(epcList=["x" * 513]), "/epcList/0"),
        (event(quantityList=[A]), "/quantityList/0"),
        (event(quantityList=goods(A, quantity=-1)), "/quantityList/0/quantity"),
        (event(quantityList=goods(A, quantity=float("nan"))), "/quantityList/0/quantity"),
        (event(quantityList=goods(A, quantity=True)), "/quantityList/0/quantity"),
        (event(quantityList=[{"quantity": 1}]), "/quantityList/0/epcClass"),
        (event(epcList=[A], bizLocation=FARM), "/bizLocation"),
        (event(epcList=[A], bizLocation={}), "/bizLocation/id"),
        (event(epcList=[A], errorDeclaration="x"), "/errorDeclaration"),
        (event(epcList=[A], sourceList=["x"]), "/sourceList/0"),
        (event(type="TransformationEvent", inputQuantityList=goods(A)), ""),
        (event(type="AggregationEvent", action="ADD", childEPCs=[A]), "/parentID"),
    ],
)
def test_a_malformed_event_is_refused_where_it_is_wrong(wrong: Any, pointer: str) -> None:
    with pytest.raises(Unfit) as refused:
        read(event(action="ADD", bizLocation=at(FARM), epcList=[A]), wrong)

    assert [fault.pointer for fault in refused.value.faults] == [f"#/epcisBody/eventList/1{pointer}"]


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"type": "EPCISDocument"}, {"type": "EPCISDocument", "epcisBody": {"eventList": {}}}],
)
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(Unfit):
        read_epcis(document, NOW)


LEAF = st.sampled_from(
    [None, True, 0, -1, 1.5, 10**30, float("inf"), "", " ", "x", A, UNIT, TIME, "\0", "did_not_occur"]
)
ENTRY = st.dictionaries(
    st.sampled_from(["id", "type", "epcClass", "quantity", "uom", "source", "reason"]), LEAF, max_size=3
)
JSON = LEAF | ENTRY | st.lists(LEAF | ENTRY, max_size=2)
KEYS = ["action", "eventTime", "epcList", "quantityList", "bizLocation", "bizStep", "sourceList", "parentID",
        "childEPCs", "transformationID", "errorDeclaration", "eventID", "eventTimeZoneOffset"]  # fmt: skip


@given(st.sampled_from(["ObjectEvent", "AggregationEvent", "TransformationEvent", "AssociationEvent"]),
       st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4))  # fmt: skip
def test_whatever_an_event_holds_it_is_read_or_refused(kind: str, parts: dict[str, Any]) -> None:
    try:
        reading = read({**event(epcList=[A]), "type": kind, **parts})
    except Unfit:
        return
    open_book(reading.book)
