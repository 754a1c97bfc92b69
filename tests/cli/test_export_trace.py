"""The command that writes a trace into a file."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from keeping import all_rows
from tracelot.cli import main
from tracelot.operations.trace_files import KINDS
from tracelot.records.journal import JournalEntry
from world import World

runner = CliRunner()


@pytest.fixture(autouse=True)
def this_store(monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    monkeypatch.setenv("TRACE_DATABASE_URL", store)


def run(world: World, *given: str, party: str = "zhenyang") -> tuple[int, str]:
    result = runner.invoke(main, ["export-trace", "--party", str(world.parties[party]), *given])
    return result.exit_code, result.output


def test_the_name_of_the_file_says_what_it_is(world: World, engine: Engine, tmp_path: Path) -> None:
    starts = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF-", "csv": b"\xef\xbb\xbf", "xlsx": b"PK",
              "json": b"{", "dot": b"//"}  # fmt: skip
    for kind in KINDS:
        file = tmp_path / f"trace.{kind}"
        assert run(world, "--code", world.code, str(file))[0] == 0
        assert file.read_bytes().startswith(starts[kind])
        assert file.stat().st_mode & 0o077 == 0
    entries = all_rows(engine, JournalEntry, act="trace.exported")
    assert {entry.party_id for entry in entries} == {world.parties["zhenyang"]}
    assert {entry.actor_id for entry in entries} == {None}
    assert [json.loads(entry.record)["by"] for entry in entries] == ["store"] * len(KINDS)


def test_it_shows_what_the_party_would_see(world: World, tmp_path: Path) -> None:
    batch, file = ["--batch", str(world.batch_id)], tmp_path / "a.json"

    assert run(world, *batch, str(file), party="county")[0] == 0
    assert json.loads(file.read_text(encoding="utf-8"))["items"][0]["batch"]["id"] == str(world.batch_id)
    assert run(world, *batch, str(tmp_path / "b.json"), party="guhuai") == (4, "No such batch.\n")
    assert run(world, *batch, str(tmp_path / "b.json"), party="neighbour")[0] == 4
    assert [one.name for one in tmp_path.iterdir()] == ["a.json"]


def test_a_facility_for_a_while_by_what_was_known_then(world: World, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    window = ["--facility", str(world.facility_id), "--since", "2026-09-01", "--until", "2027-01-01T08:00"]

    assert run(world, *window, "--as-of", "2027-01-02", "--direction", "forward", str(file))[0] == 0
    export = json.loads(file.read_text(encoding="utf-8"))["export"]
    assert export["asked"]["since"] == "2026-09-01T00:00:00+08:00"
    assert export["as_of"] == "2027-01-02T00:00:00+08:00"


def test_what_cannot_be_written_is_refused_with_its_own_code(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    assert run(world, "--code", world.code, str(tmp_path / "a.exe"))[0] == 6
    assert run(world, str(tmp_path / "a.csv"))[0] == 6
    nobody = ["export-trace", "--party", str(world.batch_id), "--code", world.code, str(tmp_path / "a.csv")]
    assert runner.invoke(main, nobody).exit_code == 4
    assert all_rows(engine, JournalEntry, act="trace.exported") == []
    (tmp_path / "there.csv").touch()
    assert run(world, "--code", world.code, str(tmp_path / "there.csv"))[0] == 5


def test_the_language_is_the_site_s_unless_another_is_asked_for(world: World, tmp_path: Path) -> None:
    for more, title in ([], "// 货物追溯"), (["--lang", "en"], "// Trace of goods"):
        file = tmp_path / f"{len(more)}.dot"
        assert run(world, "--code", world.code, *more, str(file))[0] == 0
        assert file.read_text(encoding="utf-8").splitlines()[0] == title
