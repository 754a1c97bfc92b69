"""The journal: gap-free, in the order of the commits, and committing to what it says."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import col, select

from tracelot.records.journal import (
    BUCKETS,
    START,
    Bucket,
    Draft,
    JournalEntry,
    Place,
    append_entries,
    canonical,
    change_mark,
    commit_to,
    list_entries,
    told,
)
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
THREADS, EACH = 8, 12


def write(engine: Engine, number: int, bucket: int) -> None:
    """One transaction with one entry that names `number`."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        with ScopedSession(connection, EVERYTHING) as session:
            draft = Draft("test.done", UUID(int=number), UUID(int=1), {"number": number})
            append_entries(session, [draft], Place(None, bucket, NOW))


def entries(engine: Engine) -> list[JournalEntry]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        rows = session.exec(
            select(JournalEntry).order_by(col(JournalEntry.bucket), col(JournalEntry.seq))
        ).all()
        session.expunge_all()
        return list(rows)


def test_eight_threads_leave_no_gap(engine: Engine) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda number: write(engine, number, number % 2), range(THREADS * EACH)))

    for bucket in (0, 1):
        found = [entry.seq for entry in entries(engine) if entry.bucket == bucket]
        assert found == list(range(1, THREADS * EACH // 2 + 1))


def test_who_reads_up_to_a_number_never_finds_a_smaller_one_later(engine: Engine) -> None:
    seen: list[list[int]] = []
    with ThreadPoolExecutor(THREADS) as pool:
        written = [pool.submit(write, engine, number, 0) for number in range(THREADS * EACH)]
        while not all(one.done() for one in written):
            seen.append([entry.seq for entry in entries(engine)])
        for one in written:
            one.result()

    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in seen)


def test_a_visit_that_fails_leaves_no_number_behind(engine: Engine) -> None:
    write(engine, 1, 0)
    try:
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            with ScopedSession(connection, EVERYTHING) as session:
                append_entries(session, [Draft("test.done", UUID(int=2), None, {})], Place(None, 0, NOW))
            raise ValueError
    except ValueError:
        write(engine, 3, 0)

    assert [(entry.seq, entry.subject_id.int) for entry in entries(engine)] == [(1, 1), (2, 3)]


def test_the_mark_moves_with_every_commit(engine: Engine) -> None:
    marks = []
    for number in range(5):
        write(engine, number, number)
        with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            marks.append(change_mark(session))

    assert marks == [1, 2, 3, 4, 5]


def test_every_entry_of_the_cast_commits_to_its_record(world: World, engine: Engine) -> None:
    found = entries(engine)

    assert len(found) > 10
    for entry in found:
        names = ("id", "bucket", "seq", "party_id", "actor_id", "act", "subject_id", "reason")
        head = [getattr(entry, name) for name in names]
        head = [str(one) if isinstance(one, UUID) else one for one in head] + [
            str(entry.recorded_at)[:19].replace(" ", "T")
        ]
        said = json.dumps(head, ensure_ascii=False, separators=(",", ":")) + entry.record
        independent = sha256(bytes.fromhex(entry.salt) + said.encode("utf-8")).hexdigest()
        assert entry.commitment == independent == commit_to(entry.salt, told(entry))
        assert rfc8785.dumps(json.loads(entry.record)).decode() == entry.record
    assert len({entry.salt for entry in found}) == len(found)


def test_every_bucket_counts_its_own_entries(world: World, engine: Engine) -> None:
    found = entries(engine)
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        counted = {bucket.id: bucket.seq for bucket in session.exec(select(Bucket))}

    assert len(counted) == BUCKETS
    assert counted == {number: sum(entry.bucket == number for entry in found) for number in range(BUCKETS)}


def test_a_party_reads_its_journal_in_pieces_without_a_gap(visit_as: VisitAs, world: World) -> None:
    party = world.parties["zhenyang"]
    with visit_as("zhenyang") as visit:
        whole = [entry.id for entry in list_entries(visit.session, party, START, 200)[0]]
        pieces: list[UUID] = []
        piece, position = list_entries(visit.session, party, START, 3)
        while piece:
            pieces += [entry.id for entry in piece]
            piece, position = list_entries(visit.session, party, position, 3)

    assert pieces == whole
    assert len(whole) > 5


def test_who_follows_a_journal_misses_nothing_that_others_do_to_the_party(engine: Engine) -> None:
    """An entry in a low bucket, committed after the reader has been in a high one."""
    party, seen, position = UUID(int=1), [], START
    for number, bucket in enumerate([3, 9, 0, 9, 15, 2, 15, 0]):
        write(engine, number, bucket)
        with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            found, position = list_entries(session, party, position, 50)
            seen += [entry.subject_id.int for entry in found]

    assert seen == list(range(8))


leaves = (
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])) | st.uuids()
    | st.dates() | st.datetimes() | st.decimals(allow_nan=False, allow_infinity=False, places=6, max_value=10**9,
                                                min_value=0) | st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
records = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def _as_text(value: Any) -> Any:
    """What travels as text, said once more in other words."""
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner) for inner in value]
    if isinstance(value, Decimal):
        text = f"{value:.6f}".rstrip("0").rstrip(".")
        return text or "0"
    if isinstance(value, float):
        return repr(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


@given(records)
def test_the_canonical_form_is_that_of_rfc_8785(record: Any) -> None:
    assert canonical(record).encode() == rfc8785.dumps(_as_text(record))


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 9), min_size=2))
def test_the_order_of_the_keys_does_not_matter(record: dict[str, int]) -> None:
    assert canonical(dict(reversed(record.items()))) == canonical(record)
