"""The commands on the store and its people."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from tracelot.cli import main
from tracelot.operations.links import find_link
from tracelot.operations.working import visiting
from tracelot.rules.access import PUBLIC
from world import PLACE

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user of the machine who has no data yet."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "trace"


def test_migrate_makes_the_default_store(home: Path) -> None:
    assert runner.invoke(main, ["migrate"]).output == "The store is up to date.\n"
    assert (home / "trace.db").is_file()
    assert runner.invoke(main, ["migrate"]).exit_code == 0


def test_an_operator_gets_a_link_that_works(
    monkeypatch: pytest.MonkeyPatch, store: str, engine: Engine
) -> None:
    monkeypatch.setenv("TRACE_DATABASE_URL", store)
    monkeypatch.setenv("TRACE_PUBLIC_URL", "https://trace.example.org")
    result = runner.invoke(main, ["admin", "add", "13900000000", "--name", "值班员"])
    assert result.exit_code == 0
    link = re.search(r"^https://trace\.example\.org/join/(\S+)$", result.output, re.MULTILINE)
    assert link
    with engine.connect() as connection, visiting(connection, PUBLIC, datetime.now(UTC), PLACE) as visit:
        account = find_link(visit, link[1], "invitation")
        assert (account.role, account.login, account.name) == ("site", "13900000000", "值班员")


@pytest.mark.parametrize("login", ["nobody", "a@b", "12345"])
def test_an_operator_needs_a_mobile_number_or_an_address(login: str, home: Path) -> None:
    result = runner.invoke(main, ["admin", "add", login, "--name", "x"])
    assert result.exit_code == 6
    assert login not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not home.exists()


def test_the_demo_is_shown_again(home: Path) -> None:
    first, second = runner.invoke(main, ["demo"]), runner.invoke(main, ["demo"])
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output == second.output
    assert "/01/09520001000027/10/ZY260915-HS02" in first.output
    assert "quality@zhenyang.example" in first.output
    assert sorted(file.name for file in home.iterdir()) == ["demo.access.json", "demo.db"]


def test_without_its_file_the_demo_says_where_the_passwords_were(home: Path) -> None:
    runner.invoke(main, ["demo"])
    (home / "demo.access.json").unlink()
    result = runner.invoke(main, ["demo"])
    assert result.exit_code == 0
    assert "demo.access.json, which is gone" in result.output
