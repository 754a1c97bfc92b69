"""Aflatoxin in peanuts: farm lots, shelling, oil and roasting, three customers; the figures reconcile to the unit."""

from decimal import Decimal

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, new_firm
from peanuts import FARM, deliver_all, produce, recover
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    """Zhenyang, with all that it made."""
    made = firm(visit_as, world, "zhenyang")
    produce(made)
    return made


@pytest.fixture
def customers(visit_as: VisitAs, world: World, engine: Engine) -> list[Firm]:
    """The wholesaler, the supermarket and the canteens' distributor."""
    kinds = ("wholesaler", "retailer", "caterer")
    return [new_firm(visit_as, world, engine, f"customer-{kind}", kind) for kind in kinds]


def test_production_leaves_what_the_figures_leave(maker: Firm) -> None:
    left = {name: maker.has(maker.batch(name)) for name in ("kernels", "shells", "oil", "cake", "roasted")}

    assert [maker.has(maker.batch("raw", code)) for code in FARM] == [{}, {}, {}]
    assert left == {
        "kernels": {"stock": Decimal(20)},
        "shells": {"stock": Decimal(3300)},
        "oil": {},
        "cake": {"stock": Decimal(2750)},
        "roasted": {},
    }


def test_every_case_and_carton_is_accounted_for(maker: Firm, customers: list[Firm]) -> None:
    deliver_all(maker, customers)
    bottles = maker.batch("bottled")
    assert maker.has(bottles) == {"stock": Decimal(20)}
    assert maker.has(maker.batch("packs")) == {"stock": Decimal(42)}

    recover(maker, customers)

    recovered = maker.has(bottles)
    assert recovered == {"stock": Decimal(20), "aside": Decimal(45 + 33)}
    assert round(sum(recovered.values()) / 120 * 100, 2) == Decimal("81.67")
