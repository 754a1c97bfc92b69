"""`trace doctor` finds what is wrong once it is made wrong, and says what to do."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url
from typer.testing import CliRunner

from tracelot.cli import main
from tracelot.cli.saving import name_of
from tracelot.cli.surroundings import judge_room
from tracelot.operations.findings import compare_clocks
from tracelot.operations.working import writing
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SECRET = "aaaaaaaaaaaaaaaa"  # noqa: S105  (long and yet easily guessed)

IN_CLEAR = {"TRACE_SMTP_HOST": "a.example", "TRACE_SMTP_TLS": "none", "TRACE_SMTP_PASSWORD": SECRET}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, engine: Engine) -> Path:
    """A user of the machine with a store that is in order, in a folder of their own."""
    assert engine
    folder = tmp_path / "trace"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("TRACE_DATABASE_URL", store)
    if store.startswith("sqlite"):
        Path(make_url(store).database or "").parent.chmod(0o700)
    return folder


def findings(check: str, code: int | None = None) -> list[tuple[str, str]]:
    """The level and the sentence of each finding under that name."""
    result = CliRunner().invoke(main, ["doctor", "--json"])
    found = json.loads(result.stdout)
    assert result.exit_code == (1 if any(one["level"] == "bad" for one in found) else 0)
    assert code is None or result.exit_code == code
    assert SECRET not in result.output
    assert all(one["remedy"] for one in found if one["level"] != "ok")
    return [(one["level"], one["said"]) for one in found if one["check"] == check]


def test_whether_traces_are_answered_from_memory_is_told(monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    assert [level for level, said in findings("index") if said.startswith("On: up to 5000000")] == ["ok"]
    monkeypatch.setenv("TRACE_INDEX_POSTINGS", "0")
    assert [level for level, said in findings("index") if said.startswith("Off, by")] == ["ok"]
    assert store


def test_a_store_in_order_has_nothing_bad() -> None:
    result = CliRunner().invoke(main, ["doctor"])

    assert result.exit_code == 0
    levels = {line.split()[0] for line in result.stdout.splitlines()}
    assert levels == {"ok", "warn"}  # no mail server, no backup yet


@pytest.mark.parametrize(
    ("check", "level", "settings"),
    [
        ("public address", "bad", {"TRACE_PUBLIC_URL": "http://trace.example.org"}),
        ("public address", "ok", {"TRACE_PUBLIC_URL": "https://trace.example.org"}),
        ("secrets", "bad", {"TRACE_SMTP_PASSWORD": SECRET}),
        ("secrets", "bad", {"TRACE_SMTP_PASSWORD": "7uKq-2z"}),
        ("secrets", "ok", {"TRACE_SMTP_PASSWORD": "q8Zt-Lm3w-Rk7x"}),
        ("mail", "warn", {}),
        ("mail", "bad", {"TRACE_SMTP_HOST": "127.0.0.1", "TRACE_SMTP_PORT": "1"}),
        ("mail", "bad", IN_CLEAR),
        ("time zone", "bad", {"TRACE_TIME_ZONE": "Mars/Utopia"}),
        ("time zone", "ok", {}),
        ("disk clock", "ok", {}),
        ("durability", "ok", {}),
    ],
)  # fmt: skip
def test_a_setting_is_judged(
    monkeypatch: pytest.MonkeyPatch, check: str, level: str, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    assert [found for found, _ in findings(check)] == [level]


def test_a_password_of_the_database_is_judged_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACE_DATABASE_URL", f"postgresql://trace:{SECRET}@127.0.0.1:1/none")

    assert findings("secrets")[0][0] == "bad"
    assert [level for level, _ in findings("store", 1)] == ["bad"]


def test_a_store_that_is_not_there_is_not_made(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.delenv("TRACE_DATABASE_URL")

    assert [level for level, _ in findings("store")] == ["warn"]
    assert list(home.iterdir()) == []


def test_files_that_others_can_read_are_named(home: Path) -> None:
    home.chmod(0o755)
    (home / "demo.access.json").write_text("{}")
    (home / "demo.access.json").chmod(0o644)
    level, said = next(found for found in findings("file modes", 1) if str(home) in found[1])
    assert level == "bad"
    assert "demo.access.json" in said

    (home / "demo.access.json").chmod(0o600)

    assert {level for level, _ in findings("file modes", 0)} == {"ok"}


def test_tables_of_a_newer_trace_are_bad(engine: Engine) -> None:
    assert [level for level, _ in findings("tables")] == ["ok"]
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_later'")

    assert [level for level, _ in findings("tables", 1)] == ["bad"]


def test_a_store_without_tables_is_told_to_migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")

    assert [level for level, _ in findings("tables")] == ["warn"]


def test_a_database_that_may_lose_commits_is_bad(engine: Engine, store: str) -> None:
    if engine.dialect.name == "sqlite":
        assert findings("durability") == [("ok", "An acknowledged record is on the disk.")]
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = make_url(store).database
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')

    assert findings("durability", 1) == [("bad", "Acknowledged records can be lost: synchronous_commit=off.")]


@pytest.mark.parametrize(
    ("ago", "level"), [(timedelta(seconds=5), "ok"), (timedelta(hours=1), "warn"), (timedelta(days=2), "bad")]
)
def test_work_that_nobody_does_is_noticed(engine: Engine, ago: timedelta, level: str) -> None:
    due = datetime.now(UTC) - ago
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        kernel.add(Task(id=new_id(), kind="mail", payload={}, due_at=due, recorded_at=due))
        kernel.flush()

    assert [found for found, _ in findings("outbox")] == [level]


def test_work_that_failed_for_good_is_noticed(engine: Engine) -> None:
    now = datetime.now(UTC)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        task = Task(id=new_id(), kind="mail", payload={}, due_at=now, recorded_at=now)
        task.done_at, task.outcome = now, "failed: TimeoutError"
        kernel.add(task)
        kernel.flush()

    assert findings("outbox failures") == [("warn", "Tasks that failed for good: 1.")]


def test_a_journal_that_lost_its_end_is_bad(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE bucket SET seq = 7 WHERE id = 3")

    assert findings("journal", 1) == [("bad", "The journal's bucket 3 ends at number 0, and its head is 7.")]


@pytest.mark.parametrize(("hours", "level"), [(1, "ok"), (48, "warn"), (24 * 8, "bad")])
def test_an_old_backup_is_noticed(home: Path, store: str, hours: int, level: str) -> None:
    made = datetime.now(UTC) - timedelta(hours=hours)
    (home / "backups.json").write_text(json.dumps({name_of(store): made.isoformat()}))

    assert [found for found, _ in findings("backup")] == [level]


@pytest.mark.parametrize(("free", "level"), [(3 << 30, "ok"), (1 << 30, "warn"), (100 << 20, "bad")])
def test_a_disk_that_fills_up_is_noticed(free: int, level: str) -> None:
    assert judge_room(free).level == level


@pytest.mark.parametrize(
    ("seconds", "level"), [(1, "ok"), (-1, "ok"), (10, "warn"), (-90, "bad"), (90, "bad")]
)
def test_clocks_that_differ_are_noticed(seconds: int, level: str) -> None:
    assert compare_clocks("disk clock", NOW + timedelta(seconds=seconds), NOW).level == level
