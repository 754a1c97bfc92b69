"""Ids that the application makes: UUIDv7, which sort by the time they were made (RFC 9562)."""

import secrets
import time
from uuid import UUID

from tracelot.rules.places import batch_hex


def new_id() -> UUID:
    """48 bits of Unix milliseconds, then random bits."""
    number = (time.time_ns() // 1_000_000 & (1 << 48) - 1) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=number)


def derived_id(owner: UUID, text: str) -> UUID:
    """The id of something that an owner names by a text, the same wherever it is computed (UUIDv8)."""
    return UUID(batch_hex(owner.bytes, text))
