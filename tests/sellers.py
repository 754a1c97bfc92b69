"""A maker whose goods two sellers sold on: the scene of drills and recalls of goods that others made."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from acts import Firm, firm, goods, new_firm
from builders import new_recall
from peanuts import deliver, produce
from tracelot.operations import lookup, parties, recalls, withdrawing
from tracelot.operations.lookup_lists import look_up_all
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.withdrawing import Withdrawal
from tracelot.rules.access import PUBLIC as NOBODY
from tracelot.rules.refusals import Conflict
from world import VisitAs, World, visits

FIRMS = {"wholesaler": "wholesaler", "shop": "retailer", "rival": "wholesaler", "rival-shop": "retailer"}


def two_sellers(url: str, world: World) -> dict[str, UUID]:
    """Zhenyang sold bottled oil to a wholesaler (60 cases) and its rival (30), and these sold on to a shop each."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    produce(maker)
    firms = {
        name: new_firm(visit_as, world, engine, name, kind, name_zh=f"{name} 粮油")
        for name, kind in FIRMS.items()
    }
    for name, amount, shop, passed_on in (("wholesaler", 60, "shop", 25), ("rival", 30, "rival-shop", 11)):
        deliver(maker, firms[name], "bottled", amount)
        seller = replace(firms[name], products=maker.products)
        deliver(seller, firms[shop], "bottled", passed_on)
    firms["wholesaler"].does("sell", lines=[goods(maker.batch("bottled"), 4, "case")])
    deliver(maker, firms["rival"], "packs", 20)
    engine.dispose()
    return maker.products


@dataclass
class Trade:
    visit_as: VisitAs
    products: dict[str, UUID]
    facilities: dict[str, UUID]

    @property
    def bottles(self) -> UUID:
        return Firm("", self.visit_as, UUID(int=0), UUID(int=0), self.products).batch("bottled")

    @property
    def packs(self) -> UUID:
        return Firm("", self.visit_as, UUID(int=0), UUID(int=0), self.products).batch("packs")

    def opened(self, who: str = "wholesaler", **given: Any) -> UUID:
        new = new_recall(self.products["bottled"], "X1", kind="mock_drill", **given)
        with self.visit_as(who) as visit:
            return recalls.open_recall(visit, new).id

    def begun(self, who: str = "wholesaler", **given: Any) -> UUID:
        drill = self.opened(who, **given)
        with self.visit_as(who) as visit:
            recalls.publish_recall(visit, drill)
        return drill

    def recalled(self, who: str = "wholesaler", **given: Any) -> UUID:
        """A recall of the bottles that is out: by their maker, or by a seller with its cause."""
        cause = {} if who == "zhenyang" else {"seller_cause": "own"}
        new = new_recall(self.products["bottled"], "X1", planned_end="2026-12-31", **cause | given)
        with self.visit_as(who) as visit:
            recall = recalls.open_recall(visit, new).id
        with self.visit_as(who) as visit:
            recalls.publish_recall(visit, recall)
        return recall

    def place(self, who: str) -> UUID:
        with self.visit_as(who) as visit:
            return parties.facilities(visit)[0].id

    def firm(self, world: World, who: str) -> Firm:
        return Firm(who, self.visit_as, world.parties[who], self.place(who), self.products)


TAKEN_BACK = Withdrawal(reason="复检合格")


def batch_of(trade: Trade, batch: UUID | None = None) -> dict[str, Any]:
    with trade.visit_as("zhenyang") as visit:
        return visit.session.get_one(Batch, batch or trade.bottles).model_dump()


def read(trade: Trade, batch: UUID | None = None) -> tuple[str, int | None, list[str | None]]:
    """What everybody reads who holds a package: the verdict, its level, and who sold what is recalled."""
    link = f"http://127.0.0.1:8000/b/{batch_of(trade, batch)['short_code']}"
    with trade.visit_as(NOBODY) as visit:
        (found,) = lookup.look_up(visit, link).found
        (listed,) = look_up_all(visit, [link])
        assert getattr(listed, "found", None) == [found]
        assert "sold_recalled" not in found.standing("")["batch"]
        return found.verdict, found.level, [one.seller_zh for one in found.recalls]


def take_back(trade: Trade, who: str, recall: UUID) -> None:
    with trade.visit_as(who) as visit:
        withdrawing.withdraw(visit, recall, TAKEN_BACK)


def now() -> str:
    return datetime.now(UTC).isoformat()


def refused(mover: Firm, act: str, **given: Any) -> str:
    with pytest.raises(Conflict) as found:
        mover.does(act, event_time=now(), **given)
    return found.value.kind
