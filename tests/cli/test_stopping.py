"""A server that is told to stop: what was begun is finished and acknowledged, and nothing new is begun."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import select

from builders import new_batch
from processes import Answer, Line, Process, answers, children, running, wait_until
from tracelot.bench.servers import free_port
from tracelot.records.batches import Batch
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import World

BUSY = 503


@contextmanager
def writers_wait(engine: Engine) -> Iterator[None]:
    """Every writer waits until the block ends, as behind a slow disk."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE bucket IN SHARE ROW EXCLUSIVE MODE")
        yield


class Slow:
    """A registration that is under way when the server is told to stop."""

    def __init__(self, port: int, world: World) -> None:
        self.answer: Answer | None = None
        self._port, self._world = port, world
        self._thread = threading.Thread(target=self._register)

    def _register(self) -> None:
        key = {"Authorization": f"Bearer {self._world.keys['zhenyang']}"}
        new = new_batch(self._world.product_id, code="SLOW-1").model_dump(mode="json", exclude_none=True)
        with Line(self._port, **key) as line:
            self.answer = line.post("/api/v1/batches", new)

    def start(self) -> None:
        self._thread.start()

    def wait(self) -> None:
        self._thread.join(timeout=60)


def accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def in_work(engine: Engine, port: int) -> bool:
    """Whether a writer stands behind the lock; on a file that cannot be seen, so the connection must do."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            waits = "SELECT wait_event_type FROM pg_stat_activity WHERE datname = current_database()"
            return "Lock" in connection.exec_driver_sql(waits).scalars().all()
    table = Path("/proc/net/tcp").read_text(encoding="ascii")
    return f"0100007F:{port:04X} 0100007F" in table


def test_a_request_in_flight_is_finished_and_new_ones_are_refused(
    tmp_path: Path, store: str, world: World, engine: Engine
) -> None:
    port = free_port()
    options = ("serve", "--port", str(port), "--workers", "2")
    with running(tmp_path, *options, TRACE_DATABASE_URL=store, TRACE_WORKER="false") as process:
        wait_until(process, lambda: answers(port))
        slow = Slow(port, world)
        with writers_wait(engine):
            slow.start()
            wait_until(process, lambda: in_work(engine, port))
            process.send_signal(signal.SIGTERM)
            wait_until(process, lambda: not accepts(port))
            assert slow.answer is None or slow.answer.status == BUSY
            assert process.poll() is None
        slow.wait()
        process.wait(timeout=60)

    assert process.returncode == 0
    assert slow.answer is not None
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        kept = kernel.exec(select(Batch).where(Batch.code == "SLOW-1")).all()
        if (
            slow.answer.status == BUSY
        ):  # where the machine is busy, its patience ends first, and it is told so
            assert kept == []
        else:
            assert (slow.answer.status, kept[0].id) == (201, UUID(slow.answer.json()["id"]))


def test_a_server_that_drains_says_so_and_goes_on_answering(tmp_path: Path, store: str) -> None:
    port = free_port()
    settings = {"TRACE_DATABASE_URL": store, "TRACE_DRAIN_SECONDS": "3"}
    with running(tmp_path, "serve", "--port", str(port), **settings) as process:
        wait_until(process, lambda: answers(port))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        wait_until(process, lambda: not answers(port))
        assert time.monotonic() - began < 2.5
        with Line(port) as line:
            said = line.get("/readyz")
            assert (said.status, said.json()["type"].rpartition("/")[2]) == (503, "stopping")
            assert line.get("/recalls").status == 200
        process.wait(timeout=60)
        assert time.monotonic() - began >= 3
    assert process.returncode == 0


def test_nothing_is_left_of_a_server_that_stopped(tmp_path: Path, store: str) -> None:
    port = free_port()
    settings = {"TRACE_METRICS_TOKEN": "a-token-for-the-collector", "TMPDIR": str(tmp_path)}
    options = ("serve", "--port", str(port), "--workers", "2")
    with running(tmp_path, *options, TRACE_DATABASE_URL=store, **settings) as process:
        wait_until(process, lambda: answers(port) and len(children(process.pid)) == 2)
        assert [folder.is_dir() for folder in tmp_path.glob("trace-metrics-*")] == [True]
        started = children(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

    assert list(tmp_path.glob("trace-metrics-*")) == []
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []


def test_stopping_does_not_wait_for_those_who_ask_nothing(tmp_path: Path, store: str) -> None:
    port = free_port()
    with running(tmp_path, "serve", "--port", str(port), TRACE_DATABASE_URL=store) as process:
        wait_until(process, lambda: answers(port))
        with Line(port) as idle:
            assert idle.get("/healthz").status == 200
            began = time.monotonic()
            stop_quickly(process)
            assert time.monotonic() - began < 10


def stop_quickly(process: Process) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=60)
