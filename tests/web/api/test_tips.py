"""Reports of the public through the interface: offices work on them, firms read what they were told of them."""

import json

from sqlalchemy import Engine

from conftest import ClientOf
from keeping import all_rows
from reports import NAME, REACH, send_tip
from tracelot.records.journal import JournalEntry
from world import VisitAs, World


def test_an_office_works_on_a_report_and_its_reporter_stays_unknown(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    tip_id, _ = send_tip(visit_as, world)
    county, at = client_as("county"), f"/api/v1/tips/{tip_id}"
    [listed] = county.get("/api/v1/tips").json()["items"]
    read = county.get(at)
    assert listed["id"] == str(tip_id)
    assert (read.json()["state"], read.json()["contact"]) == ("received", True)
    assert read.headers["cache-control"] == "no-store"

    stale = {"if-match": read.headers["etag"]}
    begun = county.post(f"{at}/investigation", json={"words": "已到店取样", "told": True}, headers=stale)
    assert begun.json()["state"] == "investigating"
    assert county.post(f"{at}/notes", json={"words": "再查"}, headers=stale).status_code == 412
    assert county.post(f"{at}/links", json={"sampling": "CY1"}).json()["errors"][0]["pointer"] == "#/sampling"
    assert county.post(f"{at}/complaint", json={"words": f"{NAME}说有异物"}).status_code == 422
    told = county.post(f"{at}/complaint", json={"words": "有人反映瓶底有异物"})
    closed = county.post(f"{at}/close", json={"closing": "acted", "answer": "已处理"})

    assert closed.json()["state"] == "closed"
    assert county.post(f"{at}/notes", json={"words": "再查"}).status_code == 409
    for answer in (read, begun, told, closed, county.get("/api/v1/tips?state=closed")):
        assert NAME not in answer.text
        assert REACH not in answer.text
    [complaint] = client_as("zhenyang").get("/api/v1/complaints").json()
    assert (complaint["words"], complaint["batch_code"]) == ("有人反映瓶底有异物", world.code)
    assert str(tip_id) not in json.dumps(complaint)


def test_who_reported_is_shown_to_people_of_the_handling_office_alone_and_each_look_is_kept(
    client_as: ClientOf, program_of: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    tip_id, _ = send_tip(visit_as, world)
    at, why = f"/api/v1/tips/{tip_id}/contact", {"reason": "核实地点"}
    assert client_as("county").post(at, json=why).json() == {"name": NAME, "reach": REACH}
    assert client_as("county").post(at, json={"reason": ""}).status_code == 422
    assert client_as("city").post(at, json=why).status_code == 403
    assert client_as("neighbour").post(at, json=why).status_code == 404
    for firm in (client_as("zhenyang"), program_of("zhenyang")):
        assert firm.post(at, json=why).status_code == 403
        assert firm.get("/api/v1/tips").status_code == 403
    assert (
        client_as("county").post("/api/v1/tips", json={}).status_code == 405
    )  # the form of the public has guards
    [look] = all_rows(engine, JournalEntry, act="tip.contact-opened")
    assert (look.reason, NAME in look.record) == ("核实地点", False)
