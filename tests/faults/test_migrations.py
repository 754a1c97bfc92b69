"""Migrations that are killed half-way, that meet each other, that go down and up over records that stand."""

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from random import Random
from subprocess import DEVNULL, Popen
from sys import executable
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, event, inspect
from sqlalchemy.exc import IntegrityError

from conftest import Rounds
from databases import Databases
from faults.conftest import Count
from faults.serving import environment, pause
from tracelot.records.database import UnsafeStore, connect
from tracelot.records.migrating import HERE, config_for, migrate, reshaping
from world import World


@pytest.fixture
def empty(databases: Databases) -> Iterator[str]:
    url = databases.create(None)
    yield url
    databases.drop(url)


def shape(connection: Connection) -> dict[str, Any]:
    """Tables with columns, keys and indexes as the database itself describes them, and its triggers."""
    seen, told = inspect(connection), {}
    for table in seen.get_table_names():
        told[table] = [
            sorted((c["name"], str(c["type"]), c["nullable"]) for c in seen.get_columns(table)),
            seen.get_pk_constraint(table)["constrained_columns"],
            sorted((i["name"] or "", i["column_names"], i["unique"]) for i in seen.get_indexes(table)),
            sorted((f["constrained_columns"], f["referred_table"]) for f in seen.get_foreign_keys(table)),
            sorted(u["column_names"] for u in seen.get_unique_constraints(table)),
        ]
    triggers = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    told["triggers"] = sorted(connection.exec_driver_sql(triggers).scalars())
    return told


def shape_of(url: str) -> dict[str, Any]:
    engine = connect(url)
    with engine.connect() as connection:
        found = shape(connection)
    engine.dispose()
    return found


def test_a_migration_killed_at_any_moment_leaves_all_or_nothing_and_goes_on(
    empty: str, store: str, rounds: Rounds, random: Random, tmp_path: Path, record_property: Count
) -> None:
    whole = shape_of(store)
    stages = []
    for _ in range(rounds(3, 20)):
        process = Popen(
            [executable, "-m", "tracelot", "migrate"], stdout=DEVNULL, stderr=DEVNULL,
            env=environment(TRACE_DATABASE_URL=empty, XDG_DATA_HOME=str(tmp_path)),
        )  # fmt: skip
        pause(random.uniform(0.5, 4.0))
        process.kill()
        process.wait()
        tables = len(shape_of(empty))
        stages.append(tables)
        assert tables in (1, len(whole))  # the list of triggers alone, or everything
    engine = connect(empty)
    migrate(engine)
    engine.dispose()

    assert shape_of(empty) == whole
    record_property("killed before it was done", stages.count(1))
    record_property("killed after", len(stages) - stages.count(1))


@pytest.mark.parametrize(
    "moment", ["CREATE TABLE party", "CREATE INDEX", "INSERT INTO division", "alembic_version"]
)
def test_a_migration_that_fails_in_the_middle_leaves_nothing(empty: str, moment: str) -> None:
    engine = connect(empty)
    with pytest.raises(RuntimeError, match="stopped"):
        fail_at(engine, moment)
    engine.dispose()

    assert set(shape_of(empty)) == {"triggers"}  # definitions of tables belong to the transaction too


def fail_at(engine: Engine, moment: str) -> None:
    def stop(_: Any, __: Any, statement: str, *___: Any) -> None:
        if moment in statement.replace('"', "").replace("\n", " "):
            raise RuntimeError("stopped")

    event.listen(engine, "after_cursor_execute", stop)
    migrate(engine)


def content(connection: Connection, tables: MetaData) -> dict[str, str]:
    """By table, a hash over all rows in the columns named; in any order."""
    found = {}
    for table in tables.sorted_tables:
        names = ", ".join(f'"{column.name}"' for column in sorted(table.columns, key=lambda one: one.name))
        rows = connection.exec_driver_sql(f'SELECT {names} FROM "{table.name}"')  # noqa: S608
        total = sum(int.from_bytes(sha256(repr(tuple(row)).encode()).digest()) for row in rows)
        found[table.name] = f"{total:x}"
    return found


