"""Bringing a store to the present tables, and filling what every store begins with."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import DBAPIError

from tracelot.records import tenancy  # noqa: F401  (registers every table)
from tracelot.records.database import UnsafeStore
from tracelot.records.divisions import Division, read_divisions
from tracelot.records.journal import BUCKETS, Bucket

HERE = Path(__file__).parent / "migrations"
TRIES = 5
MADE_MEANWHILE = frozenset(
    {"42P07", "42710", "42701", "23505"}
)  # table, type or index, column, row of the catalogue


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration; the migrations lie inside the package and work from a wheel."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision and fill the reference tables; safe to repeat, and to do twice at once."""
    for attempt in range(TRIES):
        try:
            with reshaping(engine) as connection:
                migrate_on(connection)
            return
        except DBAPIError as error:  # on PostgreSQL, whoever comes second finds the tables made meanwhile
            if attempt == TRIES - 1 or getattr(error.orig, "sqlstate", None) not in MADE_MEANWHILE:
                raise


@contextmanager
def reshaping(engine: Engine) -> Iterator[Connection]:
    """One transaction that may take long and may rebuild tables; all of it is kept, or nothing.

    SQLite changes a table by making it anew, and dropping the old one counts as deleting its rows: so its
    references are checked at the end, and not row by row. The setting has no effect inside a transaction.
    """
    lite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(writes=True) as connection:
        raw = connection.connection
        if lite:
            raw.cursor().execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not lite:
                    connection.exec_driver_sql("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
                yield connection
                if lite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                    raise UnsafeStore(
                        "The migration would leave records that point nowhere; nothing was changed."
                    )
        finally:
            if lite:
                raw.cursor().execute("PRAGMA foreign_keys=ON")


def migrate_on(connection: Connection) -> None:
    """The same inside a transaction that somebody else commits."""
    bring(connection, "head")
    _fill(connection)


def bring(connection: Connection, revision: str) -> None:
    """Upgrade the tables to a revision, if the store is not ahead of this program."""
    present = revision_of(connection)
    demand_known(present)
    if revision == "head" and present == newest():
        return
    if connection.dialect.server_version_info is None:  # an engine without its first pool never asked
        connection.dialect.initialize(connection)
    command.upgrade(config_for(connection), revision)


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(config_for())


@cache
def newest() -> str | None:
    """The revision that this program's tables have."""
    return _scripts().get_current_head()


def revision_of(connection: Connection) -> str | None:
    """The revision that the store's tables have."""
    return MigrationContext.configure(connection).get_current_revision()


def demand_known(revision: str | None) -> None:
    """Refuse what a newer program wrote: this one would read it wrongly."""
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise UnsafeStore(
            f"A newer Trace wrote this (tables of revision {revision}; {newest()} is the newest that this one"
            " knows). Install that Trace, or restore a backup from before."
        )


def _fill(connection: Connection) -> None:
    if connection.execute(select(Bucket)).first() is None:
        connection.execute(insert(Bucket), [{"id": number, "seq": 0} for number in range(BUCKETS)])
    if connection.execute(select(Division)).first() is None:
        rows = [row | {"effective_from": date(1970, 1, 1)} for row in read_divisions()]
        for start in range(0, len(rows), 2000):
            connection.execute(insert(Division), rows[start : start + 2000])
