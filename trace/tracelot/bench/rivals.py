"""The same trace by SQL, over the same postings: recursive statements, level by level, one query per batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from tracelot.records.events import Posting
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession

_TAKEN = "t.batch_id = r.batch_id AND t.place = r.place AND t.side = 'take'"
_PUT = "g.event_id = t.event_id AND g.line = t.line AND g.side = 'put'"
_STEP = f"FROM reach r JOIN posting t ON {_TAKEN} JOIN posting g ON {_PUT}"
_EDGES = "SELECT t.batch_id, t.place, g.batch_id, g.place"
BY_STOCK = f"""
    WITH RECURSIVE reach(batch_id, place) AS (
        SELECT DISTINCT batch_id, place FROM posting WHERE batch_id = :batch
        UNION SELECT g.batch_id, g.place {_STEP})
    {_EDGES} {_STEP}"""
BY_LINE = """
    WITH RECURSIVE crossed(event_id, line) AS (
        SELECT event_id, line FROM posting WHERE batch_id = :batch AND side = 'take'
        UNION SELECT t.event_id, t.line FROM crossed c
        JOIN posting g ON g.event_id = c.event_id AND g.line = c.line AND g.side = 'put'
        JOIN posting t ON t.batch_id = g.batch_id AND t.place = g.place AND t.side = 'take')
    SELECT t.batch_id, t.place, g.batch_id, g.place FROM crossed c
    JOIN posting t ON t.event_id = c.event_id AND t.line = c.line AND t.side = 'take'
    JOIN posting g ON g.event_id = c.event_id AND g.line = c.line AND g.side = 'put'"""
BY_LINK = """
    WITH RECURSIVE reach(id) AS (
        SELECT CAST(:number AS integer) UNION SELECT l.target FROM reach r JOIN bench_link l ON l.source = r.id)
    SELECT l.source, l.target FROM reach r JOIN bench_link l ON l.source = r.id"""
AS_JSON = f"""
    WITH RECURSIVE reach(batch_id, place, depth) AS (
        SELECT DISTINCT batch_id, place, 0 FROM posting WHERE batch_id = :batch
        UNION SELECT g.batch_id, g.place, r.depth + 1 {_STEP}),
    best AS (SELECT batch_id, min(depth) AS depth FROM reach GROUP BY batch_id)
    SELECT json_agg(json_build_array(b.code, best.depth))::text FROM best JOIN batch b ON b.id = best.batch_id"""
_GIVEN = "unnest(CAST(:batches AS uuid[]), CAST(:places AS text[])) AS r(batch_id, place)"
_FRONTIER = {
    "sqlite": f"""WITH r(batch_id, place) AS (
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(:frontier))
        {_EDGES} {_STEP.replace("reach r", "r")}""",
    "postgresql": f"{_EDGES} {_STEP.replace('reach r', _GIVEN)}",
}
_NEXT = """SELECT DISTINCT g.batch_id FROM posting t JOIN posting g ON g.event_id = t.event_id AND g.line = t.line
    AND g.side = 'put' WHERE t.batch_id = :batch AND t.side = 'take'"""


@dataclass
class Store:
    """One connection with a plain cursor, and the processor time of its server."""

    connection: Connection

    def __post_init__(self) -> None:
        self.name = self.connection.dialect.name
        self.session = ScopedSession(self.connection, EVERYTHING)
        self._cursor: Any = self.connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        self._process = None
        if self.name == "postgresql":
            for setting in (
                "statement_timeout = 0",
                "max_parallel_workers_per_gather = 0",
                "work_mem = '256MB'",
                "jit = off",
            ):
                self._cursor.execute(f"SET {setting}")
            self._cursor.execute("SELECT pg_backend_pid()")
            self._process = self._cursor.fetchone()[0]

    def server_seconds(self) -> float:
        if self._process is None:
            return 0.0
        return int(Path(f"/proc/{self._process}/schedstat").read_text().split()[0]) / 1e9

    def ask(self, statement: str, **values: Any) -> list[Any]:
        if (
            self.name == "sqlite"
        ):  # its planner would begin at the place; from left to right is far better here
            statement = statement.replace(" JOIN posting", " CROSS JOIN posting").replace(
                "t.place =", "+t.place ="
            )
        else:
            for name in values:
                statement = statement.replace(f":{name}", f"%({name})s")
        self._cursor.execute(statement, values)
        found: list[Any] = self._cursor.fetchall()
        return found

    def say(self, statement: str) -> None:
        self._cursor.execute(statement)

    def put(self, table: str, rows: Sequence[tuple[int, int]]) -> None:
        """Fill a table of two columns."""
        if self.name == "sqlite":
            self._cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
            return
        with self._cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def make_links(store: Store, links: tuple[Any, Any]) -> None:
    """Batch-to-batch links as a table with an index for each direction."""
    store.say("CREATE TABLE bench_link (source integer NOT NULL, target integer NOT NULL, PRIMARY KEY (source, target))"
              + (" WITHOUT ROWID" if store.name == "sqlite" else ""))  # fmt: skip
    store.put("bench_link", list(zip(*(side.tolist() for side in links), strict=True)))
    store.say("CREATE INDEX bench_link_target ON bench_link (target, source)")
    store.say("ANALYZE")


def frontier(store: Store, batch: Any, starts: Sequence[tuple[Any, str]]) -> tuple[dict[Any, int], int]:
    """Level by level; gives the distances of the stocks, and how many edges there were."""
    del batch
    known = dict.fromkeys(starts, 0)
    level, edges, distance = list(starts), 0, 0
    while level:
        distance += 1
        if store.name == "sqlite":
            found = store.ask(_FRONTIER["sqlite"], frontier=msgspec.json.encode(level).decode())
        else:
            found = store.ask(
                _FRONTIER["postgresql"], batches=[one[0] for one in level], places=[one[1] for one in level]
            )
        edges += len(found)
        level = [one for one in dict.fromkeys((row[2], row[3]) for row in found) if one not in known]
        known.update(dict.fromkeys(level, distance))
    return known, edges


def one_by_one(following: Callable[[Any], Iterable[Any]], batch: Any, most: int) -> int:
    """A query for each batch, as many as are asked for; gives how many were asked."""
    met, waiting, asked = {batch}, [batch], 0
    while waiting and asked < most:
        asked += 1
        fresh = set(following(waiting.pop(0))) - met
        met |= fresh
        waiting += fresh
    return asked


def by_statement(store: Store) -> Callable[[Any], Iterable[Any]]:
    """What a batch was made into, or moved as, by a bare statement of the driver."""
    return lambda batch: [row[0] for row in store.ask(_NEXT, batch=batch)]


def by_session(session: Session) -> Callable[[Any], Iterable[Any]]:
    """The same as a program writes it over the tables."""
    put: Any = aliased(Posting)

    def following(batch: Any) -> Iterable[Any]:
        taken = (Posting.batch_id == batch) & (col(Posting.side) == "take")
        joined = (put.event_id == Posting.event_id) & (put.line == Posting.line) & (put.side == "put")
        query = select(put.batch_id).distinct().select_from(Posting).join(put, joined).where(taken)
        found: Iterable[Any] = session.exec(query).all()
        return found

    return following
