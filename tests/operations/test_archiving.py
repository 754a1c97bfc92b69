"""A firm that closed down: nobody acts for it, and what it published stays."""

import json
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from builders import PASSWORD, new_batch, new_recall
from conftest import ClientOf
from keeping import all_rows
from tracelot.operations import archiving, batches, parties, recalls, sessions
from tracelot.records.accounts import list_officers
from tracelot.records.journal import JournalEntry
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unidentified, Unknown
from world import VisitAs, World, actor_of


def archive(visit_as: VisitAs, world: World, who: str = "county", successor: str | None = None) -> None:
    with visit_as(who) as visit:
        archiving.archive_party(visit, world.parties["zhenyang"], "已注销", successor)


@pytest.mark.parametrize("who", ["county", "city", "site"])
def test_an_office_above_the_township_archives(
    visit_as: VisitAs, world: World, engine: Engine, who: str
) -> None:
    archive(visit_as, world, who)

    (party,) = all_rows(engine, Party, id=world.parties["zhenyang"])
    assert (party.archive_reason, party.archived_by, party.status) == (
        "已注销",
        world.people[who],
        "verified",
    )
    assert party.uscc_claim == party.uscc
    assert all_rows(engine, Product, id=world.product_id)[0].gtin_claim == world.gtin
    (entry,) = all_rows(engine, JournalEntry, act="party.archived")
    assert (entry.reason, entry.actor_id) == ("已注销", world.people[who])


@pytest.mark.parametrize(
    ("who", "refusal"), [("township", Forbidden), ("neighbour", Unknown), ("zhenyang", Forbidden)]
)
def test_nobody_else_archives(visit_as: VisitAs, world: World, who: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        archive(visit_as, world, who)


def test_people_and_keys_stop_at_once(
    visit_as: VisitAs, world: World, client_as: ClientOf, program_of: ClientOf, client: TestClient
) -> None:
    person, program = client_as("quality"), program_of("zhenyang")
    assert person.get("/app").status_code == program.get("/api/v1/products").status_code == 200
    archive(visit_as, world)

    assert person.get("/app").status_code == 303  # to the sign-in
    new = {"product_id": str(world.product_id), "code": "NEW-1", "production_date": "2026-09-15"}
    for caller in (person, program):
        assert caller.post("/api/v1/batches", json=new).status_code == 401
    with visit_as() as visit, pytest.raises(Unidentified) as refused:
        sessions.sign_in(visit, world.logins["quality"], PASSWORD)
    assert refused.value.kind == "party-archived"


def test_its_pages_notices_and_recalls_stay_and_say_so(
    visit_as: VisitAs, world: World, client: TestClient, engine: Engine
) -> None:
    with visit_as("quality") as visit:
        opened = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        code = recalls.publish_recall(visit, opened.id).code
    heir = all_rows(engine, Party, id=world.parties["guhuai"])[0]
    archive(visit_as, world, successor=heir.uscc.lower())

    page = client.get(f"/01/{world.gtin}/10/{world.code}?lang=en", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Guhuai Grain and Oil goes on in its place." in page.text
    notice = client.get(f"/recalls/{code}?lang=zh").text
    assert "发布本公告的企业已停业或被合并。" in notice
    assert "由古槐粮油有限公司承接。" in notice
    product = client.get(f"/01/{world.gtin}/10/{world.code}", headers={"accept": "application/json"}).json()[
        "product"
    ]
    assert (product["archived"], product["successor_zh"]) == (True, "古槐粮油有限公司")


def test_a_successor_is_verified_works_and_is_another(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    uscc = {name: all_rows(engine, Party, id=id_)[0].uscc for name, id_ in world.parties.items()}
    for code in (uscc["zhenyang"], uscc["impostor"], uscc["county"], "91110000MA00000000", "无"):
        with pytest.raises(Unfit) as refused:
            archive(visit_as, world, successor=code)
        assert refused.value.faults[0].pointer == "#/successor"


def test_an_archived_party_is_opened_again_with_a_reason(
    visit_as: VisitAs, world: World, program_of: ClientOf, engine: Engine
) -> None:
    archive(visit_as, world)
    with visit_as("county") as visit, pytest.raises(Conflict):
        parties.decide_party(visit, world.parties["zhenyang"], "rejected", "不符")
    with visit_as("county") as visit:
        archiving.reopen_party(visit, world.parties["zhenyang"], "恢复营业")

    (entry,) = all_rows(engine, JournalEntry, act="party.reopened")
    assert (entry.reason, json.loads(entry.record)["archived_at"]) == ("恢复营业", None)
    with visit_as() as visit:
        assert sessions.sign_in(visit, world.logins["quality"], PASSWORD)
    with visit_as("quality") as visit:
        assert batches.register_batch(visit, new_batch(world.product_id, code="AGAIN-1"))
    assert program_of("zhenyang").get("/api/v1/products").status_code == 401  # keys stay revoked
    with visit_as("county") as visit, pytest.raises(Conflict):
        archiving.reopen_party(visit, world.parties["zhenyang"], "恢复营业")


def test_no_notice_goes_out_by_somebody_who_came_before_the_doors_closed(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id
    before = actor_of(engine, world.people["quality"])
    archive(visit_as, world)

    with visit_as(before) as visit, pytest.raises(Conflict) as refused:
        recalls.publish_recall(visit, draft)
    assert refused.value.kind == "party-archived"


def test_an_office_that_closed_is_no_longer_written_to(visit_as: VisitAs, world: World) -> None:
    def officers() -> set[UUID]:
        with visit_as("site") as visit:
            return {account.id for account, _ in list_officers(visit.kernel())}

    assert world.people["neighbour"] in officers()
    with visit_as("city") as visit, pytest.raises(Forbidden):
        archiving.archive_party(visit, world.parties["neighbour"], "机构改革")
    with visit_as("site") as visit:
        archiving.archive_party(visit, world.parties["neighbour"], "机构改革")
    assert world.people["neighbour"] not in officers()
