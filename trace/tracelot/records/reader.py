"""One standing connection for the public lookup, and the mark that moves with every commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

_MARK = "SELECT sum(seq) FROM bucket"


class Reader:
    """Reads outside any transaction, so that each statement sees the newest commit.

    On a file there is one cursor that stays; it belongs to the thread of the event loop.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Any = engine.raw_connection() if engine.dialect.name == "sqlite" else None
        self._cursor: Any = self._connection.cursor() if self._connection else None

    def standing(self) -> tuple[Any, int]:
        """The file's cursor and the change mark: equal marks mean that nothing was committed between them."""
        self._cursor.execute("PRAGMA data_version")
        return self._cursor, self._cursor.fetchone()[0]

    @contextmanager
    def borrowed(self) -> Iterator[tuple[Any, int]]:
        """A pooled connection's cursor and the change mark, for a server that is asked from several threads."""
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
