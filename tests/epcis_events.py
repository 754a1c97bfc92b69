"""EPCIS events for tests."""

from datetime import UTC, datetime
from typing import Any

from tracelot.formats.epcis import Reading, read_epcis

NOW = datetime(2026, 11, 26, tzinfo=UTC)
A, B = "urn:x:lot:a", "urn:x:lot:b"
UNIT, CASE = "urn:epc:id:sscc:4012345.1234567890", "urn:epc:id:sscc:4012345.1234567891"
FARM, SHOP = "urn:x:farm", "urn:x:shop"
TIME = "2026-01-01T00:00:00Z"


def event(**parts: Any) -> dict[str, Any]:
    return {"type": "ObjectEvent", "action": "OBSERVE", "eventTime": TIME, **parts}


def goods(*epcs: str, quantity: float | None = 5, uom: str = "KGM") -> list[dict[str, Any]]:
    amount = {} if quantity is None else {"quantity": quantity, "uom": uom}
    return [{"epcClass": epc, **amount} for epc in epcs]


def at(place: str) -> dict[str, str]:
    return {"id": place}


def read(*events: Any) -> Reading:
    return read_epcis({"type": "EPCISDocument", "epcisBody": {"eventList": list(events)}}, NOW)


def sides(reading: Reading) -> list[tuple[str, str, str, str, object]]:
    return [(one.act, one.side, one.batch, one.place, one.quantity) for one in reading.book.postings]
