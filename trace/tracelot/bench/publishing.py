"""How long it takes until a recall is published, enforced everywhere and its notices queued, against a bare insert."""

import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from tracelot.bench.crowds import NUMBER, Crowd, new_recall, one_more_shipment
from tracelot.bench.data import gtin
from tracelot.bench.figures import Figure, Spent, within
from tracelot.bench.registrations import PLACE
from tracelot.bench.servers import Server
from tracelot.operations import acts, recalls
from tracelot.operations.memory import Memory
from tracelot.operations.working import visiting, writing
from tracelot.rules.refusals import Conflict

ROUNDS = 3
GOAL = 2.0  # seconds
NOTICES = "(SELECT id FROM recallnotice WHERE recall_id = '{id}')"
ROWS = {
    "recallnotice": "recall_id = '{id}'",
    "recallnoticeline": f"notice_id IN {NOTICES}",
    "recallletter": f"notice_id IN {NOTICES}",
    "task": "kind = 'notice-letter' AND done_at IS NULL",
    "recall_scope_line": "recall_id = '{id}' AND version = 2",
}


def publication_figures(
    name: str, engine: Engine, memory: Memory, crowd: Crowd, server: Server
) -> Iterator[Figure]:
    """Recalls of the same batches one after another; each is told to all consignees. Letters of the last one wait."""
    told = f"{name}: recall published and enforced, {crowd.shops} notices queued"
    yield from within(told, [_round(engine, memory, crowd, server) for _ in range(ROUNDS)], GOAL)


def _round(engine: Engine, memory: Memory, crowd: Crowd, server: Server) -> tuple[Spent, Spent]:
    def visit(connection: Connection) -> Any:
        return visiting(connection, crowd.actor, datetime.now(UTC), PLACE)

    _drop_letters(engine)
    with writing(engine) as connection, visit(connection) as opening:
        opening.memory = memory
        recall = recalls.open_recall(opening, new_recall(crowd))
        id_, code = recall.id, recall.code

    def publish() -> None:
        with writing(engine) as connection, visit(connection) as publishing:
            publishing.memory, publishing.factors = memory, frozenset({"password"})
            recalls.publish_recall(publishing, id_)
        _demand_enforced(engine, crowd, server, code)

    own = Spent.on(publish)
    return _bare_insert(engine, id_, crowd), own


def _demand_enforced(engine: Engine, crowd: Crowd, server: Server, recall: str) -> None:
    """The public lookup names the recall at once, and recalled goods are not shipped."""
    for code in crowd.codes:
        query = urlencode({"code": f"(01){gtin(NUMBER)}(10){code}"})
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/api/v1/lookup?{query}") as answer:
            if recall not in answer.read().decode():
                raise RuntimeError("The public lookup does not know the recall.")
    try:
        with (
            writing(engine) as connection,
            visiting(connection, crowd.actor, datetime.now(UTC), PLACE) as visit,
        ):
            acts.record_event(visit, one_more_shipment(crowd))
    except Conflict:
        return
    raise RuntimeError("Recalled goods were shipped.")


def _drop_letters(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE task SET done_at = recorded_at WHERE kind = 'notice-letter'"))


# --- the baseline ------------------------------------------------------------------------------------------


def _bare_insert(engine: Engine, recall: UUID, crowd: Crowd) -> Spent:
    """The same rows into tables without keys, in one transaction by the quickest way of the database."""
    id_ = recall.hex if engine.dialect.name == "sqlite" else str(recall)
    wheres = {table: where.format(id=id_) for table, where in ROWS.items()}
    with writing(engine) as connection:
        rows = {table: _read(connection, table, where) for table, where in wheres.items()}
        for table in wheres:
            connection.execute(text(f"CREATE TABLE bare_{table} AS SELECT * FROM {table} WHERE 1 = 0"))

    def insert() -> None:
        with writing(engine) as connection:
            for table, some in rows.items():
                _write(connection, f"bare_{table}", some)

    took = Spent.on(insert)
    with writing(engine) as connection:
        count = connection.execute(text("SELECT count(*) FROM bare_recallnotice")).scalar_one()
        for table in wheres:
            connection.execute(text(f"DROP TABLE bare_{table}"))
    if count != crowd.shops:
        raise RuntimeError(f"{count} notices instead of {crowd.shops}.")
    return took


def _read(connection: Connection, table: str, where: str) -> Any:
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        return cursor.execute(f"SELECT * FROM {table} WHERE {where}").fetchall()
    with cursor.copy(f"COPY (SELECT * FROM {table} WHERE {where}) TO STDOUT") as copy:
        return b"".join(copy)


def _write(connection: Connection, table: str, rows: Any) -> None:
    cursor: Any = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" for _ in rows[0])
        cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        return
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        copy.write(rows)
