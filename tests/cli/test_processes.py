"""The commands that run until they are stopped, as processes of their own."""

import json
import select
import socket
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine

from processes import answer_of, answers, running, stop, wait_until
from tracelot.bench.servers import free_port
from tracelot.operations.working import writing
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id


def answer_to_endless_head(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ")
        for _ in range(10):
            line.sendall(b"a" * 8_000)
            if select.select([line], [], [], 0.2)[0]:
                break
        return line.recv(200)


def test_the_demo_is_served_from_nothing_and_beside_the_site_s_own_store(tmp_path: Path) -> None:
    port, own = free_port(), tmp_path / "own.db"
    store = {"TRACE_DATABASE_URL": f"sqlite:///{own}"}
    with running(tmp_path, "serve", "--demo", "--port", str(port), "--workers", "2", **store) as process:
        wait_until(process, lambda: answers(port))
        status, headers, body = answer_of(port, "/01/09520001000027/10/ZY260915-HS02")
        said = stop(process)
    found = json.loads(body)
    assert (status, found["verdict"], found["level"]) == (200, "recalled", 1)
    assert found["link"] == f"http://127.0.0.1:{port}/01/09520001000027/10/ZY260915-HS02"
    assert "server" not in headers
    assert found["link"] in said
    kept = ["demo.access.json", "demo.db", "demo.key"]
    assert sorted(file.name for file in (tmp_path / "trace").iterdir()) == kept
    assert not own.exists()


def test_a_site_starts_empty_and_guards_itself(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, "serve", "--port", str(port)) as process:
        wait_until(process, lambda: answers(port))
        status, _, body = answer_of(port, "/api/v1/recalls")
        endless = answer_to_endless_head(port)
        stop(process)
    assert endless.startswith(b"HTTP/1.1 400 ")
    assert (status, json.loads(body)["total"]) == (200, 0)
    assert sorted(file.name for file in (tmp_path / "trace").iterdir()) == ["trace.db", "trace.key"]


def test_work_drains_the_outbox_until_it_is_stopped(tmp_path: Path, store: str, engine: Engine) -> None:
    task_id = add_task(engine)
    with running(tmp_path, "work", TRACE_DATABASE_URL=store) as process:
        wait_until(process, lambda: is_done(engine, task_id))
        said = stop(process)
        assert process.returncode == 0
    assert said == "Working; stop with Ctrl-C.\nStopped.\n"


def add_task(engine: Engine) -> UUID:
    now, id_ = datetime.now(UTC), new_id()
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        kernel.add(Task(id=id_, kind="nothing", payload={}, due_at=now, recorded_at=now))
        kernel.flush()
    return id_


def is_done(engine: Engine, task_id: UUID) -> bool:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        return kernel.get_one(Task, task_id).done_at is not None
