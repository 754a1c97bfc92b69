"""How far the work behind the commits has come: what waits in the outbox, and where the journal stands."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from tracelot.records.journal import change_mark
from tracelot.records.outbox import count_given_up, waiting
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession


@dataclass(frozen=True)
class Backlog:
    waiting: int
    retried: int  # of those that wait: tried before, without success
    oldest_seconds: float
    given_up: int
    journal_seq: int


def backlog(engine: Engine, now: datetime) -> Backlog:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        count, retried, oldest = waiting(session, now)
        age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
        return Backlog(count, retried, age, count_given_up(session), change_mark(session))
