"""Taking one's data along, forgetting people, archiving a firm: as people do it."""

import gc
import io
import json
import zipfile
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from builders import PASSWORD, SIGNED, new_batch
from conftest import ClientOf
from keeping import HOLDER, all_rows
from tracelot.operations import accounts, batches
from tracelot.records.accounts import Account
from tracelot.records.batches import Batch
from tracelot.records.journal import JournalEntry
from tracelot.records.parties import Party
from tracelot.settings import Settings
from tracelot.web import leaving, pace
from world import VisitAs, World

WHY = {"basis": "asked-to-erase", "reason": "本人请求"}


@pytest.fixture(autouse=True)
def unhurried() -> Iterator[None]:
    pace.meter.cache_clear()
    yield
    pace.meter.cache_clear()


@pytest.mark.parametrize("path", ["/settings/data.zip", "/api/v1/export"])
def test_an_administrator_downloads_everything_and_it_is_remembered(
    client_as: ClientOf, world: World, engine: Engine, path: str
) -> None:
    answer = client_as("zhenyang").get(path)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as package:
        assert json.loads(package.read("manifest.json"))["party_id"] == str(world.parties["zhenyang"])
        taken = [json.loads(line)["act"] for line in package.read("journal.jsonl").splitlines()]
        assert taken.count("data.exported") == 1  # committed before the first byte left
    assert len(all_rows(engine, JournalEntry, act="data.exported")) == 1


def test_others_do_not_export(client_as: ClientOf, program_of: ClientOf, client: TestClient) -> None:
    assert client.get("/api/v1/export").status_code == 401
    assert client_as("recorder").get("/api/v1/export").status_code == 403
    assert client_as("quality").get("/settings/data").status_code == 403
    assert client_as("quality").get("/settings/data.zip").status_code == 403
    assert program_of("zhenyang").get("/api/v1/export").status_code == 403


def test_exports_have_a_pace(client_as: ClientOf, engine: Engine) -> None:
    door = client_as("zhenyang")
    answers = [door.get("/api/v1/export").status_code for _ in range(7)]

    assert answers == [200] * 6 + [429]
    assert len(all_rows(engine, JournalEntry, act="data.exported")) == 6


def test_few_exports_run_at_a_time_and_each_gives_its_place_back(client_as: ClientOf, engine: Engine) -> None:
    door = client_as("zhenyang")
    taken = [leaving.RUNNING.acquire(blocking=False) for _ in range(4)]
    refused = door.get("/api/v1/export")
    for _ in taken:
        leaving.RUNNING.release()

    assert taken == [True] * 4  # whatever was exported before gave its place back
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert all_rows(engine, JournalEntry, act="data.exported") == []
    assert door.get("/api/v1/export").status_code == 200


def test_whoever_reads_too_slowly_is_cut_off_and_gives_the_place_back_at_once(
    client_as: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "LONGEST_SECONDS", 0)
    gc.disable()
    try:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                client_as("zhenyang").get("/api/v1/export")
    finally:
        gc.enable()


def test_the_api_s_journal_tells_the_values_behind_its_commitments(client_as: ClientOf) -> None:
    door = client_as("zhenyang")
    door.patch("/api/v1/parties/me", json={"phone": "0396-7"})
    (entry,) = [one for one in door.get("/api/v1/journal?limit=200").json() if one["act"] == "party.changed"]

    assert {one["field"]: one["value"] for one in entry["personal"]}["phone"] == '"0396-7"'
    assert (entry["form"], entry["forgotten_at"]) == (2, None)


def test_former_contacts_are_erased_on_the_page(client_as: ClientOf) -> None:
    door = client_as("zhenyang")
    door.patch("/api/v1/parties/me", json={"phone": "0396-7"})
    assert "仍有" in door.get("/settings/data?lang=zh").text

    assert door.post("/settings/data/contacts", data={"basis": "asked-to-erase"}).status_code == 422
    assert door.post("/settings/data/contacts", data=WHY | {"basis": "because"}).status_code == 422
    done = door.post("/settings/data/contacts", data=WHY)
    assert done.headers["location"] == "/settings/data?done=forgotten"
    assert "没有已被替换的联系人信息" in door.get("/settings/data?lang=zh").text


