"""Two units of work that meet on the same rows: how a test knows that the second waits for the first."""

from concurrent.futures import Future
from typing import Any

from sqlalchemy import Engine, text

WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def until_it_waits(engine: Engine, going: "Future[Any]") -> None:
    """SQLite has one writer: there the second waits from its beginning."""
    if engine.dialect.name == "sqlite":
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not going.done() and not connection.execute(WAITING).scalar_one():
            pass
