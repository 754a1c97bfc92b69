"""Units of work outside a request: one transaction, committed when all of it was done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine

from tracelot.operations.visit import Place, Visit
from tracelot.rules.access import Actor


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection that may write; what was written is kept if nothing was refused."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def visiting(connection: Connection, actor: Actor, now: datetime, place: Place) -> Iterator[Visit]:
    """One visit inside a transaction that somebody else commits."""
    visit = Visit(connection, actor, now, place)
    try:
        yield visit
        visit.settle()
    finally:
        visit.close()
