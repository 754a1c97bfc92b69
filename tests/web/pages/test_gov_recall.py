"""The pages of a recall's proceedings: what the firm hands in and what its office does about it, as people do it."""

import re

import pytest
from fastapi.testclient import TestClient
from pypdfium2 import PdfDocument

from builders import SIGNED, new_recall
from conftest import ClientOf
from pursued import WHOLE
from tracelot.operations import recalls
from tracelot.records.recalls import Recall
from world import VisitAs, World

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def recall(visit_as: VisitAs, world: World) -> Recall:
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        return Recall(**draft.model_dump())


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found.group(1)


def plan(**given: str) -> dict[str, str]:
    told = {name: str(value) for name, value in WHOLE.items() if name != "area_codes"}
    return told | {"area": "驻马店市，郑州市", "hand_in": "1"} | given


def act(office: TestClient, recall: Recall, type_: str, **given: str) -> int:
    url = f"/gov/recalls/{recall.code}"
    version = version_in(office.get(url).text)
    sent = {"type": type_, "text": "已核对", "doc_no": "〔2026〕3号", "version": version} | SIGNED | given
    return office.post(f"{url}/acts", data=sent).status_code


def test_from_the_plan_to_the_closing_on_pages(
    client_as: ClientOf, client: TestClient, recall: Recall
) -> None:
    firm, office = client_as("quality"), client_as("county")
    url = f"/app/recalls/{recall.id}"

    def step(name: str) -> None:
        sent = {"step": name, "version": version_in(firm.get(url).text)}
        assert firm.post(f"{url}/steps", data=sent).status_code == 303

    step("start")
    assert office.get(f"/gov/recalls/{recall.code}").status_code == 404
    assert (
        firm.post(f"{url}/plan", data=plan(version=version_in(firm.get(f"{url}/plan").text))).status_code
        == 303
    )
    assert 'name="hand_in"' not in firm.get(f"{url}/plan").text  # what would only be refused
    assert "等待答复" in office.get(f"/gov/recalls/{recall.code}").text
    assert recall.code in office.get("/gov/recalls").text
    assert act(office, recall, "accept_plan") == 303
    firm.post(f"{url}/publish", data=SIGNED | {"version": version_in(firm.get(url).text), "read": "1"})
    step("dispose")
    step("complete")
    sent = {
        "kind": "final",
        "text": "全部处置完毕",
        "version": version_in(firm.get(f"{url}/reports/new").text),
    }
    assert firm.post(f"{url}/reports/new", data=sent).status_code == 303
    assert act(office, recall, "evaluate") == 303
    assert act(office, recall, "close", variance="检验耗用") == 303

    notice = client.get(f"/recalls/{recall.code}", headers=ENGLISH).text
    assert "The work on this recall was closed" in notice
    assert "Level I recall" in notice
    assert "河南省郑州市" in notice
    assert "已结束" in firm.get(url).text
    assert recall.code in client.get("/recalls?stage=closed").text
    assert recall.code not in client.get("/recalls?stage=recovering").text


def test_a_plan_that_lacks_a_part_comes_back_with_what_is_missing(
    client_as: ClientOf, recall: Recall
) -> None:
    firm = client_as("quality")
    answer = firm.post(
        f"/app/recalls/{recall.id}/plan", data=plan(cost_bearer="", area="无此地"), headers=ENGLISH
    )
    assert answer.status_code == 422
    assert "No division of China is called" in answer.text
    answer = firm.post(f"/app/recalls/{recall.id}/plan", data=plan(cost_bearer=""), headers=ENGLISH)
    assert answer.status_code == 422
    assert "Needed before the plan is handed in." in answer.text
    assert "集中销毁" in answer.text


def test_two_who_change_one_recall_are_told_so(client_as: ClientOf, recall: Recall) -> None:
    firm = client_as("quality")
    old = version_in(firm.get(f"/app/recalls/{recall.id}").text)
    assert firm.post(f"/app/recalls/{recall.id}/plan", data=plan(hand_in="", version=old)).status_code == 303
    late = firm.post(f"/app/recalls/{recall.id}/plan", data=plan(version=old), headers=ENGLISH)
    stepped = firm.post(
        f"/app/recalls/{recall.id}/steps", data={"step": "start", "version": old}, headers=ENGLISH
    )

    assert (late.status_code, stepped.status_code) == (422, 412)
    assert "Somebody changed this record while you had it open" in late.text
    assert "Somebody changed this record while you had it open" in stepped.text
    assert f'<a href="/app/recalls/{recall.id}">Open it anew and compare</a>' in stepped.text


def test_a_recall_is_ordered_on_the_page_of_a_firm(client_as: ClientOf, world: World) -> None:
    office = client_as("county")
    url = f"/gov/parties/{world.parties['zhenyang']}"
    assert f"{url}/order" in office.get(url).text
    sent = {
        "product_id": str(world.product_id), "codes": world.code, "level": "2", "reason_code": "mycotoxin",
        "knowledge_at": "2026-09-20T08:30", "order_no": "正市监责召〔2026〕3号", "text": "抽检不合格",
        "reason_zh": "黄曲霉毒素超标",
    }  # fmt: skip
    unsigned = office.post(f"{url}/order", data=sent)
    empty = office.post(f"{url}/order", data=SIGNED | {"codes": "", "level": "9"})
    ordered = office.post(f"{url}/order", data=SIGNED | sent)

    assert (unsigned.status_code, empty.status_code, ordered.status_code) == (422, 422, 303)
    shown = office.get(ordered.headers["location"]).text
    assert "正市监责召〔2026〕3号" in shown
    own = client_as("quality").get("/app/recalls?state=draft").text
    address = re.search(r"/app/recalls/[0-9a-f-]{36}", own)
    assert address
    assert "不得取消" in client_as("quality").get(address.group()).text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_papers_are_printed_in_both_languages(client_as: ClientOf, recall: Recall, language: str) -> None:
    firm, office = client_as("quality"), client_as("county")
    firm.post(f"/app/recalls/{recall.id}/plan", data=plan(process="通知。" * 300))
    paper = office.get(f"/gov/recalls/{recall.code}/plans/1.pdf?lang={language}")

    assert paper.headers["content-type"] == "application/pdf"
    text = "".join(page.get_textpage().get_text_range() for page in PdfDocument(paper.content))
    assert ("召回计划" if language == "zh" else "Recall plan") in text
    assert re.sub(r"\s", "", text).count("通知。") == 300
    assert firm.get(f"/app/recalls/{recall.id}/plans/2.pdf").status_code == 404
