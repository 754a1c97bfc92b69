"""One standing connection for the public lookup, and the mark that moves with every commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

_MARK = "SELECT sum(seq) FROM bucket"


class Reader:
    """Reads outside any transaction, so that each statement sees the newest commit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file = engine.dialect.name == "sqlite"
        self._connection: Any = engine.raw_connection() if self._file else None

    @contextmanager
    def cursor(self) -> Iterator[tuple[Any, int]]:
        """A cursor and the change mark: two equal marks mean that nothing was committed between them."""
        if self._file:
            cursor = self._connection.cursor()
            try:
                cursor.execute("PRAGMA data_version")
                yield cursor, cursor.fetchone()[0]
            finally:
                cursor.close()
            return
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            cursor = connection.connection.cursor()
            try:
                cursor.execute(_MARK)
                yield cursor, int(cursor.fetchone()[0] or 0)
            finally:
                cursor.close()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
