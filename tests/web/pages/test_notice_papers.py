"""The notice of a recall says all that the law asks of it, on its page and on paper, in both languages."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from pypdfium2 import PdfDocument

from builders import new_recall
from conftest import ClientOf
from pursued import whole_plan
from tracelot.operations import parties, planning, proceedings, products, recalls
from tracelot.records.parties import PartyChange
from tracelot.records.products import ProductChange
from world import VisitAs, World

FIRM = {"legal_rep": "王法人", "main_responsible_person": "赵主任", "email": "zhao@zhenyang.example",
        "address_zh": "正阳县真阳街道花生路8号"}  # fmt: skip


@pytest.fixture
def code(visit_as: VisitAs, world: World) -> str:
    with visit_as("zhenyang") as visit:
        parties.change_party(visit, PartyChange.model_validate(FIRM))
        products.change_product(visit, world.product_id, ProductChange(brand="天中牌"))
    with visit_as("quality") as visit:
        recall_id = recalls.open_recall(visit, new_recall(world.product_id, world.code, level=1)).id
    with visit_as("quality") as visit:
        planning.submit_plan(visit, recall_id, whole_plan(person="李质量"))
        return recalls.publish_recall(visit, recall_id).code


def on_paper(client: TestClient, code: str, language: str) -> list[str]:
    answer = client.get(f"/recalls/{code}.pdf?lang={language}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert f'filename="{code}.pdf"' in answer.headers["content-disposition"]
    return [page.get_textpage().get_text_range() for page in PdfDocument(answer.content)]


@pytest.mark.parametrize(("language", "said"), [
    ("zh", ("一级召回", "请立即停止购进", "请勿食用")),
    ("en", ("Level I recall", "Stop buying and selling", "Do not eat")),
])  # fmt: skip
def test_page_and_paper_name_firm_goods_and_what_sellers_must_do(
    client: TestClient, world: World, code: str, language: str, said: tuple[str, ...]
) -> None:
    page = client.get(f"/recalls/{code}?lang={language}").text
    first, *_ = on_paper(client, code, language)
    assert f'href="/recalls/{code}.pdf?lang={language}"' in page
    for word in (
        *said,
        "王法人",
        "李质量",
        FIRM["email"],
        FIRM["address_zh"],
        "天中牌",
        world.code,
        "2026-12-20",
    ):
        if word != "2026-12-20":
            assert word in page, word
        assert word in first.replace("\r\n", ""), word


def test_the_plan_names_the_brand_too(client_as: ClientOf, visit_as: VisitAs, code: str) -> None:
    with visit_as("county") as visit:
        (plan,) = proceedings.view(visit, proceedings.find_watched(visit, code)).plans
        assert [one["brand"] for one in plan.body["goods"]["ranges"]] == ["天中牌"]
    paper = client_as("county").get(f"/gov/recalls/{code}/plans/1.pdf?lang=zh").content
    text = "".join(page.get_textpage().get_text_range() for page in PdfDocument(paper))
    assert "天中牌" in text
    assert FIRM["email"] in text


def test_a_draft_a_drill_and_what_is_unknown_have_no_paper(
    client: TestClient, visit_as: VisitAs, world: World
) -> None:
    made: dict[str, Any] = {}
    with visit_as("quality") as visit:
        for kind in ("recall", "mock_drill"):
            made[kind] = recalls.open_recall(visit, new_recall(world.product_id, world.code, kind=kind))
        recalls.publish_recall(visit, made["mock_drill"].id)
        codes = [one.code for one in made.values()]
    for code in (*codes, "ZH-000000-20260101-0001", "x" * 300):
        assert client.get(f"/recalls/{code}.pdf").status_code == 404


def test_a_long_text_is_on_paper_to_its_end(client: TestClient, visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        new = new_recall(world.product_id, world.code, harm_zh="甲乙丙丁戊己庚辛壬癸" * 150 + "完")
        code = recalls.publish_recall(visit, recalls.open_recall(visit, new).id).code
    text = "".join(on_paper(client, code, "zh")).replace("\r\n", "")
    assert text.count("癸") == 150
    assert "完" in text[text.rindex("癸") :]  # a page may end between the two
