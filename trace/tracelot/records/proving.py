"""The proof that a store is whole: its file, its keys, its journal, and that its rows are what the journal says."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection
from sqlalchemy import select as core_select
from sqlalchemy.exc import DatabaseError
from sqlmodel import SQLModel

from tracelot.records.batches import Batch
from tracelot.records.database import UnsafeStore
from tracelot.records.events import Event
from tracelot.records.facilities import Facility
from tracelot.records.journal import CLEAR, TO_THE_SECOND, JournalEntry, commit_to, head_text, plain_value
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall

# Which entry made a row, for every table whose rows an act of its own makes.
BIRTHS = {
    "party": ("id", "party.joined"),
    "account": ("id", "member.added"),
    "apikey": ("id", "key.issued"),
    "facility": ("id", "facility.registered"),
    "product": ("id", "product.registered"),
    "batch": ("id", "batch.registered"),
    "event": ("id", "event.recorded"),
    "eventvoid": ("event_id", "event.voided"),
    "contact": ("id", "contact.added"),
    "shipment": ("id", "shipment.sent"),
    "recall": ("id", "recall.opened"),
    "effectivenesssample": ("id", "sample.drawn"),
    "effectivenesscheck": ("id", "check.planned"),
    "disposal": ("id", "disposal.announced"),
}
# Rows that name another row without a foreign key, since the other one may lie on another node.
NAMED = (
    # A product's pool is no batch, and what somebody observed may not be registered.
    (
        "posting",
        "batch_id",
        "batch",
        "NOT pooled AND NOT EXISTS (SELECT 1 FROM capturedgoods WHERE"
        " capturedgoods.batch_id = posting.batch_id AND observed) AND",
    ),
    ("shortcode", "batch_id", "batch", ""),
    ("shipmentline", "batch_id", "batch", "NOT pooled AND"),
)
# Goods and what was done with them: the row must still be what its last entry says.
TOLD: tuple[type[SQLModel], ...] = (Batch, Event, Facility, Party, Product, Recall)
# Counted and moved without an act of their own; and what is personal, which may be forgotten on either side.
KEPT_APART = frozenset(
    {"version", "bucket", "seq", "retain_until", "legal_rep", "main_responsible_person", "phone", "email"}
)
STREAMED = {"stream_results": True, "max_row_buffer": 2000}  # never more than this in memory


_told = msgspec.json.Decoder(dict[str, Any]).decode


class Unsound(UnsafeStore):
    """The store is not what was recorded; the sentence names the first record that shows it."""


def prove(connection: Connection) -> Iterator[str]:
    """Check everything that can be checked from inside; says what was proved, or raises `Unsound`."""
    checks = [_kept_commitments, _without_gap, _with_births, _as_told]
    if connection.dialect.name == "sqlite":
        checks = [_sound_file, _kept_keys, *checks]
    for check in checks:
        try:
            yield check(connection)
        except (ValueError, DatabaseError) as error:  # a value that is none of its kind any more
            raise Unsound(f"The store cannot be read: {str(error).partition(chr(10))[0][:300]}") from error


def _sound_file(connection: Connection) -> str:
    found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if found != "ok":
        raise Unsound(f"The file of the store is damaged: {str(found).replace(chr(10), ' ')[:300]}")
    return "The file is sound."


def _kept_keys(connection: Connection) -> str:
    """PostgreSQL checked its keys when they were restored; SQLite copies a file and checks none."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise Unsound(f"A row of {broken[0]} (row {broken[1]}) names a row of {broken[2]} that is not there.")
    return "Every foreign key leads to its row."


def _kept_commitments(connection: Connection) -> str:
    count, forgotten, id_ = 0, 0, None
    query = (
        "SELECT id, bucket, seq, party_id, actor_id, act, subject_id, reason, recorded_at, salt, record,"
        " commitment, form FROM journalentry"
    )
    try:
        with connection.exec_driver_sql(query, execution_options=STREAMED) as entries:
            for id_, *head, salt, record, commitment, form in entries:
                forgotten += not salt
                if salt and not _kept(salt, _committed(id_, head, record, form), commitment):
                    raise Unsound(f"Journal entry {id_} is not what was committed to.")
                count += 1
    except DatabaseError as error:
        raise Unsound(f"The journal entry that is kept after {id_} cannot be read.") from error
    return f"{count:,} journal entries: every commitment holds, {forgotten:,} were forgotten."


def _committed(id_: Any, head: list[Any], record: str, form: int) -> str:
    """What an entry commits to, from its columns as the driver gives them."""
    if form == CLEAR:
        return record
    bucket, seq, party, actor, act, subject, reason, moment = head
    when = str(moment)[:TO_THE_SECOND].replace(" ", "T")
    parts = (_id(id_), bucket, seq, _id(party), _id(actor), act, _id(subject), reason, when)
    return head_text(parts) + record


