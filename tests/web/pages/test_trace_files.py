"""The files of a trace at the pages' and the programs' door: their heads, their pace, and who gets them."""

import io
import json
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine

from conftest import ClientOf, Rounds
from diaries import Diary
from keeping import all_rows
from stored import batch_name, written_for
from tracelot.operations.trace_files import KINDS, MEDIA_TYPES, FileKind
from tracelot.records.journal import JournalEntry
from tracelot.web import pace, taking
from world import World

API = "/api/v1/traces/export"


@pytest.fixture(autouse=True)
def fresh_pace() -> Iterator[None]:
    pace.meter.cache_clear()
    yield
    pace.meter.cache_clear()


def exported(engine: Engine) -> list[JournalEntry]:
    return all_rows(engine, JournalEntry, act="trace.exported")


@pytest.mark.parametrize("kind", KINDS)
def test_each_file_says_what_it_is_and_was_remembered_before_it_left(
    client_as: ClientOf, world: World, engine: Engine, kind: FileKind
) -> None:
    answer = client_as("quality").get(f"/app/trace/export.{kind}", params={"code": world.code, "lang": "en"})

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPES[kind]
    name = answer.headers["content-disposition"]
    assert name.startswith(f'attachment; filename="trace-{world.code}-2')
    assert name.endswith(f'.{kind}"')
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    (entry,) = exported(engine)
    assert (entry.actor_id, entry.party_id) == (world.people["quality"], world.parties["zhenyang"])
    assert json.loads(entry.record)["format"] == kind


def test_a_file_is_in_the_reader_s_language(client_as: ClientOf, world: World) -> None:
    door = client_as("quality")
    english, chinese = (
        door.get("/app/trace/export.svg", params={"code": world.code, "lang": language}).text
        for language in ("en", "zh")
    )

    assert "Trace of goods" in english
    assert "货物追溯" in chinese
    assert 'xml:lang="zh-CN"' in chinese


def test_a_program_gets_the_same_file(client_as: ClientOf, program_of: ClientOf, world: World) -> None:
    asked = {"code": world.code, "direction": "both"}
    page = client_as("quality").get("/app/trace/export.json", params=asked).json()
    program = program_of("zhenyang").get(API, params=asked | {"format": "json"}).json()
    answer = (
        program_of("zhenyang").get("/api/v1/traces", params=asked | {"edges": "1", "limit": "200"}).json()
    )

    for document in (page, program):
        document.pop("export")
    assert page == program == answer


def test_an_office_takes_what_it_watches_at_its_own_door(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    asked = {"batch": str(world.batch_id)}

    assert client_as("county").get("/gov/trace/export.csv", params=asked).status_code == 200
    assert exported(engine)[0].party_id == world.parties["county"]
    assert len(all_rows(engine, JournalEntry, act="trace.read")) == 1
    assert client_as("neighbour").get("/gov/trace/export.csv", params=asked).status_code == 404
    assert client_as("quality").get("/gov/trace/export.csv", params=asked).status_code == 403
    assert client_as("site").get("/app/trace/export.csv", params=asked).status_code == 403
    assert len(exported(engine)) == 1


def test_a_stranger_and_a_bad_question_get_no_file(
    client: TestClient, client_as: ClientOf, program_of: ClientOf, world: World, engine: Engine
) -> None:
    assert client.get(API, params={"code": world.code, "format": "csv"}).status_code == 401
    door = client_as("quality")
    assert door.get("/app/trace/export.exe", params={"code": world.code}).status_code == 404
    assert door.get("/app/trace/export.csv", params={"code": "NOT-THERE"}).status_code == 404
    for asked in ({}, {"code": world.code, "depth": "0"}, {"code": world.code, "kind": "<b>"}):
        answer = door.get("/app/trace/export.csv", params=asked, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/app/trace")
    program = program_of("zhenyang")
    assert program.get(API, params={"code": world.code, "format": "exe"}).status_code == 422
    assert program.get(API, params={"format": "csv"}).status_code == 422
    assert exported(engine) == []


def test_files_have_a_pace(client_as: ClientOf, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pace.PACES, "trace-file", pace.Pace(2, 600))
    door = client_as("quality")
    answers = [door.get("/app/trace/export.csv", params={"code": world.code}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 0


def test_few_files_are_made_at_a_time_and_each_gives_its_place_back(
    client_as: ClientOf, world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "SECONDS", 0.01)
    door, asked = client_as("quality"), {"code": world.code}
    assert door.get("/app/trace/export.csv", params={"code": "NOT-THERE"}).status_code == 404
    taken = [taking.RUNNING.acquire(blocking=False) for _ in range(3)]
    refused = door.get("/app/trace/export.csv", params=asked)
    for _ in taken:
        taking.RUNNING.release()

    assert taken == [True] * 3
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert exported(engine) == []
    assert door.get("/app/trace/export.csv", params=asked).status_code == 200


def test_a_trace_of_thousands_of_batches_is_taken_along_whole(
    client_as: ClientOf, world: World, engine: Engine, rounds: Rounds
) -> None:
    diary, many = Diary(), rounds(800, 4_900)
    diary.produce("b0", "A")
    for number in range(many):
        diary.transform({("b0", "A"): 1}, {(f"s{number}", "A"): 1})
    written_for(engine, diary.book(), world.parties["zhenyang"])
    door, asked = client_as("quality"), {"batch": str(batch_name("b0")), "direction": "forward"}
    paper, book = (door.get(f"/app/trace/export.{kind}", params=asked).content for kind in ("pdf", "xlsx"))

    assert paper.startswith(b"%PDF-")
    assert max(len(paper), len(book)) < 1_500_000
    table = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()
    assert len(table) == 1 + many + 1
    assert [json.loads(entry.record)["reached"] for entry in exported(engine)] == [many + 1] * 2


def test_the_explorer_offers_every_file_under_the_same_question(client_as: ClientOf, world: World) -> None:
    text = client_as("quality").get("/app/trace", params={"code": world.code, "direction": "backward"}).text

    for kind in KINDS:
        assert f"/app/trace/export.{kind}?code={world.code}&amp;direction=backward" in text
