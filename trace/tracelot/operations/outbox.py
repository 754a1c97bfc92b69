"""Draining the outbox: work that follows a commit, done by a thread here or by `trace work`."""

import logging
import os
import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Engine

from tracelot.operations.working import writing
from tracelot.records.outbox import FAILED, LEASE, Task, claim, close, list_due, renew
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id

log = logging.getLogger("tracelot.outbox")


class Split(NamedTuple):
    """A task that turned out to be several: each is tried by itself, so what succeeded is not done again."""

    outcome: str
    kind: str
    payloads: list[dict[str, Any]]


class Later(NamedTuple):
    """A task that is to be done again after a while, however often: when it is over is for its handler to say."""

    outcome: str
    wait: timedelta


Result = str | Split | Later
Handler = Callable[[dict[str, Any], ScopedSession], Result]
TRIES = 8
FIRST_WAIT = timedelta(seconds=10)
POLL_SECONDS = 2.0
RENEW_SECONDS = LEASE.total_seconds() / 4


class Runner:
    """A thread that does what is due, again and again, until it is stopped."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(timeout=20)

    def run(self) -> None:
        """Drain until stopped."""
        while not self._stopped.is_set():
            try:
                idle = self.drain() == 0
            except Exception:  # the next round may find the store again
                log.exception("a round of the outbox failed")
                idle = True
            if idle:
                self._stopped.wait(POLL_SECONDS)

    def drain(self) -> int:
        """Do what is due now; says how many tasks were tried."""
        raise NotImplementedError

    @contextmanager
    def _writing(self) -> Iterator[ScopedSession]:
        with writing(self._engine) as connection, ScopedSession(connection, EVERYTHING) as session:
            yield session
            session.flush()

    @contextmanager
    def _held(self, tasks: Collection[UUID]) -> Iterator[None]:
        """Keep the leases for as long as the work takes: a slow mail server is no reason to mail twice."""
        over = threading.Event()

        def hold() -> None:
            while not over.wait(RENEW_SECONDS):
                try:
                    with self._writing() as session:
                        renew(session, tasks, self._owner, datetime.now(UTC))
                except Exception:
                    log.exception("the leases of %s tasks were not renewed", len(tasks))

        holder = threading.Thread(target=hold, name="lease", daemon=True)
        holder.start()
        try:
            yield
        finally:
            over.set()
            holder.join()


class Worker(Runner):
    """Takes due tasks one by one. `handlers` do the work of each kind and say in a word how it went.

    With `only` it takes tasks of these kinds alone, with `but` all others: who waits for strangers' machines must
    not hold up the rest. Several of them work side by side, though never on one lane.
    """

    def __init__(
        self,
        engine: Engine,
        handlers: Mapping[str, Handler],
        *,
        only: Collection[str] = (),
        but: Collection[str] = (),
    ) -> None:
        super().__init__(engine, "outbox")
        self._handlers = handlers
        self._only, self._but = tuple(only), tuple(but)

    def drain(self) -> int:
        now = datetime.now(UTC)
        with self._engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            due = list_due(session, now, self._only, self._but)
            session.expunge_all()
        return sum(self._try(task, now) for task in due if not self._stopped.is_set())

    def _try(self, task: Task, now: datetime) -> bool:
        with self._writing() as session:
            if not claim(session, task, self._owner, datetime.now(UTC)):
                return False
        with self._held([task.id]):
            result, done = self._work(task)
        with self._writing() as session:
            # Where another worker took it over, its word counts.
            if renew(session, [task.id], self._owner, now):
                self._settle(session, task, result, done=done, now=now)
        return True

    def _settle(
        self, session: ScopedSession, task: Task, result: Result, *, done: bool, now: datetime
    ) -> None:
        kept = session.get_one(Task, task.id)
        kept.outcome = result if isinstance(result, str) else result.outcome
        kept.lease_until = None
        if isinstance(result, Later):
            kept.due_at, kept.attempts = datetime.now(UTC) + result.wait, 0
        elif done or kept.attempts >= TRIES:
            close(kept, datetime.now(UTC))
        else:
            kept.due_at = now + FIRST_WAIT * 2**kept.attempts
        session.add(kept)
        if isinstance(result, Split):
            for payload in result.payloads:
                more = Task(id=new_id(), kind=result.kind, payload=payload, due_at=now, recorded_at=now)
                session.add(more)

    def _work(self, task: Task) -> tuple[Result, bool]:
        handler = self._handlers.get(task.kind)
        if handler is None:
            return "nobody does this kind of work", True
        try:
            with self._engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
                return handler(task.payload, session), True
        except Exception as error:  # noqa: BLE001  (a task that fails is tried again, whatever it was)
            log.warning("task %s of kind %s failed: %s", task.id, task.kind, type(error).__name__)
            return f"{FAILED}: {type(error).__name__}", False
