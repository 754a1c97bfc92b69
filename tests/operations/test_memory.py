"""The index of a process: loaded when it is asked for, bounded, and never behind what was committed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import Firm, firm, goods, output
from peanuts import produce
from tracelot.operations.beginning import Named
from tracelot.operations.memory import Memory
from tracelot.operations.tracing import Asked, trace
from tracelot.operations.visit import Visit
from tracelot.records.database import connect, unit_of_work
from tracelot.rules.access import Actor
from world import PLACE, VisitAs, World, actor_of

MANY = 1_000_000


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    produce(made)
    return made


@contextmanager
def reading(engine: Engine, actor: Actor, memory: Memory) -> Iterator[Visit]:
    """A visit that only reads, as the doors open it."""
    options = unit_of_work(engine, writes=False)
    with engine.connect().execution_options(**options) as connection, connection.begin():
        visit = Visit(connection, actor, datetime.now(UTC), PLACE, memory=memory)
        yield visit
        visit.close()


def reached(visit: Visit, batch: UUID) -> set[UUID | None]:
    return {one.batch.id for one in trace(visit, Asked(Named(batches=[batch]), limit=200)).items}


def test_it_is_loaded_when_first_asked_for_and_only_as_large_as_it_may_be(
    engine: Engine, maker: Firm
) -> None:
    assert maker
    memory = Memory(engine, MANY)
    assert memory.held is None

    assert memory.ready()
    kept = memory.kept()
    assert kept is not None
    assert kept.postings > 10
    assert not Memory(engine, kept.postings - 1).ready()
    assert Memory(engine, kept.postings).ready()
    assert not Memory(engine, 0).ready()


def test_one_that_outgrew_its_bound_is_let_go(engine: Engine, maker: Firm) -> None:
    memory = Memory(engine, MANY)
    assert memory.ready()

    memory.most = 3

    assert memory.kept() is None
    assert not memory.ready()
    assert maker


def test_an_act_is_in_the_very_next_answer_of_every_process(
    engine: Engine, store: str, maker: Firm, world: World
) -> None:
    engines = [connect(store), connect(store)]
    memories = [Memory(one, MANY) for one in engines]
    assert all(one.ready() for one in memories)
    officer = actor_of(engine, world.people["county"])
    bottled, number = maker.batch("bottled"), 0
    for number in range(3):
        maker.does("transform", inputs=[goods(bottled, 1, "case")],
                   outputs=[output(maker.products["packs"], f"again-{number}", 1, "case")])  # fmt: skip
        made = maker.batch("packs", f"again-{number}")

        for opened, memory in zip(engines, memories, strict=True):
            with reading(opened, officer, memory) as visit:
                assert made in reached(visit, bottled)
                assert memory.held is not None
                assert memory.held.is_at(visit.kernel())
    for opened in engines:
        opened.dispose()


def test_many_at_once_are_told_what_each_of_them_sees(engine: Engine, maker: Firm, world: World) -> None:
    memory = Memory(engine, MANY)
    assert memory.ready()
    actors = [actor_of(engine, world.people[who]) for who in ("county", "city", "zhenyang")]
    bottled = maker.batch("bottled")

    def ask(number: int) -> None:
        with reading(engine, actors[number % 3], memory) as visit:
            asked = Asked(Named(batches=[maker.batch("raw", "F2")]), "both", limit=200)
            assert trace(visit, asked) == trace(replace(visit, memory=None), asked)

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask, number) for number in range(8)]
        for number in range(3):
            maker.does("transform", inputs=[goods(bottled, 1, "case")],
                       outputs=[output(maker.products["packs"], f"more-{number}", 1, "case")])  # fmt: skip
            asking += [pool.submit(ask, number) for number in range(4)]
        for one in asking:
            one.result()
