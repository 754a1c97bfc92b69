"""A recall of what went to ten thousand consignees: all of them are queued in the act that publishes it."""

from collections.abc import Callable
from time import process_time

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from acts import Firm, firm
from conftest import Rounds
from reached import recalled, ship_to_many, sold
from tracelot.records.consignees import RecallLetter, RecallNotice, RecallNoticeLine
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


def test_all_consignees_are_queued_durably_in_the_same_act(
    visit_as: VisitAs,
    engine: Engine,
    maker: Firm,
    rounds: Rounds,
    record_property: Callable[[str, object], None],
) -> None:
    count = rounds(300, 10_000)
    product = sold(maker, 100_000)
    ship_to_many(engine, maker, product, count)
    start = process_time()

    recall = recalled(visit_as, product)

    spent = process_time() - start
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        rows = [kernel.exec(select(func.count()).select_from(model)).one()
                for model in (RecallNotice, RecallNoticeLine, RecallLetter)]  # fmt: skip
        tasks = kernel.exec(select(func.count()).select_from(Task).where(Task.kind == "notice-letter")).one()
        states = set(kernel.exec(select(RecallNotice.state).where(RecallNotice.recall_id == recall)).all())
    assert rows == [count] * 3
    assert (tasks, states) == (count, {"pending"})
    record_property("seconds", f"{spent:.1f}")
