"""EPCIS documents over HTTP: what is answered, what is refused and where, and traces of networks from the field."""

import copy
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import select

from captured import document
from conftest import ClientOf
from epcis_events import FARM, at, event, goods
from tracelot.records.captures import CapturedGoods
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from vectors import vector
from world import World

DOOR = "/api/v1/events/epcis"
LOT = "urn:x:lot:a"


@pytest.fixture
def program(program_of: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return program_of("zhenyang")


def refused(answer: Any, status: int, kind: str, pointer: str | None = None) -> None:
    body = answer.json()
    assert (answer.status_code, body["type"].rpartition("/")[2]) == (status, kind), body
    assert pointer is None or pointer in [error["pointer"] for error in body["errors"]], body


def born(**more: Any) -> dict[str, Any]:
    return event(eventID="urn:x:1", action="ADD", bizLocation=at(FARM), quantityList=goods(LOT)) | more


def test_a_document_is_captured_once_and_answered_alike(program: TestClient) -> None:
    sent = document(
        [born(), event(eventID="urn:x:2", bizStep="shipping", bizLocation=at(FARM), epcList=[LOT])]
    )
    first = program.post(DOOR, json=sent)
    again = program.post(DOOR, json=sent)

    assert first.status_code == 201
    assert again.json() == first.json()
    assert [one["name"] for one in first.json()["events"]] == ["urn:x:1", "urn:x:2"]
    assert program.get("/api/v1/events").json()["total"] == 3  # with the one of the world
    read = program.get(f"/api/v1/events/{first.json()['events'][0]['event_id']}").json()
    assert [(one["side"], one["quantity"], one["unit"]) for one in read["lines"][0]["postings"]] == [
        ("put", "5", "kg")
    ]


def test_other_content_under_the_same_id_is_kept_and_flagged(program: TestClient) -> None:
    program.post(DOOR, json=document([born()]))
    answer = program.post(DOOR, json=document([born(quantityList=goods(LOT, quantity=7))]))
    first = program.post(DOOR, json=document([born()]))

    assert answer.json()["events"][0]["flags"] == ["same-id-other-content urn:x:1"]
    assert first.json()["events"][0]["flags"] == ["same-id-other-content urn:x:1"]
    assert program.get("/api/v1/events").json()["total"] == 3


@pytest.mark.parametrize("door", ["nobody", "impostor", "county", "site"])
def test_only_a_party_that_keeps_goods_captures(client: TestClient, client_as: ClientOf, door: str) -> None:
    asker = client if door == "nobody" else client_as(door)
    answer = asker.post(DOOR, json=document([born()]))

    assert answer.status_code == {"nobody": 401, "impostor": 201, "county": 403, "site": 403}[door]


MALFORMED: list[tuple[Any, str]] = [
    ({}, "#/type"),
    ({"type": "EPCISDocument"}, "#/epcisBody/eventList"),
    (document([{}]), "#/epcisBody/eventList/0/type"),
    (document([born(), born(eventTime="yesterday")]), "#/epcisBody/eventList/1/eventTime"),
    (document([born(eventTime="2126-01-01T00:00:00Z")]), "#/epcisBody/eventList/0/eventTime"),
    (document([born(eventTime="1999-12-31T00:00:00Z")]), "#/epcisBody/eventList/0/eventTime"),
    (document([born(eventTime="0001-01-01T00:00:00+14:00")]), "#/epcisBody/eventList/0/eventTime"),
    (document([born(quantityList=goods(LOT, quantity=-1))]), "#/epcisBody/eventList/0/quantityList/0/quantity"),
    (document([born(quantityList=goods(LOT, quantity=1e15))]), "#/epcisBody/eventList/0/quantityList/0/quantity"),
    (document([born(quantityList=goods(LOT, quantity=1e10, uom="TNE"))]),
     "#/epcisBody/eventList/0/quantityList/0/quantity"),
    (document([born(quantityList=[{"epcClass": LOT, "quantity": "5"}])]),
     "#/epcisBody/eventList/0/quantityList/0/quantity"),
    (document([born(bizLocation={"id": "x" * 600})]), "#/epcisBody/eventList/0/bizLocation/id"),
    (document([born(eventID="a\x00b")]), "#/epcisBody/eventList/0/eventID"),
    (document([born(eventID=7)]), "#/epcisBody/eventList/0/eventID"),
    (document([born(errorDeclaration=[])]), "#/epcisBody/eventList/0/errorDeclaration"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "pointer"), MALFORMED)
def test_a_malformed_document_is_refused_whole_where_it_is_wrong(
    program: TestClient, sent: Any, pointer: str
) -> None:
    refused(program.post(DOOR, json=sent), 422, "bad-epcis", pointer)
    assert program.get("/api/v1/events").json()["total"] == 1


def test_a_hundred_faults_are_enough(program: TestClient) -> None:
    answer = program.post(DOOR, json=document([{} for _ in range(300)]))

    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)


