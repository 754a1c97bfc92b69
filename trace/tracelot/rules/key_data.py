"""The key data that the law asks for with each act, by jurisdiction, with its source.

CN: Food Safety Law art. 50 (purchases of producers), 51 (what leaves a producer), 53 (sellers); Law on the Quality
and Safety of Agricultural Products art. 27; bulk liquid foods: manifest of 2026. US: 21 CFR 1.1325 to 1.1350,
for foods of the traceability list alone. A datum is either known from the records or stands in `key_data`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tracelot.rules.acts import EventAct

Jurisdiction = Literal["CN", "US"]
JURISDICTIONS: tuple[Jurisdiction, ...] = get_args(Jurisdiction)


@dataclass(frozen=True)
class KeyData:
    """What an act must tell, and the law that says so."""

    source: str
    names: tuple[str, ...]


GOODS = ("product_name", "quantity")
NAMED = (*GOODS, "specification", "production_date_or_batch", "shelf_life")
SUPPLIER = ("supplier_name", "supplier_address", "supplier_contact")
BUYER = ("buyer_name", "buyer_address", "buyer_contact")
DOCUMENT = ("reference_document",)
FARM = ("farm_location", "field_name")
LOT = ("traceability_lot_code", "quantity", "product_name", "specification")
LOT_SOURCE = ("lot_code_source",)

CN: Mapping[EventAct, KeyData] = {
    "harvest": KeyData("农产品质量安全法 §27", (*GOODS, "harvest_date", "field_name")),
    "landing": KeyData("农产品质量安全法 §27", (*GOODS, "harvest_date", "catch_area")),
    "receive": KeyData("食品安全法 §50, §53", (*NAMED, "purchase_date", *SUPPLIER)),
    "ship": KeyData("食品安全法 §51, §53", (*NAMED, "certificate_no", "sale_date", *BUYER)),
    "produce": KeyData("食品安全法 §42", (*GOODS, "production_date_or_batch")),
    "transform": KeyData("食品安全法 §42", (*GOODS, "production_date_or_batch")),
    "destroy": KeyData("食品安全法 §63", (*GOODS, "method", "witness")),
    "manifest": KeyData(
        "国市监食监发〔2026〕22号",
        ("product_name", "manifest_no", "permit_no", "container", "previous_cargo", "seals"),
    ),
}
US: Mapping[EventAct, KeyData] = {
    "harvest": KeyData("21 CFR 1.1325(a)", (*GOODS, "recipient", *FARM, "harvest_date", *DOCUMENT)),
    "cooling": KeyData(
        "21 CFR 1.1325(b)",
        (*GOODS, "recipient", "cooling_location", "cooling_date", "farm_location", *DOCUMENT),
    ),
    "initial_packing": KeyData(
        "21 CFR 1.1330(a)",
        (*LOT, "date_received", *FARM, "harvester", "harvest_date", *LOT_SOURCE, "packing_date", *DOCUMENT),
    ),
    "landing": KeyData(
        "21 CFR 1.1335", (*LOT, "harvest_date", "catch_area", "landing_date", *LOT_SOURCE, *DOCUMENT)
    ),
    "ship": KeyData("21 CFR 1.1340", (*LOT, "recipient", "ship_from", "sale_date", *LOT_SOURCE, *DOCUMENT)),
    "receive": KeyData(
        "21 CFR 1.1345(a)",
        (*LOT, "supplier_name", "receiving_location", "purchase_date", *LOT_SOURCE, *DOCUMENT),
    ),
    "transform": KeyData("21 CFR 1.1350", (*LOT, "completion_date", *LOT_SOURCE, *DOCUMENT)),
}
LAWS: Mapping[Jurisdiction, Mapping[EventAct, KeyData]] = {"CN": CN, "US": US}

# What may be said in `key_data`: whatever some law asks for, and remarks.
TOLD = frozenset(name for law in LAWS.values() for told in law.values() for name in told.names) | {
    "note", "temperature", "carrier", "vehicle", "seal_no", "cause", "result", "recorder", "invoice_no",
}  # fmt: skip


def asked(act: EventAct, jurisdictions: Collection[str], *, us_listed: bool) -> Iterator[KeyData]:
    """The duties that an act is under; those of the US for foods of its list alone."""
    for jurisdiction, law in LAWS.items():
        if jurisdiction in jurisdictions and act in law and (jurisdiction != "US" or us_listed):
            yield law[act]


def missing(
    act: EventAct, jurisdictions: Collection[str], present: Collection[str], *, us_listed: bool
) -> list[str]:
    """The key data that nobody told, each once, in the order of the law."""
    wanted = (name for duty in asked(act, jurisdictions, us_listed=us_listed) for name in duty.names)
    return [name for name in dict.fromkeys(wanted) if name not in present]
