"""Hashing passwords and secrets. Argon2id costs memory and time on purpose, so few run at once."""

import secrets
from hashlib import sha256
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# OWASP's second profile: 19 MiB, two passes; 36 ms of CPU where the library's default takes 264 ms.
_HASHER = PasswordHash((Argon2Hasher(memory_cost=19456, time_cost=2, parallelism=1),))
_AT_ONCE = BoundedSemaphore(2)
_NOBODY = _HASHER.hash(secrets.token_hex())


def hash_password(password: str) -> str:
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Whether a password is the one kept; takes as long when there is none."""
    with _AT_ONCE:
        right = _HASHER.verify(password, kept or _NOBODY)
    return right and kept is not None


def new_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """How a random secret is kept; it is long enough that a plain hash cannot be turned back."""
    return sha256(secret.encode()).hexdigest()
