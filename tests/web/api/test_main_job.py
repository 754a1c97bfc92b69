"""The main job by API alone: join, be verified, register, look up, recall, query; and who sees what."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from builders import PASSWORD as OFFICERS
from builders import valid_uscc
from conftest import BASE, ClientOf
from tracelot.rules.identifiers import gs1_check_digit
from world import World

PASSWORD = "peanuts in the shell 2026"  # noqa: S105
CODE = "L15/3.2-%a"
GTIN = "952000100777" + gs1_check_digit("952000100777")
PARTY = {
    "type": "producer",
    "name_zh": "正阳县新芽花生坊",
    "name_en": "Xinya Peanut Workshop",
    "uscc": valid_uscc(777),
    "address_zh": "真阳街道 7 号",
    "region_code": "411724001",
    "phone": "0396-0000777",
}
NOTICE = {
    "level": 1,
    "reason_code": "mycotoxin",
    "knowledge_at": "2026-11-20T09:00:00+08:00",
    "reason_zh": "黄曲霉毒素超标",
    "reason_en": "Too much aflatoxin",
    "harm_zh": "损害肝脏",
    "harm_en": "Harms the liver",
    "remedy_zh": "停止食用，退货退款",
    "remedy_en": "Do not eat; return for a refund",
    "contact": "0396-0000777",
}


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.fixture
def firm(client: TestClient, world: World) -> TestClient:
    """A new enterprise whose administrator signed up and in."""
    account = {"email": "boss@xinya.example", "name": "王新芽", "password": PASSWORD}
    done(client.post("/api/v1/parties", json={"party": PARTY, "account": account}), 201)
    assert client.post("/sign-in", data={"login": account["email"], "password": PASSWORD}).status_code == 303
    return client


def verified(firm: TestClient, client_as: ClientOf) -> None:
    party = done(firm.get("/api/v1/parties/me"))
    assert party["status"] == "unverified"
    decision = {"decision": "verified", "note": "营业执照已核对", "signature": {"password": OFFICERS}}
    office = client_as("county")
    assert done(office.post(f"/api/v1/parties/{party['id']}/decision", json=decision))["status"] == "verified"


def registered(firm: TestClient) -> dict[str, Any]:
    place = {"name_zh": "一号车间", "address_zh": "真阳街道 7 号", "region_code": "411724001"}
    done(firm.post("/api/v1/facilities", json=place), 201)
    product = done(firm.post("/api/v1/products", json={"name_zh": "新芽炒花生", "gtin": GTIN}), 201)
    batch = {"product_id": product["id"], "code": CODE, "production_date": "2026-09-15", "quantity": "3320",
             "unit": "kg", "release": True}  # fmt: skip
    return dict(done(firm.post("/api/v1/batches", json=batch), 201))


def recalled(firm: TestClient, batch: dict[str, Any]) -> dict[str, Any]:
    scope = [{"product_id": batch["product_id"], "codes": [batch["code"]]}]
    draft = done(firm.post("/api/v1/recalls", json=NOTICE | {"ranges": scope}), 201)
    signed = {"signature": {"password": PASSWORD}}
    return dict(done(firm.post(f"/api/v1/recalls/{draft['id']}/publish", json=signed)))


def shown(client: TestClient, link: str, language: str) -> str:
    page = client.get(link.removeprefix(BASE), headers={"accept": "text/html", "accept-language": language})
    assert page.status_code == 200
    return str(page.text)


def test_a_batch_is_registered_looked_up_and_recalled(firm: TestClient, client_as: ClientOf) -> None:
    verified(firm, client_as)
    batch = registered(firm)
    anybody = client_as("guhuai")

    [match] = done(anybody.get("/api/v1/lookup", params={"code": f"(01){GTIN.zfill(14)}(10){CODE}"}))[
        "matches"
    ]
    assert match["verdict"] == "no_recall"
    assert "暂无召回记录" in shown(anybody, match["link"], "zh")

    recall = recalled(firm, batch)

    answer = done(anybody.get(match["link"].removeprefix(BASE), headers={"accept": "application/json"}))
    assert (answer["verdict"], answer["level"]) == ("recalled", 1)
    assert answer["recalls"][0]["code"] == recall["code"]
    assert "停止食用，退货退款" in shown(anybody, match["link"], "zh")
    assert "Do not eat; return for a refund" in shown(anybody, match["link"], "en")


def test_the_regulators_query_finds_the_recall_in_three_ways(firm: TestClient, client_as: ClientOf) -> None:
    verified(firm, client_as)
    recall = recalled(firm, registered(firm))

    for office in ("county", "neighbour"):
        for asked in ({"text": "花生", "level": "1"}, {"gtin": GTIN}, {"firm": "新芽", "region": "411724"}):
            answer = done(client_as(office).get("/api/v1/recalls", params=asked))
            assert recall["code"] in [one["code"] for one in answer["items"]]


def test_others_see_only_what_is_public(firm: TestClient, client_as: ClientOf) -> None:
    verified(firm, client_as)
    batch = registered(firm)
    party_id = batch["party_id"]

    assert done(client_as("county").get(f"/api/v1/batches/{batch['id']}"))["quantity"] == "3320"
    for stranger in ("neighbour", "guhuai"):
        for private in (f"batches/{batch['id']}", f"batches/{batch['id']}/history", f"parties/{party_id}"):
            assert client_as(stranger).get(f"/api/v1/{private}").status_code == 404


def test_an_impostor_publishes_nothing(firm: TestClient, client_as: ClientOf) -> None:
    batch = registered(firm)  # nobody has verified this firm
    draft = {"ranges": [{"product_id": batch["product_id"], "codes": [CODE]}]}
    recall = done(firm.post("/api/v1/recalls", json=NOTICE | draft), 201)

    refusal = firm.post(f"/api/v1/recalls/{recall['id']}/publish")

    assert refusal.status_code == 403
    assert refusal.json()["type"].endswith("/problems/party-unverified")
    link = f"/01/{GTIN.zfill(14)}/10/L15%2F3.2-%25a"
    assert client_as("guhuai").get(link, headers={"accept": "application/json"}).status_code == 404
    assert client_as("guhuai").get(f"/api/v1/recalls/{recall['code']}").status_code == 404
