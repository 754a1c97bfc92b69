"""Rows written in bulk, by the quickest way of each database: for many rows an ORM costs more than the store."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from sqlalchemy import JSON, Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine
from sqlmodel import Session, SQLModel

Row = Mapping[str, Any]
AT_ONCE = 1_000  # rows


def add_rows(session: Session, model: type[SQLModel], rows: Iterable[Row]) -> None:
    """New rows, in the session's transaction, after all that it has to write itself; a row says all that is not null.

    No rule of tenancy looks at them: whoever makes them writes for everybody's sight.
    """
    session.flush()
    load(session.connection(), model, rows)


def load(connection: Connection, model: type[SQLModel], rows: Iterable[Row]) -> None:
    load_bound(connection, model, bound(connection.dialect, model, rows))


def load_bound(connection: Connection, model: type[SQLModel], values: Iterable[Sequence[Any]]) -> None:
    """Rows whose values are as the driver takes them."""
    table = getattr(model, "__table__")  # noqa: B009  (SQLModel does not declare it)
    names = ", ".join(column.name for column in table.c)
    dialect, cursor = connection.dialect, cast("Any", connection.connection.cursor())
    try:
        if dialect.name == "sqlite":
            marks = ", ".join("?" for _ in table.c)
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", values)  # noqa: S608
            return
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
    except dialect.loaded_dbapi.Error as error:  # as statements fail: the doors know what may be tried again
        lost = dialect.is_disconnect(error, connection.connection, cursor)
        base = dialect.loaded_dbapi.Error
        raise DBAPIError.instance(None, None, error, base, True, lost, dialect) from error


def bound(dialect: Dialect, model: type[SQLModel], rows: Iterable[Row]) -> Iterator[Sequence[Any]]:
    """The values as the driver takes them, made column by column of many rows at a time."""
    table = getattr(model, "__table__")  # noqa: B009
    columns = [(column.name, _binder(dialect, column.type)) for column in table.c]
    left = iter(rows)
    while some := [*islice(left, AT_ONCE)]:
        told = [[row.get(name) for row in some] for name, _ in columns]
        binders = (bind for _, bind in columns)
        yield from zip(*(bind(values) for bind, values in zip(binders, told, strict=True)), strict=True)


def _binder(dialect: Dialect, kind: TypeEngine[Any]) -> Callable[[list[Any]], list[Any]]:
    """Makes what the driver takes of a column's values. Most rows of one act share most of them."""
    bind = kind.dialect_impl(dialect).bind_processor(dialect)
    if bind is None:
        return lambda values: values
    if isinstance(kind, JSON):
        return lambda values: [None if value is None else bind(value) for value in values]

    def each(values: list[Any]) -> list[Any]:
        last, told, found = None, None, list[Any]()
        for value in values:
            if value is not last:
                last, told = value, None if value is None else bind(value)
            found.append(told)
        return found

    return each
