"""What each kind of EPCIS event becomes in a book."""

from decimal import Decimal
from typing import Any

import pytest

from epcis_events import CASE, FARM, SHOP, TIME, UNIT, A, B, at, event, goods, read, sides
from tracelot.rules.books import Book, Stock
from tracelot.rules.ledgers import open_book
from tracelot.rules.scoping import recall_map, recall_scope
from tracelot.rules.starting import of_batches, of_units
from tracelot.rules.tracing import follow, trace_map


def test_add_is_a_birth() -> None:
    reading = read(event(action="ADD", bizStep="commissioning", bizLocation=at(FARM), quantityList=goods(A)))

    assert sides(reading) == [("produce", "put", A, f"facility:{FARM}", 5)]


@pytest.mark.parametrize(
    "step", ["shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping"]
)
def test_shipping_takes_from_the_place_and_puts_on_the_lane(step: str) -> None:
    reading = read(
        event(bizStep=step, bizLocation=at(FARM), quantityList=goods(A),
              destinationList=[{"type": "urn:epcglobal:cbv:sdt:owning_party", "destination": "urn:x:p"},
                               {"type": "location", "destination": SHOP}])
    )  # fmt: skip

    assert sides(reading) == [
        ("ship", "take", A, f"facility:{FARM}", 5),
        ("ship", "put", A, f"lane:facility:{FARM}>facility:{SHOP}", 5),
    ]


def test_without_a_counterpart_the_lane_has_an_unknown_end() -> None:
    reading = read(event(bizStep="receiving", bizLocation=at(SHOP), quantityList=goods(A)))

    assert sides(reading) == [
        ("receive", "take", A, f"lane:?>facility:{SHOP}", 5),
        ("receive", "put", A, f"facility:{SHOP}", 5),
    ]


def test_a_party_stands_for_a_place_that_is_not_named() -> None:
    source = [{"type": "possessing_party", "source": "urn:x:p>q"}]

    reading = read(event(bizStep="receiving", bizLocation=at(SHOP), quantityList=goods(A), sourceList=source))

    assert sides(reading)[0][3] == f"lane:party:urn:x:p%3Eq>facility:{SHOP}"


def test_returned_goods_arrive_set_apart() -> None:
    reading = read(
        event(bizStep="receiving", disposition="returned", bizLocation=at(FARM), quantityList=goods(A))
    )

    assert sides(reading)[1][3] == f"aside:{FARM}"


@pytest.mark.parametrize(
    ("step", "act"), [("storing", "sight"), ("cycle_counting", "count"), ("holding", "hold")]
)
def test_any_other_observation_is_a_sighting(step: str, act: str) -> None:
    reading = read(event(bizStep=step, readPoint=at(SHOP), quantityList=goods(A), epcList=[UNIT]))

    assert sides(reading) == []
    assert {(one.subject, one.place, one.act) for one in reading.book.sightings} == {
        (A, f"facility:{SHOP}", act),
        ("unit:00/140123452345678902", f"facility:{SHOP}", act),
    }


def test_delete_takes_and_an_empty_one_takes_everything() -> None:
    born = event(action="ADD", bizLocation=at(FARM), quantityList=goods(A, B))
    gone = event(
        action="DELETE", bizStep="destroying", bizLocation=at(FARM), quantityList=goods(A, quantity=2)
    )
    rest = event(action="DELETE", bizLocation=at(FARM), quantityList=goods(A, quantity=None))

    ledger = open_book(read(rest, gone, born).book)

    left = {stock.batch: (totals.least, totals.most) for stock, totals in ledger.stocks.items()}
    assert left == {A: (0, 0), B: (5, 5)}


def test_a_transformation_in_several_events_is_one_line() -> None:
    outputs = event(
        type="TransformationEvent", transformationID="t", outputQuantityList=goods(B), bizLocation=at(FARM)
    )
    inputs = event(
        type="TransformationEvent", transformationID="t", inputQuantityList=goods(A), bizLocation=at(FARM)
    )

    assert forward_of(read(outputs, inputs).book, A) == {A, B}


def forward_of(book: Book, batch: str) -> frozenset[str]:
    chart = trace_map(open_book(book))
    return follow(chart, of_batches(chart.graph.nodes, [batch]), "forward").batches


def pack(action: str, parent: str, where: str, **children: Any) -> dict[str, Any]:
    return event(type="AggregationEvent", action=action, parentID=parent, bizLocation=at(where), **children)


def test_a_unit_carries_its_contents_and_an_empty_unpacking_takes_them_all_out() -> None:
    document = [
        event(action="ADD", bizLocation=at(FARM), quantityList=goods(A)),
        pack("ADD", CASE, FARM, childQuantityList=goods(A)),
        pack("ADD", UNIT, FARM, childEPCs=[CASE]),
        event(bizStep="shipping", bizLocation=at(FARM), epcList=[UNIT]),
        event(bizStep="receiving", bizLocation=at(SHOP), epcList=[UNIT]),
        pack("DELETE", UNIT, SHOP),
        pack("DELETE", CASE, SHOP),
    ]

    ledger = open_book(read(*document).book)

    assert ledger.stocks[Stock(A, f"facility:{SHOP}")].least == 5
    assert of_units(ledger, ["unit:00/140123452345678902"]) == (Stock(A, "unit:00/140123452345678919"),)


