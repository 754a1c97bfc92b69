"""What is kept or handed out sealed with the deployment's own keys, of which two may live at once."""

import base64
import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracelot.rules.refusals import Unavailable, Unfit

OTHERS = 0o077


class Keyring:
    """Seals with the newest key and opens with any; each purpose has keys of its own, derived from these."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._keys = tuple(keys)

    def _fernets(self, purpose: str) -> MultiFernet:
        if not self._keys:
            raise Unavailable("no-secret-key", "This deployment has no key to seal secrets with.")
        return MultiFernet([Fernet(_derived(key, purpose)) for key in self._keys])

    def seal(self, purpose: str, content: dict[str, Any], now: datetime) -> str:
        plain = json.dumps(content).encode()
        return self._fernets(purpose).encrypt_at_time(plain, int(now.timestamp())).decode()

    def open(
        self, purpose: str, token: str, now: datetime, lasts: timedelta | None = None
    ) -> dict[str, Any] | None:
        """What was sealed; None for what was not sealed here, or longer ago than `lasts`."""
        fernets = self._fernets(purpose)
        try:
            if lasts is None:
                plain = fernets.decrypt(token)
            else:
                plain = fernets.decrypt_at_time(token, int(lasts.total_seconds()), int(now.timestamp()))
        except InvalidToken:
            return None
        content: dict[str, Any] = json.loads(plain)
        return content


def _derived(key: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"trace {purpose}".encode())
    return base64.urlsafe_b64encode(derive.derive(key.encode()))


def kept_key(file: Path) -> str:
    """The key in a file that its owner alone can read; made once, whole, whichever process comes first."""
    if not file.exists():
        _make_key(file)
    if file.stat().st_mode & OTHERS:
        raise Unfit(
            "loose-key-file", "Others can read the key file of this deployment: set its mode to 0600."
        )
    return file.read_text(encoding="ascii").strip()


def _make_key(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="ascii") as stream:  # noqa: PTH123  (a path would lose the mode)
        stream.write(secrets.token_urlsafe(32) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()
