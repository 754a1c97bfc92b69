"""A store that others keep busy: a reader that never ends, a lock that is held, more callers than places."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from time import monotonic
from typing import Any

from sqlalchemy import Engine

from conftest import Rounds
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Act, Ledger
from faults.serving import Answer, Serving, wait_until
from faults.writers import acts_of, writing
from world import World

LONGEST_WAIT = 20.0  # of a writer: its patience, and what SQLite itself waits for a lock


@contextmanager
def held(engine: Engine, *statements: str) -> Iterator[Any]:
    """A transaction of somebody else, which stays open."""
    writes = statements[0].startswith("UPDATE")
    with engine.connect().execution_options(writes=writes) as connection, connection.begin() as work:
        for statement in statements:
            connection.exec_driver_sql(statement).close()
        yield connection
        work.rollback()


def test_a_reader_that_does_not_end_hinders_no_writer(
    store: str,
    engine: Engine,
    world: World,
    serve: Serve,
    rounds: Rounds,
    random: Random,
    record_property: Count,
) -> None:
    server = serve(store).start()
    ledger = Ledger()
    repeatable = (
        engine.execution_options(isolation_level="REPEATABLE READ") if engine.name != "sqlite" else engine
    )
    with held(repeatable, "SELECT count(*) FROM batch") as reader:
        first = reader.exec_driver_sql("SELECT count(*) FROM journalentry").scalar_one()
        with writing(server.port, ledger, world, random, writers=32):
            wait_until(lambda: len(ledger.acked) >= rounds(60, 2000), server, 300)
        assert reader.exec_driver_sql("SELECT count(*) FROM journalentry").scalar_one() == first

    line = server.line()
    ledger.settle(line)
    found = Kept(store)
    assert (faults(found), losses(found, ledger), ledger.wrong) == ([], [], [])
    record_property("acknowledged", len(ledger.acked))
    record_property("answered 503", len(ledger.busy))


def test_a_lock_that_is_held_ends_in_a_503_and_reads_go_on(
    store: str, engine: Engine, world: World, serve: Serve, random: Random, record_property: Count
) -> None:
    server = serve(store, TRACE_WORKER="false").start()
    ledger, slowest = Ledger(), 0.0
    with held(engine, "UPDATE bucket SET seq = seq"), writing(server.port, ledger, world, random, writers=16):
        wait_until(lambda: len(ledger.open) == 16, server)
        began = monotonic()
        while not len(ledger.busy) >= 16:
            asked = monotonic()
            for path in (f"/01/{world.gtin}/10/{world.code}", "/api/v1/recalls"):
                assert server.ask("GET", path).status == 200
            slowest = max(slowest, monotonic() - asked)
            assert monotonic() - began < 3 * LONGEST_WAIT
        waited = monotonic() - began
    assert ledger.acked == {}
    assert ledger.wrong == []
    line = server.line()
    ledger.settle(line)
    found = Kept(store)
    assert (faults(found), losses(found, ledger)) == ([], [])
    record_property("seconds until 16 were refused", f"{waited:.1f}")
    record_property("slowest pair of reads", f"{slowest:.2f} s")


def test_a_read_that_would_note_who_was_seen_is_answered_while_nobody_can_write(
    store: str, engine: Engine, world: World, serve: Serve
) -> None:
    server = serve(store, TRACE_WORKER="false").start()
    with held(engine, "UPDATE bucket SET seq = seq", "UPDATE apikey SET last_used_at = last_used_at"):
        answer = server.ask("GET", "/api/v1/batches", authorization=f"Bearer {world.keys['zhenyang']}")

    assert answer.status == 200


def together(callers: int, ask: Callable[[], Answer]) -> list[Answer]:
    """Everybody asks at once."""
    with ThreadPoolExecutor(callers) as crowd:
        return [asked.result() for asked in [crowd.submit(ask) for _ in range(callers)]]


def test_more_readers_than_connections_are_all_answered(
    store: str, world: World, serve: Serve, rounds: Rounds
) -> None:
    server = serve(store, TRACE_WORKER="false").start()
    key = f"Bearer {world.keys['zhenyang']}"
    for _ in range(rounds(1, 20)):
        answers = together(100, lambda: server.ask("GET", "/api/v1/journal", authorization=key))

        assert [answer.status for answer in answers] == [200] * 100


def test_one_key_sent_by_many_at_once_has_one_effect(
    store: str, world: World, serve: Serve, rounds: Rounds, random: Random
) -> None:
    server = serve(store, TRACE_WORKER="false").start()
    ledger = Ledger()
    acts = acts_of(world, random, "SAME")
    act = next(acts)
    for _ in range(rounds(2, 200)):
        answers = together(20, lambda: sent(act, server))  # noqa: B023
        good = [answer for answer in answers if answer.good]
        assert {answer.status for answer in answers} <= {200, 201, 503}
        assert len({answer.body for answer in good}) == 1
        ledger.acked[act.key] = (act, good[0])
        act = acts.send(good[0])
    found = Kept(store)
    assert (faults(found), losses(found, ledger)) == ([], [])


def sent(act: Act, server: Serving) -> Answer:
    return act.send(server.line())
