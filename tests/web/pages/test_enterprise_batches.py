"""An enterprise's batches on its pages: found, registered, read, acted on."""

import re
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from builders import SIGNED, new_batch
from conftest import ClientOf
from tracelot.operations import batches
from world import VisitAs, World


def register(client_as: ClientOf, world: World, **given: str) -> Response:
    fields = {
        "product_id": str(world.product_id),
        "production_date": "2026-09-15",
        "kind": "finished",
    } | given
    return client_as("quality").post("/app/batches", data=fields)


def batch_url(world: World, step: str = "") -> str:
    return f"/app/batches/{world.batch_id}{step}"


def test_a_batch_is_registered_and_shown(client_as: ClientOf, world: World) -> None:
    answer = register(client_as, world, code="NEW-1", quantity="12.5", unit="kg")

    assert answer.status_code == 303
    page = client_as("quality").get(answer.headers["location"]).text
    assert "NEW-1" in page
    assert "12.5" in page


def test_an_unreadable_code_comes_back_with_a_suggestion_and_can_be_taken(
    client_as: ClientOf, world: World
) -> None:
    refused = register(client_as, world, code="20260915 甲班")
    assert refused.status_code == 422
    suggestion = re.search(r'name="suggested" value="([^"]+)"', refused.text)
    assert suggestion

    taken = register(client_as, world, code="20260915 甲班", suggested=suggestion.group(1))

    page = client_as("quality").get(taken.headers["location"]).text
    assert suggestion.group(1) in page
    assert "20260915 甲班" in page


def test_an_expiry_date_left_empty_is_counted_from_the_shelf_life(client_as: ClientOf) -> None:
    client = client_as("quality")
    made = client.post(
        "/app/products", data={"name_zh": "花生酱", "shelf_life": "6", "shelf_life_unit": "month"}
    )
    product_id = made.headers["location"].split("/")[3].split("?")[0]

    answer = client.post(
        "/app/batches", data={"product_id": product_id, "code": "J1", "production_date": "2026-08-31"}
    )

    assert "2027-02-28" in client.get("/app/batches?text=J1").text
    assert answer.status_code == 303


def test_a_shelf_life_of_centuries_gives_no_expiry_date(client_as: ClientOf) -> None:
    client = client_as("quality")
    made = client.post(
        "/app/products", data={"name_zh": "食盐", "shelf_life": "500", "shelf_life_unit": "year"}
    )
    product_id = made.headers["location"].split("/")[3].split("?")[0]

    sent = {"product_id": product_id, "code": "S1", "production_date": "2026-08-31"}

    assert client.post("/app/batches", data=sent).status_code == 303


def test_the_same_code_twice_is_refused(client_as: ClientOf, world: World) -> None:
    answer = register(client_as, world, code=world.code)

    assert answer.status_code == 422


def test_a_recorder_registers_and_does_not_release(client_as: ClientOf, world: World) -> None:
    client = client_as("recorder")
    fields = {"product_id": str(world.product_id), "code": "R1", "production_date": "2026-09-15"}
    url = client.post("/app/batches", data=fields).headers["location"].partition("?")[0]

    assert f'action="{url}/release"' not in client.get(url).text
    assert client.post(f"{url}/release", data={}).status_code == 422


def test_hold_needs_a_reason_and_release_frees_it(client_as: ClientOf, world: World) -> None:
    client = client_as("quality")

    assert client.post(batch_url(world, "/hold"), data={"reason": ""}).status_code == 422
    held = client.post(batch_url(world, "/hold"), data={"reason": "等待复检"})
    assert held.headers["location"].endswith("done=held")
    assert "等待复检" in client.get(batch_url(world)).text
    released = client.post(batch_url(world, "/release"), data={"reason": ""})
    assert released.headers["location"].endswith("done=released")


def test_a_correction_is_told_with_what_it_changed(client_as: ClientOf, world: World) -> None:
    client = client_as("quality")
    form = client.get(batch_url(world, "/correct")).text
    version = re.search(r'name="version" value="(\d+)"', form)
    assert version
    fields = {
        "version": version.group(1),
        "production_date": "2026-09-16",
        "quantity": "4000",
        "unit": "bottle",
        "facility_id": str(world.facility_id),
        "kind": "finished",
        "reason": "日期抄错",
    }

    assert client.post(batch_url(world, "/correct"), data=fields).status_code == 303

    page = client.get(batch_url(world)).text
    assert re.search(r"<del>\s*2026-09-15\s*</del>", page)
    assert re.search(r"<ins>\s*2026-09-16\s*</ins>", page)
    assert "日期抄错" in page
    assert "王强" in page


def test_a_form_filled_before_somebody_else_changed_the_batch_is_refused(
    client_as: ClientOf, world: World
) -> None:
    client = client_as("quality")
    client.post(batch_url(world, "/hold"), data={"reason": "先停一下"})

    late = client.post(batch_url(world, "/void"), data={"reason": "登记错了", "version": "1"})

    assert late.status_code == 422
    assert "data-focus" in late.text
    assert f'<a href="{batch_url(world)}">' in late.text
    assert "batch.voided" not in client.get(f"/api/v1/batches/{world.batch_id}/history").text