@pytest.mark.parametrize("sent", [b"[]", b"7", b'"x"', b"null", b"{", b"{}}", b'{"type": NaN}', b"\xff"])
def test_a_body_that_is_no_object_is_refused(program: TestClient, sent: bytes) -> None:
    answer = program.post(DOOR, content=sent, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 422), answer.text


def test_a_list_of_ten_thousand_is_refused_clearly(program: TestClient) -> None:
    def listed(count: int) -> Any:
        serials = [f"urn:epc:id:sgtin:9521234.056789.{number}" for number in range(count)]
        return program.post(DOOR, json=document([born(quantityList=None, epcList=serials)]))

    refused(listed(10_000), 422, "unreadable-json")
    refused(listed(501), 422, "too-many-goods")
    assert listed(300).status_code == 201


def test_many_events_are_refused_clearly(program: TestClient) -> None:
    events = [
        {"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-01-01T00:00:00Z", "epcList": [LOT],
         "eventID": f"urn:x:{number}"} for number in range(501)
    ]  # fmt: skip

    refused(program.post(DOOR, json=document(events)), 422, "too-many-events")


HOSTILE = ["", " ", "\u202egnp", "x" * 511, "/", "..", "%", "%zz", "urn:", "urn:epc:id:sscc:", "💥" * 100, "'; DROP",
           "01/00000000000000/10/x", "01/09520001000027/10/" + "x" * 300, "unit:x", "product:x", "?", "facility:?",
           "https://id.gs1.org/01/09520001000027/10/%00", "https://[", "lane:a>b", "urn:uuid:" + "0" * 36]  # fmt: skip


@pytest.mark.parametrize("field", ["epc", "place", "parent", "end", "id", "transformation", "uom", "paper"])
def test_hostile_names_are_kept_or_refused_and_never_break_anything(program: TestClient, field: str) -> None:
    for number, name in enumerate(HOSTILE):
        answer = program.post(DOOR, json=document([named(field, name, f"urn:x:{number}")]))

        assert answer.status_code in (201, 422), (name, answer.text)
        if answer.status_code == 201:
            made = answer.json()["events"][0]["event_id"]
            assert program.get(f"/api/v1/events/{made}").status_code == 200, name
    for path in ("events", "stocks", "contacts", "units", "batches"):
        assert program.get(f"/api/v1/{path}").status_code == 200
    assert program.get("/api/v1/events").json()["total"] > 5


def named(field: str, name: str, id_: str) -> dict[str, Any]:
    sent = born(eventID=id_)
    if field == "epc":
        sent["quantityList"] = goods(name)
        sent["epcList"] = [name]
    elif field == "place":
        sent["bizLocation"] = {"id": name}
    elif field == "parent":
        sent |= {"type": "AggregationEvent", "parentID": name, "childQuantityList": goods(LOT)}
    elif field == "end":
        ends = [{"type": "location", "source": name}], [{"type": name or "x", "destination": name}]
        sent |= {
            "action": "OBSERVE",
            "bizStep": "shipping",
            "sourceList": ends[0],
            "destinationList": ends[1],
        }
    elif field == "transformation":
        sent |= {"type": "TransformationEvent", "transformationID": name, "outputQuantityList": goods(LOT)}
    elif field == "paper":
        sent["bizTransactionList"] = [{"type": name, "bizTransaction": name}, 7]
    else:
        sent |= {"eventID": name} if field == "id" else {"quantityList": goods(LOT, uom=name)}
    return sent


# --- documents and networks from the field ------------------------------------------------------------------


