"""Where goods can be, and the keys of batches and stocks.

A stock is a batch at a place. A place is a facility, a facility's set-apart area, a lane from one facility
to another, or a logistic unit. Places are text, so that a posting, an index and a document name them alike;
either end of a lane may be a party or a contact whose facility is not known, or nobody known.
"""

from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

# RFC 9562: the two highest bits of the ninth byte are 10, the version stands in the seventh.
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}

UNKNOWN = "?"  # an end of a lane of which nothing is known
WHOLE = "*"  # the place that stands for all the stocks of a batch together
_POOL = "product:"
_UNIT = "unit:"


class Lane(NamedTuple):
    """The way from one end to another; an end is `facility:…`, `party:…`, `contact:…` or `?`."""

    source: str
    target: str


def facility_place(facility_id: UUID) -> str:
    return f"facility:{facility_id}"


def named_place(name: str) -> str:
    """A facility that has no id of ours: the name as another system writes it, safe in the text of a lane."""
    return f"facility:{name.replace('>', '%3E')}"


def named_party(name: str) -> str:
    return f"party:{name.replace('>', '%3E')}"


def aside_place(facility_id: UUID) -> str:
    """The area of a facility for returned and held goods, which do not mix back into stock until released."""
    return f"aside:{facility_id}"


def unit_place(unit_id: UUID) -> str:
    """A pallet or case: a place that moves."""
    return f"unit:{unit_id}"


def party_end(party_id: UUID) -> str:
    return f"party:{party_id}"


def contact_end(contact_id: UUID) -> str:
    """A partner that is not in Trace, as its counterpart keeps it."""
    return f"contact:{contact_id}"


def lane_place(source: str, target: str) -> str:
    return f"lane:{source}>{target}"


def lane_of(place: str) -> Lane | None:
    """The two ends of a place that is a lane; None for any other place."""
    if not place.startswith("lane:"):
        return None
    source, _, target = place.removeprefix("lane:").partition(">")
    return Lane(source, target)


def facility_of(place: str) -> str | None:
    """The facility at which a place is (`facility:…`), its set-apart area too; None for lanes and units."""
    if place.startswith("aside:"):
        return f"facility:{place.removeprefix('aside:')}"
    return place if place.startswith("facility:") else None


def on_hand(place: str) -> bool:
    """Whether one holder has the goods under one clock: in a facility or its set-apart area."""
    return place.startswith(("facility:", "aside:"))


def is_unit(place: str) -> bool:
    return place.startswith(_UNIT)


def pool_of(product: str) -> str:
    """What stands for the batch in a posting that names only the product."""
    return _POOL + product


def pooled_product(batch: str) -> str | None:
    """The product of which a posting names no batch; None for a batch."""
    return batch.removeprefix(_POOL) if batch.startswith(_POOL) else None


def batch_id(product_id: UUID, code: str) -> UUID:
    """The id of a batch, the same wherever it is computed: UUIDv8 of SHA-256 over product and batch code.

    The product stands for its GTIN here: a GTIN is public, so whoever claims it first must not be able to
    take the id of its owner's batch.
    """
    return UUID(batch_hex(product_id.bytes, code))


def batch_hex(product_id: bytes, code: str) -> str:
    """The same id in hexadecimal digits, for the hot path, where making a UUID would cost more than the hash."""
    digits = sha256(product_id + b"\0" + code.encode()).hexdigest()
    return f"{digits[:12]}8{digits[13:16]}{_VARIANT[digits[16]]}{digits[17:32]}"
