"""Inspections by the API: recorded once, judged in the answer, corrected, and what a fail leads to."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from conftest import ClientOf
from keeping import all_rows
from tracelot.records.inspections import Inspection
from world import World


def body(world: World, text: str = "48.6", **given: Any) -> dict[str, Any]:
    finding = {"analyte": "AFB1", "measured_text": text, "unit": "µg/kg", "lod": "0.5"}
    return {"kind": "outgoing", "batch_id": str(world.batch_id), "report_no": "CJ-1", "sample_no": "S1",
            "issued_on": "2026-09-16", "food_category": "花生油", "findings": [finding]} | given  # fmt: skip


def test_the_answer_says_the_verdict_on_each_finding(program_of: ClientOf, world: World) -> None:
    program = program_of("zhenyang")
    answer = program.post("/api/v1/inspections", json=body(world))
    assert answer.status_code == 201
    told = answer.json()
    assert (told["verdict"], told["legal"], told["state"]) == ("fail", False, "issued")
    [finding] = told["findings"]
    assert (finding["value"], finding["reason"], finding["limit_value"]) == ("48.6", "outside", "20")
    assert program.get(answer.headers["location"]).json() == told
    assert program.get(f"/api/v1/batches/{world.batch_id}").json()["status"] == "held"
    start = program.get(f"{answer.headers['location']}/recall").json()
    assert (start["code"], start["reason_code"]) == (world.code, "mycotoxin")
    recall = {name: start[name] for name in ("reason_code", "source_of_knowledge", "knowledge_at", "reason_zh",
                                             "reason_en")}  # fmt: skip
    ranges = [{"product_id": start["product_id"], "codes": [start["code"]]}]
    assert program.post("/api/v1/recalls", json=recall | {"level": 1, "ranges": ranges}).status_code == 201
    assert program.get(f"{answer.headers['location']}/holds").json() == []


def test_a_correction_needs_the_edition_that_was_seen(
    program_of: ClientOf, world: World, engine: Engine
) -> None:
    program = program_of("zhenyang")
    first = program.post("/api/v1/inspections", json=body(world, "3"))
    url, tag = first.headers["location"], first.headers["etag"]
    told = body(world, "4", reason="数值有误")
    del told["batch_id"]
    assert program.post(f"{url}/corrections", json=told, headers={"if-match": '"99"'}).status_code == 412
    second = program.post(f"{url}/corrections", json=told, headers={"if-match": tag})
    assert (second.status_code, second.json()["edition"], second.json()["verdict"]) == (201, 2, "pass")
    assert program.get(url).json()["superseded_by"] == second.json()["id"]
    assert program.post(f"{url}/corrections", json=told).status_code == 409
    gone = program.post(f"{second.headers['location']}/withdrawal", json={"reason": "作废"})
    assert gone.json()["state"] == "withdrawn"
    assert {one.state for one in all_rows(engine, Inspection)} == {"superseded", "withdrawn"}


def test_the_file_is_sent_as_it_is(program_of: ClientOf, world: World) -> None:
    program = program_of("zhenyang")
    url = program.post("/api/v1/inspections", json=body(world, "3")).headers["location"] + "/file"
    pdf = {"content-type": "application/pdf"}
    assert program.put(url, content=b"no pdf", headers=pdf).status_code == 422
    kept = program.put(url, content=b"%PDF-1.7 x", headers=pdf)
    assert (kept.status_code, len(kept.json()["file_sha256"])) == (200, 64)
    assert program.get(url).content == b"%PDF-1.7 x"
    assert program_of("guhuai").get(url).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"measured_text": "1,5"}, "#/findings/0/measured_text"),
        ({"measured_text": "3 mg/kg"}, "#/findings/0/unit"),
        ({"lod": "-1"}, "#/findings/0/lod"),
        ({"lod": "NaN"}, "#/findings/0/lod"),
        ({"lod": 1e300}, "#/findings/0/lod"),
        ({"analyte": "菌落总数", "plan_n": 2, "plan_c": 2, "plan_m": "1"}, "#/findings/0/plan_c"),
        ({"measured_text": "\x00"}, "#/findings/0/measured_text"),
        ({"said": "perhaps"}, "#/findings/0/said"),
        ({"more": 1}, "#/findings/0/more"),
    ],
)
def test_what_is_wrong_is_told_by_its_pointer(
    program_of: ClientOf, world: World, change: dict[str, Any], pointer: str
) -> None:
    sent = body(world)
    sent["findings"][0] |= change
    answer = program_of("zhenyang").post("/api/v1/inspections", json=sent)
    assert answer.status_code == 422
    assert pointer in [one["pointer"] for one in answer.json()["errors"]]


def test_lists_are_read_by_everybody_and_reports_by_nobody_else(
    client: TestClient, program_of: ClientOf, world: World
) -> None:
    made = program_of("zhenyang").post("/api/v1/inspections", json=body(world)).json()
    limits = client.get("/api/v1/limits?jurisdiction=CN").json()
    assert {one["jurisdiction"] for one in limits} == {"CN"}
    assert all(one["to_check"] for one in limits)
    assert "afb1" in {one["code"] for one in client.get("/api/v1/analytes").json()}
    assert client.get("/api/v1/inspections").status_code == 401
    other = program_of("guhuai")
    assert other.get(f"/api/v1/inspections/{made['id']}").status_code == 404
    assert other.get("/api/v1/inspections").json()["total"] == 0
    assert other.get("/api/v1/laboratories").json() == []
    assert other.get("/api/v1/holds").json() == []
