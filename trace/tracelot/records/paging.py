"""A page of results and the cursor of the next one."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tracelot.rules.refusals import unfit

MOST = 200
MOST_DIGITS = 15

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of the rows, how many there are in all, and where the next page starts."""

    items: Sequence[T]
    total: int
    cursor: str | None


def write_cursor(*keys: Any) -> str:
    """The sort keys of the last row shown, as one opaque word."""
    text = json.dumps([str(key) for key in keys], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, length: int, field: str = "cursor") -> list[str]:
    """The sort keys in a cursor; one that was not written here is refused."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if isinstance(keys, list) and len(keys) == length and all(_kept(key) for key in keys):
            return keys
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise unfit("bad-cursor", "This cursor was not given out here.", field)


def write_position(position: Sequence[int]) -> str:
    """A position in an order that is counted in several buckets, as one opaque word."""
    return write_cursor(*position)


def read_position(text: str, buckets: int) -> tuple[int, ...]:
    """A position that was given out here; "0" is the beginning."""
    if text == "0":
        return (0,) * buckets
    keys = read_cursor(text, buckets, "since")
    if not all(key.isascii() and key.isdigit() and len(key) <= MOST_DIGITS for key in keys):
        raise unfit("bad-cursor", "This cursor was not given out here.", "since")
    return tuple(map(int, keys))


def _kept(key: Any) -> bool:
    return isinstance(key, str) and len(key) <= MOST and key.isprintable()
