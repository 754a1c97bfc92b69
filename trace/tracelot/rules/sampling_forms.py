"""The sampling sheet (抽样单) as it is filled: its choices, and what an older version of it says in today's words."""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from tracelot.rules.refusals import unfit

FORM = 2  # the version that is filled today
OLDEST_FORM = 1

SampleType = Literal["farm_produce", "processed", "catering", "additive", "other"]
SAMPLE_TYPES: tuple[SampleType, ...] = get_args(SampleType)
SampleOrigin = Literal["own", "entrusted", "bought"]
SAMPLE_ORIGINS: tuple[SampleOrigin, ...] = get_args(SampleOrigin)
SampleAttribute = Literal["ordinary", "special_diet", "seasonal", "major_event"]
SAMPLE_ATTRIBUTES: tuple[SampleAttribute, ...] = get_args(SampleAttribute)
DateKind = Literal["production", "processing", "purchase"]
DATE_KINDS: tuple[DateKind, ...] = get_args(DateKind)
Packaging = Literal["bulk", "packed"]
PACKAGINGS: tuple[Packaging, ...] = get_args(Packaging)
StorageKind = Literal["ambient", "chilled", "frozen", "dark", "sealed"]
STORAGE_KINDS: tuple[StorageKind, ...] = get_args(StorageKind)
AreaType = Literal["urban", "rural", "scenic"]
AREA_TYPES: tuple[AreaType, ...] = get_args(AreaType)

# What older versions of the sheet called otherwise. A phone may hold one that was opened before an upgrade.
RENAMED: Mapping[str, str] = {
    "production_date": "dated_on",
    "quantity": "sample_qty",
    "spare": "spare_qty",
    "batch_no": "lot_no",
}
NEEDED = (
    "sample_name",
    "dated_on",
    "lot_no",
    "spec",
    "sample_qty",
    "spare_qty",
    "unit",
    "producer_name",
    "producer_address",
)
_SEAL = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+=*")
LONGEST_DRAWING = 140_000  # characters: a signature, not a picture


def upgraded(told: Mapping[str, Any]) -> dict[str, Any]:
    """A sheet in the words of today's form, whichever version it was filled on; the version stays as it was."""
    sheet = dict(told)
    version = sheet.get("form", FORM)
    if isinstance(version, str) and version.isascii() and version.isdigit():
        version = sheet["form"] = int(version[:9])
    if version == OLDEST_FORM:
        for old, new in RENAMED.items():
            if old in sheet:
                sheet.setdefault(new, sheet.pop(old))
        sheet.setdefault("date_kind", "production")
    return sheet


def lacking(told: Mapping[str, Any]) -> list[str]:
    """What a sheet with a sample must say and does not."""
    return [name for name in NEEDED if told.get(name) in (None, "")]


def drawing(text: str) -> str:
    """A signature drawn on glass, as the picture that the page made of it."""
    coded = text.partition(",")[2].rstrip("=")
    if len(text) > LONGEST_DRAWING or not _SEAL.fullmatch(text) or len(coded) % 4 == 1:
        raise unfit("bad-drawing", "This is not a drawn signature.", "drawn")
    return text
