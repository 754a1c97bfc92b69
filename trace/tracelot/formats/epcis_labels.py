"""What an EPCIS document tells of goods and places beside the events: batch texts, dates, and names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

LONGEST_LABEL = 200
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The first that is told counts; names are compared without their prefix and in small letters.
_LOTS = ("lotnumber",)
_MADE = ("productiondate", "harveststartdate", "harvestdate", "packagingdate", "packingdate")
_ENDS = ("itemexpirationdate", "expirationdate", "bestbeforedate", "sellbydate")
_NAMES = ("descriptionshort", "name", "tradeitemdescription", "functionalname")


@dataclass(frozen=True, slots=True)
class Labels:
    """The instance or lot master data (ILMD) of an event."""

    lot: str | None = None
    made: date | None = None
    expires: date | None = None


NO_LABELS = Labels()


def labels_of(content: object) -> Labels:
    """What an event tells of the goods that it makes; what cannot be read is not told."""
    found = content.get("ilmd") if isinstance(content, Mapping) else None
    told = {_local(key): value for key, value in found.items()} if isinstance(found, Mapping) else {}
    return Labels(
        lot=next((text for key in _LOTS if (text := label(told.get(key)))), None),
        made=next((day for key in _MADE if (day := _day(told.get(key)))), None),
        expires=next((day for key in _ENDS if (day := _day(told.get(key)))), None),
    )


def names_of(document: object) -> Mapping[str, str]:
    """The names that the master data of a document give to classes of goods, places and parties."""
    return {
        str(element["id"]): name
        for element in _elements(document)
        if isinstance(element.get("id"), str) and (name := _name(element))
    }


def _elements(document: object) -> Iterator[Mapping[str, object]]:
    found = document
    for step in ("epcisHeader", "epcisMasterData", "vocabularyList"):
        found = found.get(step) if isinstance(found, Mapping) else None
    for vocabulary in found if isinstance(found, list) else ():
        elements = vocabulary.get("vocabularyElementList") if isinstance(vocabulary, Mapping) else None
        for element in elements if isinstance(elements, list) else ():
            if isinstance(element, Mapping):
                yield element


def _name(element: Mapping[str, object]) -> str | None:
    attributes = element.get("attributes")
    told: dict[str, object] = {}
    for one in attributes if isinstance(attributes, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("id"), str):
            told.setdefault(_local(str(one["id"])), one.get("attribute"))
    return next((text for key in _NAMES if (text := label(told.get(key)))), None)


def _local(key: str) -> str:
    """The name in `cbvmda:lotNumber` or `urn:epcglobal:cbv:mda#lotNumber`."""
    return re.split(r"[:#/]", key)[-1].lower()


def label(found: object) -> str | None:
    """A text as far as it can be kept: one line, printable, not too long."""
    if not isinstance(found, str):
        return None
    text = "".join(char for char in found if char.isprintable()).strip()[:LONGEST_LABEL].strip()
    return text or None


def _day(found: object) -> date | None:
    match = _DAY.match(found) if isinstance(found, str) else None
    try:
        day = date.fromisoformat(match[0]) if match else None
    except ValueError:
        return None
    return day if day is not None and 1970 <= day.year <= 2100 else None  # noqa: PLR2004
