"""Letters of a recall to many, while the mail server fails half-way: each arrives, or is listed as not arrived."""

import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import col, update

from acts import firm
from conftest import Rounds
from keeping import all_rows
from reached import recalled, ship_to_many, sold
from tracelot.bench.sinks import sink
from tracelot.operations.carrying import AT_ONCE
from tracelot.operations.lettering import KIND
from tracelot.operations.working import writing
from tracelot.records.consignees import RecallLetter, RecallNotice
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.reaching import GIVE_UP
from tracelot.settings import Settings
from tracelot.web import mail as site_mail
from tracelot.web.notice_mail import postman
from world import VisitAs, World

UNKNOWN = {"fail": 0, "stall": 2 * AT_ONCE, "die": AT_ONCE}  # of so many letters the outcome may not be known
MOST_MEMORY = 64 << 20  # however many letters there are


def over(port: int) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls="none")


def let_pass(engine: Engine, since: timedelta = timedelta(0)) -> None:
    """As when leases and waits are over; with `since` all was queued so long ago."""
    past = datetime.now(UTC) - timedelta(seconds=1) - since
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        waiting = col(Task.done_at).is_(None) & (col(Task.kind) == KIND)
        queued = {"recorded_at": past} if since else {}
        kernel.exec(update(Task).where(waiting).values(due_at=past, lease_until=None, **queued))
        if since:
            kernel.exec(update(RecallLetter).values(queued_at=past))


def deliveries(engine: Engine, recall: UUID) -> Counter[tuple[str, str]]:
    return Counter((row.delivery, row.state) for row in all_rows(engine, RecallNotice, recall_id=recall))


@pytest.fixture
def told(visit_as: VisitAs, world: World, engine: Engine, rounds: Rounds) -> tuple[UUID, int]:
    count = rounds(60, 100_000)
    maker = firm(visit_as, world, "zhenyang")
    product = sold(maker, 1_000_000)
    ship_to_many(engine, maker, product, count)
    return recalled(visit_as, product), count


@pytest.mark.parametrize("end", ["fail", "stall", "die"])
def test_whatever_the_mail_server_does_each_consignee_is_told_or_listed(
    engine: Engine, told: tuple[UUID, int], end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_mail, "SECONDS", 1)
    recall, count = told
    half = count // 2
    tracemalloc.start()
    with sink() as first:
        first.ask(f"{end} {half}")
        postman(engine, over(first.port)).drain()
        arrived = half if end == "die" else first.ask()[1]

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    before = deliveries(engine, recall)
    let_pass(engine)
    with sink() as second:
        postman(engine, over(second.port)).drain()
        twice = arrived + second.ask()[1] - count

    after = deliveries(engine, recall)
    assert peak < MOST_MEMORY
    assert half - AT_ONCE <= before["sent", "notified"] <= half
    failed = count - half if end == "fail" else 0
    assert after["failed", "unreachable"] == failed
    assert after["sent", "notified"] == count - failed
    assert twice <= UNKNOWN[end] - failed  # under the Message-ID that they had


def test_letters_that_waited_for_too_long_are_listed_though_the_mail_server_never_answered(
    engine: Engine, told: tuple[UUID, int]
) -> None:
    recall, count = told
    worker = postman(engine, over(1))

    worker.drain()
    assert deliveries(engine, recall) == {("queued", "pending"): count}
    let_pass(engine, GIVE_UP)
    worker.drain()

    assert deliveries(engine, recall) == {("failed", "unreachable"): count}
    assert {row.detail for row in all_rows(engine, RecallLetter)} == {"no-connection"}