def test_a_member_who_left_is_forgotten_on_the_page(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    door, person = client_as("zhenyang"), world.people["recorder"]
    page = f"/settings/members/{person}/forget"
    assert "请先停用" in door.get(f"{page}?lang=zh").text
    refused = door.post(page, data=WHY | SIGNED)
    assert refused.status_code == 422
    assert "请先停用" in refused.text
    with visit_as("zhenyang") as visit:
        accounts.disable_member(visit, person, "离职")
    assert page in door.get("/settings/members").text

    assert door.post(page, data=WHY | SIGNED).headers["location"] == "/settings/members?done=pseudonymised"
    assert all_rows(engine, Account, id=person)[0].pseudonymised_at is not None
    assert door.get(f"/settings/members/{world.people['guhuai']}/forget").status_code == 404
    assert (
        door.post(f"/settings/members/{world.people['guhuai']}/forget", data=WHY | SIGNED).status_code == 404
    )


def test_a_county_archives_a_firm_and_opens_it_again(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    door, firm = client_as("county"), world.parties["zhenyang"]
    page = f"/gov/parties/{firm}"
    version = all_rows(engine, Party, id=firm)[0].version
    assert door.post(f"{page}/archive", data={"version": version}).status_code == 422
    wrong = door.post(f"{page}/archive?lang=zh", data=SIGNED | {"reason": "注销", "successor": "无"})
    assert wrong.status_code == 422
    assert "没有仍在经营" in wrong.text
    assert (
        door.post(f"{page}/archive", data=SIGNED | {"reason": "注销", "version": version + 9}).status_code
        == 422
    )

    done = door.post(f"{page}/archive", data=SIGNED | {"reason": "已注销登记", "version": version})
    assert done.headers["location"] == f"{page}?done=archived"
    shown = door.get(f"{page}?lang=zh").text
    assert "已归档" in shown
    assert "已注销登记" in shown
    assert "已归档" in door.get("/gov/parties?status=verified&lang=zh").text
    assert (
        door.post(f"{page}/reopen", data=SIGNED | {"reason": "恢复营业"}).headers["location"]
        == f"{page}?done=reopened"
    )


@pytest.mark.parametrize("who", ["township", "neighbour", "zhenyang"])
def test_nobody_else_archives_through_either_door(client_as: ClientOf, world: World, who: str) -> None:
    door, firm = client_as(who), world.parties["zhenyang"]
    for path in (f"/gov/parties/{firm}", f"/api/v1/parties/{firm}"):
        for act in ("archive", "reopen"):
            send = {"data": {"reason": "注销"}} if path.startswith("/gov") else {"json": {"reason": "注销"}}
            assert door.post(f"{path}/{act}", **send).status_code in (403, 404)


def test_the_api_archives_and_opens_again(client_as: ClientOf, world: World) -> None:
    door, firm = client_as("county"), world.parties["zhenyang"]
    unsigned = door.post(f"/api/v1/parties/{firm}/archive", json={"reason": "注销"})
    assert (unsigned.status_code, unsigned.json()["type"].rpartition("/")[2]) == (403, "signature-needed")
    asked = {"reason": "注销", "signature": {"password": PASSWORD}}
    shut = door.post(f"/api/v1/parties/{firm}/archive", json=asked)
    assert (shut.status_code, shut.json()["archive_reason"]) == (200, "注销")
    assert door.post(f"/api/v1/parties/{firm}/archive", json=asked).status_code == 409
    assert door.post(f"/api/v1/parties/{firm}/reopen", json=asked).json()["archived_at"] is None


def test_the_operator_sees_counts_and_the_firm_its_batches(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    assert "没有记录超过保存期限" in client_as("site").get("/gov/keeping?lang=zh").text
    with visit_as("quality") as visit:
        id_ = batches.register_batch(visit, new_batch(world.product_id, code="OLD-1")).id
    with visit_as(HOLDER) as visit:
        old = visit.kernel().get_one(Batch, id_)
        old.retain_until = visit.today.replace(year=visit.today.year - 1)
        visit.kernel().add(old)

    operator = client_as("site").get("/gov/keeping?lang=zh").text
    assert "正阳花生油有限公司" in operator
    assert "trace keep purge --before" in operator
    assert "OLD-1" not in operator
    assert "OLD-1" in client_as("zhenyang").get("/settings/data?lang=zh").text
    assert "OLD-1" not in client_as("guhuai").get("/settings/data?lang=zh").text
    assert client_as("county").get("/gov/keeping").status_code == 403


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_rules_on_personal_data_name_times_rights_and_the_contact(
    client: TestClient, settings: Settings, language: str
) -> None:
    page = client.get(f"/privacy?lang={language}").text
    for told in ("366", "731", "184"):
        assert told in page
    assert ("尚未在此公布联系方式" if language == "zh" else "has not named a contact") in page
    settings.privacy_contact = "privacy@site.example"
    assert "privacy@site.example" in client.get(f"/privacy?lang={language}").text


def test_somebody_whom_a_recall_names_is_asked_for_on_a_page_of_its_own(client_as: ClientOf) -> None:
    door, page = client_as("zhenyang"), "/settings/data/people"
    assert page in door.get("/settings/data").text

    refused = door.post(f"{page}?lang=zh", data=WHY | {"who": "查无此人"})
    assert refused.status_code == 422
    assert "均无此人" in refused.text
    assert client_as("quality").get(page).status_code == 403
    assert client_as("site").get(page).status_code == 200
