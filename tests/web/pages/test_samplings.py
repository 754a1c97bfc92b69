"""The pages of sampling: the sheet on a phone, the laboratory's report, the firm's notice, and the public table."""

import re
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from builders import SIGNED
from conftest import ClientOf
from keeping import all_rows
from sampled import at_the_laboratory
from tracelot.operations import sampling_tasks
from tracelot.records.samplings import Sampling
from tracelot.web.pages.sampling_sheet import STEPS
from world import VisitAs, World

PHONE = 30 << 10  # bytes of a page


tell = at_the_laboratory


@pytest.fixture
def told(scene: Any) -> dict[str, UUID]:
    return scene.told


def filled(page: str) -> dict[str, str]:
    """What a form already holds, by the names of its hidden and filled fields."""
    boxes = [one for one in re.findall("<input[^>]*>", page) if 'type="checkbox"' not in one]
    told = [re.search(r'name="(\w+)".*value="([^"]*)"', one, re.DOTALL) for one in boxes]
    return {found[1]: found[2] for found in told if found}


def test_a_phone_fills_the_sheet_after_scanning_the_package(
    client_as: ClientOf, told: dict[str, UUID], world: World, engine: Engine
) -> None:
    office = client_as("county")
    office.headers["accept-language"] = "zh"
    code = f"(01){world.gtin}(10){world.code}"
    page = office.get("/gov/samplings/new", params={"task": str(told["task"]), "code": code})
    assert page.status_code == 200
    assert "抽样单" in page.text
    assert len(page.content) <= PHONE
    form = filled(page.text)
    assert (form["batch_id"], form["lot_no"]) == (str(world.batch_id), world.code)
    more = {"firm_name": "正阳花生油有限公司", "firm_address": "真阳大道1号", "unit": "bottle", "sample_qty": "6",
            "spare_qty": "2", "spec": "5 L", "producer_name": "正阳花生油有限公司", "producer_address": "真阳大道1号",
            "sampler1_certificate": "Q1", "sampler1_signed": "甲", "sampler1_acknowledged": "1",
            "sampler2_name": "乙", "sampler2_certificate": "Q2", "firm_signed": "赵厂长",
            "firm_acknowledged": "1"}  # fmt: skip

    kept = office.post("/gov/samplings/new", data=form | more)

    assert kept.status_code == 303, kept.text
    row = max(all_rows(engine, Sampling), key=lambda one: one.recorded_at)
    assert (row.state, row.batch_id, row.told["samplers"][1]["signature"]) == ("taken", world.batch_id, None)
    shown = office.get(kept.headers["location"])
    assert shown.status_code == 200
    assert "以第二名抽样人员身份签字" in shown.text


def test_a_sheet_that_lacks_something_comes_back_with_what_was_typed(
    client_as: ClientOf, told: dict[str, UUID]
) -> None:
    form = {"task_id": str(told["task"]), "firm_name": "小店", "taken_at": "2026-11-02T09:00"}

    back = client_as("lab").post("/app/samplings/new", data=form)

    assert back.status_code == 422
    assert 'value="小店"' in back.text


@pytest.mark.parametrize("number", ["12,5", "²", "nan", "1e999", "１１６", "181"])
def test_a_place_that_is_no_number_is_refused_at_its_field(
    number: str, client_as: ClientOf, told: dict[str, UUID]
) -> None:
    form = {"task_id": str(told["task"]), "firm_name": "小店", "longitude": number, "latitude": "33.5"}

    back = client_as("county").post("/gov/samplings/new", data=form)

    assert back.status_code == 422
    wrong = re.findall('<input[^>]* aria-invalid="true"[^>]*>', back.text, re.DOTALL)
    assert 'name="longitude"' in "".join(wrong)
    assert 'name="latitude"' not in "".join(wrong)
    assert back.headers["permissions-policy"] == "camera=(self), geolocation=(self), microphone=()"


@pytest.mark.parametrize("task", ["", "7", "00000000-0000-0000-0000-000000000000"])
def test_a_sheet_for_no_task_is_not_found(task: str, client_as: ClientOf) -> None:
    assert client_as("county").post("/gov/samplings/new", data={"task_id": task}).status_code == 404


@pytest.mark.parametrize("offset", ["-1", "9" * 60, "0." + "1" * 60, "¹"])
def test_an_inbox_from_nowhere_begins_at_the_first(offset: str, client_as: ClientOf) -> None:
    assert client_as("county").get("/gov/samplings", params={"offset": offset}).status_code == 200


def report_form(client: TestClient, path: str) -> dict[str, str]:
    version = filled(client.get(path).text)["version"]
    return {"version": version, "report_no": "SJ-9", "issued_on": "", "conclusion": "fail",
            "food_category": "oil.vegetable.peanut", "analyte0": "黄曲霉毒素B1", "measured_text0": "48.6",
            "unit0": "µg/kg", "method0": "GB 5009.22", "said0": "fail"}  # fmt: skip