def multiply(engine: Engine, rows: int) -> None:
    """Copies of a batch under other ids, so that the tables are not small."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        row = dict(connection.exec_driver_sql("SELECT * FROM batch LIMIT 1").mappings().one())
        mark = "%({})s" if engine.dialect.name == "postgresql" else ":{}"
        places = ", ".join(map(mark.format, row))
        for start in range(0, rows, 5000):
            connection.exec_driver_sql(
                f"INSERT INTO batch ({', '.join(row)}) VALUES ({places})",  # noqa: S608
                [
                    row | {"id": f"{number:032x}", "code": f"M{number}"}
                    for number in range(start, min(start + 5000, rows))
                ],
            )


SCRATCH = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "scratch", "{head}", None, None


def upgrade():
    with op.batch_alter_table("party") as party:
        party.add_column(sa.Column("scratch", sa.String(), nullable=False, server_default="x"))
        party.alter_column("phone", existing_type=sa.String(), nullable=True)
    op.create_index("ix_scratch", "batch", ["code", "status"])


def downgrade():
    op.drop_index("ix_scratch", "batch")
    with op.batch_alter_table("party") as party:
        party.alter_column("phone", existing_type=sa.String(), nullable=False)
        party.drop_column("scratch")
"""


@pytest.fixture
def script(tmp_path: Path) -> Config:
    """Our migrations, and one more that rebuilds a table which many others refer to."""
    config = config_for()
    head = ScriptDirectory.from_config(config).get_current_head()
    (tmp_path / "scratch.py").write_text(SCRATCH.format(head=head))
    config.set_main_option("version_locations", f"{HERE / 'versions'}:{tmp_path}")
    config.set_main_option("path_separator", ":")
    return config


class Back(Exception):
    """Takes back what was only tried."""


def columns_below(engine: Engine, script: Config, revision: str) -> MetaData:
    """What is kept when a migration is taken back."""
    found = MetaData()
    with suppress(Back), reshaping(engine) as connection:
        script.attributes["connection"] = connection
        command.downgrade(script, revision)
        found.reflect(connection)
        raise Back
    found.remove(found.tables["alembic_version"])
    return found


def test_every_migration_goes_down_and_up_over_records_that_stand(
    store: str, world: World, engine: Engine, script: Config, rounds: Rounds, record_property: Count
) -> None:
    multiply(engine, rounds(500, 100_000))
    whole = shape_of(store)
    below = None
    steps = [
        (one.revision, one.down_revision) for one in ScriptDirectory.from_config(script).walk_revisions()
    ]
    with reshaping(engine) as connection:
        script.attributes["connection"] = connection
        command.upgrade(script, "head")
    for revision, below in steps[:-1]:  # under the first there is nothing that could be kept
        kept = columns_below(engine, script, str(below))
        with reshaping(engine) as connection:
            script.attributes["connection"] = connection
            there = content(connection, kept)
            command.downgrade(script, str(below))
            down = content(connection, kept)
            command.upgrade(script, revision)
            assert there == down == content(connection, kept)
            command.downgrade(script, str(below))
    migrate(engine)
    assert shape_of(store) == whole
    with engine.connect() as connection:
        record_property("batches", connection.exec_driver_sql("SELECT count(*) FROM batch").scalar_one())
    record_property("migrations taken down and up", len(steps) - 1)


def test_a_migration_that_would_leave_a_record_pointing_nowhere_is_refused(
    engine: Engine, world: World
) -> None:
    with pytest.raises((UnsafeStore, IntegrityError)), reshaping(engine) as connection:
        connection.exec_driver_sql("DELETE FROM party")

    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM party").scalar_one() > 0
