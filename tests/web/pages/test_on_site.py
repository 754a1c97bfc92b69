"""An office at a shop and at a disposal, on the phone: pages of few bytes, and forms that count once."""

import re
from dataclasses import dataclass
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import firm
from builders import SIGNED
from conftest import ClientOf
from keeping import all_rows
from reached import new_contact, recalled, ship, sold
from tracelot.operations import checking, disposing
from tracelot.records.effectiveness import Disposal, EffectivenessCheck, NewDisposal, NewSample
from tracelot.records.proceedings import RegulatorAction
from tracelot.records.recalls import Recall
from world import VisitAs, World

MOST_BYTES = 30_000


@dataclass
class Field:
    code: str
    check: UUID
    disposal: UUID


@pytest.fixture
def field(visit_as: VisitAs, world: World, engine: Engine) -> Field:
    """A recall whose goods went to a shop, which is to be asked, and whose rest is to be destroyed."""
    maker = firm(visit_as, world, "zhenyang")
    product = sold(maker)
    contact = new_contact(maker, "小店", email="a@shop.example")
    ship(maker, maker.batch("paste"), 10, contact_id=contact)
    (recall,) = all_rows(engine, Recall, id=recalled(visit_as, product))
    with visit_as("county") as visit:
        checking.draw_sample(visit, recall.code, NewSample(level="A", method="visit"))
    new = {"batch_id": str(maker.batch("paste")), "quantity": "3", "unit": "case", "method": "destroy_central",
           "place": "县焚烧站", "planned_at": "2026-12-01T09:00:00+08:00"}  # fmt: skip
    with visit_as("zhenyang") as visit:
        disposal = disposing.announce_disposal(visit, recall.id, NewDisposal.model_validate(new)).id
    (check,) = all_rows(engine, EffectivenessCheck)
    return Field(recall.code, check.id, disposal)


def test_a_form_that_is_sent_again_under_its_key_counts_once(
    client_as: ClientOf, field: Field, engine: Engine
) -> None:
    office = client_as("county")
    at = f"/gov/site/{field.code}"
    check = {"key": "k1", "outcome": "action_taken", "performed_at": "2026-11-20T10:00", "note": "已下架"}
    watch = {"key": "k2", "witness": "赵敏"} | SIGNED
    saw = {"key": "k3", "text": "货架上已无该批次"} | SIGNED

    for _ in range(3):
        assert office.post(f"{at}/checks/{field.check}", data=check).status_code == 303
        assert office.post(f"{at}/disposals/{field.disposal}", data=watch).status_code == 303
        assert office.post(f"{at}/acts", data=saw).status_code == 303

    (kept,) = all_rows(engine, EffectivenessCheck)
    assert (kept.outcome, kept.method, kept.version) == ("action_taken", "visit", 2)
    assert [one.version for one in all_rows(engine, Disposal)] == [2]
    assert [one.text for one in all_rows(engine, RegulatorAction)] == [saw["text"]]
    assert (
        office.post(f"{at}/acts", data=saw | {"key": "k1"}).status_code == 422
    )  # another act under that key
    assert office.post(f"{at}/acts", data=saw | {"key": "k4", "sign_password": "x"}).status_code == 422
    assert office.post(f"{at}/checks/{field.check}", data=check | {"key": "k5"}).status_code == 422


def test_the_pages_are_light(client_as: ClientOf, client: TestClient, world: World, field: Field) -> None:
    """With styles and script, uncompressed."""
    office = client_as("county")
    for path in ("/gov/site", f"/gov/site?code={world.gtin}", f"/gov/site/{field.code}"):
        page = office.get(path)
        assert page.status_code == 200
        loaded = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
        assert len(loaded) == 4
        assert len(page.content) + sum(len(client.get(one).content) for one in loaded) <= MOST_BYTES


def test_other_offices_and_firms_have_no_place_there(client_as: ClientOf, field: Field) -> None:
    answers = {
        who: client_as(who).get(f"/gov/site/{field.code}").status_code
        for who in ("neighbour", "zhenyang", "site")
    }
    assert answers == {"neighbour": 404, "zhenyang": 403, "site": 403}
