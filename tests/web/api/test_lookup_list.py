"""POST /api/v1/lookup: a list of codes, each answered as GET answers it, paced, and never with a 5xx."""

import json

import pytest
from fastapi.testclient import TestClient

from builders import new_recall
from conftest import ClientOf
from tracelot.operations import recalls
from tracelot.web import pace
from world import VisitAs, World


@pytest.fixture
def recalled(visit_as: VisitAs, world: World) -> World:
    with visit_as("quality") as visit:
        recalls.publish_recall(visit, recalls.open_recall(visit, new_recall(world.product_id, world.code)).id)
    return world


def test_each_answer_is_what_get_says(client: TestClient, program_of: ClientOf, recalled: World) -> None:
    codes = [
        f"(01){recalled.gtin}(10){recalled.code}",
        f"{recalled.gtin} NOBODY",
        recalled.gtin,
        recalled.code,
        "批号",
    ]
    for caller in (client, program_of("zhenyang"), program_of("guhuai")):
        answer = caller.post("/api/v1/lookup", json=[*codes, 7, codes[0]])
        assert answer.status_code == 200
        *told, wrong, again = answer.json()["answers"]
        alone = [caller.get("/api/v1/lookup", params={"code": code}).json() for code in codes]
        assert [one["answer"] for one in told] == [
            {name: value for name, value in one.items() if name != "as_of"} for one in alone
        ]
        assert [one["problem"] for one in told] == [None] * len(codes)
        assert again == told[0]
        assert wrong["answer"] is None
        assert wrong["problem"]["type"].endswith("/problems/not-a-text")
    assert told[0]["answer"]["verdict"] == "recalled"


def test_the_longest_list_is_answered(client: TestClient, recalled: World) -> None:
    codes = [f"(01){recalled.gtin}(10)N{number}" for number in range(9999)] + [
        f"(01){recalled.gtin}(10){recalled.code}"
    ]
    answer = client.post("/api/v1/lookup", json=codes)
    verdicts = [one["answer"]["verdict"] for one in answer.json()["answers"]]
    assert verdicts == ["unknown"] * 9999 + ["recalled"]


@pytest.mark.parametrize(
    ("body", "status"),
    [("[]", 422), ("{}", 422), ('"x"', 422), ("null", 422), ("[", 422), ('["\\ud800"]', 422), ("[NaN]", 422),
     (json.dumps(["x"] * 10_001), 422), ("[" * 100 + "]" * 100, 422), ('["' + "x" * (1 << 20) + '"]', 413),
     ('[{"a": [1, {"b": null}]}, true, 1e3, "\\u0000"]', 200)],
)  # fmt: skip
def test_no_body_breaks_it(client: TestClient, world: World, body: str, status: int) -> None:
    assert world
    answer = client.post("/api/v1/lookup", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status


def test_strangers_are_paced_and_nothing_is_recorded(client: TestClient, world: World) -> None:
    assert world
    most, told = pace.PACES["list"].most, list[int]()
    while 429 not in told and len(told) < 5 * most:  # while a slow machine asks, more is granted
        told.append(client.post("/api/v1/lookup", json=["X"]).status_code)
    assert told[:most] == [200] * most
    assert told[-1] == 429


def test_the_api_reads_the_openfda_shape(client: TestClient, recalled: World) -> None:
    address = "/api/v1/openfda/food/enforcement.json"
    found = client.get(f'{address}?search=classification:"Class I"&limit=5').json()
    [record] = found["results"]
    assert found["meta"]["results"] == {"skip": 0, "limit": 5, "total": 1}
    assert record["code_info"] == f"Batch {recalled.code}"
    assert (record["state"], record["city"], record["country"]) == ("河南省", "驻马店市", "China")
    assert record["recalling_firm"] == "Zhengyang Peanut Oil Co., Ltd."
    assert client.get(f"{address}?search=code_info:{recalled.code}").status_code == 200
    assert client.get(f"{address}?count=classification.exact").json()["results"] == [
        {"term": "Class I", "count": 1}
    ]
    none = client.get(f'{address}?search=classification:"Class II"')
    assert (none.status_code, none.json()["error"]["code"]) == (404, "NOT_FOUND")
    for wrong in (
        "search=colour:red",
        "limit=1001",
        "skip=x",
        "sort=colour:asc",
        "sort=state:up",
        "count=colour",
        "search=((",
    ):
        answer = client.get(f"{address}?{wrong}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BAD_REQUEST"), wrong


def test_drafts_are_never_in_the_openfda_shape(client: TestClient, visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recalls.open_recall(visit, new_recall(world.product_id, world.code))
    assert client.get("/api/v1/openfda/food/enforcement.json").status_code == 404


def test_partners_get_a_published_recall_as_a_message(
    client: TestClient, program_of: ClientOf, visit_as: VisitAs, recalled: World
) -> None:
    [one] = client.get("/api/v1/recalls").json()["items"]
    told = client.get(f"/api/v1/recalls/{one['code']}?format=gs1").json()
    assert told["recallNotificationIdentification"] == one["code"]
    assert told["verified"] is False
    [item] = told["recalledTradeItem"]
    assert item["gtin"] == recalled.gtin
    assert item["batch"][0]["batchNumber"] == recalled.code
    assert item["batch"][0]["digitalLink"].endswith(f"/01/{recalled.gtin}/10/{recalled.code}")
    assert told["issuer"]["partyName"][0] == {"languageCode": "zh", "value": "正阳花生油有限公司"}
    assert client.get(f"/api/v1/recalls/{one['code']}?format=x").status_code == 422
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(recalled.product_id, "D")).id
    assert program_of("zhenyang").get(f"/api/v1/recalls/{draft}").status_code == 200
    assert program_of("zhenyang").get(f"/api/v1/recalls/{draft}?format=gs1").status_code == 404
