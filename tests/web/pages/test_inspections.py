"""The pages of inspections: a report typed in, read, corrected, taken back, with its file; and what a fail leads to."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from builders import SIGNED
from conftest import ClientOf
from inspected import LITTLE, TOO_MUCH, laboratory, record, report
from keeping import all_rows
from tracelot.records.batches import Batch
from tracelot.records.holding import HoldRequest
from tracelot.records.inspections import Inspection, InspectionFile
from tracelot.records.limits import FoodLimit
from tracelot.records.products import Product
from tracelot.records.retained import RetainedSample
from world import VisitAs, World

TODAY = datetime.now(UTC).date()
PDF = b"%PDF-1.7\n%hostile </script><script>alert(1)</script>\n%%EOF"


def sent(world: World, *findings: dict[str, str], **given: Any) -> dict[str, str]:
    """A form as a person fills it."""
    start = {"batch_id": str(world.batch_id), "kind": "outgoing", "report_no": "CJ-7", "sample_no": "S-7",
             "issued_on": "2026-09-16", "food_category": "oil.vegetable.peanut", "rows": "4"}  # fmt: skip
    told = findings or ({"analyte": "AFB1", "measured_text": "48.6", "unit": "µg/kg"},)
    rows = {f"finding-{2 * at}-{name}": text for at, one in enumerate(told) for name, text in one.items()}
    return start | rows | given


def page_of(answer: Any) -> UUID:
    assert answer.status_code == 303, re.findall(r'class="error".*?</p>', answer.text, re.DOTALL)
    return UUID(answer.headers["location"].partition("?")[0].rpartition("/")[2])


def test_a_report_is_typed_in_and_read_with_its_verdict(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    person = client_as("quality")
    form = person.get(f"/app/inspections/new?batch={world.batch_id}&lang=en")
    assert world.code in form.text
    kept = page_of(person.post("/app/inspections", data=sent(world)))

    shown = person.get(f"/app/inspections/{kept}?lang=en").text
    for text in (
        "48.6",
        "≤ 20 µg/kg",
        "GB 2761-2017",
        "Beyond the limit",
        "Open a recall",
        "still to be checked",
    ):
        assert text in shown
    assert "不合格" in person.get(f"/app/inspections/{kept}?lang=zh").text
    assert "CJ-7" in person.get("/app/inspections?verdict=fail&lang=en").text
    assert "CJ-7" not in person.get("/app/inspections?verdict=pass&lang=en").text
    batch = person.get(f"/app/batches/{world.batch_id}?lang=en").text
    assert "CJ-7" in batch
    assert "until a re-test overturns" in batch
    assert f'/app/batches/{world.batch_id}/release"' not in batch
    assert all_rows(engine, Batch, id=world.batch_id)[0].status == "held"


def test_what_is_wrong_stands_at_the_row_that_it_was_typed_in(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    person = client_as("quality")
    told = ({"analyte": "AFB1", "measured_text": "1.0"}, {"analyte": "DON", "measured_text": "1,5"})
    answer = person.post("/app/inspections?lang=en", data=sent(world, *told))
    assert answer.status_code == 422
    assert 'id="field-finding-2-measured_text-error"' in answer.text
    assert "This can be read in two ways" in answer.text
    more = person.post("/app/inspections?lang=en", data=sent(world, *told, more="1"))
    assert 'name="finding-7-analyte"' in more.text
    assert all_rows(engine, Inspection) == []


def test_the_same_form_sent_twice_is_one_report(client_as: ClientOf, world: World, engine: Engine) -> None:
    person = client_as("quality")
    form = person.get(f"/app/inspections/new?batch={world.batch_id}").text
    [id_] = re.findall(r'name="id" value="([^"]+)"', form)
    first, second = (page_of(person.post("/app/inspections", data=sent(world, id=id_))) for _ in range(2))
    assert (first, second, len(all_rows(engine, Inspection))) == (UUID(id_), UUID(id_), 1)
    other = person.post("/app/inspections", data=sent(world, id=id_, report_no="X"))
    assert other.status_code == 422


def test_a_recorder_keeps_a_draft_and_issues_none(client_as: ClientOf, world: World, engine: Engine) -> None:
    person = client_as("recorder")
    assert person.post("/app/inspections", data=sent(world)).status_code in (403, 422)
    assert all_rows(engine, Inspection) == []
    draft = page_of(person.post("/app/inspections", data=sent(world, draft="1")))
    assert all_rows(engine, Inspection, id=draft)[0].state == "draft"
    assert all_rows(engine, Batch, id=world.batch_id)[0].status == "released"
    assert client_as("county").get(f"/gov/inspections/{draft}").status_code == 404  # nobody else's yet


def test_a_correction_keeps_what_was_said_before(client_as: ClientOf, world: World, engine: Engine) -> None:
    person = client_as("quality")
    first = page_of(person.post("/app/inspections", data=sent(world)))
    form = person.get(f"/app/inspections/{first}/correct?lang=en").text
    assert 'value="48.6"' in form
    assert person.post(f"/app/inspections/{first}/correct", data=sent(world)).status_code == 422  # no reason
    less = sent(
        world, {"analyte": "AFB1", "measured_text": "4.86", "unit": "µg/kg"}, reason="小数点", version="1"
    )
    second = page_of(person.post(f"/app/inspections/{first}/correct", data=less))
    assert str(second) in person.get(f"/app/inspections/{first}").text
    assert "48.6" in person.get(f"/app/inspections/{first}").text
    assert person.post(f"/app/inspections/{first}/correct", data=less | {"version": ""}).status_code == 422
    gone = person.post(f"/app/inspections/{second}/withdraw", data={"reason": "作废"})
    assert page_of(gone) == second
    assert {one.state for one in all_rows(engine, Inspection)} == {"superseded", "withdrawn"}


def test_the_file_of_a_report_is_kept_once_and_never_shown_as_a_page(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    person = client_as("quality")
    kept = page_of(person.post("/app/inspections", data=sent(world)))
    url = f"/app/inspections/{kept}/file"
    assert person.get(url).status_code == 404
    junk = person.post(url, files={"file": ("x.pdf", b"<html>", "application/pdf")})
    assert junk.status_code == 422
    for _ in range(2):
        page_of_file = person.post(url, files={"file": ("../../r.pdf", PDF, "text/html")})
        assert page_of_file.status_code == 303
    assert person.post(url, files={"file": ("y.pdf", PDF + b"2", "application/pdf")}).status_code == 422
    read = person.get(url)
    assert (read.content, read.headers["content-type"]) == (PDF, "application/pdf")
    assert read.headers["content-disposition"].startswith('attachment; filename="report-')
    assert [one.size for one in all_rows(engine, InspectionFile)] == [len(PDF)]
    assert client_as("guhuai").get(url).status_code == 404
    assert client_as("county").get(url).content == PDF


def test_a_fail_opens_a_recall_that_says_why(client_as: ClientOf, world: World) -> None:
    person = client_as("quality")
    kept = page_of(person.post("/app/inspections", data=sent(world)))
    form = person.get(f"/app/recalls/new?inspection={kept}&lang=en").text
    assert "检验报告CJ-7判定不合格：黄曲霉毒素B1 48.6 µg/kg（限值 20 µg/kg, GB 2761-2017）" in form
    assert "Inspection report CJ-7 failed: Aflatoxin B1 48.6 µg/kg (limit 20 µg/kg, GB 2761-2017)" in form
    assert re.search(r'value="mycotoxin" selected', form)
    assert world.code in form
    assert client_as("guhuai").get(f"/app/recalls/new?inspection={kept}").status_code == 404
    good = page_of(
        person.post("/app/inspections", data=sent(world, {"analyte": "DON", "measured_text": "1"}))
    )
    assert person.get(f"/app/recalls/new?inspection={good}").status_code == 409


def test_whoever_is_asked_to_hold_answers_on_a_page(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    record(visit_as, "city", report(world.batch_id, TOO_MUCH, kind="rapid"))
    [asked] = all_rows(engine, HoldRequest)
    person = client_as("quality")
    assert f"/app/holds/{asked.id}" in person.get("/app").text
    page = person.get(f"/app/holds/{asked.id}?lang=en")
    assert "48.6 µg/kg" in page.text
    assert person.post(f"/app/holds/{asked.id}", data={}).status_code == 422
    answer = {"stop_sale": "1", "on_hand": "12.5", "unit": "case", "version": "1"}
    assert person.post(f"/app/holds/{asked.id}", data=answer).status_code == 303
    assert "12.5" in client_as("county").get(f"/gov/inspections/{asked.inspection_id}?lang=en").text
    assert client_as("guhuai").get(f"/app/holds/{asked.id}").status_code == 404
    assert f"/app/holds/{asked.id}" not in person.get("/app").text


def test_a_laboratory_answers_a_commission_and_nobody_else_reads_it(
    client_as: ClientOf, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    lab = laboratory(visit_as, world, engine)
    stranger = laboratory(visit_as, world, engine, "other")
    draft = page_of(client_as("quality").post(
        "/app/inspections", data=sent(world, kind="commissioned", lab_id=str(lab), draft="1")))  # fmt: skip
    assert client_as("other").get(f"/app/inspections/{draft}").status_code == 404
    tester = client_as("lab")
    assert f"/app/inspections/new?commission={draft}" in tester.get(f"/app/inspections/{draft}").text
    assert world.code in tester.get(f"/app/inspections/new?commission={draft}").text
    told = sent(world, kind="commissioned", commission=str(draft), batch_id="")
    done = page_of(tester.post("/app/inspections", data=told))
    [row] = all_rows(engine, Inspection, id=done)
    assert (row.lab_id, row.cma_no, row.party_id) == (lab, "230000000001", world.parties["zhenyang"])
    assert (row.supersedes, row.state, all_rows(engine, Inspection, id=draft)[0].state) == (
        draft,
        "issued",
        "superseded",
    )
    assert client_as("other").post("/app/inspections", data=told).status_code == 404
    assert stranger


def test_the_operator_changes_a_limit_with_a_reason_and_everybody_reads_it(
    client_as: ClientOf, client: TestClient, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    known = "cn-gb27612017-oil.vegetable.peanut-afb1"
    before = record(visit_as, "quality", report(world.batch_id, {"measured_text": "15"}))
    site = client_as("site")
    assert known in site.get("/gov/limits").text
    change = {"op": "<=", "value": "10", "unit": "ug/kg", "standard": "GB 2761-2017", "effective_from": "2017-09-17",
              "reason": "核对原文"}  # fmt: skip
    assert site.post(f"/gov/limits/{known}", data=change | {"reason": ""}).status_code == 422
    assert site.post(f"/gov/limits/{known}", data=change | {"value": "-1"}).status_code == 422
    assert site.post(f"/gov/limits/{known}", data=change).status_code == 303
    [row] = all_rows(engine, FoodLimit, id=known)
    assert (str(row.value), row.unit, row.to_check) == ("10", "µg/kg", False)
    twin = change | {"category": "oil.vegetable.peanut", "analyte": "afb1", "jurisdiction": "CN"}
    assert site.post("/gov/limits", data=twin).status_code == 422
    assert site.post("/gov/limits", data=twin | {"jurisdiction": "XX"}).status_code == 303
    assert "≤ 10 µg/kg" in client.get("/limits?lang=en").text
    after = record(visit_as, "quality", report(world.batch_id, {"measured_text": "15"}))
    assert (before.verdict, after.verdict) == ("pass", "fail")
    for who in ("county", "quality"):
        assert client_as(who).post(f"/gov/limits/{known}", data=change).status_code == 403


def test_the_public_reads_that_the_outgoing_inspection_passed_and_no_result(
    client_as: ClientOf, client: TestClient, visit_as: VisitAs, world: World
) -> None:
    page = f"/01/{world.gtin}/10/{world.code}"
    assert "企业自检合格" not in client.get(f"{page}?lang=zh").text
    passed = record(visit_as, "quality", report(world.batch_id, LITTLE))
    shown = client.get(f"{page}?lang=zh").text
    assert "企业自检合格" in shown
    assert "3.0" not in shown
    assert client.get(f"{page}?format=json").json()["batch"]["outgoing_passed"] is True
    for url in (f"/api/v1/inspections/{passed.id}", f"/app/inspections/{passed.id}"):
        assert client.get(url).status_code in (401, 303)
    record(visit_as, "quality", report(world.batch_id, TOO_MUCH, kind="self_check", report_no="Z"))
    assert "企业自检合格" not in client.get(f"{page}?lang=zh").text


def test_samples_are_kept_and_their_end_is_told(client_as: ClientOf, world: World, engine: Engine) -> None:
    person = client_as("quality")
    url = f"/app/batches/{world.batch_id}/samples"
    told = {"kept": "2", "unit": "bottle", "place": "留样室 <b>3</b>", "taken_on": f"{TODAY}"}
    assert person.post(url, data=told | {"kept": "x"}).status_code == 422
    assert person.post(url, data=told).status_code == 303
    [row] = all_rows(engine, RetainedSample)
    assert row.until > TODAY
    assert "<b>3</b>" not in person.get(f"/app/batches/{world.batch_id}").text
    gone = person.post(
        f"{url}/{row.id}", data={"disposed_on": f"{TODAY}", "reason": "复检用完", "version": "1"}
    )
    assert gone.status_code == 303
    assert client_as("guhuai").post(url, data=told).status_code == 404


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "';--", "=HYPERLINK(1)", "𠮷" * 50, "{{7*7}}"])
def test_hostile_text_stays_text(client_as: ClientOf, world: World, text: str) -> None:
    person = client_as("quality")
    told = {"analyte": text, "measured_text": text, "method": text, "standard": text, "unit": text[:40]}
    kept = page_of(person.post("/app/inspections", data=sent(world, told, report_no=text, tester=text)))
    for url in (f"/app/inspections/{kept}", f"/app/inspections/{kept}/correct", "/app/inspections",
                f"/app/batches/{world.batch_id}"):  # fmt: skip
        shown = person.get(url)
        assert shown.status_code == 200
        assert "<script>alert" not in shown.text


def test_a_product_asks_for_its_outgoing_inspection(
    client_as: ClientOf, world: World, engine: Engine
) -> None:
    person = client_as("quality")
    form = {
        "name_zh": "花生油",
        "shelf_life_unit": "month",
        "packaging": "prepacked",
        "outgoing_required": "1",
    }
    assert person.post(f"/app/products/{world.product_id}", data=form).status_code == 303
    assert all_rows(engine, Product, id=world.product_id)[0].outgoing_required
    person.post(f"/app/batches/{world.batch_id}/hold", data={"reason": "等检验"})
    refused = person.post(f"/app/batches/{world.batch_id}/release?lang=en", data={})
    assert "only after its outgoing inspection passed" in refused.text
    page_of(person.post("/app/inspections", data=sent(world)))
    lift = SIGNED | {"reason": "x1", "report_no": "9"}
    assert "only a re-test" in person.post(f"/app/batches/{world.batch_id}/lift?lang=en", data=lift).text
