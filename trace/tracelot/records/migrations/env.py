"""Alembic's entry: runs the migrations on the connection handed in, or on TRACE_DATABASE_URL."""

import os
from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from tracelot.records import tenancy  # noqa: F401  (registers every table)
from tracelot.records.database import connect
from tracelot.records.inputs import Millionths


def plain_type(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Migrations name SQL types alone, so that they stay as they are when our own types change."""
    match item if kind == "type" else None:
        case Millionths():
            return "sa.BigInteger()"
        case AutoString():
            return f"sa.String({item.length})" if item.length else "sa.String()"
        case UTCDateTime():
            return "sa.DateTime(timezone=True)"
        case _:
            return False


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is None:
        engine = connect(os.environ["TRACE_DATABASE_URL"])
        with engine.connect().execution_options(writes=True) as own, own.begin():
            context.config.attributes["connection"] = own
            run()
        engine.dispose()
        return
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        transaction_per_migration=False,
        compare_type=True,
        render_item=plain_type,
    )
    context.run_migrations()


run()
