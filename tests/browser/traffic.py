"""Goods between the firms of the cast: on the way, received with a difference, set apart, on a pallet."""

from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import select

from acts import Firm, goods, output
from builders import new_facility
from tracelot.operations import contacts, parties
from tracelot.records.contacts import NewContact
from tracelot.records.units import LogisticUnit
from world import VisitAs, World, actor_of, visiting

OIL = "小磨香油 500 mL"
NOTE = [{"type": "desadv", "no": "GH-FH-20260920-1"}]


def visits(engine: Engine, cast: World) -> VisitAs:
    return lambda who: visiting(engine, actor_of(engine, cast.people[str(who)]))


def firms(engine: Engine, cast: World) -> tuple[Firm, Firm]:
    """The peanut firm, and its supplier with goods to send from a facility of its own."""
    visit_as = visits(engine, cast)
    buyer = Firm("zhenyang", visit_as, cast.parties["zhenyang"], cast.facility_id)
    with visit_as("guhuai") as visit:
        place = parties.register_facility(visit, new_facility(name_zh="古槐一厂", region_code="411723"))
        seller = Firm("guhuai", visit_as, cast.parties["guhuai"], place.id)
    seller.makes(OIL, own_code=f"GH-{place.id.hex[-8:]}", name_en="Stone-milled sesame oil 500 mL")
    seller.does("produce", outputs=[output(seller.products[OIL], "GH260918", 900, "case")])
    return buyer, seller


def send(seller: Firm, buyer: Firm, many: int) -> UUID:
    """A shipment of sesame oil, with its delivery note."""
    lines = [goods(seller.batch(OIL, "GH260918"), many, "case")]
    return seller.does("ship", to={"party_id": str(buyer.party_id)}, lines=lines, documents=NOTE).id


def put_on_the_way(engine: Engine, cast: World) -> dict[str, str]:
    """What the peanut firm finds on its pages, as the values of the parameters of their addresses."""
    buyer, seller = firms(engine, cast)
    buyer.makes("花生仁", name_en="Peanut kernels")
    made = output(buyer.products["花生仁"], "HSR260919", 400, "bag")
    buyer.does("produce", outputs=[made])
    kernels = buyer.batch("花生仁", "HSR260919")
    buyer.does("set_apart", lines=[goods(kernels, 5, "bag")])
    buyer.does("pack", carrier={"code": "TP-0007"}, lines=[goods(kernels, 40, "bag")])
    outward = {"to": {"party_id": str(seller.party_id)}, "lines": [goods(kernels, 60, "bag")]}
    seller.confirms(buyer.does("ship", **outward).id, lines=[{"number": 1, "quantity": "58", "unit": "bag"}])
    short = {"number": 1, "quantity": "295", "unit": "case"}
    buyer.confirms(send(seller, buyer, 300), lines=[short])
    waiting = send(seller, buyer, 120)
    with seller.visit_as("zhenyang") as visit:
        (unit,) = visit.session.exec(select(LogisticUnit.id)).all()
    return {"shipment_id": str(waiting), "unit_id": str(unit)} | _partners(seller, buyer)


def _partners(seller: Firm, buyer: Firm) -> dict[str, str]:
    with buyer.visit_as(buyer.name) as visit:
        new = NewContact(name="县城百货", phone="0396-8920009", address="慎水路9号", region_code="411724")
        kept = contacts.add_contact(visit, new).id
    with seller.visit_as(seller.name) as visit:
        other = contacts.add_contact(visit, NewContact(name="正阳的花生厂"))
        return {"contact_id": str(kept), "claim": contacts.invite_contact(visit, other.id)}
