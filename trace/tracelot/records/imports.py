"""Imports: a file on its way into the books, what is wrong with it, and what became of it.

A file waits here in parts, packed, so that every process finds it after every restart; no row of it counts for
anything before the whole of it is committed.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Field, Index, Session, SQLModel, col, delete, func, select, update

from tracelot.records.locking import versioned
from tracelot.records.paging import Page, read_cursor, write_cursor
from tracelot.rules.refusals import unfit

State = Literal["checking", "refused", "ready", "committing", "committed", "undone", "discarded"]
OPEN: tuple[State, ...] = ("checking", "ready", "committing")  # their files are still needed
PART = 256 << 10
PROBLEMS_IN_PART = 500


@versioned
class Import(SQLModel, table=True):
    """One file for one kind of record (`noun`). `reports` of it are fit, `faulty` are not, `known` stand already.

    `refused` is why nothing of it could be read. `digest` is the SHA-256 of the file; `checked` that of all that the
    check found, so that nothing else is committed than what was shown.
    """

    __table_args__ = (Index("ix_import_party_id_id", "party_id", "id"),)

    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id")
    noun: str
    file_name: str
    digest: str
    size: int
    layout: str = ""
    unknown: str = ""  # titles of columns that are left alone, one a line
    state: str = "checking"
    refused: str = ""
    facts: str = ""
    only_valid: bool = False
    done: int = 0  # rows that were looked at
    rows: int = 0
    reports: int = 0
    findings: int = 0
    failing: int = 0  # reports that stop goods
    faulty: int = 0
    known: int = 0
    problems: int = 0
    checked: str = ""
    recorded_at: datetime
    recorded_by: UUID | None
    committed_at: datetime | None = None
    committed_by: UUID | None = None
    undone_at: datetime | None = None
    undone_by: UUID | None = None
    undone_reason: str | None = None
    retain_until: date


class ImportPart(SQLModel, table=True):
    """A piece of the file, some of the problems in it, or the ids of records that came of it: packed, in base64."""

    import_id: UUID = Field(primary_key=True, foreign_key="import.id")
    kind: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    content: str


class Problem(SQLModel):
    """What is wrong with a row: in which column, with what value; `kind` names reason and remedy.

    `first` and `last` are the rows of the whole report, none of which is taken.
    """

    row: int
    first: int
    last: int
    column: str
    value: str
    kind: str
    detail: str = ""
    facts: dict[str, str] = {}


def keep_file(session: Session, owner: Import, content: bytes) -> None:
    for number, start in enumerate(range(0, len(content), PART)):
        _keep(session, owner, "file", number, content[start : start + PART])
    session.flush()


def read_file(session: Session, owner: Import) -> bytes:
    return b"".join(_parts(session, owner, "file"))


def keep_problems(session: Session, owner: Import, number: int, problems: Sequence[Problem]) -> None:
    """Add some problems; they are read in the order of their numbers."""
    lines = [one.model_dump() for one in problems]
    _keep(session, owner, "problems", number, json.dumps(lines, ensure_ascii=False).encode())
    session.flush()


def read_problems(session: Session, owner: Import) -> Iterator[Problem]:
    """All problems, in the order of the rows, some at a time."""
    for part in _parts(session, owner, "problems"):
        yield from (Problem.model_validate(one) for one in json.loads(part))


def keep_ids(session: Session, owner: Import, some: Iterable[Sequence[str]]) -> None:
    """Which records an import brought, so that it can be undone."""
    for number, ids in enumerate(some):
        _keep(session, owner, "records", number, json.dumps(list(ids)).encode())
    session.flush()


def read_ids(session: Session, owner: Import) -> Iterator[list[UUID]]:
    for part in _parts(session, owner, "records"):
        yield [UUID(one) for one in json.loads(part)]


def _keep(session: Session, owner: Import, kind: str, number: int, content: bytes) -> None:
    packed = base64.b64encode(zlib.compress(content, 1)).decode()
    session.add(
        ImportPart(import_id=owner.id, kind=kind, number=number, party_id=owner.party_id, content=packed)
    )


def _parts(session: Session, owner: Import, kind: str) -> Iterator[bytes]:
    """One part at a time: never all of them are in memory packed and unpacked."""
    where = (ImportPart.import_id == owner.id, ImportPart.kind == kind)
    for number in range(session.exec(select(func.count()).select_from(ImportPart).where(*where)).one()):
        query = select(ImportPart.content).where(*where, ImportPart.number == number)
        yield zlib.decompress(base64.b64decode(session.exec(query).one()))


def drop_parts(session: Session, import_id: UUID, kind: str | None = None) -> None:
    query = delete(ImportPart).where(col(ImportPart.import_id) == import_id)
    session.exec(query if kind is None else query.where(col(ImportPart.kind) == kind))


def drop_old_parts(session: Session, before: datetime) -> None:
    """Files that waited for long, and the problems of imports that are over."""
    old = select(Import.id).where(col(Import.recorded_at) < before)
    parts = delete(ImportPart).where(col(ImportPart.import_id).in_(old), col(ImportPart.kind) != "records")
    session.exec(parts)
    waiting = update(Import).where(
        col(Import.recorded_at) < before, col(Import.state).in_(("checking", "ready"))
    )
    session.exec(waiting.values(state="discarded", version=Import.version + 1))


def lock_import(session: Session, import_id: UUID) -> Import | None:
    query = select(Import).where(Import.id == import_id).with_for_update(key_share=True)
    return session.exec(query.execution_options(populate_existing=True)).first()


def list_imports(session: Session, limit: int, cursor: str | None = None) -> Page[Import]:
    """The newest first."""
    query = select(Import)
    total = session.exec(select(func.count()).select_from(Import)).one()
    if cursor:
        query = query.where(col(Import.id) < _place_of(cursor))
    rows = session.exec(query.order_by(col(Import.id).desc()).limit(limit + 1)).all()
    more = write_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(rows[:limit], total, more)


def _place_of(cursor: str) -> UUID:
    try:
        return UUID(read_cursor(cursor, 1)[0])
    except ValueError:
        raise unfit("bad-cursor", "This cursor was not given out here.", "cursor") from None


def count_open(session: Session, party_id: UUID) -> int:
    query = select(func.count()).select_from(Import).where(Import.party_id == party_id)
    return session.exec(query.where(col(Import.state).in_(OPEN))).one()


def find_committed(session: Session, party_id: UUID, digest: str, but: UUID) -> Import | None:
    """An import of the very same file that counts."""
    query = select(Import).where(
        Import.party_id == party_id, Import.digest == digest, Import.state == "committed", Import.id != but
    )
    return session.exec(query.order_by(col(Import.id).desc()).limit(1)).first()


def note_done(session: Session, import_id: UUID, done: int) -> None:
    """How far the work has come, for whoever looks at the page; it is no change of the record."""
    session.exec(update(Import).where(col(Import.id) == import_id).values(done=done))


class ImportView(SQLModel):
    """An import for a program."""

    id: UUID
    version: int
    noun: str
    file_name: str
    digest: str
    size: int
    layout: str
    unknown_columns: list[str]
    state: State
    refused: str
    done: int
    rows: int
    reports: int
    findings: int
    failing: int
    faulty: int
    known: int
    problems: int
    recorded_at: datetime
    committed_at: datetime | None
    undone_at: datetime | None
    undone_reason: str | None


def view_of(kept: Import) -> ImportView:
    told: dict[str, Any] = kept.model_dump()
    return ImportView.model_validate(told | {"unknown_columns": kept.unknown.splitlines()})
