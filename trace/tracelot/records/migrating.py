"""Bringing a store to the present tables, and filling what every store begins with."""

from datetime import date
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, insert, select

from tracelot.records import tenancy  # noqa: F401  (registers every table)
from tracelot.records.divisions import Division, read_divisions
from tracelot.records.journal import BUCKETS, Bucket

HERE = Path(__file__).parent / "migrations"


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration; the migrations lie inside the package and work from a wheel."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision and fill the reference tables; safe to repeat."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(config_for(connection), "head")
        _fill(connection)


def _fill(connection: Connection) -> None:
    if connection.execute(select(Bucket)).first() is None:
        connection.execute(insert(Bucket), [{"id": number, "seq": 0} for number in range(BUCKETS)])
    if connection.execute(select(Division)).first() is None:
        rows = [row | {"effective_from": date(1970, 1, 1)} for row in read_divisions()]
        for start in range(0, len(rows), 2000):
            connection.execute(insert(Division), rows[start : start + 2000])
