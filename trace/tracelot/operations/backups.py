"""Backing up a running store, restoring it into an empty one, and proving that a store is whole."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from tracelot.records.copying import copy_out, count_rows, filling, heads_of
from tracelot.records.database import connect, snapshot, stands
from tracelot.records.manifests import Manifest, appearing, demand_whole, read_manifest
from tracelot.records.migrating import demand_known, migrate_on, revision_of
from tracelot.records.proving import Unsound, prove
from tracelot.rules.refusals import Unknown


def back_up(url: str, folder: Path, now: datetime) -> Manifest:
    """Copy the store as it is at one moment into a new folder, while others go on writing."""
    with _standing(url) as engine, appearing(folder) as partial:
        return copy_out(engine, partial, now.isoformat(timespec="seconds"))


@contextmanager
def _standing(url: str) -> Iterator[Engine]:
    """The store, if there is one with tables."""
    if not stands(url):
        raise _no_store()
    engine = connect(url)
    try:
        with engine.connect() as connection:
            if revision_of(connection) is None:
                raise _no_store()
        yield engine
    finally:
        engine.dispose()


def _no_store() -> Unknown:
    return Unknown("no-store", "There is no store here: TRACE_DATABASE_URL names none that has tables.")


def restore(url: str, folder: Path) -> Iterator[str]:
    """Restore into an empty store, and bring it to the present tables; says each thing that was done."""
    manifest = yield from _checked(folder)
    with filling(url, folder, manifest) as connection:
        migrate_on(connection)
    yield "Restored."


def restore_proved(url: str, folder: Path) -> Iterator[str]:
    """The same, but the store stands only once it was proved to be what was backed up."""
    manifest = yield from _checked(folder)
    with filling(url, folder, manifest) as connection:
        yield _demand_equal(connection, manifest)
        migrate_on(connection)
        yield from prove(connection)
    yield "Restored."


def prove_store(url: str, folder: Path) -> Iterator[str]:
    """Restore nothing: prove the backup's files, and the store as it stands, which is not behind the backup."""
    manifest = yield from _checked(folder)
    with _standing(url) as engine, snapshot(engine) as connection:
        yield _demand_not_behind(connection, manifest)
        yield from prove(connection)


def _checked(folder: Path) -> Generator[str, None, Manifest]:
    manifest = read_manifest(folder)
    demand_known(manifest.revision)
    demand_whole(folder, manifest)
    size = sum(mark.size for mark in manifest.files.values())
    yield (
        f"Backup of {manifest.taken_at} by Trace {manifest.trace}, tables of revision {manifest.revision}:"
        f" {len(manifest.files)} files of {size:,} bytes, each what it was."
    )
    return manifest


def _demand_equal(connection: Connection, manifest: Manifest) -> str:
    for name, count in count_rows(connection, list(manifest.rows)).items():
        if count != manifest.rows[name]:
            raise Unsound(f"{name} has {count} rows and not the {manifest.rows[name]} of the backup.")
    if heads_of(connection) != manifest.heads:
        raise Unsound("The journal's heads are not those of the backup.")
    return f"{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables, as many as were backed up."


def _demand_not_behind(connection: Connection, manifest: Manifest) -> str:
    heads = heads_of(connection)
    behind = [bucket for bucket, head in manifest.heads.items() if heads.get(bucket, 0) < head]
    if behind:
        raise Unsound(
            f"The store is older than the backup: bucket {behind[0]} of its journal ends before it."
        )
    return "The store is not behind the backup."
