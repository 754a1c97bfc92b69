"""Scenarios up to the finding, as the firms entered them: farm lots, mill and customers; oil with a wrong label."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from acts import Firm, firm, goods, new_firm, output
from peanuts import deliver_all, produce
from tracelot.operations import contacts, sessions
from tracelot.records.accounts import Account
from tracelot.records.contacts import NewContact
from tracelot.rules.places import batch_id
from world import VisitAs, World, visits

OIL, PACKS = "09520001000034", "09520001000058"
CALLED = {
    "raw": {"name_zh": "带壳花生", "name_en": "Peanuts in the shell"},
    "kernels": {"name_zh": "花生仁", "name_en": "Peanut kernels"},
    "shells": {"name_zh": "花生壳", "name_en": "Peanut shells"},
    "oil": {"name_zh": "花生毛油", "name_en": "Crude peanut oil"},
    "cake": {"name_zh": "花生饼", "name_en": "Peanut cake"},
    "bottled": {"name_zh": "花生油", "name_en": "Peanut oil", "spec": "5 L", "gtin": OIL},
    "roasted": {"name_zh": "炒花生（散）", "name_en": "Roasted peanuts in bulk"},
    "packs": {"name_zh": "炒花生", "name_en": "Roasted peanuts", "spec": "500 g", "gtin": PACKS},
}
WHOLESALER = {"name_zh": "驿城区天中粮油批发部", "name_en": "Tianzhong Grain and Oil Wholesale"}
SUPERMARKET = {"name_zh": "驻马店市天中超市有限公司", "name_en": "Tianzhong Supermarket"}
CANTEENS = "天中学校食堂配送中心"


@dataclass(frozen=True)
class Affair:
    """Who is in it, by the names of the cast, and what the pages are about."""

    maker: Firm
    wholesaler: Firm
    supermarket: Firm
    finding: UUID  # the roasted peanuts that the county sampled
    lot: UUID  # the farm lot that they lead back to
    oil: UUID


def stage(engine: Engine, cast: World) -> Affair:
    visit_as = visits(engine, cast)
    maker = firm(visit_as, cast, "zhenyang")
    maker.called = CALLED
    produce(maker)
    wholesaler = new_firm(visit_as, cast, engine, "wholesaler", "wholesaler", **WHOLESALER)
    supermarket = new_firm(visit_as, cast, engine, "supermarket", "retailer", **SUPERMARKET)
    deliver_all(maker, [wholesaler, supermarket])
    with visit_as("zhenyang") as visit:
        told = NewContact(name=CANTEENS, region_code="411702", phone="0396-8920077")
        outside = str(contacts.add_contact(visit, told).id)
    packs = maker.batch("packs")
    maker.does("ship", to={"contact_id": outside}, lines=[goods(packs, 40, "case")])
    return Affair(maker, wholesaler, supermarket, packs, maker.batch("raw", "F2"), maker.batch("bottled"))


@dataclass(frozen=True)
class Mislabelled:
    """Sesame oil whose label says too long a shelf life; a part of it is in a shop without an account."""

    batch: UUID
    shop: str = "慎水路便民店"


def mislabel(engine: Engine, cast: World) -> Mislabelled:
    mill = firm(visits(engine, cast), cast, "guhuai")
    product = mill.makes("sesame", name_zh="芝麻油", name_en="Sesame oil", spec="450 mL")
    mill.does("produce", outputs=[output(product, "20260915A1", 42, "case")])
    staged = Mislabelled(batch_id(product, "20260915A1"))
    with mill.visit_as("guhuai") as visit:
        shop = NewContact(name=staged.shop, region_code="411723", phone="0396-8920078")
        to = {"contact_id": str(contacts.add_contact(visit, shop).id)}
    mill.does("ship", to=to, lines=[goods(staged.batch, 12, "case")])
    return staged


def renew_sessions(visit_as: VisitAs, cast: World, names: tuple[str, ...], now: object) -> None:
    """Sign everybody in on the clock of the site."""
    for name in names:
        with visit_as(name, now) as visit:
            account = visit.kernel().get_one(Account, cast.people[name])
            cast.cookies[name] = sessions.start_session(visit, account).secret
