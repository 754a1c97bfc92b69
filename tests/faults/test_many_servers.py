"""Several servers on one store: all write, nothing is lost, each sees at once what another published."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from conftest import Rounds
from databases import KIND, Databases
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import pause, wait_until
from faults.writers import acts_of, writing
from tracelot.operations.outbox import Worker
from tracelot.operations.working import writing as working
from tracelot.records import outbox
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from world import World

SERVERS = 2 if KIND == "sqlite" else 3


def test_servers_that_start_at_once_on_an_empty_store_all_come_up(databases: Databases, serve: Serve) -> None:
    url = databases.create(None)
    servers = [serve(url).launch() for _ in range(SERVERS)]
    for server in servers:
        wait_until(server.answers, server)

    assert [server.ask("GET", "/readyz").status for server in servers] == [200] * SERVERS
    for server in servers:
        server.stop()
    databases.drop(url)


def test_all_of_them_write_and_nothing_is_lost(
    store: str, world: World, serve: Serve, rounds: Rounds, random: Random, record_property: Count
) -> None:
    servers = [serve(store).launch() for _ in range(SERVERS)]
    for server in servers:
        wait_until(server.answers, server)
    ledger = Ledger()
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(writing(server.port, ledger, world, random))
        wait_until(lambda: len(ledger.acked) >= rounds(60, 2000), servers[0], 300)

    assert ledger.wrong == []
    line = servers[0].line()
    ledger.settle(line)
    line = servers[-1].line()
    ledger.replay(line)
    found = Kept(store)
    assert (faults(found), losses(found, ledger)) == ([], [])
    record_property("acknowledged", len(ledger.acked))
    record_property("answered 503", len(ledger.busy))


def test_a_recall_published_by_one_shows_on_the_very_next_lookup_of_the_other(
    store: str, world: World, serve: Serve, rounds: Rounds, random: Random
) -> None:
    one, other = (serve(store).launch() for _ in range(2))
    for server in (one, other):
        wait_until(server.answers, server)
    lines = one.line(), other.line()
    acts = acts_of(world, Random(4), "SEEN")  # seed 4 begins with the firm that recalls
    seen, answer = 0, None
    act = next(acts)
    while seen < rounds(1, 50):
        answer = act.send(lines[0])
        assert answer.good, answer
        if act.kind == "publish":
            for batch in json.loads(answer.body)["batches"]:
                page = lines[1].ask("GET", f"/01/{world.gtin}/10/{batch['code']}")
                assert json.loads(page.body)["verdict"] == "recalled"
            seen += 1
        elif act.kind == "recall":
            for code in json.loads(act.body)["ranges"][0]["codes"]:
                lines[1].ask("GET", f"/01/{world.gtin}/10/{code}")  # so that it has something to forget
        act = acts.send(answer)


def test_workers_side_by_side_do_each_task_once_however_long_the_queue(
    store: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drain that lasts longer than a lease must not hand its last tasks to others."""
    monkeypatch.setattr(outbox, "LEASE", timedelta(seconds=3))
    now, wanted = datetime.now(UTC), [str(new_id()) for _ in range(16)]
    with working(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        for name in wanted:
            kernel.add(Task(id=new_id(), kind="slow", payload={"name": name}, due_at=now, recorded_at=now))
        kernel.flush()
    done: list[str] = []

    def slow(payload: dict[str, Any], _: ScopedSession) -> str:
        done.append(payload["name"])
        pause(0.5)
        return "done"

    workers = [Worker(engine, {"slow": slow}) for _ in range(2)]
    for worker in workers:
        worker.start()
    wait_until(lambda: set(done) == set(wanted))
    for worker in workers:
        worker.stop()

    assert sorted(done) == sorted(wanted)