def test_void_needs_a_reason_and_stays_readable(client_as: ClientOf, world: World) -> None:
    client = client_as("quality")

    assert client.post(batch_url(world, "/void"), data={"reason": " "}).status_code == 422
    assert client.post(batch_url(world, "/void"), data={"reason": "登记错了"}).status_code == 303
    page = client.get(batch_url(world))
    assert page.status_code == 200
    assert "登记错了" in page.text
    assert client.get(batch_url(world, "/label")).status_code == 409


@pytest.mark.parametrize("step", ["", "/correct", "/label", "/qr.svg", "/qr.png"])
def test_another_firms_batch_is_absent(client_as: ClientOf, world: World, step: str) -> None:
    stranger = client_as("guhuai").get(batch_url(world, step))
    nothing = client_as("guhuai").get(f"/app/batches/{uuid4()}{step}")

    assert stranger.status_code == nothing.status_code == 404
    assert world.code not in stranger.text


@pytest.mark.parametrize("step", ["release", "hold", "void", "correct"])
def test_another_firms_batch_cannot_be_acted_on(client_as: ClientOf, world: World, step: str) -> None:
    answer = client_as("guhuai").post(batch_url(world, f"/{step}"), data={"reason": "不是我的"})

    assert answer.status_code == 404


def test_its_regulator_reads_a_batch_and_cannot_act_on_it(client_as: ClientOf, world: World) -> None:
    page = client_as("county").get(batch_url(world))

    assert page.status_code == 200
    assert f'action="{batch_url(world)}/' not in page.text
    assert client_as("county").post(batch_url(world, "/hold"), data={"reason": "先停"}).status_code == 422
    assert client_as("neighbour").get(batch_url(world)).status_code == 404


def test_the_list_filters_by_its_address_and_its_spreadsheet_is_the_same(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        for number in range(30):
            batches.register_batch(visit, new_batch(world.product_id, code=f"PAGE-{number:02d}"))
    client = client_as("quality")

    first = client.get("/app/batches?text=PAGE-")
    assert first.text.count("<code>PAGE-") == 25
    following = re.search(r'href="(/app/batches\?[^"]*cursor=[^"]*)"', first.text)
    assert following
    second = client.get(following.group(1).replace("&amp;", "&"))
    assert second.text.count("<code>PAGE-") == 5

    rows = client.get("/app/batches.csv?text=PAGE-").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 31
    assert client.get("/app/batches?status=held").text.count("<code>PAGE-") == 0
    assert client.get("/app/batches?made_from=soon").status_code == 422
    assert client.get("/app/batches?made_from=2026-09-16&text=PAGE-").text.count("<code>PAGE-") == 0


def test_labels_are_for_trying_out_where_nobody_else_can_reach_the_site(
    client_as: ClientOf, world: World
) -> None:
    page = client_as("quality").get(batch_url(world, "/label?copies=3")).text

    assert page.count('class="label-card test"') == 3
    assert page.count("测试 TEST") == 3
    assert f"(10){world.code}" in page


@pytest.mark.parametrize("copies", ["0", "101", "-1", "many", "²"])
def test_a_sheet_has_one_to_a_hundred_labels(client_as: ClientOf, world: World, copies: str) -> None:
    assert client_as("quality").get(batch_url(world, f"/label?copies={copies}")).status_code == 422


def test_a_code_that_leads_nowhere_is_shown_and_not_given_away(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")

    assert quality.get(batch_url(world, "/qr.svg")).content.startswith(b"<svg")
    assert quality.get(batch_url(world, "/qr.svg?download=1")).status_code == 409
    assert quality.get(batch_url(world, "/qr.png")).status_code == 409


def test_who_is_not_signed_in_is_sent_to_sign_in(client: TestClient, world: World) -> None:
    for path in (
        "/app",
        "/app/batches",
        batch_url(world),
        "/app/recalls",
        "/app/products",
        "/app/facilities/new",
    ):
        assert client.get(path).headers["location"].startswith("/sign-in?next=")


def test_a_hold_is_lifted_under_a_signature_with_the_report_of_the_re_test(
    client_as: ClientOf, world: World
) -> None:
    client = client_as("quality")
    client.post(batch_url(world, "/hold"), data={"reason": "抽检不合格"})
    assert 'action="' + batch_url(world, "/lift") in client.get(batch_url(world)).text

    told = {"reason": "复检合格", "report_no": "FJ-2026-118"}
    assert client.post(batch_url(world, "/lift"), data=told).status_code == 422
    assert client.post(batch_url(world, "/lift"), data=SIGNED | {"reason": "复检合格"}).status_code == 422
    lifted = client.post(batch_url(world, "/lift"), data=told | SIGNED)
    assert lifted.headers["location"] == batch_url(world, "?done=lifted")
    page = client.get(batch_url(world, "?lang=zh")).text
    assert "解除暂停放行：复检推翻原结论" in page
    assert "抽检不合格" in page
    assert batch_url(world, "/lift") not in page
