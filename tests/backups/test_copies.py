"""A backup of a store in use is one moment of it, and comes back row by row."""

import json
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, delete, update

from databases import Databases, rows_of
from tracelot.bench.registrations import fill_with_history
from tracelot.bench.writers import acknowledged, await_acknowledged, writers
from tracelot.operations.backups import back_up, prove_store, restore, restore_proved
from tracelot.records.database import UnsafeStore, connect
from tracelot.records.journal import Bucket, JournalEntry
from tracelot.records.manifests import appearing, read_manifest
from tracelot.records.migrating import config_for, migrate
from tracelot.rules.refusals import Conflict, Refusal, Unfit, Unknown
from world import World

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def target(databases: Databases) -> Iterator[str]:
    """The URL of a store that is not there yet."""
    url = databases.create(None)
    yield url
    databases.drop(url)


@pytest.fixture
def saved(world: World, store: str, tmp_path: Path) -> Path:
    """A backup of the store with the cast."""
    assert world
    back_up(store, tmp_path / "backup", NOW)
    return tmp_path / "backup"


def values(url: str, query: str) -> list[Any]:
    engine = connect(url)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.exec_driver_sql(query)]
    engine.dispose()
    return found


def test_what_is_restored_equals_what_was_backed_up_row_by_row(store: str, saved: Path, target: str) -> None:
    said = list(restore_proved(target, saved))

    assert rows_of(target) == rows_of(store)
    assert said[-1] == "Restored."


def test_a_backup_under_load_is_one_moment_and_holds_all_that_was_acknowledged_before(
    databases: Databases, target: str, tmp_path: Path
) -> None:
    source = databases.create(None)
    fill_with_history(source, 500).dispose()
    with writers(source, tmp_path, 2) as ledgers:
        before = {one.batch_id.hex for one in await_acknowledged(ledgers, 20)}
        back_up(source, tmp_path / "backup", NOW)
        await_acknowledged(ledgers, len(acknowledged(ledgers)) + 5)

    list(restore_proved(target, tmp_path / "backup"))

    batches = "SELECT replace(cast(id AS varchar), '-', '') FROM batch"
    restored = {id_ for (id_,) in values(target, batches)}
    ((head,),) = values(target, "SELECT max(seq) FROM bucket")
    registered = (
        "SELECT replace(cast(subject_id AS varchar), '-', ''), seq FROM journalentry"
        " WHERE act = 'batch.registered'"
    )
    assert before <= restored
    assert restored == {id_ for id_, seq in values(source, registered) if seq <= head}
    assert len(restored) < len(values(source, batches))
    databases.drop(source)


