"""Scenarios up to their sample, as firms and offices entered them: sesame oil, a failure that falls, flour, pork."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from acts import Firm, firm, goods, new_firm, output
from browser.sampling_acts import at_the_laboratory
from peanuts import deliver
from sampled import SERVED, TOO_MUCH, Way, at
from tracelot.operations import publishing_results
from tracelot.records.sampling_steps import NewResult
from tracelot.records.samplings import Sampling
from world import World, visits

SESAME, PORK = "09520001000010", "09520001000065"
NEIGHBOUR = {"region_code": "411723"}
TANKER = {"manifest_no": "LD-20260915-01", "permit_no": "ZY-9", "container": "豫Q·60123", "seals": "F-771",
          "previous_cargo": "芝麻油"}  # fmt: skip


@dataclass(frozen=True)
class Sampled:
    """A batch of somebody, and the sample of it."""

    maker: Firm
    batch: UUID
    sheet: Sampling


def sheet_of(maker: Firm, name: str, **given: Any) -> dict[str, Any]:
    """What the sheet says of goods that were sampled at their maker's."""
    told = {
        "firm_id": maker.party_id,
        "firm_name": name,
        "producer_name": name,
        "batch_id": maker.batch("goods"),
    }
    return told | {"lot_no": "X1"} | given


# --- B: sesame oil -----------------------------------------------------------------------------------------


def sesame(engine: Engine, cast: World, way: Way) -> Sampled:
    """Crude oil came by tanker from a press in another county, was bottled, and a part of it is sold."""
    as_ = visits(engine, cast)
    press = new_firm(
        as_, cast, engine, "press", "producer", name_zh="正阳芝麻油压榨厂", name_en="Zhengyang Press"
    )
    press.makes("crude", name_zh="芝麻毛油", name_en="Crude sesame oil")
    press.does("produce", outputs=[output(press.products["crude"], "CR-0915", 6000)])
    crude = press.batch("crude", "CR-0915")
    mill = firm(as_, cast, "guhuai")
    to = {"party_id": str(mill.party_id)}
    sent = press.does("ship", to=to, lines=[goods(crude, 6000)])
    trip = {"lines": [{"batch_id": str(crude)}], "shipment_id": str(sent.id), "key_data": TANKER}
    press.does("manifest", kind="carriage", **trip)
    mill.confirms(sent.id)
    mill.makes("goods", name_zh="芝麻油", name_en="Sesame oil", spec="450 mL", gtin=SESAME)
    mill.does(
        "transform",
        inputs=[goods(crude, 5400)],
        outputs=[output(mill.products["goods"], "X1", 1000, "case")],
    )
    shop = new_firm(
        as_, cast, engine, "shop", "retailer", name_zh="天中超市", name_en="Tianzhong Supermarket"
    )
    deliver(mill, shop, "goods", 600)
    now = at("11-16 09:00")
    office = {"region_code": "411723", "office_id": cast.parties["neighbour"]}
    task = way.task("neighbour", now, category="食用油、油脂及其制品", wanted=1, **office)
    told = sheet_of(mill, "古槐粮油有限公司", region_code="411723", sample_name="芝麻油", spec="450 mL")
    sheet = at_the_laboratory(way, task, now, by="neighbour", **told)
    return Sampled(mill, mill.batch("goods"), sheet)


# --- G: a failure that a re-test overturns -----------------------------------------------------------------


def failed_in_public(engine: Engine, cast: World, way: Way) -> Sampled:
    """Peanut oil that failed and was published at once as dangerous; a shop was asked to hold what it has."""
    as_ = visits(engine, cast)
    maker = firm(as_, cast, "zhenyang")
    maker.makes("goods", name_zh="压榨花生油", name_en="Pressed peanut oil", spec="5 L", own_code="G-1")
    maker.does("produce", outputs=[output(maker.products["goods"], "X1", 100, "case")])
    shop = new_firm(as_, cast, engine, "corner", "retailer", name_zh="慎水路便民店", name_en="Corner Shop")
    deliver(maker, shop, "goods", 30)
    told = sheet_of(maker, "正阳花生油有限公司", sample_name="压榨花生油")
    id_ = way.take(**told).id
    way.hand(id_)
    way.receive(id_)
    way.report(id_, TOO_MUCH)
    way.sign(way.notify(id_))
    with as_("county", SERVED) as visit:
        bulletin = NewResult(bulletin_no="2026年第11号", urgent=True, reason="已有儿童发病")
        publishing_results.publish(visit, id_, bulletin)
        return Sampled(
            maker, maker.batch("goods"), Sampling(**visit.session.get_one(Sampling, id_).model_dump())
        )


