"""A backup under load, restored and proved: how long it takes, and whether all that was acknowledged is there."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from tracelot.bench import postgresql
from tracelot.bench.figures import Figure, at_most
from tracelot.bench.registrations import fill_with_history
from tracelot.bench.writers import Acknowledged, acknowledged, await_acknowledged, writers
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.manifests import to_disk
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession

BATCHES = {"small": 20_000, "full": 1_000_000}
SECONDS = {"small": 30.0, "full": 300.0}
MEGABYTES = 400.0
WRITERS = 2
FIRST = 50  # acknowledgements before the backup begins
SETTINGS = "-c max_wal_size=4GB -c shared_buffers=512MB"


def run(scale: str) -> Iterator[Figure]:
    """On SQLite, and on a PostgreSQL of our own where its package is installed."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        yield from drill("SQLite", scale, folder, f"sqlite:///{folder}/from.db", f"sqlite:///{folder}/to.db")
    if postgresql.available():
        with tempfile.TemporaryDirectory() as place:
            yield from _on_postgresql(scale, Path(place))


def _on_postgresql(scale: str, folder: Path) -> Iterator[Figure]:
    server = postgresql.PostgreSQL(None, SETTINGS)
    try:
        admin = connect(server.url("postgres")).execution_options(isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            for name in ("source", "target"):
                connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        admin.dispose()
        yield from drill("PostgreSQL", scale, folder, server.url("source"), server.url("target"))
    finally:
        server.close()


def drill(name: str, scale: str, folder: Path, source: str, target: str) -> Iterator[Figure]:
    """Fill, back up while others write, restore elsewhere, compare with the ledger."""
    fill_with_history(source, BATCHES[scale]).dispose()
    with writers(source, folder, WRITERS) as ledgers:
        await_acknowledged(ledgers, FIRST)
        began = time.time_ns()
        saved = _trace(source, "backup", str(folder / "backup"))
        ended = time.time_ns()
    ledger = acknowledged(ledgers)
    during = sum(began < one.at < ended for one in ledger)
    plain = _plain_copy(folder / "backup", folder / "copy")
    restored = _trace(target, "restore", str(folder / "backup"), "--verify")
    missing = _missing(target, [one for one in ledger if one.at < began])
    yield _within(f"{name}: backup under load", saved.seconds, plain, SECONDS[scale])
    yield Figure(f"{name}: registrations during the backup", during, "", None, None, "> 0", during > 0)
    yield _within(f"{name}: restore and verify", restored.seconds, plain, SECONDS[scale])
    yield at_most(f"{name}: processor of restore and verify", restored.cpu_seconds, "s", SECONDS[scale])
    yield at_most(f"{name}: memory of restore and verify", restored.megabytes, "MB", MEGABYTES)
    yield at_most(f"{name}: acknowledged before the backup and missing", missing, f"of {len(ledger)}", 0)


def _within(name: str, seconds: float, plain: float, goal: float) -> Figure:
    """Against a plain copy of the same bytes, which says how busy the disk is."""
    return Figure(name, seconds, "s", plain, seconds / plain, f"<= {goal} s", seconds <= goal)


@dataclass(frozen=True)
class Ran:
    """How long a command took, how long it had the processor, and how much memory it held at most."""

    seconds: float
    cpu_seconds: float
    megabytes: float


def _trace(url: str, *arguments: str) -> Ran:
    environment = {**os.environ, "TRACE_DATABASE_URL": url}
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "tracelot", *arguments], env=environment, stdout=sys.stderr
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"`trace {arguments[0]}` failed.")
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return Ran(time.monotonic() - began, cpu_seconds, usage.ru_maxrss / 1024)


def _plain_copy(folder: Path, copy: Path) -> float:
    """The baseline: the same bytes copied to the disk, and read back once."""
    began = time.monotonic()
    shutil.copytree(folder, copy)
    for path in sorted(copy.iterdir()):
        to_disk(path)
        with path.open("rb") as file:
            while file.read(1 << 20):
                pass
    took = time.monotonic() - began
    shutil.rmtree(copy)
    return took


def _missing(url: str, ledger: list[Acknowledged]) -> int:
    engine = connect(url)
    with engine.connect() as connection:
        missing = sum(not _stands(connection, one) for one in ledger)
    engine.dispose()
    return missing


def _stands(connection: Connection, one: Acknowledged) -> bool:
    with ScopedSession(connection, EVERYTHING) as kernel:
        return kernel.get(Batch, one.batch_id) is not None
