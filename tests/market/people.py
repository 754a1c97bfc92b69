"""A market for the test of the whole recall: two makers, a trader, customers without an account, and their offices."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Engine

from acts import firm, new_firm
from builders import new_member
from reached import new_contact
from tracelot.operations import accounts, links
from tracelot.operations.visit import Source, Visit
from tracelot.records.database import connect
from tracelot.rules.access import PUBLIC, Actor
from world import PLACE, World, actor_of, visiting, visits

MAKERS = ("zhenyang", "guhuai")
FIRMS = (*MAKERS, "trader")
STAFF = {
    "zhenyang": ("quality", "zhenyang", "recorder"),
    "guhuai": ("inspector", "guhuai"),
    "trader": ("trader",),
}
OFFICES = ("county", "neighbour", "city", "township")
STRANGERS = ("impostor", "site", "public")
EVERYBODY = (*STAFF["zhenyang"], *STAFF["guhuai"], *STAFF["trader"], *OFFICES, *STRANGERS)
FIRM_OF = {person: firm for firm, staff in STAFF.items() for person in staff}
# Who decides for a firm, and which offices are above it: the trader and Zhenyang are in one county, Guhuai in another.
DECIDING = {"zhenyang": {"quality", "zhenyang"}, "guhuai": {"inspector", "guhuai"}, "trader": {"trader"}}
HAND = {"zhenyang": "quality", "guhuai": "inspector", "trader": "trader"}  # who acts for a firm
WRITING = {name: {*staff} for name, staff in STAFF.items()}
OVER = {"zhenyang": {"county", "city"}, "guhuai": {"neighbour", "city"}, "trader": {"county", "city"}}


@dataclass
class Market(World):
    """The world, and what is in it besides: a place and a product of each maker, and who buys from whom."""

    places: dict[str, UUID] = field(default_factory=dict)
    goods: dict[str, UUID] = field(default_factory=dict)
    shops: dict[str, tuple[UUID, str]] = field(default_factory=dict)  # contacts: their id, and whose they are

    def end(self, name: str) -> str:
        """How the ledger of a recall names a customer."""
        return f"party:{self.parties[name]}" if name in FIRMS else f"contact:{self.shops[name][0]}"


def open_market(market: Market, url: str) -> None:
    """Put on a store what the world does not have yet."""
    engine = connect(url)
    visit_as = visits(engine, market)
    new_firm(visit_as, market, engine, "trader", "wholesaler", name_zh="批发部")
    with visit_as("guhuai") as visit:
        _, link = accounts.invite_member(visit, new_member(role="quality"))
    with visiting(engine, PUBLIC) as visit:
        from builders import PASSWORD  # noqa: PLC0415

        signed = links.use_link(visit, link.rpartition("/")[2], "invitation", PASSWORD)
        market.join("inspector", signed)
    for name in FIRMS:
        here = firm(visit_as, market, name)
        market.places[name] = here.facility_id
        if name in MAKERS:
            market.goods[name] = market.product_id if name == "zhenyang" else here.makes("香油")
        for shop, email in (("stall", "@shop.example"), ("kiosk", None)):
            title = f"{name} {shop}"
            given = {"email": f"{name}{email}"} if email else {"phone": f"139{len(market.shops):08d}"}
            market.shops[title] = (new_contact(here, title, **given), name)
    engine.dispose()


def actor(engine: Engine, market: Market, who: str) -> Actor:
    return PUBLIC if who == "public" else actor_of(engine, market.people[who])


@contextmanager
def reading(engine: Engine, somebody: Actor) -> Iterator[Visit]:
    """A visit that leaves nothing behind, not even that somebody read."""
    with engine.connect() as connection:
        visit = Visit(connection, somebody, datetime.now(UTC), PLACE, Source("test"))
        try:
            yield visit
        finally:
            visit.close()
