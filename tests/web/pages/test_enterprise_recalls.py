"""A firm's recalls on its pages: from the first click to the public notice."""

import re
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from builders import SIGNED, new_recall
from conftest import ClientOf
from tracelot.operations import recalls
from world import VisitAs, World


def fields(world: World, **given: str) -> dict[str, str]:
    return {
        "ranges": "1",
        "range-0-product": str(world.product_id),
        "range-0-codes": world.code,
        "level": "1",
        "reason_code": "mycotoxin",
        "source_of_knowledge": "self_check",
        "kind": "recall",
        "knowledge_at": "2026-09-20T08:30",
        "reason_zh": "黄曲霉毒素B1超标",
        "harm_zh": "长期食用可能损害肝脏",
        "remedy_zh": "停止食用,退回购买处",
        "contact": "0396-8920001",
    } | given


def opened(client: TestClient, world: World, **given: str) -> str:
    answer = client.post("/app/recalls", data=fields(world, **given))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found.group(1)


def test_from_a_batch_to_a_published_notice(client_as: ClientOf, client: TestClient, world: World) -> None:
    quality = client_as("quality")
    form = quality.get(f"/app/recalls/new?batch={world.batch_id}").text
    assert f">{world.code}</textarea>" in form

    url = opened(quality, world)
    draft = quality.get(url).text
    assert world.code in draft
    published = quality.post(f"{url}/publish", data=SIGNED | {"version": version_in(draft), "read": "1"})

    assert published.headers["location"].endswith("done=published")
    notice = re.search(r'href="(/recalls/ZH-[^"]+)"', quality.get(url).text)
    assert notice
    assert "黄曲霉毒素B1超标" in client.get(notice.group(1)).text
    assert quality.get(f"/app/batches/{world.batch_id}").text.count(notice.group(1)) == 1


def test_publishing_twice_from_one_page_tells_its_author_that_the_recall_is_public(
    client_as: ClientOf, world: World
) -> None:
    quality = client_as("quality")
    url = opened(quality, world)
    sent = SIGNED | {"version": version_in(quality.get(url).text), "read": "1"}

    first, again = (quality.post(f"{url}/publish", data=sent) for _ in range(2))

    assert first.headers["location"] == again.headers["location"]
    others = client_as("zhenyang").post(f"{url}/publish", data=sent)
    assert others.status_code == 422


