"""Labels of a site that others can reach."""

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from builders import new_batch, new_product
from conftest import ClientOf
from tracelot.operations import batches, products
from tracelot.settings import Settings
from world import VisitAs, World

SITE = "http://trace.example.org"


@pytest.fixture
def settings(store: str) -> Settings:
    return Settings(database_url=store, public_url=SITE, worker=False)


def drawn(client_as: ClientOf, batch_id: object, tmp_path: Path) -> str:
    picture = tmp_path / "code.png"
    picture.write_bytes(client_as("zhenyang").get(f"/app/batches/{batch_id}/qr.png").content)
    return str(zxingcpp.read_barcodes(Image.open(picture))[0].text)


def test_real_labels_carry_no_mark_and_the_digital_link(
    client_as: ClientOf, world: World, tmp_path: Path
) -> None:
    page = client_as("quality").get(f"/app/batches/{world.batch_id}/label").text

    assert "测试" not in page
    assert page.count('class="label-card"') == 12
    assert drawn(client_as, world.batch_id, tmp_path) == f"{SITE.upper()}/01/{world.gtin}/10/{world.code}"


def test_a_batch_without_a_barcode_has_a_private_link(
    client_as: ClientOf, visit_as: VisitAs, tmp_path: Path
) -> None:  # fmt: skip
    with visit_as("zhenyang") as visit:
        product = products.register_product(visit, new_product(name_zh="散装花生", own_code="S-1"))
        batch = batches.register_batch(visit, new_batch(product.id))
        batch_id, short = batch.id, batch.short_code

    assert drawn(client_as, batch_id, tmp_path) in (f"{SITE}/b/{short}", f"{SITE.upper()}/b/{short}")


def test_an_unconfirmed_barcode_is_not_printed_as_a_link(
    client_as: ClientOf, visit_as: VisitAs, world: World
) -> None:
    with visit_as("impostor") as visit:
        product = products.register_product(visit, new_product(gtin=world.gtin))
        batch = batches.register_batch(visit, new_batch(product.id))
        batch_id, short = batch.id, batch.short_code

    page = client_as("impostor").get(f"/app/batches/{batch_id}").text

    assert f"{SITE}/b/{short}" in page
    assert "/01/" not in page
