"""What is on hand, and the pallets and cases that it is in, on an enterprise's pages."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import Firm, firm, goods, output
from builders import new_facility
from conftest import ClientOf
from keeping import all_rows
from tracelot.operations import parties
from tracelot.records.units import LogisticUnit
from world import VisitAs, World

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    for name in ("oil", "paste"):
        made.makes(name)
    made.does("produce", outputs=[output(made.products["oil"], "X1", 100, "case")])
    made.does("produce", outputs=[output(made.products["paste"], "P9", 40, "case")])
    return made


@pytest.fixture
def seller(client_as: ClientOf, maker: Firm) -> TestClient:
    assert maker.facility_id
    return client_as("zhenyang")


def shown(client: TestClient, path: str) -> str:
    """The table of a page, without the filters above it."""
    answer = client.get(path, headers=ENGLISH)
    assert answer.status_code == 200
    return str(answer.text).partition("<tbody>")[2].partition("</tbody>")[0]


def pallet(maker: Firm, engine: Engine, code: str = "P-1", **line: Any) -> LogisticUnit:
    told = line or goods(maker.batch("oil"), 30, "case")
    maker.does("pack", carrier={"code": code}, lines=[told])
    (unit,) = all_rows(engine, LogisticUnit, code=code)
    return unit


def test_stock_is_told_by_place_and_leads_to_the_batch(
    maker: Firm, seller: TestClient, engine: Engine
) -> None:
    unit = pallet(maker, engine)
    maker.does("set_apart", lines=[goods(maker.batch("oil"), 5, "case")])
    table = shown(seller, "/app/stock")

    assert f"/app/batches/{maker.batch('oil')}" in table
    assert f"/app/units/{unit.id}" in table
    for amount in ("65 cases", "5 cases", "30 cases", "40 cases"):
        assert amount in table
    assert table.count("set apart") == 1


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("code=X1", {"X1"}),
        ("code=x1", set()),
        ("code=X", set()),
        ("product={paste}", {"P9"}),
        ("batch={oil}", {"X1"}),
        ("product=nonsense", {"X1", "P9"}),
    ],
)
def test_stock_is_found(maker: Firm, seller: TestClient, query: str, codes: set[str]) -> None:
    given = query.format(paste=maker.products["paste"], oil=maker.batch("oil"))
    table = shown(seller, f"/app/stock?{given}")

    assert {code for code in ("X1", "P9") if f"<code>{code}</code>" in table} == codes


def test_stock_is_found_by_facility(maker: Firm, seller: TestClient, visit_as: VisitAs) -> None:
    with visit_as("zhenyang") as visit:
        other = parties.register_facility(visit, new_facility(name_zh="二库")).id
    assert "X1" in shown(seller, f"/app/stock?facility={maker.facility_id}")
    assert "X1" not in shown(seller, f"/app/stock?facility={other}")


def test_what_was_never_told_is_a_range(maker: Firm, seller: TestClient) -> None:
    maker.does("produce", outputs=[output(maker.products["oil"], "MORE", 10, "case")])
    maker.does("produce", outputs=[output(maker.products["oil"], "MORE", None)])
    maker.does("produce", outputs=[output(maker.products["oil"], "LESS", 10, "case")])
    maker.does("sell", lines=[goods(maker.batch("oil", "LESS"), None)])
    maker.does("produce", outputs=[output(maker.products["oil"], "ANY", None)])

    assert "at least 10 cases" in shown(seller, "/app/stock?code=MORE")
    assert "at most 10 cases" in shown(seller, "/app/stock?code=LESS")
    assert "not known" in shown(seller, "/app/stock?code=ANY")
    maker.does("sell", lines=[goods(maker.batch("paste", "P9"), 50, "case")])
    assert "more was taken than is on record" in shown(seller, "/app/stock?code=P9")


def test_a_unit_shows_its_contents_and_its_way(
    maker: Firm, seller: TestClient, visit_as: VisitAs, world: World, client_as: ClientOf, engine: Engine
) -> None:
    buyer = firm(visit_as, world, "guhuai")
    inner = pallet(maker, engine)
    outer = pallet(maker, engine, "P-2", unit_id=str(inner.id))
    sent = maker.does("ship", to={"party_id": str(buyer.party_id)}, lines=[{"unit_id": str(outer.id)}])
    page = seller.get(f"/app/units/{outer.id}", headers=ENGLISH).text
    assert "30 cases" in page
    assert f"/app/units/{inner.id}" in page
    assert "Guhuai Grain and Oil" in page
    assert "P-1" in shown(seller, "/app/units?code=P-1")
    assert "P-2" not in shown(seller, "/app/units?code=P-1")

    buying = client_as("guhuai")
    assert "counted when it is unpacked" not in buying.get(f"/app/shipments/{sent.id}", headers=ENGLISH).text
    buyer.confirms(sent.id)
    assert "counted when it is unpacked" in buying.get(f"/app/shipments/{sent.id}", headers=ENGLISH).text
    assert "30 cases" in buying.get(f"/app/units/{outer.id}", headers=ENGLISH).text
    assert "30 cases" in shown(buying, "/app/stock")
    assert f"/app/shipments?batch={maker.batch('oil')}" in shown(buying, "/app/stock")
    assert "P-2" in shown(buying, "/app/units")


def test_others_stock_and_units_are_absent(
    maker: Firm, client_as: ClientOf, client: TestClient, engine: Engine
) -> None:
    unit = pallet(maker, engine)
    stranger = client_as("impostor")
    assert "X1" not in stranger.get("/app/stock?code=X1").text.partition("<main")[2].replace('value="X1"', "")
    for id_ in (unit.id, uuid4()):
        assert stranger.get(f"/app/units/{id_}").status_code == 404
    assert client.get("/app/stock").status_code == 303


def test_an_act_begins_where_its_batch_is(seller: TestClient, maker: Firm, visit_as: VisitAs) -> None:
    with visit_as(maker.name) as visit:
        other = replace(maker, facility_id=parties.register_facility(visit, new_facility()).id)
    other.does("produce", outputs=[output(maker.products["oil"], "X2", 5, "case")])

    for batch, here in ((maker.batch("oil"), maker), (maker.batch("oil", "X2"), other)):
        form = seller.get(f"/app/events/new/ship?batch={batch}").text
        assert f'<option value="{here.facility_id}" selected' in form
