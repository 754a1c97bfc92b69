"""A ZIP of many files, written while it is read: memory holds one piece at a time.

The last file, `manifest.json`, names every other one with its size, lines and SHA-256.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

PIECE = 1 << 16
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Packed:
    """A file as it lies in the package."""

    name: str
    bytes: int
    lines: int
    sha256: str


class _Outbox:
    """What was written and not yet taken; it cannot be sought in, so the ZIP is written straight on."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def write(self, piece: bytes) -> int:
        self._pieces += piece
        return len(piece)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        taken = bytes(self._pieces)
        self._pieces.clear()
        return taken

    def __len__(self) -> int:
        return len(self._pieces)


def pack(
    files: Iterable[tuple[str, Iterable[bytes]]], now: datetime, facts: dict[str, Any]
) -> Iterator[bytes]:
    """The package, piece by piece; `facts` stand at the head of its manifest."""
    outbox, packed = _Outbox(), list[Packed]()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, pieces in files:
            yield from _file(package, outbox, name, pieces, now, packed)
        manifest = facts | {"made_at": now.isoformat(), "files": [asdict(one) for one in packed]}
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        yield from _file(package, outbox, MANIFEST, [text], now, [])
    yield outbox.take()


def _file(
    package: zipfile.ZipFile,
    outbox: _Outbox,
    name: str,
    pieces: Iterable[bytes],
    now: datetime,
    packed: list[Packed],
) -> Iterator[bytes]:
    size, lines, digest = 0, 0, sha256()
    info = zipfile.ZipInfo(name, now.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    with package.open(info, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size, lines = size + len(piece), lines + piece.count(b"\n")
            if len(outbox) >= PIECE:
                yield outbox.take()
    packed.append(Packed(name, size, lines, digest.hexdigest()))
