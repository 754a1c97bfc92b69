"""Where goods can be, and the keys of batches and stocks.

A stock is a batch at a place. A place is a facility, a facility's set-apart area, a lane from one facility
to another, or a logistic unit.
"""

from hashlib import sha256
from uuid import UUID


def facility_place(facility_id: UUID) -> str:
    return f"facility:{facility_id}"


def batch_id(product_id: UUID, code: str) -> UUID:
    """The id of a batch, the same wherever it is computed: UUIDv8 of SHA-256 over product and batch code.

    The product stands for its GTIN here: a GTIN is public, so whoever claims it first must not be able to
    take the id of its owner's batch.
    """
    digest = bytearray(sha256(product_id.bytes + b"\0" + code.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    return UUID(bytes=bytes(digest))