def names_of(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        return {str(one.batch_id): one.name for one in session.exec(select(CapturedGoods))}


def sets(asker: TestClient, names: dict[str, str]) -> dict[str, dict[str, set[str]]]:
    """Over the API, of each batch what it became and what it was made of."""
    found: dict[str, dict[str, set[str]]] = {"forward": {}, "backward": {}}
    for batch, name in names.items():
        answer = asker.get(f"/api/v1/traces?batch={batch}&direction=both&limit=200").json()
        assert answer["complete"] is True
        for way in found.values():
            way[name] = set()
        for item in answer["items"]:
            found[item["direction"]][name].add(names[item["batch"]["id"]])
        for way in found.values():
            way[name].discard(name)
    return found


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_document_from_the_field_is_traced_over_the_api(
    program: TestClient, client_as: ClientOf, engine: Engine, random: Random, *, shuffled: bool
) -> None:
    told, expected = vector("epcis-trace.jsonld"), vector("epcis-trace-expected.json")
    events = told["epcisBody"]["eventList"]
    if shuffled:
        random.shuffle(events)
    size = random.randint(1, 21) if shuffled else 21
    for start in range(0, 21, size):
        part = {**told, "epcisBody": {"eventList": events[start : start + size]}}
        assert program.post(DOOR, json=part).status_code == 201
    names = names_of(engine)
    lots = set(names.values())

    for asker in (program, client_as("county")):
        found = sets(asker, names)
        for way in ("forward", "backward"):
            right = {one: set(reach) & lots for one, reach in expected[way].items() if one in lots}
            assert found[way] == right
    last = next(batch for batch, name in names.items() if name.endswith("processor.2u.v1-0122-2022"))
    answer = program.get(f"/api/v1/traces?batch={last}").json()
    assert "Importer Warehouse" in {one["end"]["name_zh"] for one in answer["consignees"]}
    assert program.get("/api/v1/traces", params={"code": names[last]}).json()["items"] == answer["items"]


def as_events(network: Any) -> list[dict[str, Any]]:
    """A delivery network as EPCIS: each delivery made at its sender out of those linked to it, sent, received."""
    came: dict[str, list[str]] = {one["id"]: [] for one in network["deliveries"]}
    for source, target in network["links"]:
        came[target].append(source)
    events = []
    for one in network["deliveries"]:
        lot, ends = (
            f"urn:x:delivery:{one['id']}",
            [at(f"urn:x:station:{one[side]}") for side in ("from", "to")],
        )
        made = event(
            eventID=f"{lot}:made", action="ADD", bizLocation=ends[0], quantityList=goods(lot, quantity=None)
        )
        if came[one["id"]]:
            used = [
                entry for each in came[one["id"]] for entry in goods(f"urn:x:delivery:{each}", quantity=None)
            ]
            made = event(eventID=f"{lot}:made", type="TransformationEvent", bizLocation=ends[0],
                         inputQuantityList=used, outputQuantityList=goods(lot, quantity=None))  # fmt: skip
        way = {"sourceList": [{"type": "location", "source": ends[0]["id"]}],
               "destinationList": [{"type": "location", "destination": ends[1]["id"]}]}  # fmt: skip
        told = {"quantityList": goods(lot, quantity=None), **way}
        events += [
            made,
            event(eventID=f"{lot}:sent", bizStep="shipping", bizLocation=ends[0], **told),
            event(eventID=f"{lot}:came", bizStep="receiving", bizLocation=ends[1], **told),
        ]
    return events


@pytest.mark.parametrize("name", ["network-a.json", "network-b.json", "network-c.json"])
def test_a_network_from_the_field_is_traced_over_the_api(
    program: TestClient, client_as: ClientOf, engine: Engine, random: Random, name: str
) -> None:
    network = vector(name)
    events = as_events(network)
    random.shuffle(events)
    half = random.randint(1, len(events) - 1)
    for part in (events[:half], events[half:]):
        assert program.post(DOOR, json=document(part)).status_code == 201
    names = {batch: told.removeprefix("urn:x:delivery:") for batch, told in names_of(engine).items()}

    for asker in (program, client_as("county")):
        found = sets(asker, names)
        for way in ("forward", "backward"):
            assert found[way] == {one: set(reach[way]) for one, reach in network["expected"]["trace"].items()}
    ends = {
        one["id"]: {f"urn:x:station:{one['from']}", f"urn:x:station:{one['to']}"}
        for one in network["deliveries"]
    }
    for batch, one in names.items():
        answer = program.get(f"/api/v1/traces?batch={batch}").json()
        reach = [one, *network["expected"]["trace"][one]["forward"]]
        right = set().union(*(ends[each] for each in reach))
        assert {end["end"]["name_zh"] for end in answer["consignees"]} == right


def test_the_same_document_again_in_parts_changes_nothing(program: TestClient) -> None:
    told = vector("epcis-trace.jsonld")
    program.post(DOOR, json=told)
    before = program.get("/api/v1/events").json()["total"]
    part = copy.deepcopy(told)
    part["epcisBody"]["eventList"] = told["epcisBody"]["eventList"][3:9]

    assert program.post(DOOR, json=part).status_code == 201
    assert program.get("/api/v1/events").json()["total"] == before
    assert {one["void"] for one in program.get("/api/v1/events").json()["items"]} == {None}
