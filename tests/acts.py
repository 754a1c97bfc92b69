"""Acts with defaults, for the tests of the books: a test names only what it is about."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Engine

from builders import new_account, new_facility, new_party, new_product
from tracelot.operations import acts, parties, products, receiving, sessions
from tracelot.operations.stocks import StockFilter, on_hand
from tracelot.records.acts import Confirmation, NewAct
from tracelot.records.events import Event
from tracelot.records.shipments import Shipment
from tracelot.rules.access import PUBLIC
from tracelot.rules.places import batch_id
from world import VisitAs, World, visiting

ADAPTER: TypeAdapter[Any] = TypeAdapter(NewAct)
WHEN = datetime(2026, 9, 20, 2, tzinfo=UTC)
Record = Callable[..., Event]


def new_act(act: str, **given: Any) -> Any:
    return ADAPTER.validate_python({"act": act, "event_time": WHEN.isoformat()} | given)


def amount(quantity: Any, unit: str = "kg") -> dict[str, Any]:
    return {
        "quantity": None if quantity is None else str(quantity),
        "unit": None if quantity is None else unit,
    }


def goods(batch_id: UUID, quantity: Any, unit: str = "kg", **more: Any) -> dict[str, Any]:
    return {"batch_id": str(batch_id), **amount(quantity, unit), **more}


def output(product_id: UUID, code: str, quantity: Any, unit: str = "kg", **more: Any) -> dict[str, Any]:
    return {"product_id": str(product_id), "code": code, **amount(quantity, unit), "release": True} | more


@dataclass
class Firm:
    """A firm of the world with a facility, and what it does."""

    name: str
    visit_as: VisitAs
    party_id: UUID
    facility_id: UUID
    products: dict[str, UUID] = field(default_factory=dict)
    who: str = ""
    called: dict[str, dict[str, str]] = field(default_factory=dict)

    def does(self, act: str, **given: Any) -> Event:
        with self.visit_as(self.who or self.name) as visit:
            event = acts.record_event(visit, new_act(act, facility_id=str(self.facility_id), **given))
            return Event(**event.model_dump())

    def makes(self, name: str, **given: Any) -> UUID:
        with self.visit_as(self.name) as visit:
            told = (
                {"name_zh": name, "own_code": f"P-{len(self.products)}"} | self.called.get(name, {}) | given
            )
            product = products.register_product(visit, new_product(**told))
            self.products[name] = product.id
            return product.id

    def batch(self, name: str, code: str = "X1") -> UUID:
        return batch_id(self.products[name], code)

    def has(self, batch_id: UUID) -> dict[str, Decimal]:
        """What is on hand of a batch, by place: `stock`, `aside`, `unit`."""
        with self.visit_as(self.name) as visit:
            found, _ = on_hand(visit, StockFilter(batch_id), 50, None)
        told: dict[str, Decimal] = {}
        for one in found:
            kind = "unit" if one.unit_id else "aside" if one.set_apart else "stock"
            told[kind] = told.get(kind, Decimal(0)) + one.quantity
        return told

    def confirms(self, shipment_id: UUID, **given: Any) -> Shipment:
        new = {"event_time": WHEN.isoformat(), "facility_id": str(self.facility_id)} | given
        with self.visit_as(self.who or self.name) as visit:
            shipment = receiving.confirm_shipment(visit, shipment_id, Confirmation.model_validate(new))
            return Shipment(**shipment.model_dump())


def new_firm(
    visit_as: VisitAs, world: World, engine: Engine, name: str, kind: str, by: str = "county", **given: Any
) -> Firm:
    """A firm of its own, verified by the office of its county."""
    with visiting(engine, PUBLIC) as visit:
        party, account = parties.sign_up(visit, new_party(type=kind, **given), new_account())
        world.people[name], world.parties[name] = account.id, party.id
        world.cookies[name] = sessions.start_session(visit, account).secret
    with visit_as(by) as visit:
        parties.decide_party(visit, world.parties[name], "verified", "已核对")
    with visit_as(name) as visit:
        facility = parties.register_facility(visit, new_facility())
        return Firm(name, visit_as, world.parties[name], facility.id)


def firm(visit_as: VisitAs, world: World, name: str) -> Firm:
    """One of the world's firms, with a facility of its own."""
    if name == "zhenyang":
        return Firm(name, visit_as, world.parties[name], world.facility_id)
    with visit_as(name) as visit:
        facility = parties.register_facility(visit, new_facility(region_code="411723"))
        return Firm(name, visit_as, world.parties[name], facility.id)
