"""The second factor, signatures and security events as the pages have them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from pyotp import TOTP
from sqlmodel import select

from builders import PASSWORD, SIGNED, new_recall
from conftest import ClientOf
from tracelot.operations import accounts, recalls, sessions
from tracelot.operations.visit import Source
from tracelot.records.security import SecurityEvent
from tracelot.records.signatures import Signature
from tracelot.settings import Settings
from tracelot.web.app import build
from world import VisitAs, World, visiting

ENGLISH = {"accept-language": "en"}
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0"}


def enrol(browser: TestClient) -> tuple[TOTP, list[str]]:
    """Set a second factor up through the pages."""
    assert browser.post("/settings/second-factor/begin").status_code == 303
    page = browser.get("/settings/second-factor", headers=ENGLISH)
    assert page.headers["cache-control"] == "no-store"
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page.text)
    assert secret is not None
    totp = TOTP(secret[1])
    answer = browser.post("/settings/second-factor", data=SIGNED | {"sign_code": totp.now()}, headers=ENGLISH)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return totp, re.findall(r"<code>([A-Z2-9]{4}(?:-[A-Z2-9]{4}){3})</code>", answer.text)


def next_code(totp: TOTP) -> str:
    return totp.at(datetime.now(UTC) + timedelta(seconds=30))


def signing_in(client: TestClient, world: World, name: str = "quality") -> str:
    answer = client.post(
        "/sign-in", data={"login": world.logins[name], "password": PASSWORD}, headers=FIREFOX
    )
    return str(answer.headers["location"])


def kinds(visit_as: VisitAs, world: World, name: str = "quality") -> list[str]:
    with visit_as() as visit:
        told = visit.kernel().exec(
            select(SecurityEvent).where(SecurityEvent.account_id == world.people[name])
        )
        return [event.kind for event in told]


def test_signing_in_takes_a_second_page_without_the_password(
    client: TestClient, client_as: ClientOf, world: World
) -> None:
    totp, codes = enrol(client_as("quality"))
    assert len(codes) == 10
    assert signing_in(client, world) == "/sign-in/code"
    assert client.get("/settings").status_code == 303  # half a sign-in opens nothing
    page = client.get("/sign-in/code").text
    assert 'type="password"' not in page
    assert PASSWORD not in page
    wrong = client.post("/sign-in/code", data={"sign_code": "000000"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert 'id="field-sign_code-error"' in wrong.text
    right = client.post("/sign-in/code", data={"sign_code": next_code(totp)})
    assert right.headers["location"] == "/app"
    assert client.get("/settings").status_code == 200


def test_the_second_page_leads_on_to_where_somebody_wanted_to_go(
    client: TestClient, client_as: ClientOf, world: World
) -> None:
    _, codes = enrol(client_as("quality"))
    form = {"login": world.logins["quality"], "password": PASSWORD, "next": "/app/batches"}
    page = client.get(client.post("/sign-in", data=form).headers["location"])
    assert 'name="next" value="/app/batches"' in page.text
    answer = client.post("/sign-in/code", data={"sign_code": codes[0], "next": "/app/batches"})
    assert answer.headers["location"] == "/app/batches"


def test_nobody_comes_to_the_second_page_without_the_first(client: TestClient) -> None:
    assert client.get("/sign-in/code").headers["location"].startswith("/sign-in?")
    answer = client.post("/sign-in/code", data={"sign_code": "123456"})
    assert answer.headers["location"].startswith("/sign-in?")


def test_guesses_of_the_code_are_counted_with_those_of_the_password(
    client: TestClient, client_as: ClientOf, world: World
) -> None:
    enrol(client_as("quality"))
    signing_in(client, world)
    statuses = [
        client.post("/sign-in/code", data={"sign_code": f"{number:06}"}).status_code for number in range(10)
    ]
    assert statuses == [422] * 9 + [429]


def test_a_forgotten_password_does_not_open_the_second_door(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    enrol(client_as("quality"))
    with visit_as("zhenyang") as visit:
        link = accounts.reset_member(visit, world.people["quality"]).removeprefix("http://127.0.0.1:8000")
    answer = client.post(link, data={"password": "sesame-and-rapeseed-43"})
    assert answer.headers["location"] == "/sign-in/code"
    assert client.get("/settings").status_code == 303


def replaying(client_as: ClientOf, cookie: str) -> TestClient:
    """Somebody who took a cookie and sends it from elsewhere."""
    thief = client_as("recorder")
    thief.cookies.clear()
    thief.cookies.set("trace", cookie)
    return thief


WAYS_OUT = {
    "sign-out": lambda browser: browser.post("/sign-out"),
    "password": lambda browser: browser.post(
        "/settings/password", data={"old": PASSWORD, "password": "sesame-and-oil-43"}
    ),
    "second factor": enrol,
    "signing in again": lambda browser: browser.post(
        "/sign-in", data={"login": browser.headers["x-login"], "password": PASSWORD}
    ),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_cookie_that_is_replayed_after_a_way_out_is_nobody(
    client: TestClient, client_as: ClientOf, world: World, way: str
) -> None:
    client.headers["x-login"] = world.logins["quality"]
    signing_in(client, world)
    taken = client.cookies["trace"]
    thief = replaying(client_as, taken)
    assert thief.get("/settings").status_code == 200

    WAYS_OUT[way](client)

    assert client.cookies.get("trace") != taken
    assert thief.get("/settings").status_code == 303
    assert thief.get("/api/v1/batches").status_code == 401


def test_all_other_sessions_end_at_once(client: TestClient, client_as: ClientOf, world: World) -> None:
    signing_in(client, world)
    assert client.post("/settings/sessions/end-others").headers["location"].endswith("done=others-ended")
    assert client.get("/settings").status_code == 200
    assert client_as("quality").get("/settings").status_code == 303


def publishing(client_as: ClientOf, visit_as: VisitAs, world: World) -> tuple[TestClient, str]:
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        return client_as("quality"), f"/app/recalls/{recall.id}"


def test_a_recall_shows_what_its_signature_means_and_by_whom_it_was_signed(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    quality, url = publishing(client_as, visit_as, world)
    meaning = "I have read this notice and make this recall public in the name of my enterprise."
    assert meaning in quality.get(url, headers=ENGLISH).text
    answer = quality.post(f"{url}/publish", data=SIGNED | {"read": "1", "version": "1"})
    assert answer.headers["location"].endswith("done=published")
    page = quality.get(url, headers=ENGLISH).text
    assert "Signed by 王强, by password:" in page
    assert meaning in page
    assert "本人已通读本公告" in quality.get(url, headers={"accept-language": "zh"}).text


def test_a_wrong_password_publishes_nothing_and_is_told_to_its_owner(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    quality, url = publishing(client_as, visit_as, world)
    form = {"read": "1", "sign_password": "not the password"}
    answer = quality.post(f"{url}/publish", data=form, headers=ENGLISH)
    assert answer.status_code == 422
    assert 'id="field-sign_password-error"' in answer.text
    assert "not the password" not in answer.text
    with visit_as() as visit:
        assert visit.kernel().exec(select(Signature).where(Signature.act == "recall.published")).all() == []
    assert "signature-failed" in kinds(visit_as, world)


def test_wrong_signatures_are_counted_and_a_right_one_takes_them_back(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    quality, url = publishing(client_as, visit_as, world)
    for _ in range(9):
        quality.post(f"{url}/publish", data={"read": "1", "sign_password": "wrong"})
    assert quality.post(f"{url}/publish", data=SIGNED | {"read": "1"}).status_code == 303
    for _ in range(10):
        quality.post("/settings/password", data={"old": "wrong", "password": "sesame-and-oil-43"})
    answer = quality.post("/settings/password", data={"old": PASSWORD, "password": "sesame-and-oil-43"})
    assert answer.status_code == 429


def test_a_person_signs_through_the_api_and_the_password_leaves_no_trace(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    quality, url = publishing(client_as, visit_as, world)
    path = url.replace("/app/", "/api/v1/") + "/publish"
    unsigned = quality.post(path)
    assert (unsigned.status_code, unsigned.json()["type"].rpartition("/")[2]) == (403, "signature-needed")
    wrong = quality.post(path, json={"signature": {"password": "wrong"}})
    assert wrong.json()["errors"][0]["pointer"] == "#/signature/password"
    head = {"idempotency-key": "once"}
    first = quality.post(path, json={"signature": {"password": PASSWORD}}, headers=head)
    again = quality.post(path, json={"signature": {"password": "another"}}, headers=head)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotency-replayed"] == "true"


def test_people_read_what_happened_to_their_account(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    client.post("/sign-in", data={"login": world.logins["quality"], "password": "wrong"}, headers=FIREFOX)
    signing_in(client, world)
    page = client.get("/settings/security", headers=ENGLISH).text
    for told in ("A sign-in failed: wrong password", "Signed in", "Firefox · Linux", "kept for a year"):
        assert told in page
    with visit_as() as visit:
        event = visit.kernel().exec(select(SecurityEvent)).first()
        assert event is not None
        assert event.retain_until >= event.recorded_at.date() + timedelta(days=365)


def test_an_administrator_reads_of_colleagues_without_their_addresses(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as() as visit:
        visit.source = Source(FIREFOX["user-agent"], "203.0.113.0/24")
        for name in ("quality", "guhuai"):
            sessions.sign_in(visit, world.logins[name], PASSWORD)
    page = client_as("zhenyang").get("/settings/security", headers=ENGLISH).text
    assert "What happened to your colleagues" in page
    assert "Firefox · Linux" in page
    assert "203.0.113.0" not in page
    assert "203.0.113.0/24" in client_as("quality").get("/settings/security").text
    assert page.count("Firefox · Linux") == 1  # nothing of guhuai's


def test_events_past_their_year_are_forgotten(client: TestClient, visit_as: VisitAs, world: World) -> None:
    with visit_as(now=datetime.now(UTC) - timedelta(days=368)) as visit:
        sessions.sign_in(visit, world.logins["quality"], PASSWORD)
        old = visit.now
    signing_in(client, world)
    with visit_as() as visit:
        assert [e for e in visit.kernel().exec(select(SecurityEvent)) if e.recorded_at == old] == []


def test_whoever_must_have_a_second_factor_is_led_to_it(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    admin = client_as("zhenyang")
    totp, codes = enrol(admin)
    form = SIGNED | {"needed": "1", "sign_code": codes[0]}
    assert admin.post("/settings/members/rule", data=form).headers["location"].endswith("done=saved")
    quality = client_as("quality")
    for path in ("/app", "/app/batches", "/settings/party"):
        assert quality.get(path).headers["location"] == "/settings/second-factor?done=factor-needed"
    assert quality.get("/api/v1/batches").status_code == 403
    assert quality.get("/settings/security").status_code == 200
    enrol(quality)
    assert quality.get("/app").status_code == 200
    assert totp.now()


def test_regulators_and_operators_are_asked_to_switch_it_on(client_as: ClientOf) -> None:
    for name in ("county", "site"):
        assert "Your account decides over others" in client_as(name).get("/gov", headers=ENGLISH).text
    county = client_as("county")
    enrol(county)
    assert "Your account decides over others" not in county.get("/gov", headers=ENGLISH).text


def test_a_key_rotates_on_its_page(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    admin = client_as("zhenyang")
    url = re.search(r'action="(/settings/keys/[0-9a-f-]+/rotate)"', admin.get("/settings/keys").text)
    assert url is not None
    assert admin.post(url[1], data=SIGNED | {"overlap": "500"}).status_code == 422
    answer = admin.post(url[1], data=SIGNED | {"overlap": "7"}, headers=ENGLISH)
    fresh = re.search(r"<code>(trc_[0-9a-f]{12}_[0-9A-Za-z]{49})</code>", answer.text)
    assert fresh is not None
    for key in (fresh[1], world.keys["zhenyang"]):
        head = {"authorization": f"Bearer {key}"}
        assert client.get("/api/v1/batches", headers=head).status_code == 200
    cut = client.get(
        "/api/v1/batches",
        headers={"authorization": f"Bearer {fresh[1][:-1]}{'y' if fresh[1].endswith('x') else 'x'}"},
    )
    assert (cut.status_code, cut.json()["type"].rpartition("/")[2]) == (401, "mistyped-key")
    assert "(rotated)" in admin.get("/settings/keys", headers=ENGLISH).text


def test_whom_another_process_disables_is_out_at_once_everywhere(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, settings: Settings, world: World
) -> None:
    """The other process is another application on the same store."""
    _, codes = enrol(client_as("quality"))
    signing_in(client, world)
    with visit_as("zhenyang") as visit:
        link = accounts.reset_member(visit, world.people["quality"]).removeprefix("http://127.0.0.1:8000")
        accounts.reset_member(visit, world.people["recorder"])
    other = build(settings)
    with visiting(other.state.engine, _actor(visit_as, "zhenyang")) as visit:
        for name in ("quality", "recorder"):
            accounts.disable_member(visit, world.people[name], "离职")
    other.state.engine.dispose()
    assert (
        client.post("/sign-in/code", data={"sign_code": codes[0]}).headers["location"].startswith("/sign-in?")
    )
    assert client.get(link).status_code == 404
    assert client.post(link, data={"password": "sesame-and-oil-43"}).status_code == 404
    recorder = client_as("recorder")
    assert recorder.get("/app").status_code == 303
    assert recorder.get("/api/v1/batches").status_code == 401


def _actor(visit_as: VisitAs, name: str) -> object:
    with visit_as(name) as visit:
        return visit.actor
