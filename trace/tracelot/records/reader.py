"""One standing connection for the public lookup, and the mark that moves with every commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

MAPPED = 1 << 30  # this one connection reads the file where the system keeps it, without copying pages
_MARK = "SELECT sum(seq) FROM bucket"


class Reader:
    """Gives a cursor with the change mark: equal marks mean that nothing was committed between them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = engine.raw_connection() if engine.dialect.name == "sqlite" else None
        self._cursor: Any = self._connection.cursor() if self._connection else None
        if self._cursor is not None:
            self._cursor.execute(f"PRAGMA mmap_size={MAPPED}")

    def look(self) -> tuple[Any, int]:
        """The one cursor of a file, inside a snapshot of the newest commit until `looked`.

        It belongs to the thread of the event loop. One snapshot takes the file's locks once for all statements.
        """
        self._cursor.execute("BEGIN")
        self._cursor.execute("PRAGMA data_version")
        return self._cursor, self._cursor.fetchone()[0]

    def looked(self) -> None:
        self._cursor.execute("COMMIT")

    @contextmanager
    def borrowed(self) -> Iterator[tuple[Any, int]]:
        """A pooled connection's cursor, for a server that is asked from several threads."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            cursor: Any = connection.connection.cursor()
            try:
                cursor.execute(_MARK)
                yield cursor, int(cursor.fetchone()[0] or 0)
            finally:
                cursor.close()

    def close(self) -> None:
        if self._connection is not None:
            self._cursor.close()
            self._connection.close()