def test_a_unit_goes_into_a_transformation_with_all_that_is_in_it() -> None:
    document = [
        event(action="ADD", bizLocation=at(FARM), quantityList=goods(A)),
        pack("ADD", CASE, FARM, childQuantityList=goods(A)),
        pack("ADD", UNIT, FARM, childEPCs=[CASE]),
        event(
            type="TransformationEvent", inputEPCList=[UNIT], outputQuantityList=goods(B), bizLocation=at(FARM)
        ),
    ]

    assert forward_of(read(*document).book, A) == {A, B}


def test_an_association_moves_the_parent_s_journey_to_the_child() -> None:
    document = [
        event(type="AssociationEvent", action="ADD", parentID=UNIT, childEPCs=[CASE], bizLocation=at(FARM)),
        event(bizStep="receiving", bizLocation=at(SHOP), epcList=[UNIT]),
    ]

    ledger = open_book(read(*document).book)

    assert f"facility:{SHOP}" in ledger.stops["unit:00/140123452345678919"]


@pytest.mark.parametrize(
    ("epc", "batch", "product"),
    [
        ("urn:epc:class:lgtin:4012345.012345.L/1", "01/04012345123456/10/L/1", "04012345123456"),
        ("https://id.gs1.org/01/09521568251204/10/998877", "01/09521568251204/10/998877", "09521568251204"),
        ("urn:x:lot:CamelCase", "urn:x:lot:CamelCase", None),
    ],
)
def test_one_batch_has_one_name_however_it_is_written(epc: str, batch: str, product: str | None) -> None:
    reading = read(
        event(action="ADD", bizLocation=at(FARM), quantityList=goods(epc), ilmd={"lotNumber": "camelcase"})
    )

    assert sides(reading)[0][2] == batch
    assert reading.book.products.get(batch) == product
    assert reading.flags == ()


def test_a_class_without_a_lot_is_goods_of_a_product() -> None:
    reading = read(
        event(action="ADD", bizLocation=at(FARM), quantityList=goods("urn:epc:idpat:sgtin:4012345.066666.*"))
    )

    assert sides(reading)[0][2] == "product:04012345666663"


@pytest.mark.parametrize(
    "epc", ["urn:epc:class:lgtin:4012345.012345", "urn:epc:id:nothing:1", "no uri at all"]
)
def test_a_malformed_epc_is_opaque_and_flagged(epc: str) -> None:
    reading = read(event(action="ADD", bizLocation=at(FARM), quantityList=goods(epc)))

    assert sides(reading)[0][2] == epc
    assert [(flag.kind, flag.text) for flag in reading.flags] == [("malformed-epc", epc)]


def test_quantities_come_in_base_units() -> None:
    reading = read(
        event(action="ADD", bizLocation=at(FARM), quantityList=goods(A, quantity=250.5, uom="GRM"))
    )

    assert (reading.book.postings[0].quantity, reading.book.postings[0].unit) == (Decimal("0.2505"), "KGM")


# --- the same id -----------------------------------------------------------------------------------------


def test_the_same_id_with_the_same_content_is_a_duplicate() -> None:
    birth = event(eventID="urn:uuid:1", action="ADD", bizLocation=at(FARM), quantityList=goods(A))

    reading = read(birth, {**birth, "recordTime": TIME})

    assert (len(reading.book.postings), reading.duplicates, reading.flags) == (1, ("urn:uuid:1",), ())


def test_the_same_id_with_other_content_is_kept_and_flagged() -> None:
    birth = event(eventID="urn:uuid:1", action="ADD", bizLocation=at(FARM), quantityList=goods(A))

    reading = read(birth, {**birth, "quantityList": goods(B)})

    assert {one.batch for one in reading.book.postings} == {A, B}
    assert [(flag.kind, flag.text) for flag in reading.flags] == [("same-id-other-content", "urn:uuid:1")] * 2


def test_an_error_declaration_voids_the_event_that_it_repeats() -> None:
    birth = event(eventID="urn:uuid:1", action="ADD", bizLocation=at(FARM), quantityList=goods(A))
    other = {**birth, "quantityList": goods(B)}
    wrong = {**birth, "errorDeclaration": {"declarationTime": TIME, "reason": "did_not_occur"}}

    for order in ([birth, other, wrong], [wrong, other, birth]):
        assert {stock.batch for stock in open_book(read(*order).book).stocks} == {B}


def test_a_declaration_names_what_replaces_the_event() -> None:
    made = event(eventID="urn:uuid:1", type="TransformationEvent", bizLocation=at(FARM),
                 inputQuantityList=goods(A), outputQuantityList=goods(B))  # fmt: skip
    better = {**made, "eventID": "urn:uuid:2", "outputQuantityList": goods("urn:x:lot:c")}
    wrong = {**made, "errorDeclaration": {"declarationTime": TIME, "correctiveEventIDs": ["urn:uuid:2"]}}

    assert recalled(read(made, better, wrong).book) == {A, "urn:x:lot:c"}
    assert recalled(read(made, wrong).book) == {A, B}


def recalled(book: Book) -> frozenset[str]:
    return recall_scope(recall_map(open_book(book)), [A]).batches


def test_a_declaration_whose_event_reads_otherwise_voids_all_of_its_id_and_is_flagged() -> None:
    birth = event(eventID="urn:uuid:1", action="ADD", bizLocation=at(FARM), quantityList=goods(A))
    wrong = {**birth, "bizStep": "other", "errorDeclaration": {"reason": "did_not_occur"}}

    reading = read(birth, wrong)

    assert open_book(reading.book).stocks == {}
    assert [flag.kind for flag in reading.flags] == ["void-of-other-content"]
