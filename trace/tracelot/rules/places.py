"""Where goods can be, and the keys of batches and stocks.

A stock is a batch at a place. A place is a facility, a facility's set-apart area, a lane from one facility
to another, or a logistic unit.
"""

from hashlib import sha256
from uuid import UUID

# RFC 9562: the two highest bits of the ninth byte are 10, the version stands in the seventh.
_VARIANT = {digit: "89ab"[int(digit, 16) % 4] for digit in "0123456789abcdef"}


def facility_place(facility_id: UUID) -> str:
    return f"facility:{facility_id}"


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
