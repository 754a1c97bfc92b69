"""Stores for tests: copies of a template, made in milliseconds, on SQLite or on a real PostgreSQL."""

import itertools
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, make_url

from tracelot.bench.postgresql import PostgreSQL
from tracelot.records.database import connect
from tracelot.records.migrating import migrate

KIND = os.environ.get("TRACE_TEST_DATABASE", "sqlite")
ROOM = 2 << 30
COPIED = "STRATEGY FILE_COPY"  # a half faster than through the log, which is the default
Fill = Callable[[str], None]


class Databases(ABC):
    """Makes stores from named templates. A template is filled once, by what first asks for it."""

    def __init__(self) -> None:
        self._templates: dict[str, str] = {}
        self._numbers = itertools.count()

    def make(self, template: str) -> str:
        """The URL of a new store: migrated, and filled as the template is."""
        self.prepare(template, None)
        return self.create(self._templates[template])

    def prepare(self, template: str, fill: Fill | None, base: str = "bare") -> None:
        """Fill a copy of the base, unless that was done."""
        if "bare" not in self._templates:
            self._templates["bare"] = _migrated(self.create(None))
        if template not in self._templates and fill:
            filled = self.create(self._templates[base])
            fill(filled)
            self._templates[template] = filled

    def name(self) -> str:
        return f"store_{next(self._numbers)}"

    @abstractmethod
    def create(self, template: str | None) -> str:
        """A store that is empty, or a copy of the one at the URL."""

    @abstractmethod
    def renew(self, url: str, template: str) -> None:
        """Make a store what the template is, under the URL that it has; nobody is connected to it."""

    @abstractmethod
    def drop(self, url: str) -> None: ...

    @abstractmethod
    def close(self) -> None: ...


def _migrated(url: str) -> str:
    engine = connect(url)
    migrate(engine)
    engine.dispose()
    return url


class Files(Databases):
    """SQLite files, in memory where there is room. The last connection that closes folds the log into the file."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="trace-stores-", dir=_roomy()))

    def create(self, template: str | None) -> str:
        url = f"sqlite:///{self._folder / self.name()}.db"
        if template:
            self.renew(url, template)
        return url

    def renew(self, url: str, template: str) -> None:
        self.drop(url)
        shutil.copyfile(make_url(template).database or "", make_url(url).database or "")

    def drop(self, url: str) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{end}").unlink(missing_ok=True)

    def close(self) -> None:
        shutil.rmtree(self._folder)


class Server(Databases):
    """A PostgreSQL of our own: on a memory file system where there is one, reached by a socket, never by TCP."""

    SETTINGS = "-c max_connections=200 -c max_wal_size=256MB -c autovacuum=off"

    def __init__(self) -> None:
        super().__init__()
        self.server = PostgreSQL(_roomy(), self.SETTINGS)
        self._admin = connect(self.server.url("postgres")).execution_options(isolation_level="AUTOCOMMIT")

    def say(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def create(self, template: str | None) -> str:
        name = self.name()
        source = make_url(template).database if template else "template0"
        self.say(f"CREATE DATABASE {name} TEMPLATE {source} {COPIED}")
        return self.server.url(name)

    def renew(self, url: str, template: str) -> None:
        self.drop(url)
        self.say(f"CREATE DATABASE {make_url(url).database} TEMPLATE {make_url(template).database} {COPIED}")

    def drop(self, url: str) -> None:
        self.say(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()
        self.server.close()


def _roomy() -> str | None:
    """Memory instead of a disk, where there is enough of it."""
    memory = Path("/dev/shm")  # noqa: S108
    fits = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if fits else None


def open_databases() -> Databases:
    """The kind that TRACE_TEST_DATABASE names."""
    match KIND:
        case "sqlite":
            return Files()
        case "postgresql":
            return Server()
        case _:
            raise ValueError("TRACE_TEST_DATABASE is sqlite or postgresql.")


def rows_of(url: str) -> dict[str, list[Any]]:
    """Every row of every table, read by the test's own statements."""
    engine = connect(url)
    with engine.connect() as connection:
        found = {
            name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}").all()))  # noqa: S608
            for name in inspect(connection).get_table_names()
        }
    engine.dispose()
    return found
