"""Two who change the same record: one wins, the other hears of it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import select

from databases import KIND
from tracelot.records.batches import Batch
from tracelot.records.counters import next_number
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.products import Product, lock_products
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from world import VisitAs, World, visiting


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


@pytest.mark.skipif(KIND == "sqlite", reason="SQLite has one writer at a time")
def test_rows_that_name_a_held_record_can_be_added_meanwhile(engine: Engine, world: World) -> None:
    """As a foreign key asks of what it names: two who hold one record each and name the other's pass."""
    with engine.connect() as first, engine.connect() as second:
        holder = ScopedSession(first, EVERYTHING)
        lock_products(holder, [world.product_id])
        holder.get_one(Party, world.parties["zhenyang"], with_for_update=HELD)
        second.exec_driver_sql("SET LOCAL lock_timeout = 500")
        for table, id_ in ((Product, world.product_id), (Party, world.parties["zhenyang"])):
            named = select(table.id).where(table.id == id_).with_for_update(read=True, key_share=True)
            assert second.execute(named).scalar_one() == id_
        with pytest.raises(DBAPIError):
            lock_products(ScopedSession(second, EVERYTHING), [world.product_id])
