"""Rows written in bulk: the values that the driver takes, and one statement for many of them.

Unit of work and identity map would take most of the time. What they guard is guarded here: a row belongs to the
party that writes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Dialect
from sqlmodel import SQLModel

from tracelot.records.sights import table

Plain = str | int | bool | None
Ready = Sequence[Plain]


class Landing:
    """The way into one table."""

    def __init__(self, dialect: Dialect, model: type[SQLModel], party_id: UUID) -> None:
        self._party_id, self._table = party_id, table(model)
        self._columns: list[tuple[str, Callable[[Any], Any] | None]] = [
            (column.name, column.type.dialect_impl(dialect).bind_processor(dialect))
            for column in self._table.columns
        ]

    def ready(self, row: Mapping[str, Any]) -> list[Plain]:
        """A row in plain values, which can wait in a file."""
        if row["party_id"] != self._party_id:
            raise RuntimeError(f"A row of {self._table.name} does not belong to the party that writes.")
        return [
            _plain(value if process is None or value is None else process(value))
            for value, process in ((row.get(name), process) for name, process in self._columns)
        ]

    def insert(self, connection: Connection, rows: Sequence[Ready]) -> None:
        if not rows:
            return
        names = ", ".join(f'"{name}"' for name, _ in self._columns)
        if connection.dialect.name == "postgresql":
            cursor = connection.connection.cursor()
            with cursor.copy(f'COPY "{self._table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
            return
        marks = ", ".join("?" for _ in self._columns)
        statement = f'INSERT INTO "{self._table.name}" ({names}) VALUES ({marks})'  # noqa: S608  (names of ours)
        connection.exec_driver_sql(statement, [tuple(row) for row in rows])


def _plain(value: Any) -> Plain:
    if value is None or isinstance(value, str | int | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
