"""PostgreSQL asks to do it again: after deadlocks, serialization failures, and where it goes on asking."""

import json
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from sqlalchemy import Engine, make_url

from conftest import Rounds
from databases import Server
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import wait_until
from faults.writers import acts_of, writing
from world import World

FEW = 8  # of a crowd: a slow machine has not all of it at the lock before the first give up
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
REFUSE = """
CREATE SEQUENCE tries;
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'again' USING ERRCODE = '{code}'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE INSERT ON batch FOR EACH ROW EXECUTE FUNCTION refuse()
"""


def waiting(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(WAITING).scalar_one())


def test_under_serializable_everything_is_done_once(
    store: str,
    world: World,
    serve: Serve,
    postgres: Server,
    rounds: Rounds,
    random: Random,
    record_property: Count,
) -> None:
    name = make_url(store).database
    postgres.say(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    server = serve(store, TRACE_WORKER="false").start()
    ledger = Ledger()
    with writing(server.port, ledger, world, random):
        wait_until(lambda: len(ledger.acked) >= rounds(60, 1500), server, 300)
    line = server.line()
    ledger.settle(line)
    found = Kept(store)
    assert (faults(found), losses(found, ledger), ledger.wrong) == ([], [], [])
    record_property("acknowledged", len(ledger.acked))
    record_property("answered 503", len(ledger.busy))


@pytest.mark.parametrize("code", ["40001", "40P01"])
@pytest.mark.parametrize(("times", "status"), [(2, 201), (1000, 503)])
def test_what_the_store_asks_to_repeat_is_repeated_and_at_last_refused(
    store: str, engine: Engine, world: World, serve: Serve, random: Random, code: str, times: int, status: int
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(REFUSE.format(times=times, code=code))
    server = serve(store, TRACE_WORKER="false").start()
    ledger, line = Ledger(), server.line()

    answer = ledger.send(next(acts_of(world, random, "AGAIN")), line)

    found = Kept(store)
    assert answer.status == status
    assert status == 201 or json.loads(answer.body)["type"].endswith("/store-busy")
    assert (faults(found), losses(found, ledger), ledger.wrong) == ([], [], [])
    assert len(ledger.acked) == (status == 201)


def test_the_victim_of_a_deadlock_is_done_again(
    store: str, engine: Engine, world: World, serve: Serve
) -> None:
    with engine.begin() as connection:  # the circle must be closed before the server looks for one
        connection.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET deadlock_timeout = '4s'")
    server = serve(store, TRACE_WORKER="false").start()
    ledger, line = Ledger(), server.line()
    act = next(acts_of(world, Random(4), "DEAD"))
    with ThreadPoolExecutor(1) as other, engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("SET LOCAL deadlock_timeout = '60s'")  # so that the victim is the other
        connection.exec_driver_sql("UPDATE bucket SET seq = seq")
        sent = other.submit(ledger.send, act, line)
        wait_until(lambda: waiting(engine) == 1, server)  # it holds the product and waits for the bucket
        connection.exec_driver_sql("SELECT id FROM product FOR UPDATE").all()
        connection.commit()
        assert sent.result().status == 201

    found = Kept(store)
    assert (faults(found), losses(found, ledger)) == ([], [])


def test_a_crowd_behind_a_lock_is_answered_when_it_is_gone(
    store: str, engine: Engine, world: World, serve: Serve
) -> None:
    server = serve(store, TRACE_WORKER="false").start()
    with ThreadPoolExecutor(120) as crowd:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("LOCK TABLE recall IN ACCESS EXCLUSIVE MODE")
            asked = [crowd.submit(server.ask, "GET", "/api/v1/recalls") for _ in range(120)]
            wait_until(lambda: waiting(engine) >= FEW, server)
        wait_until(lambda: all(one.done() for one in asked), server)

    told = [one.result().status for one in asked]
    assert set(told) <= {200, 503}
    assert told.count(200) >= FEW
