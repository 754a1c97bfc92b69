"""A published recall is made graver and withdrawn on pages and by programs, and every page of it says so first."""

import csv
import re
from io import BytesIO, StringIO

import pytest
from fastapi.testclient import TestClient
from pypdfium2 import PdfDocument

from builders import SIGNED, new_recall
from conftest import ClientOf
from pursued import order
from tracelot.operations import ordering, recalls
from tracelot.records.recalls import RecallChange
from world import VisitAs, World

WHY = "复检合格，原检验结论不成立"
WITHDRAW = {"reason": WHY, "report_no": "FJ-2026-118"}


def versions(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found.group(1)


@pytest.fixture
def published(visit_as: VisitAs, world: World) -> tuple[str, str]:
    """Of level 3: its id and its code."""
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code, level=3))
        recalls.publish_recall(visit, recall.id)
        return str(recall.id), recall.code


def test_on_its_pages_it_is_made_graver_and_then_withdrawn(
    client_as: ClientOf, client: TestClient, world: World, published: tuple[str, str]
) -> None:
    firm, (id_, code) = client_as("quality"), published
    url = f"/app/recalls/{id_}"

    def sends(part: str, **given: str) -> int:
        sent = SIGNED | {"version": versions(firm.get(url).text), "change": part} | given
        return firm.post(f"{url}/{part}", data=sent).status_code

    assert sends("level", level="3", reason="更严重") == 422
    assert sends("level", level="1") == 422
    assert sends("level", level="1", reason="更严重", sign_password="wrong") == 422  # noqa: S106
    assert sends("level", level="1", reason="更严重") == 303
    public = client.get(f"/recalls/{code}?lang=en").text
    assert "It was published as Level III recall and is Level I recall since" in public
    assert "更严重" in public

    assert sends("withdraw", **WITHDRAW) == 303
    own = firm.get(url).text
    assert WHY in own
    assert "/withdraw" not in own
    assert '<h2 class="verdict-word">召回已撤回</h2>' in own
    notice = client.get(f"/recalls/{code}?lang=en").text
    first = notice[notice.index("<h1") :]
    assert first.index("Recall withdrawn") < first.index(WHY) < first.index("FJ-2026-118")
    assert "Do not eat" not in notice
    assert client.get(f"/qr.svg?link=/recalls/{code}").status_code == 200
    paper = PdfDocument(BytesIO(client.get(f"/recalls/{code}.pdf?lang=en").content))
    assert "Recall withdrawn" in paper[0].get_textpage().get_text_bounded()


def test_the_register_the_feed_and_the_spreadsheet_say_so_and_the_batch_is_recalled_no_more(
    client_as: ClientOf, client: TestClient, world: World, published: tuple[str, str]
) -> None:
    firm, (id_, code) = client_as("quality"), published
    sent = SIGNED | WITHDRAW | {"version": versions(firm.get(f"/app/recalls/{id_}").text)}
    assert firm.post(f"/app/recalls/{id_}/withdraw", data=sent).status_code == 303

    for address in ("/recalls?lang=en", "/recalls?lang=en&state=withdrawn", "/recalls.atom?lang=en"):
        told = client.get(address).text
        assert code in told
        assert "Withdrawn" in told
        assert WHY in told
    assert code not in client.get("/recalls?state=published").text
    assert ",withdrawn," in client.get("/recalls.csv?lang=en").text
    assert code not in client.get("/?lang=en").text
    batch = client.get(f"/01/{world.gtin}/10/{world.code}?lang=en").text
    assert "No recall on record" in batch
    assert client.get("/openfda/food/enforcement.json").status_code == 404
    message = client.get(f"/api/v1/recalls/{code}?format=gs1").json()
    assert message["recallNotificationStatus"] == "WITHDRAWN"
    assert message["withdrawal"]["reason"] == WHY


def test_a_program_does_both_and_is_refused_plainly(
    program_of: ClientOf, client: TestClient, published: tuple[str, str]
) -> None:
    program, (id_, code) = program_of("zhenyang"), published
    at = f"/api/v1/recalls/{id_}"
    since = client.get("/api/v1/recalls").json()["since"]

    assert program.post(f"{at}/level", json={"level": 3, "reason": "同级"}).status_code == 422
    assert program.post(f"{at}/level", json={"level": 4, "reason": "无此级"}).status_code == 422
    graver = program.post(f"{at}/level", json={"level": 2, "reason": "更严重"})
    assert (graver.status_code, graver.json()["first_level"]) == (200, 3)
    assert program.post(f"{at}/level", json={"level": 3, "reason": "降级"}).status_code == 409
    assert program.post(f"{at}/withdraw", json={}).status_code == 422
    stale = program.post(f"{at}/withdraw", json=WITHDRAW, headers={"if-match": '"1"'})
    assert stale.status_code == 412
    done = program.post(f"{at}/withdraw", json=WITHDRAW)
    assert (done.status_code, done.json()["state"]) == (200, "withdrawn")
    assert program.post(f"{at}/withdraw", json=WITHDRAW).status_code == 409
    [changed] = client.get(f"/api/v1/recalls?since={since}").json()["items"]
    assert (changed["code"], changed["state"], changed["withdrawn_reason"]) == (code, "withdrawn", WHY)


def test_an_office_changes_the_level_and_takes_its_order_back_on_its_page(
    visit_as: VisitAs, client_as: ClientOf, client: TestClient, world: World
) -> None:
    with visit_as("county") as visit:
        recall = ordering.order_recall(visit, order(world))
        id_, code = recall.id, recall.code
    with visit_as("quality") as visit:
        words = {"harm_zh": "损害肝脏", "remedy_zh": "停止食用"}
        recalls.change_recall(visit, id_, RecallChange.model_validate(words))
        recalls.publish_recall(visit, id_)
    office, url = client_as("county"), f"/gov/recalls/{code}"

    def acts(type_: str, **given: str) -> int:
        version = versions(office.get(url).text)
        sent = SIGNED | {"type": type_, "text": WHY, "version": version} | given
        return office.post(f"{url}/acts", data=sent).status_code

    assert acts("change_level") == 422
    assert acts("change_level", level="3") == 303
    assert client_as("quality").get(f"/app/recalls/{id_}").text.count("/withdraw") == 0
    assert acts("withdraw", report_no="FJ-2026-118") == 303
    assert "/acts" not in office.get(url).text
    assert "FJ-2026-118" in client.get(f"/recalls/{code}").text


def test_the_spreadsheet_of_the_register_tells_an_office_how_each_stands(
    client_as: ClientOf, client: TestClient, published: tuple[str, str]
) -> None:
    told = client_as("county").get("/gov/recalls.csv?lang=en").text
    head, row = (list(csv.reader(StringIO(told.removeprefix("\ufeff"))))[number] for number in (0, 1))
    standing = dict(zip(head, row, strict=True))
    assert standing["Time limit that ends first"] == "Recall carried out"
    assert (standing["Where it stands"], standing["Consignees told"]) == ("Running", "0")
    assert "Due" not in client.get("/recalls.csv?lang=en").text.splitlines()[0]