def _id(value: Any) -> str | None:
    """SQLite keeps ids without hyphens."""
    if value is None or not isinstance(value, str):
        return None if value is None else str(value)
    return f"{value[:8]}-{value[8:12]}-{value[12:16]}-{value[16:20]}-{value[20:]}"


def _kept(salt: str, record: str, commitment: str) -> bool:
    try:
        return commit_to(salt, record) == commitment
    except ValueError:  # the salt is no hexadecimal number any more
        return False


def _without_gap(connection: Connection) -> str:
    """Each bucket counts from 1 to its head, and every number is there once."""
    gap = connection.exec_driver_sql(
        "SELECT bucket, seq FROM (SELECT bucket, seq, lag(seq, 1, 0) OVER (PARTITION BY bucket ORDER BY seq)"
        " AS before FROM journalentry) AS counted WHERE seq <> before + 1 LIMIT 1"
    ).first()
    if gap is not None:
        raise Unsound(f"The journal's bucket {gap[0]} has a gap or a double before number {gap[1]}.")
    return f"{demand_heads(connection)} buckets of the journal: no gap up to their heads."


def demand_heads(connection: Connection) -> int:
    """The last number of each bucket is the one that its head says; how many buckets there are."""
    ends = connection.exec_driver_sql(
        "SELECT id, seq, coalesce((SELECT max(seq) FROM journalentry WHERE bucket = head.id), 0)"
        " FROM bucket AS head"
    ).all()
    for bucket, head, last in ends:
        if head != last:
            raise Unsound(f"The journal's bucket {bucket} ends at number {last}, and its head is {head}.")
    return len(ends)


def _with_births(connection: Connection) -> str:
    """No row without the entry that made it, and no row that names a batch which is not there."""
    for table, (key, act) in BIRTHS.items():
        orphan = connection.exec_driver_sql(
            f'SELECT {key} FROM "{table}" WHERE NOT EXISTS (SELECT 1 FROM journalentry'  # noqa: S608
            f" WHERE subject_id = \"{table}\".{key} AND act = '{act}') LIMIT 1"
        ).first()
        if orphan is not None:
            raise Unsound(f"No journal entry made this row of {table}: {orphan[0]}.")
    for table, key, other, which in NAMED:
        orphan = connection.exec_driver_sql(
            f'SELECT {key} FROM "{table}" WHERE {which} NOT EXISTS'  # noqa: S608
            f' (SELECT 1 FROM "{other}" WHERE id = "{table}".{key}) LIMIT 1'
        ).first()
        if orphan is not None:
            raise Unsound(f"A row of {table} names a {other} that is not there: {orphan[0]}.")
    return f"Every {', '.join(BIRTHS)} has the journal entry that made it."


def _as_told(connection: Connection) -> str:
    count = sum(_compare(connection, model) for model in TOLD)
    return f"{count:,} parties, facilities, products, batches, events and recalls are what the journal says."


def _compare(connection: Connection, model: type[SQLModel]) -> int:
    """Each row with the last record of it in the journal; how many there are."""
    table, count = _table(model), 0
    names = [column.name for column in table.c if column.name not in KEPT_APART]
    query = core_select(table.c.id, _last_record(model), *(table.c[name] for name in names))
    with connection.execute(query, execution_options=STREAMED) as rows:
        for id_, record, *values in rows:
            said = _said(f"{table.name} {id_}", record)
            for name, kept in zip(names, values, strict=True):
                if name in said and kept != said[name] and not _same(kept, said[name]):
                    raise Unsound(f"The {table.name} {id_} is not what its last journal entry says: {name}.")
            count += 1
    return count


def _said(what: str, record: str | None) -> dict[str, Any]:
    if record is None:
        raise Unsound(f"The journal says nothing of the {what}.")
    return _told(record)


def _last_record(model: type[SQLModel]) -> Any:
    """The last thing that was said of a row; that somebody read it is no record of it."""
    table, entry, noun = _table(model), _table(JournalEntry), model.__name__.lower()
    return (
        core_select(entry.c.record)
        .where(entry.c.subject_id == table.c.id)
        .where(entry.c.act.like(f"{noun}.%"), entry.c.act != f"{noun}.read")
        .order_by(entry.c.recorded_at.desc(), entry.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _table(model: type[SQLModel]) -> Any:
    return getattr(model, "__table__")  # noqa: B009  (SQLModel does not declare it)


def _same(kept: Any, said: Any) -> bool:
    """Whether a value is the one that the journal wrote down; a moment may be written in another zone."""
    if isinstance(kept, UUID):
        return bool(str(kept) == said)
    if isinstance(kept, datetime) and isinstance(said, str):
        return bool(datetime.fromisoformat(said) == kept)
    return bool(plain_value(kept) == said)