def test_from_the_report_to_the_public_table_on_pages_alone(
    client_as: ClientOf, client: TestClient, told: dict[str, UUID], visit_as: VisitAs, engine: Engine
) -> None:
    id_ = told["sampling"]
    laboratory, office, firm = client_as("lab"), client_as("county"), client_as("quality")
    with visit_as("lab") as visit:
        today = visit.today.isoformat()
    form = report_form(laboratory, f"/app/samplings/{id_}") | {"issued_on": today}
    unsigned = laboratory.post(f"/app/samplings/{id_}/steps/report", data=form)
    assert unsigned.status_code == 422
    sent = laboratory.post(f"/app/samplings/{id_}/steps/report", data=form | SIGNED)
    assert sent.status_code == 303, sent.text

    notice = {
        "firm_id": str(all_rows(engine, Sampling)[0].firm_id),
        "to": "sampled",
        "doc_no": "1号",
    } | SIGNED
    assert office.post(f"/gov/samplings/{id_}/steps/notify", data=notice).status_code == 303
    page = firm.get(f"/app/samplings/{id_}").text
    notice_id = filled(page.partition("/steps/receipt")[2].partition("</form>")[0])["notice_id"]
    urgent = {"bulletin_no": "1", "urgent": "1", "reason": "已有人发病"} | SIGNED
    for step in ("receipt", "waive"):
        done = firm.post(f"/app/samplings/{id_}/steps/{step}", data={"notice_id": notice_id} | SIGNED)
        assert done.status_code == 303, done.text
    assert office.post(f"/gov/samplings/{id_}/steps/publish", data=urgent).status_code == 303

    published_for_all(client)


@pytest.mark.parametrize("who", ["county", "lab", "quality"])
def test_a_step_that_is_told_nothing_is_refused_in_words(
    who: str, client_as: ClientOf, told: dict[str, UUID]
) -> None:
    door, base = client_as(who), "/gov" if who == "county" else "/app"
    for step in STEPS:
        answer = door.post(f"{base}/samplings/{told['sampling']}/steps/{step}", data={"reason": ""})
        assert answer.status_code in (404, 422), step


def published_for_all(client: TestClient) -> None:
    public = client.get("/samplings", headers={"accept-language": "zh"})
    assert public.headers["cache-control"] == "no-cache"
    assert "黄曲霉毒素B1║48.6 µg/kg║≤20 µg/kg" in public.text
    assert "声明：以下信息仅指本次抽检标称的生产企业" in public.text
    for secret in ("0396-8920001", "89.9", "李敏"):  # phones, prices and samplers are nobody's business
        assert secret not in public.text
    table = (
        client.get("/samplings.csv", headers={"accept-language": "zh"})
        .content.decode("utf-8-sig")
        .splitlines()
    )
    assert table[0].startswith("声明")
    assert table[1].split(",")[:3] == ["抽样编号", "序号", "标称生产企业名称"]
    assert table[2].split(",")[16] == "/"
    assert (
        "不合格项目" not in client.get("/samplings.csv?verdict=pass", headers={"accept-language": "zh"}).text
    )


@pytest.mark.parametrize(
    ("who", "path"),
    [("county", "/gov/samplings"), ("county", "/gov/samplings/plans"), ("county", "/gov/samplings/plans/new"),
     ("county", "/gov/samplings/tasks/new"), ("county", "/gov/samplings/rates"), ("lab", "/app/samplings"),
     ("quality", "/app/samplings"), ("township", "/gov/samplings"), ("lab", "/app/samplings/rates")],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh", "en"])
def test_everybody_has_an_inbox(
    client_as: ClientOf, told: dict[str, UUID], who: str, path: str, language: str
) -> None:
    assert told
    assert client_as(who).get(path, params={"lang": language}).status_code == 200


def test_an_office_plans_draws_and_gives_out_on_pages_alone(
    client_as: ClientOf, told: dict[str, UUID], world: World, visit_as: VisitAs
) -> None:
    assert told
    with visit_as("zhenyang") as visit:
        from tracelot.operations import products  # noqa: PLC0415
        from tracelot.records.products import ProductChange  # noqa: PLC0415

        products.change_product(visit, world.product_id, ProductChange(category="食用油"))
    office = client_as("county")
    form = {"name": "2026年抽检", "year": "2026", "task_type": "supervision", "scope": "food", "draws": "firm",
            "category0": "食用油", "region_code0": "411724", "stage0": "production", "wanted0": "1"}  # fmt: skip
    made = office.post("/gov/samplings/plans/new", data=form)
    assert made.status_code == 303, made.text
    path = made.headers["location"].partition("?")[0]
    early = office.post(f"{path}/draw", data={"seed": "20261126-seed", "seed_source": "x"})
    assert early.status_code == 422
    assert office.post(f"{path}/frame", data={"version": "1"}).status_code == 303
    assert (
        office.post(f"{path}/draw", data={"seed": "20261126-seed", "seed_source": "彩票"}).status_code == 303
    )
    given = {"stratum": "1", "office_id": str(world.parties["county"]), "lab_id": str(world.parties["lab"])}
    for _ in range(2):
        assert office.post(f"{path}/tasks", data=given).status_code == 303
    page = office.get(path, params={"lang": "zh"}).text
    assert "结果一致" in page
    assert office.get(f"{path}/frame.csv").text.count("\n") == 2
    with visit_as("lab") as visit:
        assert [one.firm_zh for one in sampling_tasks.tasks(visit)].count("正阳花生油有限公司") == 1


def test_a_stranger_sees_neither_sheet_nor_photo(client_as: ClientOf, told: dict[str, UUID]) -> None:
    for who in ("second", "guhuai", "neighbour"):
        prefix = "/gov" if who == "neighbour" else "/app"
        assert client_as(who).get(f"{prefix}/samplings/{told['sampling']}").status_code == 404
