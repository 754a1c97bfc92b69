"""Copies of a whole store: out of a running one as one snapshot, and into an empty one, all or nothing."""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pysqlite3
from psycopg import sql
from sqlalchemy import Connection, Engine, inspect, make_url
from sqlmodel import SQLModel

from tracelot import __version__
from tracelot.records.database import allow_long_statements, frozen, snapshot, unpooled
from tracelot.records.manifests import NAME, Manifest, marks_in, to_disk
from tracelot.records.migrating import bring, newest, revision_of
from tracelot.rules.refusals import Conflict, Unfit

FILE = "store.db"
BLOCK = 1 << 20
SIDES = ("", "-wal", "-shm", "-journal")


def copy_out(engine: Engine, folder: Path, taken_at: str) -> Manifest:
    """Write the store into a folder as it was at one moment; the manifest comes last."""
    if engine.dialect.name == "sqlite":
        _copy_file_out(engine, folder / FILE)
        copy = frozen(folder / FILE)
        with copy.connect() as connection:
            manifest = _describe(connection, folder, taken_at)
        copy.dispose()
    else:
        with snapshot(engine) as connection:
            _copy_tables_out(connection, folder)
            manifest = _describe(connection, folder, taken_at)
    (folder / NAME).write_text(manifest.sealed(), encoding="utf-8")
    return manifest


def _describe(connection: Connection, folder: Path, taken_at: str) -> Manifest:
    names = tables_of(connection)
    return Manifest(
        trace=__version__,
        revision=revision_of(connection) or "",
        engine=connection.dialect.name,
        taken_at=taken_at,
        files=marks_in(folder),
        rows=count_rows(connection, names),
        columns={name: _columns(connection, name) for name in names},
        heads=heads_of(connection),
    )


def _copy_file_out(engine: Engine, path: Path) -> None:
    """One step of SQLite's own backup: a single read of the whole, which no writer waits for."""
    path.touch(mode=0o600)
    target = pysqlite3.connect(str(path))
    try:
        target.execute("PRAGMA synchronous=OFF")  # the folder is brought to the disk as a whole
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.backup(target, pages=-1)
    finally:
        target.close()


def _copy_tables_out(connection: Connection, folder: Path) -> None:
    for name in tables_of(connection):
        path = folder / f"{name}.copy"
        path.touch(mode=0o600)
        with path.open("wb", buffering=BLOCK) as file:
            with _cursor(connection).copy(_copy("COPY {} ({}) TO STDOUT", connection, name)) as rows:
                for block in rows:
                    file.write(block)


def _cursor(connection: Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()


def _copy(statement: str, connection: Connection, name: str, columns: Sequence[str] = ()) -> sql.Composed:
    named = columns or _columns(connection, name)
    return sql.SQL(statement).format(sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, named)))


def tables_of(connection: Connection) -> list[str]:
    """The store's tables, each after those that it refers to.

    A store at the present revision has those of the code; an older one is taken as it stands.
    """
    found = [name for name, _ in inspect(connection).get_sorted_table_and_fkc_names() if name]
    present = revision_of(connection) == newest()
    known = SQLModel.metadata.tables
    return [name for name in found if name != "alembic_version" and (name in known or not present)]


def _columns(connection: Connection, name: str) -> list[str]:
    return [column["name"] for column in inspect(connection).get_columns(name)]


def count_rows(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    return {
        name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one()  # noqa: S608
        for name in names
    }


def heads_of(connection: Connection) -> dict[str, int]:
    found = connection.exec_driver_sql("SELECT id, seq FROM bucket ORDER BY id")
    return {str(bucket): seq for bucket, seq in found}


@contextmanager
def filling(url: str, folder: Path, manifest: Manifest) -> Iterator[Connection]:
    """The backup's rows in an empty store, for a look before they stand: what goes wrong leaves it empty."""
    if make_url(url).get_backend_name() != manifest.engine:
        raise Unfit("other-database", "This backup was taken from another kind of database.")
    fill = _filling_file if manifest.engine == "sqlite" else _filling_tables
    with fill(url, folder, manifest) as connection:
        yield connection


@contextmanager
def _filling_file(url: str, folder: Path, _: Manifest) -> Iterator[Connection]:
    path = Path(make_url(url).database or "").absolute()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    demand_free(path)
    partial = path.with_name(f"{path.name}.restoring")
    with _alone_at(partial):
        shutil.copyfile(folder / FILE, partial)
        engine = unpooled(str(make_url(url).set(database=str(partial))))
        try:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                yield connection
        finally:
            engine.dispose()
        to_disk(partial)
        demand_free(path)
        partial.rename(path)
        to_disk(path.parent)


@contextmanager
def _alone_at(partial: Path) -> Iterator[None]:
    """A file that one restore alone works on; what an interrupted one left there goes first."""
    with partial.open("ab") as held:
        partial.chmod(0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Conflict("restore-runs", "Another restore into this store is running.") from error
        for side in SIDES[1:]:
            Path(f"{partial}{side}").unlink(missing_ok=True)
        try:
            yield
        finally:
            for side in SIDES:
                Path(f"{partial}{side}").unlink(missing_ok=True)


def demand_free(path: Path) -> None:
    """No store stands there; not even the log of one, which SQLite would replay into what is restored."""
    if any(Path(f"{path}{side}").exists() for side in SIDES):
        raise _not_empty()


@contextmanager
def _filling_tables(url: str, folder: Path, manifest: Manifest) -> Iterator[Connection]:
    engine = unpooled(url)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            allow_long_statements(connection)
            if inspect(connection).get_table_names():
                raise _not_empty()
            bring(connection, manifest.revision)
            _copy_tables_in(connection, folder, manifest)
            yield connection
    finally:
        engine.dispose()


def _not_empty() -> Conflict:
    return Conflict("store-not-empty", "The store to restore into is not empty; nothing is overwritten.")


def _copy_tables_in(connection: Connection, folder: Path, manifest: Manifest) -> None:
    names = [name for name in tables_of(connection) if name in manifest.rows]
    for name in reversed(names):
        connection.exec_driver_sql(f'DELETE FROM "{name}"')  # noqa: S608  (what a migration put there)
    with _without_indexes(connection):
        for name in names:
            statement = _copy("COPY {} ({}) FROM STDIN", connection, name, manifest.columns[name])
            with (folder / f"{name}.copy").open("rb") as file, _cursor(connection).copy(statement) as rows:
                while block := file.read(BLOCK):
                    rows.write(block)
    connection.exec_driver_sql("ANALYZE")


@contextmanager
def _without_indexes(connection: Connection) -> Iterator[None]:
    """Take foreign keys and indexes away while rows come in: made at the end, all rows at once, they cost less."""
    keys = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype IN ('f', 'u') AND connamespace = current_schema()::regnamespace ORDER BY contype"
    ).all()
    indexes = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indexrelid"
        " WHERE relnamespace = current_schema()::regnamespace"
        " AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
    ).all()
    for table, name, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    for name, _ in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _, definition in indexes:
        connection.exec_driver_sql(definition)
    for table, name, definition in reversed(keys):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
