"""A store from before gets its dates of keeping, and every commitment that was given stays good."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Engine, column, table
from sqlmodel import SQLModel

from conftest import Rounds
from databases import Databases
from keeping import all_rows
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.events import Event
from tracelot.records.journal import CLEAR, JournalEntry, proves
from tracelot.records.migrating import config_for, migrate
from tracelot.records.recalls import Recall
from tracelot.rules.retention import batch_kept, entry_kept

MADE = datetime(2026, 3, 1, 20, tzinfo=UTC)
SENT = datetime(2028, 2, 1, tzinfo=UTC)
PARTY, PRODUCT, RECALL = UUID(int=1), UUID(int=2), UUID(int=3)
SECONDS = 120.0


@pytest.fixture
def before(databases: Databases) -> Iterator[Engine]:
    """A store with the first tables alone."""
    url = databases.create(None)
    engine = connect(url)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.upgrade(config_for(connection), "0001")
    yield engine
    engine.dispose()
    databases.drop(url)


def base() -> dict[str, list[dict[str, Any]]]:
    row = {"version": 1, "origin_hash": "", "recorded_at": MADE}
    firm = row | {
        "id": PARTY,
        "type": "producer",
        "name_zh": "厂",
        "uscc": "x",
        "address_zh": "x",
        "phone": "x",
    }
    thing = row | {
        "id": PRODUCT,
        "party_id": PARTY,
        "name_zh": "油",
        "shelf_life_unit": "month",
        "packaging": "bulk",
    }
    notice = row | {
        "id": RECALL,
        "party_id": PARTY,
        "level": 1,
        "kind": "recall",
        "reason_code": "other",
        "code": "R",
    }
    notice |= {
        "source_of_knowledge": "media",
        "knowledge_at": MADE,
        "region_code": "411724",
        "state": "published",
    }
    return {
        "party": [firm | {"region_code": "411724", "status": "verified", "territory": []}],
        "product": [thing | {"allergens": [], "us_ftl": False}],
        "recall": [notice | {"published_at": SENT, "listed_at": SENT}],
    }


def bulk(count: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """So many batches with an event and an entry each; the first of them is recalled."""
    known = {"party_id": PARTY, "recorded_at": MADE}
    ids = [UUID(int=number + 1000) for number in range(count)]
    yield "batch", [
        known | {"id": one, "version": 1, "product_id": PRODUCT, "code": f"B{one.int}", "short_code": f"{one.int}",
                 "production_date": MADE.date(), "kind": "finished", "status": "released",
                 "retain_until": batch_kept(MADE.date(), None).until}
        for one in ids
    ]  # fmt: skip
    yield (
        "event",
        [
            known | {"id": one, "act": "produce", "event_time": MADE, "key_data": {}, "origin_hash": ""}
            for one in ids
        ],
    )
    yield "line", [{"event_id": one, "number": 1, "party_id": PARTY} for one in ids]
    yield (
        "posting",
        [
            known
            | {
                "batch_id": one,
                "id": one,
                "event_id": one,
                "line": 1,
                "place": "f",
                "side": "put",
                "event_time": MADE,
            }
            for one in ids
        ],
    )
    yield "recallbatch", [
        {"batch_id": ids[0], "recall_id": RECALL, "party_id": PARTY, "product_id": PRODUCT, "code": "B",
         "registered": True, "added_at": SENT}
    ]  # fmt: skip
    yield "journalentry", [entry(known, one) for one in ids]


def entry(known: dict[str, Any], id_: UUID) -> dict[str, Any]:
    record, salt = f'{{"phone":"{id_.int}"}}', f"{id_.int:032x}"
    act = "session.started" if id_.int % 2 else "party.changed"
    commitment = sha256(bytes.fromhex(salt) + record.encode()).hexdigest()
    place = {"bucket": 0, "seq": id_.int, "id": id_, "subject_id": PARTY, "act": act}
    return known | place | {"record": record, "salt": salt, "commitment": commitment}


def test_a_store_from_before_is_dated_at_once(before: Engine, rounds: Rounds) -> None:
    count = rounds(5_000, 100_000)
    with before.connect().execution_options(writes=True) as connection, connection.begin():
        for name, rows in (*base().items(), *bulk(count)):
            types = SQLModel.metadata.tables[name].columns
            only = table(name, *(column(one, types[one].type) for one in rows[0]))
            connection.execute(only.insert(), rows)
    start = time.monotonic()
    migrate(before)
    assert time.monotonic() - start < SECONDS

    recalled, second = (all_rows(before, Batch, id=UUID(int=1000 + number))[0] for number in (0, 1))
    sent = SENT.date() + timedelta(732)
    assert (recalled.retain_until, second.retain_until) == (sent, date(2028, 3, 1))
    assert all_rows(before, Event, id=recalled.id)[0].retain_until == sent
    assert all_rows(before, Recall)[0].retain_until == sent
    assert {one.retain_until >= second.retain_until for one in all_rows(before, Event)} == {True}
    found = all_rows(before, JournalEntry)
    assert len(found) == count
    for one in found:
        assert (one.form, proves(one), one.commitment) == (CLEAR, True, entry({}, one.id)["commitment"])
        least = entry_kept(one.act, MADE.date()).until
        assert least <= one.retain_until <= least + timedelta(2)
