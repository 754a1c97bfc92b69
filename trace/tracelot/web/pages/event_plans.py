"""The parts that the form of each act has, and the key data that it asks for by name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tracelot.records.acts import (
    Birth,
    Counting,
    Evidence,
    Manifest,
    NewEvent,
    Packing,
    Receipt,
    Removal,
    Sending,
    Setting,
    Transform,
    Unpacking,
)
from tracelot.rules.acts import EventAct
from tracelot.rules.key_data import LAWS, TOLD, KeyData


@dataclass(frozen=True)
class Plan:
    """The shape of an act and what its form asks; `goods` and `made` are the names of its lines in the shape.

    `measured`: each line has an amount. `units`: a pallet may stand for what is in it. `extras`: what may be
    said although no law asks for it.
    """

    shape: type[NewEvent]
    goods: str = ""
    made: str = ""
    measured: bool = True
    units: bool = False
    apart: bool = False
    extras: tuple[str, ...] = ("note",)


OUT = ("carrier", "vehicle", "seal_no", "note")
PLANS: Mapping[EventAct, Plan] = {
    "harvest": Plan(Birth, made="outputs"),
    "landing": Plan(Birth, made="outputs"),
    "produce": Plan(Birth, made="outputs"),
    "initial_packing": Plan(Transform, "inputs", "outputs", apart=True),
    "transform": Plan(Transform, "inputs", "outputs", apart=True),
    "ship": Plan(Sending, "lines", units=True, apart=True, extras=OUT),
    "return": Plan(Sending, "lines", units=True, apart=True, extras=("cause", *OUT)),
    "receive": Plan(Receipt, made="lines", extras=("temperature", "note")),
    "pack": Plan(Packing, "lines", units=True, apart=True),
    "unpack": Plan(Unpacking, "lines"),
    "sell": Plan(Removal, "lines", apart=True, extras=("invoice_no", "note")),
    "sample": Plan(Removal, "lines", apart=True, extras=("cause", "note")),
    "lose": Plan(Removal, "lines", apart=True, extras=("cause", "note")),
    "destroy": Plan(Removal, "lines", apart=True, extras=("cause", "note")),
    "count": Plan(Counting, "lines", apart=True, extras=("cause", "note")),
    "set_apart": Plan(Setting, "lines", extras=("cause", "note")),
    "put_back": Plan(Setting, "lines", extras=("cause", "note")),
    "cooling": Plan(Evidence, "lines", measured=False, units=True, extras=("temperature", "note")),
    "inspect": Plan(Evidence, "lines", measured=False, units=True, extras=("result", "note")),
    "sight": Plan(Evidence, "lines", measured=False, units=True),
    "manifest": Plan(Manifest, "lines", measured=False, units=True, extras=OUT),
}

GROUPS: tuple[tuple[str, tuple[EventAct, ...]], ...] = (
    ("make", ("harvest", "landing", "produce", "initial_packing", "transform")),
    ("move", ("ship", "receive", "return")),
    ("pack", ("pack", "unpack")),
    ("leave", ("sell", "sample", "lose", "destroy")),
    ("count", ("count", "set_apart", "put_back")),
    ("look", ("inspect", "cooling", "sight", "manifest")),
)

# What the records tell by themselves: of the product, its batch, the facility, the partner, the day, the papers.
KNOWN = frozenset({
    "product_name", "quantity", "specification", "production_date_or_batch", "shelf_life", "certificate_no",
    "traceability_lot_code", "harvest_date", "landing_date", "cooling_date", "packing_date", "completion_date",
    "purchase_date", "sale_date", "ship_from", "farm_location", "receiving_location", "cooling_location",
    "lot_code_source", "supplier_name", "supplier_address", "supplier_contact", "buyer_name", "buyer_address",
    "buyer_contact", "reference_document", "manifest_no",
})  # fmt: skip
PARTNERED = frozenset({"ship", "return", "receive"})  # their partner is the recipient
DAYS = {"initial_packing": ("harvest_date",), "landing": ("harvest_date",)}  # not the day of the act


@dataclass(frozen=True)
class Ask:
    """A key datum to be typed, with the laws that ask for it."""

    name: str
    sources: tuple[str, ...] = ()


def duties(act: EventAct, jurisdictions: Collection[str]) -> list[KeyData]:
    return [law[act] for name, law in LAWS.items() if name in jurisdictions and act in law]


def asks(act: EventAct, jurisdictions: Collection[str], told: Collection[str] = ()) -> list[Ask]:
    """What the form asks for: what laws want and no record tells, then extras, and what was `told` already."""
    known = KNOWN.difference(DAYS.get(act, ()), told)
    if act in PARTNERED:
        known |= {"recipient"}
    sources: dict[str, tuple[str, ...]] = {}
    for duty in duties(act, jurisdictions):
        for name in duty.names:
            if name not in known:
                sources[name] = (*sources.get(name, ()), duty.source)
    for name in (*PLANS[act].extras, *sorted(set(told) & TOLD)):
        sources.setdefault(name, ())
    return [Ask(name, laws) for name, laws in sources.items()]
