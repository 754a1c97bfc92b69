"""Draining the outbox: work that follows a commit, done by a thread here or by `trace work`."""

import logging
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tracelot.records.outbox import Task, claim, list_due
from tracelot.records.tenancy import EVERYTHING, ScopedSession

log = logging.getLogger("tracelot.outbox")

Handler = Callable[[dict[str, Any], ScopedSession], str]
TRIES = 8
FIRST_WAIT = timedelta(seconds=10)
POLL_SECONDS = 2.0
SECRET = frozenset({"link"})  # a one-time link is kept no longer than until its mail is sent


class Worker:
    """Takes due tasks one by one. `handlers` do the work of each kind and say in a word how it went."""

    def __init__(self, engine: Engine, handlers: Mapping[str, Handler]) -> None:
        self._engine = engine
        self._handlers = handlers
        self._owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="outbox", daemon=True)

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
            except SQLAlchemyError as error:
                log.warning("the store did not answer the outbox: %s", type(error).__name__)
                idle = True
            if idle:
                self._stopped.wait(POLL_SECONDS)

    def drain(self) -> int:
        """Do what is due now; says how many tasks were tried."""
        now = datetime.now(UTC)
        with self._engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            due = list_due(session, now)
            session.expunge_all()
        return sum(self._try(task) for task in due)

    def _try(self, task: Task) -> bool:
        now = datetime.now(UTC)  # the task before may have taken its time, and a lease runs from its claim
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            with ScopedSession(connection, EVERYTHING) as session:
                if not claim(session, task, self._owner, now):
                    return False
        outcome, done = self._work(task)
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            with ScopedSession(connection, EVERYTHING) as session:
                kept = session.get_one(Task, task.id)
                if kept.owner != self._owner:  # the lease ran out, and whoever took it over answers for it
                    return True
                kept.outcome, kept.lease_until = outcome, None
                if done or kept.attempts >= TRIES:
                    kept.done_at = datetime.now(UTC)
                    kept.payload = {name: value for name, value in kept.payload.items() if name not in SECRET}
                else:
                    kept.due_at = now + FIRST_WAIT * 2**kept.attempts
                session.add(kept)
                session.flush()
        return True

    def _work(self, task: Task) -> tuple[str, bool]:
        handler = self._handlers.get(task.kind)
        if handler is None:
            return "nobody does this kind of work", True
        try:
            with self._engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
                return handler(task.payload, session), True
        except Exception as error:  # noqa: BLE001  (a task that fails is tried again, whatever it was)
            log.warning("task %s of kind %s failed: %s", task.id, task.kind, type(error).__name__)
            return f"failed: {type(error).__name__}", False
