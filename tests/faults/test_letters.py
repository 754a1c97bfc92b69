"""Letters of a recall while the worker is killed: none is lost, and none is sent again once its outcome is known."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from random import Random
from threading import Event
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import col, update

from acts import firm
from conftest import Rounds
from faults.conftest import Count
from keeping import all_rows
from processes import running, wait_until
from reached import Postbox, open_postbox, recalled, ship_to_many, sold
from tracelot.operations.carrying import AT_ONCE
from tracelot.operations.working import writing
from tracelot.records.consignees import RecallLetter
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World

MORE = 3 * AT_ONCE  # letters for each round


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


def let_time_pass(engine: Engine) -> None:
    """As when the leases have run out, and what is to be tried later is due."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        waiting = col(Task.done_at).is_(None) & (col(Task.kind) == "notice-letter")
        kernel.exec(update(Task).where(waiting).values(lease_until=None, due_at=past))


def known(engine: Engine) -> set[str]:
    """The Message-IDs of letters that are noted as taken."""
    return {row.message_id for row in all_rows(engine, RecallLetter, state="sent")}


def kill_while_sending(folder: Path, settings: dict[str, str], postbox: Postbox, more: int) -> None:
    """Kill a worker as soon as it has sent so many more."""
    reached, wanted = Event(), postbox.ids.total() + more

    def count(_mail: Message) -> None:
        if postbox.ids.total() >= wanted:
            reached.set()

    postbox.on_mail = count
    with running(folder, "work", **settings) as process:
        wait_until(process, reached.is_set)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=60)


def test_a_worker_killed_while_it_sends_loses_no_letter_and_repeats_none_whose_outcome_was_known(
    visit_as: VisitAs,
    world: World,
    store: str,
    engine: Engine,
    postbox: Postbox,
    tmp_path: Path,
    rounds: Rounds,
    random: Random,
    record_property: Count,
) -> None:
    kills = rounds(3, 10)
    maker = firm(visit_as, world, "zhenyang")
    product = sold(maker, 100_000)
    ship_to_many(engine, maker, product, kills * MORE)
    recall: UUID = recalled(visit_as, product)
    settings = {"TRACE_DATABASE_URL": store, "TRACE_SMTP_HOST": "127.0.0.1", "TRACE_SMTP_TLS": "none",
                "TRACE_SMTP_PORT": str(postbox.port)}  # fmt: skip
    were_known: list[tuple[set[str], Counter[str]]] = []
    for _ in range(kills):
        kill_while_sending(tmp_path, settings, postbox, random.randint(1, AT_ONCE))
        were_known.append((known(engine), postbox.ids))
        let_time_pass(engine)
    with running(tmp_path, "work", **settings) as process:
        wait_until(process, lambda: len(known(engine)) == kills * MORE)

    arrived = postbox.ids
    letters = all_rows(engine, RecallLetter, kind="notice")
    assert recall
    assert {row.state for row in letters} == {"sent"}
    assert len(letters) == kills * MORE
    assert set(arrived) == {row.message_id for row in letters}  # each arrived, under the one id that was kept
    assert len({str(mail["To"]) for mail in postbox.mails if "shop" in str(mail["To"])}) == kills * MORE
    for ids, before in were_known:
        assert {id_: arrived[id_] for id_ in ids} == {id_: before[id_] for id_ in ids}
    assert arrived.total() <= kills * MORE + kills * AT_ONCE  # so many in the air at most when a worker dies
    record_property("repeated after an unknown outcome", arrived.total() - len(letters))
