"""Whatever is changed in a store behind the journal's back is found, and the first record is named."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, func, make_url, update
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from builders import new_batch, new_recall
from tracelot.operations.batches import hold_batch, register_batch
from tracelot.operations.recalls import open_recall, publish_recall
from tracelot.records.batches import Batch, ShortCode, StatusChange
from tracelot.records.database import notices_damage, snapshot
from tracelot.records.events import Event
from tracelot.records.journal import Bucket, JournalEntry
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.proving import KEPT_APART, Unsound, prove
from tracelot.records.recalls import Recall
from world import VisitAs, World

Tamper = Callable[[Connection], Any]


def proved(engine: Engine) -> list[str]:
    with snapshot(engine) as connection:
        return list(prove(connection))


@pytest.fixture
def busy(world: World, visit_as: VisitAs) -> World:
    """The cast's store with a recall, and with a batch that was held."""
    with visit_as("zhenyang") as visit:
        recall = open_recall(visit, new_recall(world.product_id, world.code))
        publish_recall(visit, recall.id)
    with visit_as("zhenyang") as visit:
        other = register_batch(visit, new_batch(world.product_id, quantity="3", unit="box"))
        hold_batch(visit, other.id, StatusChange(reason="标签破损"))
    return world


def entry(connection: Connection, act: str) -> Any:
    found = select(JournalEntry.id, JournalEntry.bucket, JournalEntry.seq).where(JournalEntry.act == act)
    return connection.execute(found).first()


def forget_entry(connection: Connection, act: str) -> None:
    """Take an entry out and close the gap, as somebody would who knows how the journal counts."""
    id_, bucket, seq = entry(connection, act)
    connection.execute(delete(JournalEntry).where(JournalEntry.id == id_))
    later = (JournalEntry.bucket == bucket) & (JournalEntry.seq > seq)
    connection.execute(update(JournalEntry).where(later).values(seq=JournalEntry.seq - 1))
    connection.execute(update(Bucket).where(Bucket.id == bucket).values(seq=Bucket.seq - 1))


def drop_entry(connection: Connection) -> None:
    id_ = entry(connection, "product.registered")[0]
    connection.execute(delete(JournalEntry).where(JournalEntry.id == id_))


def drop_last_entry(connection: Connection) -> None:
    top = connection.execute(select(Bucket.id, Bucket.seq).order_by(Bucket.seq.desc())).first()
    last = (JournalEntry.bucket == top[0]) & (JournalEntry.seq == top[1])
    connection.execute(delete(JournalEntry).where(last))


def rewrite(model: Any, **changed: Any) -> Tamper:
    return lambda connection: connection.execute(update(model).values(**changed))


TAMPERED: dict[str, tuple[Tamper, str]] = {
    "a record": (rewrite(JournalEntry, record=func.replace(JournalEntry.record, "ZY2026", "ZY2027")), "Journal entry "),
    "a salt": (rewrite(JournalEntry, salt="00" * 16), "Journal entry "),
    "a salt that is none": (rewrite(JournalEntry, salt="zz"), "Journal entry "),
    "a commitment": (rewrite(JournalEntry, commitment="0" * 64), "Journal entry "),
    "an entry gone": (drop_entry, "has a gap or a double before number"),
    "the last entry gone": (drop_last_entry, "ends at number"),
    "a head moved": (rewrite(Bucket, seq=Bucket.seq + 1), "ends at number"),
    "a birth gone": (lambda connection: forget_entry(connection, "batch.registered"), "is not what was comm"),
    "a recall's birth gone": (lambda connection: forget_entry(connection, "recall.opened"), "is not what was comm"),
    "a batch gone": (lambda connection: connection.execute(delete(Batch)), "names a batch that is not there"),
    "a batch freed": (rewrite(Batch, status="released"), "last journal entry says: status"),
    "a batch dated": (rewrite(Batch, expiry_date=date(2099, 1, 1)), "last journal entry says: expiry_date"),
    "a batch moved": (rewrite(Batch, quantity=1), "last journal entry says: quantity"),
    "an event moved": (rewrite(Event, act="destroy"), "last journal entry says: act"),
    "a recall softened": (rewrite(Recall, level=3), "last journal entry says: level"),
    "a product renamed": (rewrite(Product, name_zh="别的"), "last journal entry says: name_zh"),
    "a party renamed": (rewrite(Party, name_zh="别的"), "last journal entry says: name_zh"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_changed_behind_the_journal_is_named(busy: World, engine: Engine, case: str) -> None:
    assert busy
    assert proved(engine)
    tamper, said = TAMPERED[case]
    with engine.begin() as connection:
        tamper(connection)

    with pytest.raises(Unsound, match=said):
        proved(engine)


def test_a_store_where_much_was_done_is_sound(busy: World, engine: Engine) -> None:
    assert busy
    assert [line for line in proved(engine) if "every commitment holds" in line]


def test_a_posting_without_its_batch_is_named(busy: World, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(delete(ShortCode))
        connection.execute(delete(Batch).where(Batch.id == busy.batch_id))

    with pytest.raises(Unsound, match="A row of posting names a batch"):
        proved(engine)


def test_a_row_that_lost_its_parent_is_named(busy: World, engine: Engine) -> None:
    """PostgreSQL refuses to lose one; an SQLite file can be written without its keys."""
    if engine.dialect.name == "postgresql":
        with pytest.raises(DatabaseError), engine.begin() as connection:
            connection.execute(delete(Product).where(Product.id == busy.product_id))
        return
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        driver.execute("DELETE FROM product WHERE id = ?", (busy.product_id.hex,))
        driver.execute("PRAGMA foreign_keys=ON")

    with pytest.raises(Unsound, match="names a row of product that is not there"):
        proved(engine)


COMMITTED = (
    JournalEntry.id,
    JournalEntry.seq,
    JournalEntry.record,
    JournalEntry.salt,
    JournalEntry.commitment,
)


def evidence(engine: Engine) -> list[str]:
    """What the journal commits to, and what it has recorded of goods and recalls."""
    with engine.connect() as connection:
        kept = connection.execute(select(*COMMITTED).order_by(JournalEntry.id)).all()
        for model in (Batch, Event, Recall, Product):
            table = model.__table__  # type: ignore[attr-defined]
            told = [column for column in table.c if column.name not in KEPT_APART]
            kept += connection.execute(select(*told).order_by(table.c.id)).all()
        return [repr(row) for row in kept]


def test_bits_that_rot_in_the_file_of_a_store_never_change_evidence_unseen(
    busy: World, engine: Engine, random: Random, rounds: Callable[[int, int], int]
) -> None:
    """An SQLite file has no sums of its pages; PostgreSQL's pages have, and `trace doctor` asks for them."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            assert notices_damage(connection)
        return
    assert busy
    sound = evidence(engine)
    engine.dispose()
    path = Path(make_url(str(engine.url)).database or "")
    whole = path.read_bytes()
    journal = [place for place in range(0, len(whole), 4096) if b"batch." in whole[place : place + 4096]]
    seen = 0
    for _ in range(rounds(12, 1000)):
        place = random.choice(journal) + random.randrange(4096)
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << random.randrange(8)]) + whole[place + 1 :]
        )
        try:
            proved(engine)
        except Unsound:
            seen += 1
        else:
            assert evidence(engine) == sound, f"byte {place}"
        engine.dispose()
    path.write_bytes(whole)
    assert proved(engine)
    assert seen
