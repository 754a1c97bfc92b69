"""The folder of a backup: its files, and the manifest that says what they are and seals them."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tracelot.records.journal import canonical
from tracelot.rules.refusals import Conflict, Unfit, Unknown

NAME = "manifest.json"
CLOSED = 0o700  # password hashes are inside


class FileMark(BaseModel):
    """By which a file is known again."""

    size: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds. `heads` are the journal's last numbers, one for each bucket."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    trace: str
    revision: str
    engine: str
    taken_at: str
    files: dict[str, FileMark]
    rows: dict[str, int]
    columns: dict[str, list[str]]
    heads: dict[str, int]

    def sealed(self) -> str:
        """The manifest as canonical JSON with a hash over itself, so that it vouches for its own bytes too."""
        body = self.model_dump()
        return canonical(body | {"seal": sha256(canonical(body).encode()).hexdigest()}) + "\n"


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder that stands under its name only once all of it is on the disk; never over another."""
    folder = folder.absolute()
    if os.path.lexists(folder):
        raise Conflict(
            "backup-exists", "Something stands under this name already; a backup overwrites nothing."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f"{folder.name}.partial-{secrets.token_hex(4)}")
    partial.mkdir(mode=CLOSED)
    try:
        yield partial
        for path in (*partial.iterdir(), partial):
            to_disk(path)
        _rename(partial, folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    to_disk(folder.parent)


def _rename(partial: Path, folder: Path) -> None:
    try:
        partial.rename(folder)
    except OSError as error:
        raise Conflict(
            "backup-exists", "Something stands under this name already; a backup overwrites nothing."
        ) from error


def to_disk(path: Path) -> None:
    """Wait until a file, or what a folder lists, would survive a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def mark_of(path: Path) -> FileMark:
    with path.open("rb") as file:
        return FileMark(size=path.stat().st_size, sha256=file_digest(file, "sha256").hexdigest())


def marks_in(folder: Path) -> dict[str, FileMark]:
    return {path.name: mark_of(path) for path in sorted(folder.iterdir())}


def read_manifest(folder: Path) -> Manifest:
    """The manifest, if its own seal holds and this program knows its form."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unknown("no-backup", "This is no backup: it has no manifest that can be read.") from error
    try:
        told = json.loads(text)
        told.pop("seal")
        manifest = Manifest.model_validate(told)
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise _damaged(NAME) from error
    if manifest.sealed() != text:
        raise _damaged(NAME)
    return manifest


def demand_whole(folder: Path, manifest: Manifest) -> None:
    """Every file is there, and is what it was."""
    for name, mark in manifest.files.items():
        path = folder / name
        if not path.is_file() or mark_of(path) != mark:
            raise _damaged(name)


def _damaged(name: str) -> Unfit:
    return Unfit(
        "damaged-backup", "A file of the backup is missing or is not what was written.", facts={"file": name}
    )
