"""The pages of the wizard: upload, what is wrong in both languages, commit, undo, and what leads back."""

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from conftest import ClientOf
from keeping import all_rows
from tabled import row, table
from tracelot.records.inspections import Inspection
from world import World

PAGE = "/app/imports"


@pytest.fixture
def manager(client_as: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return client_as("quality")


def send(who: TestClient, content: bytes, name: str = "结果.csv", language: str = "zh") -> str:
    answer = who.post(
        PAGE, files={"file": (name, content, "text/csv")}, headers={"accept-language": language}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def version(page: str) -> dict[str, str]:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return {"version": found[1]}


def test_a_file_is_looked_at_committed_and_undone(manager: TestClient, engine: Engine) -> None:
    at = send(manager, table(row(1), row(2, 批号="ZY-NONE")))

    page = manager.get(at, headers={"accept-language": "zh"}).text
    for words in (
        "ZY-NONE",
        "这个产品没有该批次。",
        "请改正，或者先登记批次，再重新检查文件。",
        "提交 1 份报告",
    ):
        assert words in page
    english = manager.get(at, headers={"accept-language": "en"}).text
    assert "The product has no such batch." in english
    problems = manager.get(f"{at}/problems.csv", headers={"accept-language": "zh"})
    assert problems.headers["content-type"].startswith("text/csv")
    assert "批号: 这个产品没有该批次。" in problems.content.decode("utf-8-sig")

    told = version(page)
    assert manager.post(f"{at}/commit", data=told).status_code == 422
    assert manager.post(f"{at}/commit", data=told | {"only_valid": "1"}).status_code == 303
    assert [one.report_no for one in all_rows(engine, Inspection)] == ["R1"]

    page = manager.get(at).text
    assert manager.post(f"{at}/undo", data=version(page)).status_code == 422
    assert manager.post(f"{at}/undo", data=version(page) | {"reason": "发错了"}).status_code == 303
    assert [one.state for one in all_rows(engine, Inspection)] == ["undone"]
    assert "结果.csv" in manager.get(PAGE).text


def test_a_file_that_is_no_table_is_told_at_its_field(manager: TestClient) -> None:
    answer = manager.post(PAGE, files={"file": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "")})
    assert (answer.status_code, "旧格式" in answer.text) == (422, True)
    assert manager.post(PAGE, data={"file": "text"}).status_code == 422
    assert manager.post(f"{PAGE}/commit").status_code in (404, 405)


def test_what_was_seen_is_what_is_acted_on(manager: TestClient) -> None:
    at = send(manager, table(row(1)))
    assert manager.post(f"{at}/commit", data={"version": "99"}).status_code == 422
    assert manager.post(f"{at}/discard", data=version(manager.get(at).text)).status_code == 303
    assert manager.get(f"{at}/problems.csv").status_code == 404


@pytest.mark.parametrize("layout", ["long", "wide", "disclosed"])
def test_every_template_is_there(manager: TestClient, layout: str) -> None:
    assert manager.get(f"{PAGE}/template/{layout}.csv").status_code == 200
    assert manager.get(f"{PAGE}/template/{layout}x.csv").status_code == 404


def test_a_program_does_the_same(program_of: ClientOf, engine: Engine, world: World) -> None:
    program, url = program_of("zhenyang"), "/api/v1/imports"
    content = table(row(1), row(2, 批号="ZY-NONE", 检验结果='a"signature"'))

    sent = program.post(
        f"{url}?name=a.csv", content=content, headers={"content-type": "text/csv", "idempotency-key": "1"}
    )
    assert sent.status_code == 201, sent.text
    told = sent.json()
    assert (told["state"], told["reports"], told["faulty"]) == ("ready", 1, 1)
    assert [(one["row"], one["kind"]) for one in told["first_problems"]] == [(3, "batch-unknown")]
    at = f"{url}/{told['id']}"
    again = program.post(
        f"{url}?name=a.csv", content=content, headers={"content-type": "text/csv", "idempotency-key": "1"}
    )
    assert again.json()["id"] == told["id"]

    assert program.post(f"{at}/commit", json={}).status_code == 409
    assert program.post(f"{at}/commit", json={"only_valid": True}).json()["state"] == "committed"
    assert program.get(f"{at}/problems.csv").status_code == 200
    assert program.get(url).json()["total"] == 1
    assert program.delete(at).status_code == 409
    assert program.post(f"{at}/undo", json={"reason": "核对"}).json()["state"] == "undone"
    assert program.get(at).json()["undone_reason"] == "核对"
    assert program.post(url, content=b"%PDF-1.7").json()["type"].endswith("/problems/other-file")