# --- C: flour ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Milled(Sampled):
    """Flour that a noodle factory of another county made noodles of."""

    noodles: Firm
    pasta: UUID


def flour(engine: Engine, cast: World, way: Way) -> Milled:
    """Two lots of wheat became flour; a part of it became noodles in the county, which sampled the flour there."""
    as_ = visits(engine, cast)
    called = {"name_zh": "平舆县小麦专业合作社", "name_en": "Pingyu Wheat Cooperative"}
    coop = new_firm(as_, cast, engine, "coop", "farm", by="neighbour", **called, **NEIGHBOUR)
    coop.makes("wheat", name_zh="小麦", name_en="Wheat")
    lots = {"WHEAT-1": 20000, "WHEAT-2": 15000}
    for code, quantity in lots.items():
        coop.does("harvest", outputs=[output(coop.products["wheat"], code, quantity)])
    wheat = [goods(coop.batch("wheat", code), quantity) for code, quantity in lots.items()]
    mill = firm(as_, cast, "guhuai")
    send(coop, mill, *wheat)
    mill.makes("goods", name_zh="小麦粉", name_en="Wheat flour", spec="25 kg", own_code="C-1")
    made = [output(mill.products["goods"], "X1", 26000)]
    mill.does("transform", inputs=wheat, outputs=made, loss="9000", loss_unit="kg")
    factory = {"name_zh": "正阳挂面厂", "name_en": "Zhengyang Noodles"}
    noodles = new_firm(as_, cast, engine, "noodles", "producer", **factory)
    send(mill, noodles, goods(mill.batch("goods"), 5000))
    noodles.makes("pasta", name_zh="挂面", name_en="Dried noodles", gtin="09520001000041")
    used = [goods(mill.batch("goods"), 4000)]
    made = [output(noodles.products["pasta"], "GM-1", 3900)]
    noodles.does("transform", inputs=used, outputs=made, loss="100", loss_unit="kg")
    now = at("11-16 09:00")
    task = way.task(now=now, category="粮食加工品", wanted=1)
    told = sheet_of(mill, "古槐粮油有限公司", sample_name="小麦粉", spec="25 kg", unit="kg")
    told |= {"firm_id": noodles.party_id, "firm_name": factory["name_zh"]}
    sheet = at_the_laboratory(way, task, now, **told)
    return Milled(mill, mill.batch("goods"), sheet, noodles, noodles.batch("pasta", "GM-1"))


def send(sender: Firm, receiver: Firm, *lines: dict[str, Any]) -> None:
    sent = sender.does("ship", to={"party_id": str(receiver.party_id)}, lines=list(lines))
    receiver.confirms(sent.id)


# --- E: pork -----------------------------------------------------------------------------------------------


def pork(engine: Engine, cast: World, way: Way) -> Sampled:
    """Pigs of a farm became pork; the county sampled it at the market that had bought some."""
    as_ = visits(engine, cast)
    farm = new_firm(as_, cast, engine, "pigs", "farm", name_zh="岗上养猪场", name_en="Hilltop Pig Farm")
    farm.makes("pigs", name_zh="生猪", name_en="Pigs")
    farm.does("harvest", outputs=[output(farm.products["pigs"], "PIG-7", 4000)])
    pigs = [goods(farm.batch("pigs", "PIG-7"), 4000)]
    called = {"name_zh": "朗陵肉类加工有限公司", "name_en": "Langling Meat"}
    meat = new_firm(as_, cast, engine, "meat", "producer", **called)
    send(farm, meat, *pigs)
    meat.makes("goods", name_zh="鲜猪肉", name_en="Fresh pork", gtin=PORK)
    made = [output(meat.products["goods"], "X1", 2600)]
    meat.does("transform", inputs=pigs, outputs=made, loss="1400", loss_unit="kg")
    stall = {"name_zh": "东街农贸市场肉铺", "name_en": "East Street Butcher"}
    market = new_firm(as_, cast, engine, "market", "retailer", **stall)
    send(meat, market, goods(meat.batch("goods"), 300))
    now = at("11-16 09:00")
    task = way.task(now=now, category="食用农产品", stage="circulation", wanted=1)
    told = sheet_of(meat, called["name_zh"], sample_name="鲜猪肉", unit="kg", sample_qty="3", spare_qty="1")
    told |= {"firm_id": market.party_id, "firm_name": stall["name_zh"], "sample_type": "farm_produce"}
    return Sampled(meat, meat.batch("goods"), at_the_laboratory(way, task, now, **told))
