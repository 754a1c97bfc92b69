"""Partners outside Trace on the pages of whoever keeps them, and the link that lets one in."""

import re
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from conftest import ClientOf
from keeping import all_rows
from tracelot.records.contacts import Contact
from world import World

ENGLISH = {"accept-language": "en"}
SHOP = {"name": "县城百货", "phone": "0396-8920009", "address": "慎水路9号", "uscc": "91411724MA9FAKE3XG"}


@pytest.fixture
def keeper(client_as: ClientOf) -> TestClient:
    return client_as("recorder")


def kept(keeper: TestClient, **given: str) -> str:
    answer = keeper.post("/app/partners", data=SHOP | given)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def version(text: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', text)
    assert found
    return found[1]


def test_a_partner_is_kept_once_found_and_changed(keeper: TestClient, engine: Engine) -> None:
    form = keeper.get("/app/partners/new").text
    id_ = re.search(r'name="id" value="([^"]+)"', form)
    assert id_
    places = {"region_code": "411724", "region_code_text": "正阳", "region_code_offered": "正阳"}
    first, again = (keeper.post("/app/partners", data=SHOP | places | {"id": id_[1]}) for _turn in range(2))
    assert first.headers["location"] == again.headers["location"]
    (contact,) = all_rows(engine, Contact)
    assert (contact.name, contact.region_code, contact.uscc) == ("县城百货", "411724", SHOP["uscc"])
    assert "正阳" in keeper.get("/app/partners?text=百货").text
    assert "县城百货" not in keeper.get("/app/partners?text=超市").text

    url = f"/app/partners/{contact.id}"
    sent = {"name": "县城百货超市", "address": "慎水路9号", "version": version(keeper.get(url).text)}
    assert keeper.post(url, data=sent).status_code == 303
    (changed,) = all_rows(engine, Contact)
    assert (changed.name, changed.phone, changed.uscc, changed.region_code) == (
        "县城百货超市",
        None,
        None,
        None,
    )
    late = keeper.post(url, data=sent)
    assert late.status_code == 422
    assert "data-focus" in late.text


def test_what_is_wrong_with_a_partner_stands_at_its_field(keeper: TestClient) -> None:
    bad = keeper.post("/app/partners", data={"name": " ", "uscc": "91411724MA9FAKE3X0"})
    assert bad.status_code == 422
    for field in ("name", "uscc"):
        assert f'id="field-{field}-error"' in bad.text
    kept(keeper, code="K-1")
    assert 'id="field-code-error"' in keeper.post("/app/partners", data=SHOP | {"code": "K-1"}).text
    unplaced = keeper.post("/app/partners", data=SHOP | {"region_code_text": "正阳"})
    assert 'value="411724"' in unplaced.text


def test_the_link_lets_the_partner_in_once(
    keeper: TestClient, client_as: ClientOf, client: TestClient, engine: Engine
) -> None:
    url = kept(keeper)
    made = keeper.post(f"{url}/invite")
    link = re.search(r"http://127\.0\.0\.1:8000(/app/partners/claim/[\w-]+)", made.text)
    assert link
    assert made.headers["cache-control"] == "no-store"
    assert link[1] not in keeper.get(url).text
    assert client.get(link[1]).status_code == 303  # to sign in first
    assert client_as("zhenyang").get(link[1]).status_code == 404  # its own

    partner = client_as("guhuai")
    asked = partner.get(link[1], headers=ENGLISH)
    assert asked.headers["cache-control"] == "no-store"
    assert "Zhengyang Peanut Oil Co., Ltd. keeps a partner" in asked.text
    claimed = partner.post(link[1])
    assert claimed.headers["location"] == f"{url}?done=claimed"
    assert partner.post(link[1]).status_code == 404

    (contact,) = all_rows(engine, Contact)
    assert contact.claimed_by is not None
    assert "Guhuai Grain and Oil" in keeper.get(url, headers=ENGLISH).text
    assert "Guhuai Grain and Oil" in keeper.get("/app/partners", headers=ENGLISH).text
    assert keeper.post(f"{url}/invite").status_code == 422
    theirs = partner.get(url).text
    assert "县城百货" in theirs
    assert (
        'name="version"' not in theirs
        or 'class="button primary"' not in theirs.partition("<main")[2].partition("</main>")[0]
    )
    assert partner.post(url, data={"name": "别名"}).status_code == 404


def test_another_firms_partner_is_absent(keeper: TestClient, client_as: ClientOf, world: World) -> None:
    url = kept(keeper)
    stranger = client_as("guhuai")
    assert world.batch_id
    for path in (url, f"/app/partners/{uuid4()}"):
        assert stranger.get(path).status_code == 404
        assert stranger.post(path, data=SHOP).status_code == 404
        assert stranger.post(f"{path}/invite").status_code == 404
    assert stranger.get("/app/partners/claim/never-was").status_code == 404
