"""An enterprise's home, facilities and products on its pages."""

import re
from uuid import uuid4

from fastapi.testclient import TestClient

from conftest import ClientOf
from world import World

PLACE = {"name_zh": "二号仓库", "kind": "warehouse", "address_zh": "慎水路2号"}


def test_a_new_firm_is_led_to_its_first_batch_and_told_that_it_waits(client_as: ClientOf) -> None:
    home = client_as("impostor").get("/app").text

    assert "/app/facilities/new" in home
    assert "/app/batches/new" not in home
    assert 'class="flash warn"' in home


def test_home_shows_what_waits(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    quality.post(f"/app/batches/{world.batch_id}/hold", data={"reason": "等待复检"})

    home = quality.get("/app").text

    assert f"/app/batches/{world.batch_id}" in home
    assert "等待复检" in home
    assert 'class="flash warn"' not in home


def test_divisions_are_found_by_name_and_code_and_by_nobody_in_particular(client: TestClient) -> None:
    by_name = client.get("/divisions?text=正阳")
    by_code = client.get("/divisions?text=411724&field=origin")

    assert 'value="411724"' in by_name.text
    assert 'name="origin"' in by_code.text
    assert "<html" not in by_name.text
    assert client.get("/divisions?text=桃花源记").text.count("radio") == 0


def test_a_facility_is_registered_without_scripts(client_as: ClientOf) -> None:
    quality = client_as("quality")
    first = quality.post("/app/facilities", data=PLACE | {"region_code_text": "正阳"})
    assert first.status_code == 422
    assert 'type="radio" name="region_code" value="411724"' in first.text
    assert "请从列表中选择所在地" in first.text

    chosen = {"region_code_text": "正阳", "region_code_offered": "正阳", "region_code": "411724"}
    second = quality.post("/app/facilities", data=PLACE | chosen)

    assert second.status_code == 303
    assert "二号仓库" in quality.get("/app/facilities").text


def test_a_place_typed_anew_is_chosen_anew(client_as: ClientOf) -> None:
    typed = {"region_code_text": "平舆", "region_code_offered": "正阳", "region_code": "411724"}

    answer = client_as("quality").post("/app/facilities", data=PLACE | typed)

    assert answer.status_code == 422
    assert 'value="411723"' in answer.text


def test_a_facility_is_changed_and_closed(client_as: ClientOf, world: World) -> None:
    quality = client_as("quality")
    url = f"/app/facilities/{world.facility_id}"
    assert 'value="411724" checked' in quality.get(url).text

    sent = PLACE | {"region_code": "411724", "closed": "1", "version": "1"}
    assert quality.post(url, data=sent).status_code == 303
    late = quality.post(url, data=sent)

    assert late.status_code == 422
    assert 'class="struck"' in quality.get("/app/facilities").text


def test_another_firms_facility_is_absent(client_as: ClientOf, world: World) -> None:
    for id_ in (world.facility_id, uuid4()):
        assert client_as("guhuai").get(f"/app/facilities/{id_}").status_code == 404
        answer = client_as("guhuai").post(f"/app/facilities/{id_}", data=PLACE | {"region_code": "411724"})
        assert answer.status_code == 404


def test_a_product_needs_no_barcode(client_as: ClientOf) -> None:
    client = client_as("quality")

    made = client.post(
        "/app/products", data={"name_zh": "芝麻酱", "own_code": "ZM-1", "allergens": "芝麻\n花生"}
    )

    page = client.get(made.headers["location"]).text
    assert "ZM-1" in page
    assert "芝麻, 花生" in page


def test_a_wrong_barcode_is_told_at_its_field(client_as: ClientOf) -> None:
    answer = client_as("quality").post("/app/products", data={"name_zh": "油", "gtin": "9520001000028"})

    assert answer.status_code == 422
    assert 'id="field-gtin-error"' in answer.text
    assert 'value="9520001000028"' in answer.text


def test_a_product_is_changed_and_a_field_can_be_emptied(client_as: ClientOf, world: World) -> None:
    client = client_as("quality")
    url = f"/app/products/{world.product_id}"
    version = re.search(r'name="version" value="(\d+)"', client.get(f"{url}/edit").text)
    assert version

    sent = {"name_zh": "浓香花生油", "name_en": "", "packaging": "prepacked", "version": version.group(1)}
    assert client.post(url, data=sent).status_code == 303

    page = client.get(url, headers={"accept-language": "en"}).text
    assert "浓香花生油" in page
    assert "Peanut oil 5 L" not in page
    assert client.post(url, data=sent).status_code == 422


def test_another_firms_product_is_absent(client_as: ClientOf, world: World) -> None:
    stranger = client_as("guhuai")
    for id_ in (world.product_id, uuid4()):
        assert stranger.get(f"/app/products/{id_}").status_code == 404
        assert stranger.get(f"/app/products/{id_}/edit").status_code == 404
        assert stranger.post(f"/app/products/{id_}", data={"name_zh": "油"}).status_code == 404
        refused = stranger.post(
            "/app/batches", data={"product_id": str(id_), "code": "X", "production_date": "2026-09-15"}
        )
        assert refused.status_code == 422


def test_whoever_has_no_goods_is_led_to_their_own_home(client_as: ClientOf) -> None:
    assert client_as("county").get("/app").headers["location"] == "/gov"
