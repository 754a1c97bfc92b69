"""How an API key is written: `trc_<name>_<secret><checksum>`, so that a slip is told from a stranger."""

import re
import secrets
from binascii import crc32
from dataclasses import dataclass

from tracelot.rules.refusals import Unidentified

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET, CHECK = 43, 6  # 43 of 62 letters are 256 random bits; 6 hold a CRC-32
PATTERN = "trc_[0-9a-f]{12}_[0-9A-Za-z]{49}"  # what secret scanners look for
_WRITTEN = re.compile(rf"(trc_[0-9a-f]{{12}})_([0-9A-Za-z]{{{SECRET + CHECK}}})")
_EARLIER = re.compile(rf"(trc_[0-9a-f]{{12}})_([\w-]{{{SECRET}}})", re.ASCII)  # without a checksum


@dataclass(frozen=True)
class KeyText:
    """A key as read: `prefix` names it, `secret` proves it."""

    prefix: str
    secret: str

    def __str__(self) -> str:
        return f"{self.prefix}_{self.secret}"


def new_key_text() -> KeyText:
    prefix = f"trc_{secrets.token_hex(6)}"
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET))
    return KeyText(prefix, secret + _check(prefix, secret))


def read_key(text: str) -> KeyText:
    """The parts of a key. One that was mistyped or cut is told so before anything is looked up."""
    written = _WRITTEN.fullmatch(text)
    if written:
        prefix, secret = written.groups()
        if _check(prefix, secret[:SECRET]) != secret[SECRET:]:
            raise Unidentified(
                "mistyped-key", "This API key was mistyped or cut short: its checksum does not fit."
            )
        return KeyText(prefix, secret)
    earlier = _EARLIER.fullmatch(text)
    if earlier is None:
        raise Unidentified("bad-key", "This API key is not known.")
    return KeyText(*earlier.groups())


def _check(prefix: str, secret: str) -> str:
    number, letters = crc32(f"{prefix}_{secret}".encode()), ""
    for _ in range(CHECK):
        number, rest = divmod(number, len(ALPHABET))
        letters = ALPHABET[rest] + letters
    return letters
