"""The outbox between processes: each mail goes out once, and no task is lost with the one who did it."""

import asyncio
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Engine
from sqlmodel import col, select, update

from processes import Process, running, stop, wait_until
from tracelot.bench.servers import free_port
from tracelot.operations import outbox
from tracelot.operations.outbox import Split, Worker
from tracelot.operations.working import writing
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id


class Postbox:
    """An SMTP server that counts what arrives, and that can be made to keep a sender waiting."""

    def __init__(self) -> None:
        self.port = free_port()
        self.arrived: Counter[str] = Counter()
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.asked.set()
        await self._patience()
        self.arrived[str(message_from_bytes(envelope.content)["To"])] += 1
        return "250 kept"

    async def _patience(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.go_on.wait, 60)

    @property
    def settings(self) -> dict[str, str]:
        return {"TRACE_SMTP_HOST": "127.0.0.1", "TRACE_SMTP_PORT": str(self.port), "TRACE_SMTP_TLS": "none"}


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    server = Controller(box, hostname="127.0.0.1", port=box.port)
    server.start()
    yield box
    box.go_on.set()
    server.stop()


def post(engine: Engine, *names: str) -> None:
    now = datetime.now(UTC)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        for name in names:
            payload = {"template": "reset", "to": name, "name": name, "link": "http://127.0.0.1/reset/x"}
            kernel.add(Task(id=new_id(), kind="mail", payload=payload, due_at=now, recorded_at=now))
        kernel.flush()


def tasks(engine: Engine) -> list[Task]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        found = list(kernel.exec(select(Task)).all())
        kernel.expunge_all()
        return found


def all_done(engine: Engine) -> bool:
    return all(task.done_at for task in tasks(engine))


def test_several_workers_send_no_mail_twice(
    tmp_path: Path, store: str, engine: Engine, postbox: Postbox
) -> None:
    people = [f"person{number}@x.example" for number in range(40)]
    with ExitStack() as opened:
        workers: list[Process] = []
        for name in ("a", "b", "c"):
            (tmp_path / name).mkdir()
            start = running(tmp_path / name, "work", TRACE_DATABASE_URL=store, **postbox.settings)
            workers.append(opened.enter_context(start))
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "Working; stop with Ctrl-C.\n"
        post(engine, *people)
        wait_until(workers[0], lambda: all_done(engine))
        for worker in workers:
            stop(worker)

    assert postbox.arrived == Counter(people)
    assert {task.outcome for task in tasks(engine)} == {"sent"}
    assert {task.attempts for task in tasks(engine)} == {1}


def test_a_worker_that_is_told_to_stop_ends_between_two_tasks(
    tmp_path: Path, store: str, engine: Engine, postbox: Postbox
) -> None:
    postbox.go_on.clear()
    post(engine, "first@x.example", "second@x.example", "third@x.example")
    with running(tmp_path, "work", TRACE_DATABASE_URL=store, **postbox.settings) as process:
        wait_until(process, postbox.asked.is_set)
        process.send_signal(signal.SIGTERM)
        assert process.poll() is None
        postbox.go_on.set()
        process.wait(timeout=60)

    assert process.returncode == 0
    done = [task for task in tasks(engine) if task.done_at]
    assert [task.outcome for task in done] == ["sent"]
    assert sum(postbox.arrived.values()) == 1
    assert [task.owner for task in tasks(engine) if not task.done_at] == [None, None]


def test_what_a_killed_worker_was_doing_is_taken_over_when_its_lease_ran_out(
    tmp_path: Path, store: str, engine: Engine, postbox: Postbox
) -> None:
    postbox.go_on.clear()
    post(engine, "only@x.example")
    with running(tmp_path, "work", TRACE_DATABASE_URL=store, **postbox.settings) as process:
        wait_until(process, postbox.asked.is_set)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=60)
    [left] = tasks(engine)
    assert (left.done_at, left.outcome) == (None, None)
    assert left.lease_until is not None
    assert left.lease_until > datetime.now(UTC)

    postbox.go_on.set()
    let_time_pass(engine)
    with running(tmp_path, "work", TRACE_DATABASE_URL=store, **postbox.settings) as process:
        wait_until(process, lambda: all_done(engine))
        stop(process)

    [done] = tasks(engine)
    assert (done.outcome, done.attempts) == ("sent", 2)
    assert postbox.arrived["only@x.example"] >= 1


def let_time_pass(engine: Engine) -> None:
    """As when the two minutes of a lease have gone by."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        kernel.exec(update(Task).where(col(Task.lease_until).is_not(None)).values(lease_until=past))


def test_a_lease_is_held_for_as_long_as_the_work_takes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "RENEW_SECONDS", 0.05)
    post(engine, "slow@x.example")
    done_by_another: list[int] = []

    def slow(_: object, __: object) -> str:
        let_time_pass(engine)
        before = datetime.now(UTC)
        other = Worker(engine, {"mail": lambda *_: "sent by another"})
        while not (lease := tasks(engine)[0].lease_until) or lease < before:
            pass
        done_by_another.append(other.drain())
        return "sent"

    assert Worker(engine, {"mail": slow}).drain() == 1
    assert done_by_another == [0]
    assert tasks(engine)[0].outcome == "sent"


def test_a_worker_that_lost_its_lease_does_not_overwrite_who_took_it_over(engine: Engine) -> None:
    post(engine, "slow@x.example")

    def overtaken(_: object, __: object) -> str:
        let_time_pass(engine)
        assert Worker(engine, {"mail": lambda *_: "sent by another"}).drain() == 1
        return "sent late"

    Worker(engine, {"mail": overtaken}).drain()

    assert [(task.outcome, task.attempts) for task in tasks(engine)] == [("sent by another", 2)]


def test_a_task_that_is_several_is_tried_one_by_one(engine: Engine) -> None:
    """One address that fails is no reason to write to the others again."""
    post(engine, "all@x.example")
    sent: Counter[str] = Counter()

    def letter(payload: dict[str, str], _: object) -> str:
        if payload["to"] == "broken":
            raise OSError
        sent[payload["to"]] += 1
        return "sent"

    split = Split("2 officers", "letter", [{"to": "right"}, {"to": "broken"}])
    worker = Worker(engine, {"mail": lambda *_: split, "letter": letter})
    while worker.drain():
        pass

    assert sent == Counter({"right": 1})
    assert sorted(str(task.outcome) for task in tasks(engine)) == ["2 officers", "failed: OSError", "sent"]


def test_a_round_that_fails_is_not_the_last_one(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outbox, "POLL_SECONDS", 0.01)
    worker = Worker(engine, {"mail": lambda *_: "sent"})
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.exec_driver_sql("ALTER TABLE task RENAME TO hidden")
    worker.start()
    while "a round of the outbox failed" not in caplog.text:
        pass
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO task")
    post(engine, "later@x.example")
    while not all_done(engine):
        pass
    worker.stop()
