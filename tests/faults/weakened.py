"""`trace` with a store that syncs less than ours (WAL/NORMAL): the control that must lose, or the test is blind."""

from typing import Any

from tracelot.records import database

ours = database._prepare_sqlite


def weak(connection: Any, record: Any) -> None:
    ours(connection, record)
    connection.execute("PRAGMA synchronous=NORMAL")


def accept(_: Any) -> None:
    """Ours would refuse to start."""


database._prepare_sqlite = weak
database.demand_safe = accept

if __name__ == "__main__":
    from tracelot.cli import main

    main()
