"""Two who change the same record: one wins, the other hears of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import select

from conftest import VisitAs
from tracelot.records.batches import Batch
from tracelot.records.counters import next_number
from tracelot.records.tenancy import EVERYTHING, ScopedSession
from tracelot.rules.access import PUBLIC
from world import World, visiting


def test_an_update_of_an_outdated_row_is_refused(engine: Engine, world: World) -> None:
    with engine.connect() as first, engine.connect() as second:
        one, two = ScopedSession(first, EVERYTHING), ScopedSession(second, EVERYTHING)
        mine, yours = one.get_one(Batch, world.batch_id), two.get_one(Batch, world.batch_id)
        yours.status_reason = "yours"
        two.flush()
        second.commit()
        mine.status_reason = "mine"

        with pytest.raises((StaleDataError, DBAPIError)):  # SQLite may refuse the old snapshot itself
            one.flush()

        one.close()
        two.close()
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        assert session.exec(select(Batch.status_reason).where(Batch.id == world.batch_id)).one() == "yours"


def test_each_change_counts_the_version_up(visit_as: VisitAs, world: World) -> None:
    versions = []
    for reason in ("a", "b", "c"):
        with visit_as("quality") as visit:
            batch = visit.session.get_one(Batch, world.batch_id)
            batch.status_reason = reason
            visit.session.flush()
            versions.append(batch.version)

    assert versions == [versions[0], versions[0] + 1, versions[0] + 2]


def test_numbers_are_given_out_once(engine: Engine) -> None:
    def take(_: int) -> int:
        with visiting(engine, PUBLIC) as visit:
            return next_number(visit.kernel(), "test")

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(take, range(64)))

    assert sorted(taken) == list(range(1, 65))
