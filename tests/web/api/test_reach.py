"""By the API, what the pages do about notices and time limits: asking for time, photos, writing to customers again."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from PIL import Image
from sqlalchemy import Engine

from acts import firm, new_firm
from builders import PASSWORD
from conftest import ClientOf
from keeping import all_rows
from reached import new_contact, notices_of, recalled, ship, sold
from tracelot.records.consignees import RecallPhoto
from tracelot.records.recalls import Recall
from tracelot.web import pace
from world import VisitAs, World

WHERE = b"GPS of the shop"


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    pace.meter.cache_clear()
    yield
    pace.meter.cache_clear()


@pytest.fixture
def recall(visit_as: VisitAs, world: World, engine: Engine) -> Recall:
    maker = firm(visit_as, world, "zhenyang")
    trader = new_firm(visit_as, world, engine, "trader", "wholesaler", name_zh="批发部")
    product = sold(maker)
    trader.confirms(ship(maker, maker.batch("paste"), 100, party_id=trader.party_id))
    stall = new_contact(trader, "小摊", email="stall@shop.example")
    ship(trader, maker.batch("paste"), 20, contact_id=stall)
    (found,) = all_rows(engine, Recall, id=recalled(visit_as, product))
    return Recall(**found.model_dump())


def photo(colour: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = WHERE.decode()
    file = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "JPEG", exif=exif)
    return file.getvalue()


def test_more_time_is_asked_for_granted_and_refused(
    recall: Recall, client_as: ClientOf, visit_as: VisitAs
) -> None:
    with visit_as("quality") as visit:
        until = visit.today + timedelta(days=120)
    quality, county = client_as("quality"), client_as("county")
    path = f"/api/v1/recalls/{recall.id}/extensions"
    asked = quality.post(path, json={"until": f"{until}", "reason": "仍在途中"})
    assert asked.status_code == 201, asked.text
    assert quality.post(path, json={"until": f"{until}", "reason": "又问"}).status_code == 409

    assert client_as("neighbour").get("/api/v1/extensions").json() == []
    [waiting] = county.get("/api/v1/extensions").json()
    assert (waiting["code"], waiting["extension"]["state"]) == (recall.code, "asked")
    decide = f"/api/v1/extensions/{waiting['extension']['id']}/decision"
    signature = {"password": PASSWORD}
    assert quality.post(decide, json={"granted": True, "signature": signature}).status_code == 403
    assert county.post(decide, json={"granted": True}).status_code == 403
    assert county.post(decide, json={"granted": False, "signature": signature}).status_code == 422
    said = {"granted": False, "note": "理由不足", "signature": signature}
    assert county.post(decide, json=said).json()["state"] == "refused"
    again = quality.post(path, json={"until": f"{until}", "reason": "补充理由"}).json()["id"]
    granted = county.post(
        f"/api/v1/extensions/{again}/decision", json={"granted": True, "signature": signature}
    )
    assert granted.json()["state"] == "granted"
    assert county.get(f"/api/v1/extensions/{again}").json()["extension"]["decision_note"] is None


def test_a_photo_comes_with_an_answer_without_place_and_device(
    recall: Recall, client_as: ClientOf, engine: Engine
) -> None:
    trader, content = client_as("trader"), photo("red")
    assert WHERE in content
    assert [one["code"] for one in trader.get("/api/v1/notices").json() if one["open"]] == [recall.code]
    answered = trader.post(f"/api/v1/recalls/{recall.code}/answers", json={"name": "李"}).json()
    path = f"/api/v1/recalls/{recall.code}/answers/{answered['id']}/photo"

    def put(body: bytes, door: Any = trader) -> Any:
        return door.put(path, content=body, headers={"content-type": "image/jpeg"})

    assert put(content).json()["photo"] is True
    assert put(content).status_code == 200  # the same again
    assert put(photo("blue")).status_code == 409
    assert put(b"not a photo").status_code == 422
    assert put(content, client_as("guhuai")).status_code == 404
    for who in ("trader", "zhenyang", "county"):
        shown = client_as(who).get(path)
        assert shown.headers["content-type"] == "image/jpeg"
        assert WHERE not in shown.content
        assert Image.open(io.BytesIO(shown.content)).getexif() == {}
    assert client_as("guhuai").get(path).status_code == 404
    assert len(all_rows(engine, RecallPhoto)) == 1


def test_a_seller_writes_to_its_customers_again_and_so_does_the_firm(
    recall: Recall, client_as: ClientOf, engine: Engine, world: World
) -> None:
    trader, maker = client_as("trader"), client_as("quality")
    base = f"/api/v1/recalls/{recall.code}"
    keys = [one["key"] for one in trader.get(f"{base}/notice").json()["proposals"]]
    assert trader.post(f"{base}/forwards", json={"keys": keys}).json()["told"] == 1
    stall: UUID = notices_of(engine, recall.id)["小摊"].id
    own: UUID = notices_of(engine, recall.id)["批发部"].id

    silent = trader.get(f"{base}/customers?silent=true").json()
    assert [(one["name"], one["tier"]) for one in silent["items"]] == [("小摊", 2)]
    assert trader.post(f"{base}/reminders", json={}).json() == {"written": 0, "lately": 1, "mute": 0}
    again = trader.post(f"{base}/notices/{stall}/letters", json={"address": "new@shop.example"})
    assert (again.status_code, again.json()) == (201, {"link": None})
    detail = trader.get(f"{base}/notices/{stall}").json()
    assert (detail["email"], [one["kind"] for one in detail["letters"]]) == (
        "new@shop.example",
        ["notice", "again"],
    )
    assert maker.post(f"{base}/notices/{stall}/letters", json={}).status_code == 404
    assert trader.post(f"{base}/notices/{own}/letters", json={}).status_code == 404
    assert maker.post(f"{base}/notices/{own}/letters", json={}).status_code == 201
    assert maker.post(f"{base}/notices").json() == {"told": 0}
    assert maker.post(f"{base}/reminders").json()["lately"] == 1
    assert client_as("guhuai").post(f"{base}/reminders").status_code == 404