def test_a_backup_is_closed_to_others_and_stands_under_its_name_alone(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o700
    assert [path.name for path in saved.parent.iterdir() if path.name.startswith("backup")] == ["backup"]


def test_a_backup_overwrites_nothing(saved: Path, store: str) -> None:
    before = {path.name: path.read_bytes() for path in saved.iterdir()}

    with pytest.raises(Conflict):
        back_up(store, saved, NOW)

    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_store_that_is_not_there_is_neither_backed_up_nor_made(target: str, tmp_path: Path) -> None:
    with pytest.raises(Unknown, match="no store here"):
        back_up(target, tmp_path / "backup", NOW)

    assert list(tmp_path.iterdir()) == []
    assert rows_of(target) == {}


def test_a_backup_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with appearing(tmp_path / "backup") as partial:
            (partial / "store.db").write_bytes(b"half")
            raise OSError("The disk is full.")

    with pytest.raises(OSError, match="full"):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    def meet() -> None:
        with appearing(tmp_path / "backup"):
            (tmp_path / "backup").mkdir()
            (tmp_path / "backup" / "theirs").touch()

    with pytest.raises(Conflict):
        meet()

    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_every_flipped_bit_of_a_backup_is_named(
    saved: Path, target: str, random: Random, rounds: Any
) -> None:
    files = [path for path in sorted(saved.iterdir()) if path.stat().st_size]
    for _ in range(rounds(15, 400)):
        path = random.choice(files)
        sound = path.read_bytes()
        place = random.randrange(len(sound))
        path.write_bytes(
            sound[:place] + bytes([sound[place] ^ 1 << random.randrange(8)]) + sound[place + 1 :]
        )

        with pytest.raises(Refusal) as refused:
            list(restore(target, saved))

        assert refused.value.facts.get("file") == path.name or isinstance(refused.value, Unknown)
        path.write_bytes(sound)
    list(restore(target, saved))


def test_a_missing_file_is_named(saved: Path, target: str) -> None:
    name = next(iter(read_manifest(saved).files))
    (saved / name).unlink()

    with pytest.raises(Unfit) as refused:
        list(restore(target, saved))

    assert refused.value.facts == {"file": name}


def test_without_its_manifest_a_folder_is_no_backup(saved: Path, target: str) -> None:
    (saved / "manifest.json").unlink()

    with pytest.raises(Unknown):
        list(restore(target, saved))


def test_nothing_is_restored_over_a_store(saved: Path, store: str) -> None:
    before = rows_of(store)

    with pytest.raises(Conflict):
        list(restore(store, saved))

    assert rows_of(store) == before


def test_a_backup_of_the_other_database_is_refused(saved: Path, target: str, tmp_path: Path) -> None:
    other = (
        "postgresql://nobody@127.0.0.1:1/none"
        if target.startswith("sqlite")
        else f"sqlite:///{tmp_path}/a.db"
    )

    with pytest.raises(Unfit, match="another kind"):
        list(restore(other, saved))


def test_a_sealed_manifest_of_a_newer_trace_is_refused(saved: Path, target: str) -> None:
    newer = read_manifest(saved).model_copy(update={"revision": "9999_later"})
    (saved / "manifest.json").write_text(newer.sealed(), encoding="utf-8")

    with pytest.raises(UnsafeStore, match="9999_later"):
        list(restore(target, saved))


def test_fewer_rows_than_the_manifest_says_are_never_restored(saved: Path, target: str) -> None:
    manifest = read_manifest(saved)
    more = manifest.model_copy(update={"rows": manifest.rows | {"batch": manifest.rows["batch"] + 1}})
    (saved / "manifest.json").write_text(more.sealed(), encoding="utf-8")

    with pytest.raises(UnsafeStore, match="batch has 1 rows and not the 2"):
        list(restore_proved(target, saved))

    manifest_again = json.loads((saved / "manifest.json").read_text(encoding="utf-8"))
    (saved / "manifest.json").write_text(manifest.sealed(), encoding="utf-8")
    assert manifest_again["rows"]["batch"] == 2
    list(restore_proved(target, saved))  # the target stayed empty


def test_a_store_of_a_newer_trace_is_not_served(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_later'")

    with pytest.raises(UnsafeStore, match="A newer Trace wrote this"):
        migrate(engine)


def test_a_backup_of_an_older_trace_is_brought_up_to_date(
    engine: Engine, store: str, target: str, tmp_path: Path
) -> None:
    """The oldest tables there are, which every later migration starts from."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        command.downgrade(config_for(connection), "0001")
    back_up(store, tmp_path / "backup", NOW)
    migrate(engine)

    list(restore_proved(target, tmp_path / "backup"))

    assert rows_of(target) == rows_of(store)


def test_the_present_store_is_proved_against_a_backup(store: str, saved: Path) -> None:
    said = list(prove_store(store, saved))

    assert "The store is not behind the backup." in said


def test_a_store_that_lost_its_last_records_is_behind_its_backup(
    store: str, engine: Engine, saved: Path
) -> None:
    with engine.begin() as connection:
        bucket, head = connection.exec_driver_sql("SELECT id, seq FROM bucket ORDER BY seq DESC").all()[0]
        last = (JournalEntry.bucket == bucket) & (JournalEntry.seq == head)
        connection.execute(delete(JournalEntry).where(last))
        connection.execute(update(Bucket).where(Bucket.id == bucket).values(seq=head - 1))

    with pytest.raises(UnsafeStore, match=f"older than the backup: bucket {bucket} "):
        list(prove_store(store, saved))
