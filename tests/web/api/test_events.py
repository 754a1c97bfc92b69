"""Acts over HTTP: what is answered, what is refused and at which field, and pages of many."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from conftest import ClientOf
from tracelot.rules.ids import new_id
from world import World

WHEN = "2026-09-20T10:00:00+08:00"


@pytest.fixture
def program(program_of: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return program_of("zhenyang")


def sale(world: World, **line: Any) -> dict[str, Any]:
    goods = {"batch_id": str(world.batch_id), "quantity": "10", "unit": "bottle"} | line
    return {"act": "sell", "event_time": WHEN, "lines": [goods]}


def refused(answer: Any, status: int, kind: str, pointer: str | None = None) -> None:
    body = answer.json()
    assert (answer.status_code, body["type"].rpartition("/")[2]) == (status, kind), body
    if pointer is not None:
        assert pointer in [error["pointer"] for error in body["errors"]], body


def test_an_act_is_recorded_and_read_back(program: TestClient, world: World) -> None:
    told = sale(world) | {"documents": [{"type": "inv", "no": "F-1"}], "key_data": {"note": "门店"}}
    answer = program.post("/api/v1/events", json=told)
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/v1/events/{made['id']}"
    (line,) = made["lines"]
    (posting,) = line["postings"]

    assert (posting["quantity"], posting["unit"], posting["side"], posting["code"]) == (
        "10",
        "bottle",
        "take",
        world.code,
    )
    assert posting["place"] == f"facility:{world.facility_id}"
    assert (made["event_time"], made["utc_offset"]) == ("2026-09-20T02:00:00Z", 480)
    assert program.get(answer.headers["location"]).json() == made
    (stock,) = program.get(f"/api/v1/stocks?batch={world.batch_id}").json()["items"]
    assert (stock["quantity"], stock["unit"], stock["set_apart"]) == ("4990", "bottle", False)


@pytest.mark.parametrize(
    "quantity", ["-1", "0", "NaN", "Infinity", "1e3", "0.0000001", "1000000000", "", " ", "１", True, [], {}]
)
def test_an_amount_that_is_none_is_refused_at_its_field(
    program: TestClient, world: World, quantity: Any
) -> None:
    answer = program.post("/api/v1/events", json=sale(world, quantity=quantity))

    assert answer.status_code == 422
    empty = isinstance(quantity, str) and not quantity.strip()  # nothing said, and yet a unit
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["#/lines/0" if empty else "#/lines/0/quantity"]


@pytest.mark.parametrize("unit", ["kg", "case"])
def test_a_unit_that_does_not_fit_is_refused_at_its_field(
    program: TestClient, world: World, unit: str
) -> None:
    refused(
        program.post("/api/v1/events", json=sale(world, unit=unit)), 422, "unit-mismatch", "#/lines/0/unit"
    )


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        ((datetime.now(UTC) + timedelta(days=2)).isoformat(), "in-the-future"),
        ("1999-12-31T00:00:00Z", "too-long-ago"),
        ("2026-09-20T10:00:00", "invalid"),
        ("9999-12-31T23:59:59-23:59", "invalid"),
        (1757923200, "invalid"),
    ],
    ids=["in two days", "last century", "without a zone", "beyond all days", "a number"],
)
def test_a_time_that_cannot_be_is_refused(program: TestClient, world: World, moment: Any, kind: str) -> None:
    refused(program.post("/api/v1/events", json=sale(world) | {"event_time": moment}), 422, kind)


@pytest.mark.parametrize("name", ["batch_id", "product_id", "unit_id"])
def test_what_is_not_there_and_what_is_somebody_else_s_look_the_same(
    program: TestClient, program_of: ClientOf, world: World, name: str
) -> None:
    foreign = {"batch_id": str(new_id()), "product_id": str(world.elsewhere_id), "unit_id": str(new_id())}
    if name == "batch_id":
        new = {"product_id": str(world.elsewhere_id), "code": "GH1", "production_date": "2026-09-15"}
        foreign["batch_id"] = program_of("guhuai").post("/api/v1/batches", json=new).json()["id"]
    act = "sell" if name != "unit_id" else "sight"
    line = {name: foreign[name]} | ({"quantity": "1", "unit": "kg"} if act == "sell" else {})
    absent = line | {name: str(new_id())}
    told = [
        program.post("/api/v1/events", json={"act": act, "event_time": WHEN, "lines": [one]}).json()
        for one in (line, absent)
    ]

    assert told[0]["status"] == 422
    for one in told:
        one.pop("instance", None)
    assert told[0] == told[1]


@pytest.mark.parametrize("body", [{}, {"act": "steal"}, {"act": 7}])
def test_an_act_that_is_none_is_told_at_its_field(program: TestClient, body: dict[str, Any]) -> None:
    refused(program.post("/api/v1/events", json=body), 422, "invalid", "#/act")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"act": "steal", "event_time": WHEN},
        {"act": "sell", "event_time": WHEN, "lines": []},
        {"act": "sell", "event_time": WHEN, "lines": [{}]},
        {"act": "transform", "event_time": WHEN},
        {"act": "ship", "event_time": WHEN, "to": {}, "lines": [{"batch_id": str(new_id())}]},
        {
            "act": "pack",
            "event_time": WHEN,
            "carrier": {"sscc": "123456789012345678"},
            "lines": [{"batch_id": str(new_id())}],
        },
        {
            "act": "sell",
            "event_time": WHEN,
            "party_id": str(new_id()),
            "lines": [{"batch_id": str(new_id())}],
        },
        {
            "act": "sell",
            "event_time": WHEN,
            "key_data": {"admin": "x"},
            "lines": [{"batch_id": str(new_id())}],
        },
    ],
)
def test_what_is_no_act_is_refused(program: TestClient, body: dict[str, Any]) -> None:
    answer = program.post("/api/v1/events", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_thousand_lines_are_taken_and_more_are_refused_by_a_clear_bound(
    program: TestClient, world: World
) -> None:
    line = {"batch_id": str(world.batch_id), "quantity": "1", "unit": "bottle"}
    many = {"act": "sell", "event_time": WHEN, "lines": [line] * 1001}
    refused(program.post("/api/v1/events", json=many), 422, "invalid")
    refused(program.post("/api/v1/events", json=many | {"lines": [line] * 10_000}), 422, "unreadable-json")
    answer = program.post("/api/v1/events", json=many | {"lines": [line] * 1000})

    assert answer.status_code == 201
    (stock,) = program.get(f"/api/v1/stocks?batch={world.batch_id}").json()["items"]
    assert stock["quantity"] == "4000"


def test_the_same_id_has_one_effect_and_another_content_is_refused(program: TestClient, world: World) -> None:
    told = sale(world) | {"id": str(new_id())}
    first, again = (program.post("/api/v1/events", json=told) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    refused(
        program.post("/api/v1/events", json=told | {"event_time": "2026-09-21T00:00:00Z"}), 409, "id-taken"
    )


def test_a_record_is_voided_with_a_reason(program: TestClient, program_of: ClientOf, world: World) -> None:
    id_ = program.post("/api/v1/events", json=sale(world)).json()["id"]
    way = f"/api/v1/events/{id_}/void"
    assert program.post(way, json={}).status_code == 422
    assert program_of("guhuai").post(way, json={"reason": "不是我的"}).status_code == 404
    told = program.post(way, json={"reason": "误录", "kind": "did_not_occur"}).json()

    assert (told["void"]["reason"], told["void"]["kind"]) == ("误录", "did_not_occur")
    refused(program.post(way, json={"reason": "又一次"}), 409, "already-void")


def test_events_are_listed_page_by_page_the_latest_first(program: TestClient, world: World) -> None:
    made = []
    for day in range(1, 8):
        told = sale(world) | {"event_time": f"2026-10-0{day}T00:00:00Z"}
        made.append(program.post("/api/v1/events", json=told).json()["id"])
    seen: list[str] = []
    cursor = None
    while True:
        way = "/api/v1/events?act=sell&limit=3" + (f"&cursor={cursor}" if cursor else "")
        page = program.get(way).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert (seen, page["total"]) == (made[::-1], 7)
    since = program.get(
        "/api/v1/events?act=sell&since=2026-10-06T00:00:00Z&until=2026-10-06T23:00:00Z"
    ).json()
    assert [item["id"] for item in since["items"]] == [made[5]]
    assert program.get(f"/api/v1/events?batch={world.batch_id}").json()["total"] == 8
    assert program.get("/api/v1/events?flagged=true").json()["total"] == 0
    refused(program.get("/api/v1/events?cursor=e30"), 422, "bad-cursor")


def test_a_shipment_is_sent_confirmed_and_read_by_both(
    program: TestClient, program_of: ClientOf, world: World
) -> None:
    buyer = program_of("guhuai")
    place = {"name_zh": "库", "address_zh": "路1号", "region_code": "411723"}
    assert buyer.post("/api/v1/facilities", json=place).status_code == 201
    told = sale(world) | {"act": "ship", "to": {"party_id": str(world.parties["guhuai"])}}
    sent = program.post("/api/v1/events", json=told).json()
    (inbox,) = buyer.get("/api/v1/shipments?box=in&status=in_transit").json()["items"]
    assert inbox["lines"][0]["code"] == world.code
    assert UUID(inbox["id"]) == UUID(sent["shipment_ids"][0])
    way = f"/api/v1/shipments/{inbox['id']}"
    answer = buyer.post(
        f"{way}/confirm",
        json={"event_time": WHEN, "lines": [{"number": 1, "quantity": "9", "unit": "bottle"}]},
    )

    assert (answer.status_code, answer.json()["status"]) == (200, "discrepancy")
    assert program.get(way).json() == buyer.get(way).json()
    assert program_of("zhenyang").get("/api/v1/shipments?box=in").json()["items"] == []
    settled = program.post(f"{way}/settle", json={"event_time": WHEN, "reason": "同意"}).json()
    assert settled["status"] == "settled"
    refused(buyer.post(f"{way}/reject", json={"event_time": WHEN, "reason": "晚了"}), 409, "already-answered")


def test_contacts_units_and_settings_have_their_addresses(
    program: TestClient, program_of: ClientOf, world: World
) -> None:
    new = {"name": "兰青乡合作社", "phone": "13900000001", "region_code": "411724214"}
    contact = program.post("/api/v1/contacts", json=new)
    assert contact.status_code == 201
    way = contact.headers["location"]
    changed = program.patch(way, json={"phone": "13900000002"}, headers={"if-match": contact.headers["etag"]})
    assert changed.json()["phone"] == "13900000002"
    assert (
        program.patch(way, json={"phone": "1"}, headers={"if-match": contact.headers["etag"]}).status_code
        == 412
    )
    assert program_of("guhuai").get(way).status_code == 404
    assert program.get("/api/v1/contacts?text=兰青").json()["total"] == 1
    packed = sale(world) | {"act": "pack", "carrier": {"sscc": "095200010000000011"}}
    refused(program.post("/api/v1/events", json=packed), 422, "invalid", "#/carrier/sscc")
    packed["carrier"] = {"code": "P-1", "sscc": "095200010000000010"}
    assert program.post("/api/v1/events", json=packed).status_code == 201
    (unit,) = program.get("/api/v1/units?code=P-1").json()["items"]
    told = program.get(f"/api/v1/units/{unit['id']}").json()
    assert [one["quantity"] for one in told["contents"]] == ["10"]
    assert told["place"] == f"facility:{world.facility_id}"
    assert program.get("/api/v1/parties/me/books").json()["jurisdictions"] == ["CN"]
    units = f"/api/v1/products/{world.product_id}/units"
    assert (
        program.put(
            units, json={"base_unit": "bottle", "units": [{"unit": "case", "factor": "12"}]}
        ).status_code
        == 200
    )
    refused(program.put(units, json={"base_unit": "case"}), 409, "counted-already")
