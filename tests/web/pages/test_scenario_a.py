"""Aflatoxin in peanuts, entered through the pages by the firms themselves, and read there: it closes to the unit."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from conftest import ClientOf
from paperwork import TIME, sheet
from tracelot.operations import balances, parties
from tracelot.records.traces import BalanceView
from world import VisitAs, World

Goods = tuple[str, str, str]  # code, quantity, unit
Made = tuple[str, str, str, str]  # product, code, quantity, unit
CUSTOMERS = {"wholesaler": "wholesaler", "supermarket": "retailer", "canteens": "caterer"}
PRODUCTS = ("kernels", "shells", "oil", "cake", "bottled", "roasted", "packs")


@dataclass
class Desk:
    """One firm at its pages."""

    firm: Firm
    client: TestClient
    uscc: str

    def act(self, name: str, *goods: Goods, made: tuple[Made, ...] = (), to: str = "", **typed: str) -> str:
        form = sheet(self.client, name)
        for code, _quantity, _unit in goods:
            form = form.step("add", code=code)
        if to:
            form = form.step("find", to_text=to, code="")
        for _ in made[1:]:
            form = form.step("more", "made", code="")
        for number, (_code, quantity, unit) in enumerate(goods):
            typed |= {f"goods-{number}-quantity": quantity, f"goods-{number}-unit": unit}
        for number, (product, code, quantity, unit) in enumerate(made):
            row = {
                "product": str(self.firm.products[product]),
                "code": code,
                "quantity": quantity,
                "unit": unit,
            }
            typed |= {f"made-{number}-{part}": told for part, told in (row | {"release": "1"}).items()}
        return form.record(code="", event_time=TIME, **typed)

    def confirm_all(self) -> None:
        """Each shipment that waits in the inbox, with the one button of its page."""
        waiting = set(
            re.findall(r'href="(/app/shipments/[0-9a-f-]{36})"', self.client.get("/app/shipments").text)
        )
        for url in sorted(waiting):
            page = self.client.get(url).text
            form = re.search(rf'<form[^>]*action="{url}/confirm".*?</form>', page, re.DOTALL)
            if form:
                sent = dict(re.findall(r'name="([^"]+)"[^>]*? value="([^"]*)"', form.group()))
                answer = self.client.post(f"{url}/confirm", data=sent)
                assert answer.headers["location"] == f"{url}?done=received"


DeskOf = Callable[[Firm], Desk]


@pytest.fixture
def desk_of(client_as: ClientOf, visit_as: VisitAs) -> DeskOf:
    def opened(of: Firm) -> Desk:
        with visit_as(of.name) as visit:
            return Desk(of, client_as(of.name), parties.own_party(visit).uscc)

    return opened


@pytest.fixture
def grower(visit_as: VisitAs, world: World, engine: Engine, desk_of: DeskOf) -> Desk:
    farm = new_firm(visit_as, world, engine, "grower", "farm")
    farm.makes("raw")
    return desk_of(farm)


@pytest.fixture
def maker(visit_as: VisitAs, world: World, desk_of: DeskOf) -> Desk:
    made = firm(visit_as, world, "zhenyang")
    for name in PRODUCTS:
        made.makes(name)
    return desk_of(made)


@pytest.fixture
def customers(visit_as: VisitAs, world: World, engine: Engine, desk_of: DeskOf) -> dict[str, Desk]:
    return {name: desk_of(new_firm(visit_as, world, engine, name, kind)) for name, kind in CUSTOMERS.items()}


def make(grower: Desk, maker: Desk) -> None:
    """From three farm lots to 120 cases of oil and 332 cartons of roasted peanuts."""
    lots = [("LQ-01", "5000", "kg"), ("LQ-02", "4000", "kg"), ("LQ-03", "3000", "kg")]
    for code, quantity, unit in lots:
        grower.act("harvest", made=(("raw", code, quantity, unit),), **{"kd-field_name": "村东"})
    grower.act("ship", *lots, to=maker.uscc)
    maker.confirm_all()
    shelled = (("kernels", "PK1", "8520", "kg"), ("shells", "SH1", "3300", "kg"))
    maker.act("transform", *lots, made=shelled, loss="180", loss_unit="kg")
    pressed = (("oil", "OIL1", "2200", "kg"), ("cake", "CK1", "2750", "kg"))
    maker.act("transform", ("PK1", "5000", "kg"), made=pressed, loss="50", loss_unit="kg")
    maker.act("sample", ("OIL1", "1600", "g"))
    maker.act("transform", ("OIL1", "2198.4", "kg"), made=(("bottled", "B1", "120", "case"),))
    roasted = (("roasted", "R1", "3325", "kg"),)
    maker.act("transform", ("PK1", "3500", "kg"), made=roasted, loss="175", loss_unit="kg")
    maker.act("sample", ("R1", "5", "kg"))
    maker.act("transform", ("R1", "3320", "kg"), made=(("packs", "P1", "332", "case"),))


def sell(maker: Desk, customers: dict[str, Desk]) -> None:
    sent = {"wholesaler": ("60", "150"), "supermarket": ("40", "100"), "canteens": ("", "40")}
    for name, (oil, packs) in sent.items():
        if oil:
            maker.act("ship", ("B1", oil, "case"), to=customers[name].uscc)
        maker.act("ship", ("P1", packs, "case"), to=customers[name].uscc)
        customers[name].confirm_all()


def recover(maker: Desk, customers: dict[str, Desk]) -> None:
    for name, sold, returned in (("wholesaler", "15", "45"), ("supermarket", "7", "33")):
        customers[name].act("sell", ("B1", sold, "case"))
        customers[name].act("return", ("B1", returned, "case"), to=maker.uscc)
    maker.confirm_all()


def balance(visit_as: VisitAs, who: str, batch: UUID) -> BalanceView:
    with visit_as(who) as visit:
        return balances.balance(visit, batch)


def traced(page: str) -> set[str]:
    return {
        code
        for code in ("LQ-01", "LQ-02", "LQ-03", "PK1", "OIL1", "CK1", "B1", "R1", "P1")
        if f">{code}<" in page
    }


def test_the_chain_closes_to_the_unit(
    grower: Desk, maker: Desk, customers: dict[str, Desk], visit_as: VisitAs, client_as: ClientOf
) -> None:
    make(grower, maker)
    sell(maker, customers)

    def has(desk: Desk, product: str, code: str) -> dict[str, Any]:
        return desk.firm.has(maker.firm.batch(product, code))

    assert has(maker, "kernels", "PK1") == {"stock": 20}
    assert has(maker, "bottled", "B1") == {"stock": 20}
    assert has(maker, "packs", "P1") == {"stock": 42}
    page = maker.client.get("/app/trace", params={"code": "LQ-02", "direction": "forward"}).text
    assert {"B1", "P1", "LQ-02"} <= traced(page)
    assert not {"LQ-01", "LQ-03"} & traced(page)
    county = client_as("county").get("/gov/trace", params={"code": "P1", "direction": "backward"}).text
    assert {"LQ-01", "LQ-02", "LQ-03", "PK1", "R1"} <= traced(county)
    bottles, packs = maker.firm.batch("bottled", "B1"), maker.firm.batch("packs", "P1")
    before = balance(visit_as, "zhenyang", bottles)
    assert (before.produced, before.shipped, before.stock) == (120, 100, 20)
    assert before.accounted_share is not None
    assert before.accounted_share < 1  # nobody has answered yet
    assert balance(visit_as, "zhenyang", packs).shipped == 290

    recover(maker, customers)

    assert has(maker, "bottled", "B1") == {"stock": 20, "aside": 78}
    after = balance(visit_as, "county", bottles)
    assert (after.accounted, after.recovered) == (120, 98)
    assert round(Decimal(after.recovered or 0) / 120 * 100, 2) == Decimal("81.67")


def test_the_consignees_are_three_and_named(
    grower: Desk, maker: Desk, customers: dict[str, Desk], visit_as: VisitAs
) -> None:
    make(grower, maker)
    sell(maker, customers)
    head = {"accept-language": "en"}
    page = maker.client.get("/app/trace", params={"code": "LQ-02", "direction": "forward"}, headers=head).text
    names = []
    for desk in customers.values():
        with visit_as(desk.firm.name) as visit:
            own = parties.own_party(visit)
            names.append(own.name_en or own.name_zh)
    section = page[page.index('id="consignees"') :]
    assert all(name in section for name in names)
    assert "3 / 3" in re.sub(r"<[^>]+>", "", page).replace("\n", " ")
