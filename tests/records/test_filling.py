"""Rows written in bulk: all of them in the session's transaction, and refused as those of a statement are."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from tracelot.operations.working import writing
from tracelot.records.filling import add_rows
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id


def test_rows_in_bulk_stand_as_they_were_given_and_a_second_time_are_refused(engine: Engine) -> None:
    now = datetime.now(UTC)
    row = {
        "id": new_id(),
        "kind": "字\t\\N",
        "payload": {"字": [1]},
        "due_at": now,
        "attempts": 0,
        "recorded_at": now,
    }

    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as session:
        add_rows(session, Task, [row])
        [kept] = session.exec(select(Task).where(Task.id == row["id"])).all()
        assert kept.model_dump(include=set(row)) == row

    def again() -> None:
        with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as session:
            add_rows(session, Task, [row | {"id": new_id()}, row])

    with pytest.raises(IntegrityError):
        again()

    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        assert len(session.exec(select(Task).where(Task.kind == row["kind"])).all()) == 1


def test_each_row_in_bulk_has_its_own_values_and_shares_what_it_shares(engine: Engine) -> None:
    now, lane, payload = datetime.now(UTC), new_id(), dict[str, int]()
    lanes = [lane, lane, None, new_id(), lane]
    rows = [{"id": new_id(), "kind": "shared", "lane": one, "payload": payload, "due_at": now, "attempts": number,
             "recorded_at": now} for number, one in enumerate(lanes)]  # fmt: skip

    def counting() -> Iterator[dict[str, object]]:
        for number, row in enumerate(rows):
            payload["number"] = number  # one and the same, changed on the way
            yield row

    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as session:
        add_rows(session, Task, counting())

    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        kept = session.exec(select(Task).where(Task.kind == "shared").order_by(col(Task.attempts))).all()
    assert [(row.lane, row.payload) for row in kept] == [(one, {"number": n}) for n, one in enumerate(lanes)]