def test_nothing_is_published_before_the_notice_was_read(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = opened(quality, world)

    answer = quality.post(f"{url}/publish", data={})

    assert answer.status_code == 422
    assert 'href="#field-read"' in answer.text
    assert f'action="{url}/publish"' in quality.get(url).text


def test_an_incomplete_notice_says_what_it_lacks(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = opened(quality, world, harm_zh="", contact="")

    draft = quality.get(url).text

    assert f"{url}/edit#field-harm_zh" in draft
    assert f"{url}/edit#field-contact" in draft
    assert f'action="{url}/publish"' not in draft
    assert quality.post(f"{url}/publish", data=SIGNED | {"read": "1"}).status_code == 422


def test_an_unverified_firm_drafts_and_does_not_publish(client_as: ClientOf, world: World) -> None:
    impostor = client_as("impostor")
    made = impostor.post("/app/products", data={"name_zh": "花生油"}).headers["location"]
    product_id = made.split("/")[3].partition("?")[0]
    url = opened(impostor, world, **{"range-0-product": product_id, "range-0-codes": "X1"})

    assert f'action="{url}/publish"' not in impostor.get(url).text
    assert impostor.post(f"{url}/publish", data=SIGNED | {"read": "1"}).status_code == 422


def test_a_recorder_opens_no_recall(client_as: ClientOf, world: World) -> None:
    assert client_as("recorder").get("/app/recalls/new").status_code == 403
    assert client_as("recorder").post("/app/recalls", data=fields(world)).status_code == 403


def test_ranges_are_added_without_scripts(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    more = quality.post("/app/recalls", data=fields(world, more="1"))
    assert more.status_code == 200
    assert 'name="range-1-codes"' in more.text
    assert world.code in more.text

    second = {
        "range-1-product": str(world.product_id),
        "range-1-from": "2026-09-01",
        "range-1-to": "2026-09-10",
    }
    url = opened(quality, world, ranges="2", **second)

    page = quality.get(url).text
    assert "2026-09-10" in page
    edit = quality.get(f"{url}/edit").text
    assert 'value="2026-09-01"' in edit
    assert f">{world.code}</textarea>" in edit


def test_what_is_wrong_with_a_range_stands_at_its_field(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")

    nothing = quality.post("/app/recalls", data=fields(world, **{"range-0-codes": ""}))
    bad = quality.post("/app/recalls", data=fields(world, **{"range-0-codes": "A1\n甲班"}))
    backwards = quality.post(
        "/app/recalls", data=fields(world, **{"range-0-from": "2026-09-02", "range-0-to": "2026-09-01"})
    )

    for answer in (nothing, bad, backwards):
        assert answer.status_code == 422
        assert 'id="field-range-0-codes-error"' in answer.text
    assert "2" in re.findall(r'field-range-0-codes-error">.*?<span>(.*?)</span>', bad.text, re.DOTALL)[0]


def test_a_level_and_a_past_time_are_needed(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")

    no_level = quality.post("/app/recalls", data=fields(world, level=""))
    no_time = quality.post("/app/recalls", data=fields(world, knowledge_at="yesterday"))
    future = quality.post("/app/recalls", data=fields(world, knowledge_at="2099-01-01T00:00"))

    assert 'href="#field-level"' in no_level.text
    assert 'href="#field-knowledge_at"' in no_time.text
    assert 'href="#field-knowledge_at"' in future.text


def test_the_time_of_knowledge_is_read_on_the_sites_clock(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = opened(quality, world)

    assert "2026-09-20 08:30 +08:00" in quality.get(url).text
    assert 'value="2026-09-20T08:30"' in quality.get(f"{url}/edit").text


def test_a_draft_is_changed_and_a_text_can_be_emptied(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = opened(quality, world)
    version = version_in(quality.get(f"{url}/edit").text)

    saved = quality.post(
        f"{url}/edit", data=fields(world, version=version, reason_zh="", reason_en="Aflatoxin", level="2")
    )

    assert saved.headers["location"].endswith("done=saved")
    page = quality.get(url).text
    assert "Aflatoxin" in page
    late = quality.post(f"{url}/edit", data=fields(world, version=version))
    assert late.status_code == 422


def test_the_same_form_sent_twice_makes_one_draft(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    id_ = str(uuid4())

    assert opened(quality, world, id=id_) == opened(quality, world, id=id_)


def test_a_draft_is_cancelled_with_a_reason(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = opened(quality, world)

    assert quality.post(f"{url}/cancel", data={"reason": ""}).status_code == 422
    assert quality.post(f"{url}/cancel", data={"reason": "复检合格"}).status_code == 303
    assert "复检合格" in quality.get(url).text
    assert quality.get(f"{url}/edit").status_code == 409
    assert url in quality.get("/app/recalls?state=cancelled").text
    assert url not in quality.get("/app/recalls?state=draft").text


@pytest.mark.parametrize("who", ["guhuai", "county"])
@pytest.mark.parametrize("step", ["", "/edit"])
def test_a_draft_is_its_firms_alone(
    client_as: ClientOf, visit_as: VisitAs, world: World, who: str, step: str
) -> None:
    with visit_as("quality") as visit:
        recall_id = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id

    answer = client_as(who).get(f"/app/recalls/{recall_id}{step}")

    assert answer.status_code in (403, 404)
    assert "黄曲霉毒素" not in answer.text


@pytest.mark.parametrize("step", ["publish", "cancel", "edit"])
def test_another_firms_draft_cannot_be_acted_on(
    client_as: ClientOf, visit_as: VisitAs, world: World, step: str
) -> None:
    with visit_as("quality") as visit:
        recall_id = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id

    answer = client_as("guhuai").post(
        f"/app/recalls/{recall_id}/{step}", data={"reason": "不是我的", "read": "1"}
    )

    assert answer.status_code == 404


def test_a_firm_s_home_tells_of_the_time_limits_that_run_out(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = opened(quality, world)
    home = quality.get("/app", headers={"accept-language": "en"}).text

    assert f'href="{url}#clocks"' in home
    assert "overdue for" in home
    assert "逾期" in quality.get("/app?lang=zh").text
