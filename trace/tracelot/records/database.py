"""The engine, its safety, and all that differs between databases."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pysqlite3
from sqlalchemy import ARRAY, Engine, any_, create_engine, event, literal, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import NullPool, QueuePool
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, SQLModel

SAFE_SQLITE = (3, 51, 3)  # older ones lose acknowledged WAL transactions (the WAL-reset bug)
RETRIED = frozenset({"40001", "40P01", "55P03"})  # serialization failure, deadlock, lock not had in time
FULL = "53100"
POOL, OVERFLOW = 10, 30
# With as many lookups, and the writers, they leave some of the pool. More visits than connections would be
# worse than slow: those who wait for one hold the threads which those who have one need to give it back.
READERS = 12

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class UnsafeStore(RuntimeError):
    """The store could lose what it has acknowledged, or is not what it was; Trace does not start on it."""


def connect(url: str) -> Engine:
    """An engine on an SQLite file or a PostgreSQL; what could lose acknowledged records is refused."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    raise UnsafeStore(f"{parsed.get_backend_name()} is not a store that Trace knows.")


def _sqlite(url: str) -> Engine:
    if pysqlite3.sqlite_version_info < SAFE_SQLITE:
        raise UnsafeStore(
            f"SQLite {pysqlite3.sqlite_version} can lose acknowledged records; 3.51.3 is needed."
        )
    path = make_url(url).database
    if not path or path == ":memory:":
        raise UnsafeStore("Records need a file: an SQLite in memory is gone with the process.")
    _make_folder(Path(path).absolute().parent)
    engine = create_engine(
        url,
        module=pysqlite3,
        hide_parameters=True,
        pool_size=POOL,
        max_overflow=OVERFLOW,
        connect_args={"check_same_thread": False, "timeout": 15},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_folder(folder: Path) -> None:
    """Make a folder that outlives a power cut: SQLite syncs its files and their names, never the folder's own."""
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in reversed(made):
        parent = os.open(one.parent, os.O_RDONLY)
        os.fsync(parent)
        os.close(parent)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver must not open transactions behind our back
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "trusted_schema=OFF",
        "busy_timeout=15000",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once: one that upgrades a read lock later can only fail."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: str) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=POOL,
        max_overflow=OVERFLOW,
        connect_args={
            "options": "-c statement_timeout=30000 -c lock_timeout=10000 -c timezone=UTC",
            "connect_timeout": 10,
        },
    )


def stands(url: str) -> bool:
    """Whether there is a file to open, where the store is one: to open it would make it."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


def unpooled(url: str) -> Engine:
    """An engine without a pool, for one short job such as a migration."""
    engine = connect(url)
    engine.pool = NullPool(engine.pool._creator)
    return engine


def frozen(path: Path) -> Engine:
    """An engine on an SQLite file that nobody writes: it is read as it lies there, and nothing is put beside it."""
    address = f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&immutable=1&uri=true"
    return create_engine(address, module=pysqlite3, hide_parameters=True, poolclass=NullPool)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """One unchanging view of the whole store, for as long as a reader needs it; writers go on."""
    postgresql = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if postgresql else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        allow_long_statements(connection)
        yield connection


def allow_long_statements(connection: Connection) -> None:
    """Lift the bound on a statement's time until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def durability(connection: Connection) -> dict[str, str]:
    """The settings on which an acknowledged commit rests."""
    if connection.dialect.name == "sqlite":
        names = ("journal_mode", "synchronous")
        return {name: str(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names}
    names = ("fsync", "synchronous_commit", "full_page_writes")
    return {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in names}


def describe(connection: Connection) -> str:
    """The database and its version."""
    if connection.dialect.name == "sqlite":
        return f"SQLite {pysqlite3.sqlite_version}"
    return f"PostgreSQL {connection.exec_driver_sql('SHOW server_version').scalar_one()}"


def notices_damage(connection: Connection) -> bool:
    """Whether the database notices by itself that the disk gives back other bytes; SQLite is checked by a proof."""
    sqlite = connection.dialect.name == "sqlite"
    return sqlite or connection.exec_driver_sql("SHOW data_checksums").scalar_one() == "on"


def clock_of(connection: Connection) -> datetime:
    """What time the database has."""
    if connection.dialect.name == "sqlite":
        told = connection.exec_driver_sql("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')").scalar_one()
        return datetime.fromisoformat(told)
    found: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return found


def weaknesses(connection: Connection) -> list[str]:
    """Those settings that could lose an acknowledged commit."""
    found = durability(connection)
    safe = {"journal_mode": ("wal",), "synchronous": ("2", "3")}
    return [
        f"{name}={value}"
        for name, value in found.items()
        if (value == "off" if connection.dialect.name == "postgresql" else value not in safe[name])
    ]


def demand_safe(engine: Engine) -> None:
    """Refuse a store whose settings could lose an acknowledged commit."""
    with engine.connect() as connection:
        weak = weaknesses(connection)
    if weak:
        raise UnsafeStore(f"The store could lose acknowledged records: {', '.join(weak)}.")


def unit_of_work(engine: Engine, *, writes: bool) -> dict[str, Any]:
    """How a connection is to be opened: a reader sees one snapshot, whatever is committed meanwhile."""
    snapshot = not writes and engine.dialect.name == "postgresql"
    return {"writes": writes} | ({"isolation_level": "REPEATABLE READ"} if snapshot else {})


def writers(engine: Engine) -> int:
    """How many requests of one process may write at the same time."""
    return 1 if engine.dialect.name == "sqlite" else POOL


def in_use(engine: Engine) -> int:
    """How many of this process's connections are out of the pool."""
    return engine.pool.checkedout() if isinstance(engine.pool, QueuePool) else 0


def retriable(error: DBAPIError) -> bool:
    """Whether the same unit of work may succeed when it is simply done again."""
    if isinstance(error, OperationalError) and "database is locked" in str(error.orig):
        return True
    return getattr(error.orig, "sqlstate", None) in RETRIED


def full(error: DBAPIError) -> bool:
    """Whether the store has no room left: it still reads, and nothing of this was recorded."""
    return "disk is full" in str(error.orig) or getattr(error.orig, "sqlstate", None) == FULL


def uncertain(error: DBAPIError) -> bool:
    """Whether a COMMIT that failed so may have been carried out: the store was cut off, or its disk failed."""
    return error.connection_invalidated or "disk I/O error" in str(error.orig)


def duplicate(error: IntegrityError) -> bool:
    """Whether a row stands already under the same key."""
    return "UNIQUE constraint failed" in str(error.orig) or getattr(error.orig, "sqlstate", None) == "23505"


def insert_ignoring(engine: Engine | Connection, table: Any, rows: list[Mapping[str, Any]]) -> Any:
    """An INSERT that leaves rows alone that stand already, in the words that both databases share."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).values(rows).on_conflict_do_nothing()


def one_of(session: Session, column: Any, keys: Collection[Any]) -> ColumnElement[bool]:
    """That a column holds one of a thousand keys: as so many parameters they cost PostgreSQL more than the rows."""
    arrays = session.get_bind().dialect.name == "postgresql"
    found: ColumnElement[bool]
    found = column == any_(literal(list(keys), ARRAY(column.type))) if arrays else column.in_(keys)
    return found
