"""Anybody reports a problem in three steps, without an account or a script, and follows it by an address."""

import io
import re
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from PIL import Image
from sqlalchemy import Engine

from conftest import ClientOf
from keeping import all_rows
from reports import NAME, REACH, WORDS, send_tip
from tracelot.records.tips import Tip, TipContact, TipNote, TipPhoto, TipShare
from tracelot.rules.pacing import Pace
from tracelot.web import pace
from tracelot.web.pace import PACES
from world import VisitAs, World

ENGLISH = {"accept-language": "en"}
SAID = {"kind": "foreign_matter", "words": WORDS, "shop": "便民超市", "place_text": "正阳县"}


def photo(colour: str = "red") -> bytes:
    """A photo that says where it was taken."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "SECRETPHONE"
    Image.new("RGB", (40, 30), colour).save(file, "JPEG", exif=exif)
    return file.getvalue()


def hidden(answer: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


def third_step(client: TestClient, written: str, **said: str) -> dict[str, str]:
    answer = client.post("/report", data=SAID | {"step": "3", "written": written} | said)
    assert answer.status_code == 200
    return SAID | {"written": written, "step": "send", "key": hidden(answer, "key")} | said


def test_three_steps_lead_to_a_report_and_its_address(
    client: TestClient, world: World, engine: Engine
) -> None:
    written = f"(01){world.gtin}(10){world.code}"
    assert client.get("/report").status_code == 200
    second = client.get("/report", params={"code": written}, headers=ENGLISH)
    assert "Zhengyang Peanut Oil" in second.text
    form = third_step(client, written) | {"place": "411724", "name": NAME, "reach": REACH}

    sent = client.post("/report", data=form, files={"photo": ("a.jpg", photo(), "image/jpeg")})
    again = client.post("/report", data=form, files={"photo": ("a.jpg", photo(), "image/jpeg")})

    assert (sent.status_code, sent.headers["location"]) == (303, again.headers["location"])
    (tip,) = all_rows(engine, Tip)
    (kept,) = all_rows(engine, TipPhoto)
    (who,) = all_rows(engine, TipContact)
    assert (tip.party_id, tip.batch_id, who.name) == (world.parties["county"], world.batch_id, NAME)
    page = client.get(sent.headers["location"], headers=ENGLISH)
    assert page.headers["cache-control"] == "no-store"
    assert f"http://127.0.0.1:8000/t/{form['key']}" in page.text
    assert NAME not in page.text  # nor does whoever finds the address learn who reported
    assert REACH not in page.text
    shown = client.get(f"/t/{form['key']}/photos/{kept.id}.jpg")
    assert shown.content.startswith(b"\xff\xd8")
    assert b"SECRETPHONE" not in shown.content


def test_what_is_wrong_is_told_at_its_step_and_nothing_typed_is_lost(
    client: TestClient, world: World
) -> None:
    second = client.post("/report", data={"step": "3", "words": "坏", "kind": "", "shop": "便民超市"})
    assert second.status_code == 422
    assert 'aria-current="step">2' in second.text
    assert "便民超市" in second.text
    form = third_step(client, "L9")
    third = client.post("/report", data=form | {"place": "", "name": NAME})
    assert third.status_code == 422
    assert NAME in third.text
    assert hidden(third, "key") == form["key"]
    back = client.post("/report", data=form | {"step": "2"})
    assert WORDS in back.text
    assert (
        client.post("/report", data=form | {"place": "411724"}, files={"photo": ("a.jpg", b"x")}).status_code
        == 422
    )


def test_its_reporter_adds_words_and_photos_and_erases_who_they_are(
    client: TestClient, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    tip_id, secret = send_tip(visit_as, world)
    files = {"photo": ("b.jpg", photo("blue"), "image/jpeg")}
    for _ in range(2):  # sent twice where the answer was lost
        assert client.post(f"/t/{secret}", data={"words": "又发现一瓶"}, files=files).status_code == 303
    assert client.post(f"/t/{secret}", data={"words": ""}).status_code == 422
    assert client.post(f"/t/{secret}/contact/erase").status_code == 303

    assert [one.words for one in all_rows(engine, TipNote) if one.step == "written"] == ["又发现一瓶"]
    assert len(all_rows(engine, TipPhoto)) == 1
    assert all_rows(engine, TipContact) == []
    assert client.get(f"/t/{'x' * 43}").status_code == 404
    assert client.get(f"/t/{secret}/photos/{tip_id}.jpg").status_code == 404


def test_what_one_address_may_report_is_bounded(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PACES, "tip", Pace(2, 3600))
    pace.meter.cache_clear()
    codes = [client.post("/report", data={"step": "2"}).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_every_step_is_light_and_brings_no_script(
    client: TestClient, world: World, visit_as: VisitAs
) -> None:
    """A page with all that it loads, uncompressed."""
    _, secret = send_tip(visit_as, world)
    form = {"step": "3", "written": f"(01){world.gtin}(10){world.code}"} | SAID
    pages = [
        client.get("/report"),
        client.get("/report", params={"code": form["written"]}),
        client.post("/report", data=form),
        client.get(f"/t/{secret}"),
    ]
    for page in pages:
        assert "<script" not in page.text
        styles = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert len(page.content) + sum(len(client.get(one).content) for one in styles) <= 20_000


# --- the office --------------------------------------------------------------------------------------------


def test_an_office_works_a_report_from_its_list_to_its_end(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    tip_id, secret = send_tip(visit_as, world)
    office = client_as("county")
    listed = office.get("/gov/tips", headers=ENGLISH)
    assert f"/gov/tips/{tip_id}" in listed.text
    page = office.get(f"/gov/tips/{tip_id}", headers=ENGLISH)
    assert WORDS in page.text
    assert NAME not in page.text

    def step(name: str, **said: str) -> Response:
        return office.post(f"/gov/tips/{tip_id}/{name}", data=said)

    order = re.search(r'href="(/gov/parties/[^"]+/order[^"]+)"', page.text)
    assert order is not None
    assert world.code in office.get(order[1].replace("&amp;", "&")).text
    assert REACH in step("contact", reason="核实").text
    assert step("contact", reason="").status_code == 422
    assert step("assigned", account_id=str(world.people["county"]), due_on="2026-12-31").status_code == 303
    assert step("investigating", words="到店检查").status_code == 303
    assert step("shared", words="瓶底有黑色颗粒").status_code == 303
    assert step("noted", words="旧版", version="1").status_code == 422
    assert step("closed", closing="", answer="").status_code == 422
    assert step("closed", closing="acted", answer="已责令下架。").status_code == 303
    assert step("noted", words="再记").status_code == 422
    assert step("received", words="再记").status_code == 404

    assert "已责令下架。" in client.get(f"/t/{secret}").text
    (share,) = all_rows(engine, TipShare)
    told = client_as("zhenyang").get("/app/complaints").text
    assert share.words in told
    assert WORDS not in told
    assert all_rows(engine, Tip)[0].state == "closed"


@pytest.mark.parametrize("who", ["zhenyang", "guhuai", "neighbour", "township", "site"])
def test_nobody_else_opens_a_report(client_as: ClientOf, visit_as: VisitAs, world: World, who: str) -> None:
    tip_id, _ = send_tip(visit_as, world)
    answers = [
        client_as(who).get(f"/gov/tips/{tip_id}"),
        client_as(who).post(f"/gov/tips/{tip_id}/contact", data={"reason": "核实"}),
        client_as(who).post(f"/gov/tips/{tip_id}/noted", data={"words": "记录"}),
        client_as(who).get(f"/gov/tips/{tip_id}/photos/{UUID(int=1)}.jpg"),
    ]
    assert {one.status_code for one in answers} <= {403, 404}
    assert not any(REACH in one.text or WORDS in one.text for one in answers)
