"""Whoever follows the register hears of each change once, whatever befalls those who tell it."""

import threading
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from subprocess import TimeoutExpired
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from builders import new_batch, new_recall
from conftest import Rounds
from following import hurry, kernel_of, mailed, publish, rows, save, search_of, work
from processes import running
from tracelot.operations import batches, digests, following, notifying, recalls
from tracelot.operations.digests import follow_change
from tracelot.records.accounts import Account
from tracelot.records.following import NewSearch, Notification
from tracelot.records.outbox import Task
from tracelot.records.recall_search import RecallFilter
from tracelot.rules.notifying import Ways, next_digest
from tracelot.settings import Settings
from world import VisitAs, World

ZONE = ZoneInfo("Asia/Shanghai")


def told(engine: Engine, event: str = "saved-search") -> list[str]:
    return sorted(
        one.facts["recall"] for one in rows(engine, Notification) if one.event == event and one.shown
    )


def test_what_fits_the_search_is_told_and_nothing_else(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    publish(visit_as, world, "EARLIER")
    save(visit_as, "guhuai", RecallFilter(state="published", level=1))
    wanted = publish(visit_as, world, "A1")
    publish(visit_as, world, "A2", level=2)
    with visit_as("quality") as visit:
        recalls.open_recall(visit, new_recall(world.product_id, "DRAFT"))
    work(engine, settings)

    assert told(engine) == [wanted]
    assert mailed(engine) == [wanted]


def test_a_change_after_the_publication_is_told_too(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    save(visit_as, "guhuai")
    code = publish(visit_as, world)  # all of September
    work(engine, settings)
    with visit_as("recorder") as visit:
        batches.register_batch(visit, new_batch(world.product_id, code="LATE"))
    work(engine, settings)

    assert told(engine) == [code, code]
    assert mailed(engine) == [code, code]


def test_the_mail_of_the_day_waits_and_tells_all_in_one(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    search = save(visit_as, "guhuai", mail="daily")
    codes = [publish(visit_as, world, f"D{number}") for number in range(3)]
    work(engine, settings)
    due = search_of(engine, search).digest_due_at
    assert mailed(engine) == []
    assert due is not None
    assert due.astimezone(ZONE).hour == 8
    assert told(engine) == sorted(codes)  # here in Trace at once

    hurry(engine, "search-digest")
    work(engine, settings)

    [mail] = [task for task in rows(engine, Task) if task.kind == "search-mail"]
    assert sorted(mail.payload["codes"]) == sorted(codes)
    assert mail.payload["count"] == 3
    assert search_of(engine, search).digest_due_at is None
    publish(visit_as, world, "NEXT")
    work(engine, settings)
    assert search_of(engine, search).digest_due_at is not None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-26T07:59", "2026-11-26T08:00"),
        ("2026-11-26T08:00", "2026-11-27T08:00"),
        ("2026-12-31T23:00", "2027-01-01T08:00"),
    ],
)
def test_the_mail_goes_out_at_eight(now: str, expected: str) -> None:
    moment = datetime.fromisoformat(f"{now}+08:00").astimezone(UTC)
    assert next_digest(moment, ZONE) == datetime.fromisoformat(f"{expected}+08:00")


def test_the_ways_that_were_switched_off_stay_silent(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    save(visit_as, "guhuai")
    with visit_as("guhuai") as visit:
        notifying.choose(visit, {"saved-search": Ways(False, False, False)})
    publish(visit_as, world, "A1")
    work(engine, settings)
    assert (told(engine), mailed(engine)) == ([], [])
    with visit_as("guhuai") as visit:
        notifying.choose(visit, {"saved-search": Ways(True, False, False)})
    code = publish(visit_as, world, "A2")
    work(engine, settings)
    assert told(engine) == []
    assert mailed(engine)[-1] == code


def test_whoever_left_hears_nothing(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    save(visit_as, "guhuai")
    with kernel_of(engine) as kernel:
        kernel.get_one(Account, world.people["guhuai"]).disabled_at = datetime.now(UTC)
    publish(visit_as, world, "A1")
    work(engine, settings)
    assert (told(engine), mailed(engine)) == ([], [])


def test_mail_that_begins_again_tells_of_what_comes(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    search = save(visit_as, "guhuai", mail="never")
    publish(visit_as, world, "A1")
    work(engine, settings)
    with visit_as("guhuai") as visit:
        following.change_search(visit, search, NewSearch(name="花生", mail="at_once"))
    code = publish(visit_as, world, "A2")
    work(engine, settings)
    assert mailed(engine) == [code]


def test_the_officers_of_the_territory_hear_of_it_and_no_others(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    code = publish(visit_as, world, "A1")
    work(engine, settings)
    heard = {one.account_id for one in rows(engine, Notification) if one.facts["recall"] == code}
    assert heard == {world.people["county"], world.people["city"]}


class Died(RuntimeError):
    """The process that told was gone in the middle."""


def test_who_dies_before_the_commit_has_told_nothing_and_the_next_one_tells_all(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(visit_as, "guhuai")
    code = publish(visit_as, world, "A1")
    whole = digests.ask

    def dies(*_: object) -> None:
        raise Died

    monkeypatch.setattr(digests, "ask", dies)
    recall_id = next(
        task.payload["recall_id"] for task in rows(engine, Task) if task.kind == "recall-changed"
    )
    with pytest.raises(Died):
        follow_change(engine, UUID(recall_id), ZONE, datetime.now(UTC))
    assert told(engine) == []
    monkeypatch.setattr(digests, "ask", whole)
    work(engine, settings)
    work(engine, settings)
    assert (told(engine), mailed(engine)) == ([code], [code])


def test_two_who_tell_at_once_tell_it_once(
    visit_as: VisitAs, world: World, engine: Engine, settings: Settings
) -> None:
    save(visit_as, "guhuai")
    codes = sorted(publish(visit_as, world, f"T{number}") for number in range(4))
    threads = [threading.Thread(target=work, args=(engine, settings)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work(engine, settings)
    assert told(engine) == codes
    assert sorted(mailed(engine)) == codes


def test_nothing_is_lost_nor_told_twice_where_workers_are_killed(
    visit_as: VisitAs,
    world: World,
    engine: Engine,
    settings: Settings,
    tmp_path: Path,
    store: str,
    random: Random,
    rounds: Rounds,
) -> None:
    """Real processes, ended by SIGKILL in the middle of it; their leases run out, and others go on."""
    for _ in range(20):
        save(visit_as, "guhuai")
    codes = []
    for number in range(rounds(2, 12)):
        with running(
            tmp_path, "work", TRACE_DATABASE_URL=store, TRACE_SECRET_KEY="k" * 20 + "abcdefghijklmn"
        ) as worker:
            assert worker.stdout is not None
            worker.stdout.readline()
            codes += [publish(visit_as, world, f"K{number}-{one}") for one in range(3)]
            with suppress(TimeoutExpired):
                worker.wait(random.random() * 2)
            worker.kill()
        hurry(engine, "recall-changed")
    work(engine, settings)

    assert Counter(told(engine)) == dict.fromkeys(codes, 20)
    assert Counter(mailed(engine)) == dict.fromkeys(codes, 20)
