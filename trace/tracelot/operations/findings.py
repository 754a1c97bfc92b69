"""What can be found wrong with a store while it runs, with the remedy for each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from tracelot.records.database import UnsafeStore, clock_of, describe, notices_damage, snapshot, weaknesses
from tracelot.records.migrating import demand_known, newest, revision_of
from tracelot.records.outbox import count_given_up, waiting
from tracelot.records.proving import demand_heads
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession

Level = Literal["ok", "warn", "bad"]
LATE, VERY_LATE = timedelta(minutes=5), timedelta(days=1)
APART, FAR_APART = timedelta(seconds=2), timedelta(seconds=60)


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. What is not ok has a remedy; a secret is never in it."""

    check: str
    level: Level
    said: str
    remedy: str = ""


def examine(engine: Engine) -> Iterator[Finding]:
    """Look at the store itself; where it does not answer, that is the finding."""
    try:
        with snapshot(engine) as connection:
            yield Finding("engine", "ok", describe(connection))
            yield from _tables(connection)
            for look in LOOKS:
                yield from look(connection)
    except DBAPIError as error:
        said = f"The store does not answer: {str(error.orig).strip().partition(chr(10))[0]}"
        yield Finding("store", "bad", said, "Start the database, or correct TRACE_DATABASE_URL.")


def _durability(connection: Connection) -> Iterator[Finding]:
    weak = weaknesses(connection)
    if weak:
        yield Finding(
            "durability",
            "bad",
            f"Acknowledged records can be lost: {', '.join(weak)}.",
            "Turn these settings on.",
        )
    elif not notices_damage(connection):
        yield Finding(
            "durability",
            "warn",
            "A commit is on the disk, but PostgreSQL checks no sums of its pages.",
            "Stop it and run `pg_checksums --enable`.",
        )
    else:
        yield Finding("durability", "ok", "An acknowledged record is on the disk.")


def _tables(connection: Connection) -> Iterator[Finding]:
    revision = revision_of(connection)
    try:
        demand_known(revision)
    except UnsafeStore as error:
        yield Finding("tables", "bad", str(error), "Install the Trace that served this store last.")
        return
    if revision == newest():
        yield Finding("tables", "ok", f"Revision {revision}, the newest.")
    else:
        yield Finding(
            "tables",
            "warn",
            f"Revision {revision or 'none'}, not {newest()}.",
            "Run `trace migrate`, after a backup.",
        )


def _clock(connection: Connection) -> Iterator[Finding]:
    yield compare_clocks("database clock", clock_of(connection), datetime.now(UTC))


def compare_clocks(check: str, theirs: datetime, ours: datetime) -> Finding:
    apart = abs(theirs - ours)
    said = f"{apart.total_seconds():.1f} s from this machine's clock."
    if apart <= APART:
        return Finding(check, "ok", said)
    level: Level = "bad" if apart > FAR_APART else "warn"
    return Finding(check, level, said, "Let both machines take their time from NTP.")


def _outbox(connection: Connection) -> Iterator[Finding]:
    if revision_of(connection) != newest():
        return
    now = datetime.now(UTC)
    with ScopedSession(connection, EVERYTHING) as session:
        count, _, oldest = waiting(session, now)
        given_up = count_given_up(session)
    age = now - oldest if oldest else timedelta()
    said = f"Tasks that wait: {count}, the oldest for {age.total_seconds() / 60:.0f} minutes."
    if age > LATE:
        level: Level = "bad" if age > VERY_LATE else "warn"
        yield Finding("outbox", level, said, "Run `trace work`, or serve with TRACE_WORKER=true.")
    else:
        yield Finding("outbox", "ok", said if count else "Nothing waits.")
    if given_up:
        yield Finding(
            "outbox failures",
            "warn",
            f"Tasks that failed for good: {given_up}.",
            "Look at the mail server's log.",
        )


def _journal(connection: Connection) -> Iterator[Finding]:
    if revision_of(connection) is None:
        return
    try:
        yield Finding("journal", "ok", f"The heads of {demand_heads(connection)} buckets stand.")
    except UnsafeStore as error:
        yield Finding("journal", "bad", str(error), "Stop writing and compare with the last backup.")


LOOKS: tuple[Callable[[Connection], Iterator[Finding]], ...] = (_durability, _clock, _outbox, _journal)
