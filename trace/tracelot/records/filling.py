"""Rows written in bulk, by the quickest way of each database: for many rows an ORM costs more than the store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import JSON, Column, Connection, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, SQLModel

Row = Mapping[str, Any]


def add_rows(session: Session, model: type[SQLModel], rows: Iterable[Row]) -> None:
    """New rows, in the session's transaction, after all that it has to write itself; a row says all that is not null.

    No rule of tenancy looks at them: whoever makes them writes for everybody's sight.
    """
    session.flush()
    load(session.connection(), model, rows)


def load(connection: Connection, model: type[SQLModel], rows: Iterable[Row]) -> None:
    dialect, columns = connection.dialect, list(_table_of(model).c)
    types = [_type_of(column, dialect) for column in columns] if dialect.name == "postgresql" else ()
    load_bound(connection, model, bound(dialect, model, rows), types)


def load_bound(
    connection: Connection, model: type[SQLModel], values: Iterable[Sequence[Any]], types: Sequence[str] = ()
) -> None:
    """Rows whose values are as the driver takes them; or as text, where no `types` are told."""
    table, dialect, cursor = _table_of(model), connection.dialect, cast("Any", connection.connection.cursor())
    names = ", ".join(column.name for column in table.c)
    try:
        if dialect.name == "sqlite":
            marks = ", ".join("?" for _ in table.c)
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)  # noqa: S608
            return
        form = "BINARY" if types else "TEXT"
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT {form})") as copy:
            if types:
                copy.set_types(types)
            for row in values:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:  # as statements fail: the doors know what may be tried again
        lost = dialect.is_disconnect(error, connection.connection, cursor)
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(None, None, error, base, True, lost, dialect) from error


def _type_of(column: Column[Any], dialect: Dialect) -> str:
    """As PostgreSQL calls it: the binary form costs both sides half of the other, and has to be told the types."""
    name = column.type.compile(dialect).lower()
    return "float8" if name == "float" else name


def _table_of(model: type[SQLModel]) -> Table:
    return getattr(model, "__table__")  # type: ignore[no-any-return]  # noqa: B009  (SQLModel does not declare it)


def bound(dialect: Dialect, model: type[SQLModel], rows: Iterable[Row]) -> Iterator[list[Any]]:
    """The values as the driver takes them."""
    table = _table_of(model)
    found = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.c]
    binders = [(place, bind) for place, bind in enumerate(found) if bind]
    names = [column.name for column in table.c]
    kept = [not isinstance(column.type, JSON) for column in table.c]
    last: list[tuple[Any, Any]] = [(None, None)] * len(names)  # most rows of one act share most values
    for row in rows:
        values = list(map(row.get, names))
        for place, bind in binders:
            if (value := values[place]) is None:
                continue
            if value is not last[place][0] or not kept[place]:
                last[place] = value, bind(value)
            values[place] = last[place][1]
        yield values
