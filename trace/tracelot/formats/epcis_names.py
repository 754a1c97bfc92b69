"""The names in an EPCIS document: what an EPC stands for, and the words of the core business vocabulary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tracelot.formats.gs1 import CodeReading, read_code
from tracelot.rules.identifiers import batch_key, gln, gs1_check_digit
from tracelot.rules.places import pool_of
from tracelot.rules.refusals import Unfit

# Schemes of physical things that no reader of ours knows in detail: as opaque as any other URI.
_OTHER_SCHEMES = {
    "grai",
    "giai",
    "gdti",
    "gsrn",
    "gsrnp",
    "gcn",
    "cpi",
    "ginc",
    "gsin",
    "adi",
    "usdod",
    "bic",
    "imovn",
}
_UNIT = re.compile(
    r"urn:epc:id:(?:sscc|grai|giai|bic):.+|https?://[^?#]+/(?:00|8003|8004)/[^/]+", re.IGNORECASE
)
_GLN_URN = re.compile(r"urn:epc:id:[sp]gln:([0-9]{6,12})\.([0-9]*)(?:\.([^.]+))?", re.IGNORECASE)
_GLN_LINK = re.compile(r"https?://[^?#]+/41[47]/([0-9]{13})(/254/[^/]+)?", re.IGNORECASE)
GLN_DIGITS = 12  # without the check digit
_WORD = re.compile(r"(?:.*[/:#-])?([A-Za-z0-9_]+)")

# UN/ECE Recommendation 20: how much of the base unit of its kind one is.
BASE_UNITS: Mapping[str, tuple[str, Decimal]] = {
    "KGM": ("KGM", Decimal(1)),
    "GRM": ("KGM", Decimal("0.001")),
    "MGM": ("KGM", Decimal("0.000001")),
    "TNE": ("KGM", Decimal(1000)),
    "LBR": ("KGM", Decimal("0.45359237")),
    "ONZ": ("KGM", Decimal("0.028349523125")),
    "LTR": ("LTR", Decimal(1)),
    "MLT": ("LTR", Decimal("0.001")),
    "HLT": ("LTR", Decimal(100)),
    "MTQ": ("LTR", Decimal(1000)),
}

# The words of the books for the units of the same recommendation, and for packages.
UNITS: Mapping[str, str] = {
    "": "piece", "EA": "piece", "H87": "piece", "C62": "piece", "PCE": "piece", "KGM": "kg", "LTR": "L",
    "BO": "bottle", "XBO": "bottle", "BG": "bag", "XBG": "bag", "BX": "box", "XBX": "box", "CS": "case",
    "XCS": "case", "PK": "pack", "XPK": "pack",
}  # fmt: skip

ItemKind = Literal["batch", "unit", "pool"]


@dataclass(frozen=True, slots=True)
class Item:
    """What an EPC stands for: goods of a batch, a logistic unit, or goods of a product without batch.

    `name` is the batch, the unit (`unit:…`) or the pool. `flawed` EPCs are kept as opaque text.
    """

    kind: ItemKind
    name: str
    product: str | None = None
    flawed: bool = False


def item_of(epc: str) -> Item:
    """Well-formed GS1 keys have one identity however they are written; anything else is what is written."""
    try:
        reading = read_code(epc)
    except Unfit:
        return Item("batch", epc, flawed=True)
    if _UNIT.fullmatch(epc):
        name = f"00/{reading.sscc}" if reading.sscc else epc
        return Item("unit", f"unit:{name}", flawed=_flawed(epc, reading))
    if reading.kind in ("epc_urn", "digital_link") and reading.gtin and not reading.faults:
        return _of_gtin(epc, reading, reading.gtin)
    return Item("batch", epc, flawed=_flawed(epc, reading))


def _of_gtin(epc: str, reading: CodeReading, gtin: str) -> Item:
    if reading.batch is not None:
        return Item("batch", batch_key(gtin, reading.batch), gtin)
    if reading.serial is not None:
        return Item("batch", f"01/{gtin}/21/{reading.serial}", gtin)
    return Item("pool", pool_of(gtin), gtin)


def _flawed(epc: str, reading: CodeReading) -> bool:
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S", epc):
        return True
    scheme = re.match(r"urn:epc:(?:id|class|idpat):([^:]*):", epc, re.IGNORECASE)
    if scheme is None:
        return epc.lower().startswith("urn:epc:") or bool(reading.faults)
    return scheme[1].lower() not in _OTHER_SCHEMES and (reading.kind != "epc_urn" or bool(reading.faults))


def gln_of(name: str) -> tuple[str, bool] | None:
    """The GLN of a place or a party, and whether it is all that the name says; an extension says more."""
    urn, link = _GLN_URN.fullmatch(name), _GLN_LINK.fullmatch(name)
    try:
        if urn is not None and len(digits := urn[1] + urn[2]) == GLN_DIGITS:
            return gln(digits + gs1_check_digit(digits)), urn[3] in (None, "0")
        if link is not None:
            return gln(link[1]), link[2] is None
    except Unfit:
        pass
    return None


def word(name: str | None) -> str:
    """The last word of a vocabulary name: `urn:epcglobal:cbv:bizstep:shipping` and `…BizStep-shipping` are one."""
    match = _WORD.fullmatch(name or "")
    return match[1].lower() if match else ""
