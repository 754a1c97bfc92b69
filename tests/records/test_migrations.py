"""The migrations lead to the tables that the code expects, down again, and up once more."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import Session, SQLModel, func, select

from databases import Databases
from tracelot.records.database import connect, demand_safe
from tracelot.records.divisions import Division
from tracelot.records.journal import BUCKETS, Bucket
from tracelot.records.migrating import config_for, migrate


@pytest.fixture
def empty(databases: Databases) -> Engine:
    """A store without a single table."""
    url = databases.create(None)
    engine = connect(url)
    yield engine
    engine.dispose()
    databases.drop(url)


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        return compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), SQLModel.metadata
        )


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_newest_revision_has_the_tables_of_the_code(engine: Engine) -> None:
    assert differences(engine) == []
    assert tables(engine) == set(SQLModel.metadata.tables)


def test_alembic_finds_nothing_to_add(engine: Engine) -> None:
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.check(config_for(connection))


def test_up_down_and_up_again(empty: Engine) -> None:
    migrate(empty)
    first = tables(empty)
    with empty.connect().execution_options(writes=True) as connection, connection.begin():
        command.downgrade(config_for(connection), "base")
    assert tables(empty) == set()

    migrate(empty)

    assert tables(empty) == first
    assert differences(empty) == []


def test_a_store_begins_with_its_buckets_and_divisions_and_migrating_again_adds_nothing(
    engine: Engine,
) -> None:
    migrate(engine)

    with Session(engine) as session:
        assert session.exec(select(func.count()).select_from(Bucket)).one() == BUCKETS
        assert session.exec(select(func.count()).select_from(Division)).one() > 40_000
        assert (
            session.exec(select(Division.path).where(Division.code == "411724")).one()
            == "河南省驻马店市正阳县"
        )


def test_a_store_of_ours_is_safe(engine: Engine) -> None:
    demand_safe(engine)

    assert engine.dialect.name in ("sqlite", "postgresql")
