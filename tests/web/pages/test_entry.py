"""Signing in and out, signing up, one-time links."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from builders import COUNTY, PASSWORD, SIGNED, new_member, valid_uscc
from conftest import ClientOf
from tracelot.operations import accounts, sessions
from tracelot.operations.sessions import LONGEST
from tracelot.settings import Settings
from tracelot.web.app import build
from tracelot.web.pages.site import local
from world import VisitAs, World

OTHER = "sesame-and-peanut-42"
WRONG = "The name or the password is wrong."
ENGLISH = {"accept-language": "en"}
SIGN_UP = {
    "type": "producer",
    "name_zh": "正阳县新绿芝麻油坊",
    "region_code": COUNTY,
    "address_zh": "真阳大道9号",
    "phone": "0396-8920009",
    "person": "赵敏",
    "login": "zhao@trace.test",
    "password": PASSWORD,
}


def signing_in(client: TestClient, world: World, **given: str) -> Response:
    form = {"login": world.logins["zhenyang"], "password": PASSWORD} | given
    return client.post("/sign-in", data=form, headers=ENGLISH)


def test_a_person_signs_in_and_comes_home(client: TestClient, world: World) -> None:
    answer = signing_in(client, world)
    assert (answer.status_code, answer.headers["location"]) == (303, "/app")
    assert client.get("/settings").status_code == 200


def test_the_login_is_taken_in_any_case(client: TestClient, world: World) -> None:
    assert signing_in(client, world, login=f" {world.logins['zhenyang'].upper()} ").status_code == 303


@pytest.mark.parametrize(("name", "home"), [("county", "/gov"), ("site", "/gov"), ("quality", "/app")])
def test_everybody_comes_to_their_own_home(client: TestClient, world: World, name: str, home: str) -> None:
    assert signing_in(client, world, login=world.logins[name]).headers["location"] == home


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: TestClient, world: World) -> None:
    cookie = signing_in(client, world).headers["set-cookie"]
    assert cookie.startswith("trace=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert f"Max-Age={int(LONGEST.total_seconds())}" in cookie
    assert "Secure" not in cookie


def test_on_https_the_cookie_is_bound_to_the_host(store: str, world: World) -> None:
    app = build(Settings(database_url=store, public_url="https://trace.test", worker=False))
    with TestClient(app, base_url="https://trace.test", follow_redirects=False) as client:
        cookie = signing_in(client, world).headers["set-cookie"]
        assert cookie.startswith("__Host-trace=")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert client.get("/settings").status_code == 200
    app.state.engine.dispose()


def test_every_failure_looks_the_same(client: TestClient, world: World, visit_as: VisitAs) -> None:
    with visit_as("zhenyang") as visit:
        accounts.disable_member(visit, world.people["recorder"], "left")
    failures = [
        signing_in(client, world, password=OTHER),
        signing_in(client, world, login="nobody@trace.test"),
        signing_in(client, world, login=world.logins["recorder"]),
    ]
    for answer in failures:
        assert answer.status_code == 422
        assert WRONG in answer.text
        assert "set-cookie" not in answer.headers
    bare = {re.sub(r'value="[^"]*"', "", answer.text) for answer in failures}
    assert len(bare) == 1


def test_a_password_is_never_sent_back(client: TestClient, world: World) -> None:
    assert OTHER not in signing_in(client, world, password=OTHER).text


def test_guesses_about_one_account_are_counted(client: TestClient, world: World) -> None:
    answers = [signing_in(client, world, password=f"guess-number-{n:03}").status_code for n in range(12)]
    assert answers == [422] * 10 + [429] * 2


def test_the_right_password_does_not_help_once_too_many_were_guessed(
    client: TestClient, world: World
) -> None:
    for number in range(10):
        signing_in(client, world, password=f"guess-number-{number:03}")
    assert signing_in(client, world).status_code == 429


def test_signing_in_makes_a_new_session_and_ends_the_old_one(client: TestClient, world: World) -> None:
    planted = world.cookies["recorder"]
    client.cookies.set("trace", planted)
    answer = signing_in(client, world)
    fresh = re.match(r"trace=([^;]+)", answer.headers["set-cookie"])
    assert fresh is not None
    assert fresh[1] != planted
    client.cookies.clear()
    client.cookies.set("trace", planted)
    assert client.get("/settings").headers["location"].startswith("/sign-in")


def test_a_session_that_nobody_started_is_nobody(client: TestClient) -> None:
    client.cookies.set("trace", "chosen-by-an-attacker")
    assert client.get("/settings").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ("/settings/keys", "/settings/keys"),
        ("//evil.test", "/app"),
        ("https://evil.test/", "/app"),
        ("/\\evil.test", "/app"),
        ("/\tevil", "/app"),
        ("javascript:alert(1)", "/app"),
        ("/sign-out", "/app"),
        ("", "/app"),
    ],
)
def test_after_signing_in_only_a_page_of_this_site_follows(
    client: TestClient, world: World, wanted: str, taken: str
) -> None:
    assert signing_in(client, world, next=wanted).headers["location"] == taken


def test_a_page_asked_for_comes_after_signing_in(client: TestClient, world: World) -> None:
    sent = client.get("/settings/keys").headers["location"]
    page = client.get(sent)
    assert 'name="next" value="/settings/keys"' in page.text
    assert local("/settings/keys") == "/settings/keys"


def test_who_is_signed_in_need_not_sign_in_again(client_as: ClientOf) -> None:
    assert client_as("county").get("/sign-in").headers["location"] == "/gov"


def test_signing_out_ends_the_session_everywhere(client_as: ClientOf, world: World) -> None:
    browser, thief = client_as("zhenyang"), client_as("zhenyang")
    answer = browser.post("/sign-out")
    assert answer.headers["location"] == "/sign-in?done=signed-out"
    assert 'trace=""' in answer.headers["set-cookie"]
    assert thief.get("/settings").status_code == 303


def test_a_form_of_another_site_signs_nobody_out(client_as: ClientOf) -> None:
    browser = client_as("zhenyang")
    assert browser.post("/sign-out", headers={"origin": "https://evil.test"}).status_code == 403
    assert browser.get("/settings").status_code == 200


def test_a_disabled_member_is_out_at_once(client_as: ClientOf, world: World) -> None:
    recorder = client_as("recorder")
    assert recorder.get("/settings").status_code == 200
    answer = client_as("zhenyang").post(
        f"/settings/members/{world.people['recorder']}/disable", data=SIGNED | {"reason": "已离职"}
    )
    assert answer.headers["location"] == "/settings/members?done=disabled"
    assert recorder.get("/settings").status_code == 303


def test_an_idle_session_ends(visit_as: VisitAs, world: World) -> None:
    secret = world.cookies["zhenyang"]
    with visit_as("site") as visit:
        assert sessions.recognise_session(visit.kernel(), secret, visit.now + timedelta(hours=11))
        assert sessions.recognise_session(visit.kernel(), secret, visit.now + timedelta(hours=13)) is None


# Signing up


def test_a_firm_signs_up_and_reads_what_comes_next(client: TestClient) -> None:
    answer = client.post("/sign-up", data=SIGN_UP | {"uscc": valid_uscc(501)}, headers=ENGLISH)
    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
    page = client.get("/welcome", headers=ENGLISH)
    assert "Unverified" in page.text
    assert "What happens now" in page.text
    assert client.get("/settings/members").status_code == 200


@pytest.mark.parametrize(
    ("kind", "who"),
    [("lab", "The market regulator of your county"), ("regulator", "The operator of this site")],
)
def test_a_laboratory_or_an_office_signs_up_and_waits(client: TestClient, kind: str, who: str) -> None:
    client.post("/sign-up", data=SIGN_UP | {"uscc": valid_uscc(502), "type": kind})
    assert who in client.get("/welcome", headers=ENGLISH).text
    assert client.get("/gov").status_code == 403


def test_an_unusual_credit_code_is_taken_with_a_warning(client: TestClient) -> None:
    client.post("/sign-up", data=SIGN_UP | {"uscc": "91411724MA00000100"})
    assert "valid but unusual" in client.get("/welcome", headers=ENGLISH).text


def test_each_error_stands_at_its_field(client: TestClient) -> None:
    bad = {"uscc": "91411724MA9FAKE3X0", "login": "13800", "password": "short", "person": "", "phone": ""}
    answer = client.post("/sign-up", data=SIGN_UP | bad, headers=ENGLISH)
    assert answer.status_code == 422
    for name in ("uscc", "login", "password", "person", "phone"):
        assert f'id="field-{name}-error"' in answer.text
    assert "A password has 12 to 200 characters." in answer.text
    empty = client.post("/sign-up", data={"type": "producer"}, headers=ENGLISH)
    for name in ("name_zh", "uscc", "region_code", "login", "password", "person"):
        assert f'id="field-{name}-error"' in empty.text
    assert set(re.findall(r'-error">.*?<span>(.*?)</span>', empty.text)) == {"This field is needed."}
    assert 'value="正阳县新绿芝麻油坊"' in answer.text
    assert "short" not in re.findall(r'type="password"[^>]*value="([^"]*)"', answer.text)


def test_a_mobile_number_is_a_login_too(client: TestClient) -> None:
    client.post("/sign-up", data=SIGN_UP | {"uscc": valid_uscc(504), "login": "13800138000"})
    client.post("/sign-out")
    answer = client.post("/sign-in", data={"login": "13800138000", "password": PASSWORD})
    assert answer.headers["location"] == "/app"


def test_a_login_is_taken_once(client: TestClient, world: World) -> None:
    form = SIGN_UP | {"uscc": valid_uscc(505), "login": world.logins["zhenyang"]}
    answer = client.post("/sign-up", data=form, headers=ENGLISH)
    assert answer.status_code == 422
    assert 'id="field-login-error"' in answer.text


def test_a_region_must_be_chosen(client: TestClient) -> None:
    form = SIGN_UP | {"uscc": valid_uscc(506), "region_code": "", "region_code_text": "正阳"}
    answer = client.post("/sign-up", data=form)
    assert answer.status_code == 422
    assert 'value="411724"' in answer.text


# One-time links


def invite(visit_as: VisitAs, **given: str) -> str:
    with visit_as("zhenyang") as visit:
        _, link = accounts.invite_member(visit, new_member(role="recorder", **given))
    return link.removeprefix("http://127.0.0.1:8000")


def test_an_invitation_works_once(client: TestClient, visit_as: VisitAs) -> None:
    link = invite(visit_as)
    assert 'autocomplete="new-password"' in client.get(link).text
    answer = client.post(link, data={"password": "a new colleague's password"})
    assert answer.headers["location"] == "/app"
    assert client.get("/settings").status_code == 200
    again = client.post(link, data={"password": "somebody else's password"}, headers=ENGLISH)
    assert again.status_code == 404
    assert "This link no longer works" in again.text
    assert client.get(link).status_code == 404


def test_looking_at_a_link_uses_nothing_up(client: TestClient, visit_as: VisitAs) -> None:
    link = invite(visit_as)
    assert [client.get(link).status_code for _ in range(3)] == [200] * 3
    assert client.get(link).headers["cache-control"] == "no-store"


def test_a_short_password_leaves_the_link_whole(client: TestClient, visit_as: VisitAs) -> None:
    link = invite(visit_as)
    assert client.post(link, data={"password": "short"}).status_code == 422
    assert client.post(link, data={"password": "long enough by far"}).status_code == 303


def test_an_invitation_is_no_reset(client: TestClient, visit_as: VisitAs) -> None:
    assert client.get(invite(visit_as).replace("/join/", "/reset/")).status_code == 404


def test_a_link_runs_out(visit_as: VisitAs, client: TestClient) -> None:
    past = datetime.now(UTC) - timedelta(days=15)
    with visit_as("zhenyang", past) as visit:
        _, link = accounts.invite_member(visit, new_member(role="recorder"))
    assert client.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 404


def test_asking_for_a_reset_tells_nothing(client: TestClient, world: World) -> None:
    known = client.post("/reset", data={"login": world.logins["zhenyang"]})
    unknown = client.post("/reset", data={"login": "nobody@trace.test"})
    assert known.headers["location"] == unknown.headers["location"] == "/sign-in?done=reset-asked"
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


def test_resets_about_one_account_are_counted(client: TestClient) -> None:
    answers = [client.post("/reset", data={"login": "a@b.test"}).status_code for _ in range(11)]
    assert answers == [303] * 10 + [429]


def test_a_reset_ends_all_sessions(
    client: TestClient, client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as("zhenyang") as visit:
        link = accounts.reset_member(visit, world.people["recorder"]).removeprefix("http://127.0.0.1:8000")
    thief = client_as("recorder")
    assert client.post(link, data={"password": "an altogether new one"}).status_code == 303
    assert thief.get("/settings").status_code == 303
