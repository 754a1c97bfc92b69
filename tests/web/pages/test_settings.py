"""A person's account and devices; the members, keys and details of a party."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from builders import PASSWORD, SIGNED
from conftest import ClientOf
from tracelot.operations import actors, keys
from tracelot.operations.passwords import digest
from tracelot.records.journal import JournalEntry
from tracelot.records.outbox import KeptAnswer
from tracelot.web.pages.security import device_name
from world import VisitAs, World

ENGLISH = {"accept-language": "en"}


def test_a_person_changes_name_and_language(client_as: ClientOf, visit_as: VisitAs) -> None:
    browser = client_as("quality")
    answer = browser.post("/settings", data={"name": "陈晨", "language": "en"})
    assert answer.headers["location"] == "/settings?done=saved"
    assert answer.cookies["lang"] == "en"
    page = browser.get("/settings", headers={"accept-language": "zh"})
    assert '<html lang="en">' in page.text
    assert "陈晨" in page.text
    with visit_as("quality") as visit:
        assert actors.own_account(visit).language == "en"


def test_a_language_can_be_left_to_the_browser_again(client_as: ClientOf, visit_as: VisitAs) -> None:
    browser = client_as("quality")
    browser.post("/settings", data={"name": "陈晨", "language": "en"})
    browser.post("/settings", data={"name": "陈晨", "language": ""})
    with visit_as("quality") as visit:
        assert actors.own_account(visit).language is None


def test_a_name_is_needed(client_as: ClientOf) -> None:
    answer = client_as("quality").post("/settings", data={"name": " "}, headers=ENGLISH)
    assert answer.status_code == 422
    assert 'id="field-name-error"' in answer.text


def test_a_changed_password_ends_the_other_sessions(
    client: TestClient, client_as: ClientOf, world: World
) -> None:
    client.post("/sign-in", data={"login": world.logins["quality"], "password": PASSWORD})
    other = client_as("quality")
    answer = client.post("/settings/password", data={"old": PASSWORD, "password": "quite another secret"})
    assert answer.headers["location"] == "/settings/security?done=password"
    assert client.get("/settings").status_code == 200
    assert other.get("/settings").status_code == 303


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("not the password", "quite another secret", "old"), (PASSWORD, "short", "password")],
)
def test_a_password_that_cannot_be_changed(client_as: ClientOf, old: str, new: str, field: str) -> None:
    browser = client_as("quality")
    answer = browser.post("/settings/password", data={"old": old, "password": new}, headers=ENGLISH)
    assert answer.status_code == 422
    assert f'id="field-{field}-error"' in answer.text


def test_another_device_is_signed_out_from_here(
    client: TestClient, client_as: ClientOf, world: World
) -> None:
    client.post("/sign-in", data={"login": world.logins["quality"], "password": PASSWORD})
    page = client.get("/settings/security", headers=ENGLISH)
    assert "(this one)" in page.text
    prefix = digest(world.cookies["quality"])[:16]
    assert f"/settings/sessions/{prefix}/end" in page.text
    assert client.post(f"/settings/sessions/{prefix}/end").status_code == 303
    assert client_as("quality").get("/settings").status_code == 303
    assert client.get("/settings").status_code == 200


def test_nobody_ends_the_sessions_of_others(client_as: ClientOf, world: World) -> None:
    prefix = digest(world.cookies["quality"])[:16]
    client_as("recorder").post(f"/settings/sessions/{prefix}/end")
    assert client_as("quality").get("/settings").status_code == 200


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/149.0 Edg/149.0",
            "Edge · Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 MicroMessenger/8.0",
            "WeChat · iPhone",
        ),
        ("curl/8.9", "curl/8.9"),
        ("", ""),
    ],
)
def test_devices_have_names_that_people_know(agent: str, name: str) -> None:
    assert device_name(agent) == name


# Members


def test_an_invitation_is_shown_once(client: TestClient, client_as: ClientOf) -> None:
    admin = client_as("zhenyang")
    form = {"person": "孙丽", "login": "sun@trace.test", "role": "recorder"}
    shown = admin.post("/settings/members", data=form, headers=ENGLISH)
    assert shown.headers["cache-control"] == "no-store"
    links = re.findall(r"/join/[\w-]+", shown.text)
    assert len(set(links)) == 1
    assert "It is not mailed" in shown.text
    page = admin.get("/settings/members", headers=ENGLISH).text
    assert "/join/" not in page
    assert "Invited" in page
    assert client.post(links[0], data={"password": "a long enough password"}).status_code == 303


def test_a_new_link_replaces_a_lost_one(client_as: ClientOf, world: World) -> None:
    answer = client_as("zhenyang").post(f"/settings/members/{world.people['recorder']}/link")
    assert "/reset/" in answer.text


def test_an_invitation_to_somebody_who_is_there_is_refused_at_its_field(
    client_as: ClientOf, world: World
) -> None:
    form = {"person": "孙丽", "login": world.logins["guhuai"], "role": "recorder"}
    answer = client_as("zhenyang").post("/settings/members", data=form)
    assert answer.status_code == 422
    assert 'id="field-login-error"' in answer.text


@pytest.mark.parametrize("role", ["officer", "site", "", "owner"])
def test_a_firm_has_no_such_role(client_as: ClientOf, role: str) -> None:
    form = {"person": "孙丽", "login": "sun@trace.test", "role": role}
    answer = client_as("zhenyang").post("/settings/members", data=form)
    assert answer.status_code == 422
    assert 'id="field-role-error"' in answer.text


def test_disabling_needs_a_reason(client_as: ClientOf, world: World) -> None:
    url = f"/settings/members/{world.people['recorder']}/disable"
    answer = client_as("zhenyang").post(url, data=SIGNED | {"reason": ""}, headers=ENGLISH)
    assert answer.status_code == 422
    assert "This field is needed." in answer.text
    assert client_as("recorder").get("/settings").status_code == 200


def test_nobody_disables_themselves_or_somebody_elsewhere(client_as: ClientOf, world: World) -> None:
    admin = client_as("zhenyang")
    own = admin.post(
        f"/settings/members/{world.people['zhenyang']}/disable", data=SIGNED | {"reason": "测试"}
    )
    far = admin.post(f"/settings/members/{world.people['guhuai']}/disable", data=SIGNED | {"reason": "测试"})
    assert (own.status_code, far.status_code) == (422, 404)
    assert client_as("guhuai").get("/settings").status_code == 200


@pytest.mark.parametrize("path", ["/settings/members", "/settings/keys"])
@pytest.mark.parametrize("name", ["quality", "recorder", "site"])
def test_only_administrators_see_members_and_keys(client_as: ClientOf, path: str, name: str) -> None:
    assert client_as(name).get(path).status_code == 403


# Keys


def issue(client_as: ClientOf, **given: object) -> str:
    form = {"name": "ERP 2", "scopes": ["read", "batches:write"], "days": "30"} | SIGNED | given
    answer = client_as("zhenyang").post("/settings/keys", data=form, headers=ENGLISH)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = re.search(r"<code>(trc_[0-9a-f]{12}_[0-9A-Za-z]{49})</code>", answer.text)
    assert found is not None
    return found[1]


def test_a_key_is_shown_once_and_works(client: TestClient, client_as: ClientOf) -> None:
    key = issue(client_as)
    assert key not in client_as("zhenyang").get("/settings/keys").text
    head = {"authorization": f"Bearer {key}"}
    assert client.get("/api/v1/batches", headers=head).status_code == 200
    assert client.post("/api/v1/recalls", headers=head, json={}).status_code in (403, 422)


def test_a_page_that_shows_a_key_is_not_kept(client_as: ClientOf, visit_as: VisitAs) -> None:
    form = {"name": "ERP 2", "scopes": ["read"], "days": "30"} | SIGNED
    answer = client_as("zhenyang").post("/settings/keys", data=form, headers={"idempotency-key": "k1"})
    assert answer.status_code == 200
    with visit_as("zhenyang") as visit:
        assert visit.kernel().exec(select(KeptAnswer)).all() == []


def test_a_key_needs_a_scope(client_as: ClientOf) -> None:
    answer = client_as("zhenyang").post(
        "/settings/keys", data=SIGNED | {"name": "ERP", "days": "30"}, headers=ENGLISH
    )
    assert answer.status_code == 422
    assert 'id="field-scopes-error"' in answer.text


@pytest.mark.parametrize(("days", "end"), [("30", 30), ("never", None)])
def test_a_key_lasts_as_long_as_was_said(
    client_as: ClientOf, visit_as: VisitAs, days: str, end: int | None
) -> None:
    issue(client_as, days=days)
    with visit_as("zhenyang") as visit:
        key = next(one for one in keys.keys(visit) if one.name == "ERP 2")
    lasts = key.expires_at - key.recorded_at if key.expires_at else None
    assert lasts == (timedelta(days=end) if end else None)


def test_a_revoked_key_stops_at_once(client: TestClient, client_as: ClientOf, visit_as: VisitAs) -> None:
    head = {"authorization": f"Bearer {issue(client_as)}"}
    with visit_as("zhenyang") as visit:
        key = next(one for one in keys.keys(visit) if one.name == "ERP 2")
    admin = client_as("zhenyang")
    assert admin.post(f"/settings/keys/{key.id}/revoke", data={}).status_code == 422
    answer = admin.post(f"/settings/keys/{key.id}/revoke", data=SIGNED | {"reason": "设备停用"})
    assert answer.headers["location"] == "/settings/keys?done=revoked"
    assert client.get("/api/v1/batches", headers=head).status_code == 401
    assert "Revoked" in admin.get("/settings/keys", headers=ENGLISH).text


def test_the_use_of_a_key_is_noted_at_most_every_five_minutes(
    program_of: ClientOf, visit_as: VisitAs, world: World
) -> None:
    def last_used() -> datetime | None:
        with visit_as("zhenyang") as visit:
            return next(iter(keys.keys(visit))).last_used_at

    program = program_of("zhenyang")
    assert last_used() is None
    assert program.get("/api/v1/batches").status_code == 200
    first = last_used()
    assert first is not None
    assert datetime.now(UTC) - first < timedelta(minutes=1)
    product = {"name_zh": "二级花生油", "own_code": "ZY-2"}
    assert program.post("/api/v1/products", json=product).status_code == 201
    assert last_used() == first


def test_no_secret_and_no_name_reaches_the_journal(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    key = issue(client_as)
    with visit_as("zhenyang") as visit:
        own = actors.own_account(visit)
        records = [entry.record for entry in visit.session.exec(select(JournalEntry))]
    assert any('"role"' in record for record in records)
    for secret in (own.password_hash or "?", digest(key.rpartition("_")[2]), "argon2", own.login, own.name):
        assert not any(secret in record for record in records)


# The party


def test_a_party_changes_what_it_may(client_as: ClientOf) -> None:
    admin = client_as("zhenyang")
    version = re.search(r'name="version" value="(\d+)"', admin.get("/settings/party").text)
    assert version is not None
    form = {"version": version[1], "address_zh": "真阳大道2号", "phone": "0396-8920002"}
    assert admin.post("/settings/party", data=form).headers["location"] == "/settings/party?done=saved"
    page = admin.get("/settings/party").text
    assert "0396-8920002" in page


def test_a_verified_party_keeps_the_names_that_were_confirmed(client_as: ClientOf) -> None:
    admin = client_as("zhenyang")
    page = admin.get("/settings/party").text
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version is not None
    assert 'name="name_en"' not in page
    form = {"version": version[1], "name_en": "A rival", "address_zh": "真阳大道2号", "phone": "0396-8920002"}
    assert admin.post("/settings/party", data=form).status_code == 422
    assert "A rival" not in admin.get("/settings/party").text


def test_confirmed_facts_do_not_change(client_as: ClientOf, world: World, visit_as: VisitAs) -> None:
    form = {"name_zh": "别的企业", "uscc": "91411724MA9FAKE3XG", "address_zh": "真阳大道1号", "phone": "1"}
    client_as("zhenyang").post("/settings/party", data=form)
    assert "正阳花生油有限公司" in client_as("zhenyang").get("/settings/party").text


def test_a_change_of_an_outdated_form_is_not_made(client_as: ClientOf) -> None:
    form = {"version": "1", "address_zh": "真阳大道1号", "phone": "0396-1"}
    answer = client_as("zhenyang").post("/settings/party", data=form, headers=ENGLISH)
    assert answer.status_code == 422
    assert "Somebody changed this record" in answer.text


def test_others_of_the_party_read_it_only(client_as: ClientOf) -> None:
    recorder = client_as("recorder")
    page = recorder.get("/settings/party", headers=ENGLISH)
    assert "Only an administrator" in page.text
    assert recorder.post("/settings/party", data={"phone": "1", "address_zh": "x"}).status_code == 403


def test_an_unverified_party_reads_what_that_means(client_as: ClientOf) -> None:
    page = client_as("impostor").get("/settings/party", headers=ENGLISH)
    assert "Nobody has confirmed who you are yet" in page.text


def test_the_operator_of_the_site_has_a_profile_only(client_as: ClientOf) -> None:
    site = client_as("site")
    page = site.get("/settings").text
    assert set(re.findall(r'href="/settings/(\w+)', page)) == {"security"}
    assert site.get("/settings/party").status_code == 404
