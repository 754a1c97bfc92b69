"""A worker that is killed in the middle of a commit leaves nothing of a file, and the next one brings all of it."""

import subprocess
import sys
import time
from random import Random

import pytest
from sqlalchemy import Engine

from conftest import Rounds
from keeping import all_rows
from tabled import commit, look, row, stage, table, work
from tracelot.operations import imports
from tracelot.records.inspections import Finding, Inspection
from tracelot.records.journal import JournalEntry
from tracelot.records.outbox import Task
from world import VisitAs, World

WORK = "import sys; sys.path.insert(0, 'tests'); from tabled import work; "
WORK += "from tracelot.records.database import connect; "
WORK += "engine = connect(sys.argv[1]); print('ready', flush=True); work(engine)"
REPORTS = 400


def kill_after(store: str, seconds: float) -> bool:
    """Whether the worker was still at it."""
    command = [sys.executable, "-c", WORK, store]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return True
    return False


def test_all_or_nothing_whenever_the_worker_dies(
    visit_as: VisitAs,
    engine: Engine,
    store: str,
    world: World,
    rounds: Rounds,
    random: Random,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(imports, "AT_ONCE", 0)
    assert world.batch_id
    kept = stage(visit_as, table(*(row(number) for number in range(REPORTS))))
    work(engine)
    commit(visit_as, kept.id)
    began = time.monotonic()

    for _ in range(rounds(2, 12)):
        if not kill_after(store, random.random() * 3):
            break
        assert look(engine, kept.id).state in ("committing", "committed")
        assert len(all_rows(engine, Finding)) in (0, REPORTS)
        free_leases(engine)
    work(engine)

    assert look(engine, kept.id).state == "committed", time.monotonic() - began
    assert len(all_rows(engine, Inspection)) == len(all_rows(engine, Finding)) == REPORTS
    issued = [one for one in all_rows(engine, JournalEntry) if one.act == "inspection.issued"]
    assert len(issued) == REPORTS


def free_leases(engine: Engine) -> None:
    """The lease of a dead worker runs out after two minutes, which no test waits for."""
    from tracelot.operations.working import writing  # noqa: PLC0415
    from tracelot.records.sights import EVERYTHING  # noqa: PLC0415
    from tracelot.records.tenancy import ScopedSession  # noqa: PLC0415

    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        for task in all_rows(engine, Task):
            kept = kernel.get_one(Task, task.id)
            kept.lease_until = None
            kernel.add(kept)
        kernel.flush()
