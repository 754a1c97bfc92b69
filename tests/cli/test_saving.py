"""The commands that save the store, as processes: beside a running site, and ended in the midst of it."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from typer.testing import CliRunner

from databases import Databases, rows_of
from processes import answers, running, stop, wait_until
from tracelot.bench.registrations import fill_with_history
from tracelot.bench.servers import free_port
from tracelot.cli import main
from tracelot.operations.backups import back_up, restore_proved
from tracelot.records.manifests import demand_whole, read_manifest
from tracelot.rules.refusals import Conflict, Refusal
from world import World

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "trace"


@pytest.fixture
def target(databases: Databases) -> Iterator[str]:
    """The URL of a store that is not there yet."""
    url = databases.create(None)
    yield url
    databases.drop(url)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, world: World, store: str) -> str:
    assert world
    monkeypatch.setenv("TRACE_DATABASE_URL", store)
    return store


def test_a_served_store_is_backed_up_restored_and_proved(
    site: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, folder = free_port(), tmp_path / "backup"
    with running(tmp_path, "serve", "--port", str(port), TRACE_DATABASE_URL=site) as process:
        wait_until(process, lambda: answers(port))
        saved = runner.invoke(main, ["backup", str(folder)])
        stop(process)
    assert saved.exit_code == 0
    assert "are not in it: keep those elsewhere" in saved.output

    monkeypatch.setenv("TRACE_DATABASE_URL", target)
    restored = runner.invoke(main, ["restore", str(folder), "--verify"])
    again = runner.invoke(main, ["restore", str(folder)])
    proved = runner.invoke(main, ["restore", str(folder), "--verify-only"])

    assert [one.exit_code for one in (restored, again, proved)] == [0, 5, 0]
    assert "every commitment holds" in restored.output
    assert again.stderr == "The store to restore into is not empty; nothing is overwritten.\n"
    assert "The store is not behind the backup." in proved.output


def test_what_is_wrong_with_a_backup_is_told_in_one_sentence(
    site: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert site
    folder = tmp_path / "backup"
    assert [runner.invoke(main, ["backup", str(folder)]).exit_code for _ in range(2)] == [0, 5]
    name = next(name for name, mark in read_manifest(folder).files.items() if mark.size)
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    monkeypatch.setenv("TRACE_DATABASE_URL", target)

    refused = runner.invoke(main, ["restore", str(folder)])

    assert refused.exit_code == 6
    assert refused.stderr.endswith(f"(file: {name})\n")
    assert runner.invoke(main, ["restore", str(tmp_path / "nowhere")]).exit_code == 4


def test_a_disk_that_refuses_is_told_in_one_sentence(site: str, tmp_path: Path) -> None:
    assert site
    (tmp_path / "file").touch()

    refused = runner.invoke(main, ["backup", str(tmp_path / "file" / "backup")])

    assert refused.exit_code == 3
    assert refused.stderr.startswith("The store or its disk does not answer: ")
    assert len(refused.stderr.splitlines()) == 1


def killed(seconds: float, url: str, home: Path, *arguments: str) -> bool:
    """Whether a command was ended by kill -9 after so many seconds, before it ended by itself."""
    with running(home, *arguments, TRACE_DATABASE_URL=url) as process:
        try:
            process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
    return False


def timed(url: str, folder: Path) -> float:
    """How long a restore takes that nobody ends."""
    began = monotonic()
    assert not killed(600, url, folder.parent, "restore", str(folder))
    return monotonic() - began


def test_a_restore_that_is_killed_leaves_an_empty_store_or_a_whole_one(
    databases: Databases, tmp_path: Path, random: Random, rounds: Callable[[int, int], int]
) -> None:
    source, folder = databases.create(None), tmp_path / "backup"
    fill_with_history(source, 5_000).dispose()
    back_up(source, folder, datetime.now(UTC))
    whole = rows_of(source)
    first = databases.create(None)
    seconds = timed(first, folder)
    for _ in range(rounds(2, 30)):
        url = databases.create(None)
        killed(seconds * random.uniform(0.3, 1.0), url, tmp_path, "restore", str(folder))
        with suppress(Conflict):  # it was whole already
            list(restore_proved(url, folder))
        assert rows_of(url) == whole
        databases.drop(url)
    databases.drop(first)
    databases.drop(source)


def test_a_backup_that_is_killed_leaves_no_folder_that_looks_whole(
    databases: Databases, tmp_path: Path, random: Random, rounds: Callable[[int, int], int]
) -> None:
    source = databases.create(None)
    fill_with_history(source, 5_000).dispose()
    for number in range(rounds(2, 30)):
        folder = tmp_path / f"backup-{number}"
        killed(random.uniform(0.5, 3.0), source, tmp_path, "backup", str(folder))
        if folder.exists():
            demand_whole(folder, read_manifest(folder))
        for partial in tmp_path.glob(f"backup-{number}.partial-*"):
            if not (partial / "manifest.json").exists():
                with pytest.raises(Refusal):
                    read_manifest(partial)
    databases.drop(source)
