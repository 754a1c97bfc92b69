"""The commands on the store and its people."""

import re
import secrets
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyotp import TOTP
from sqlalchemy import Engine
from typer.testing import CliRunner

from builders import PASSWORD
from tracelot.cli import main
from tracelot.operations import enrolling
from tracelot.operations.links import find_link
from tracelot.operations.working import visiting
from tracelot.rules.access import PUBLIC
from tracelot.rules.refusals import Unfit
from tracelot.settings import Settings
from world import PLACE, VisitAs, World

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


def test_the_demo_is_shown_again_and_says_where_the_passwords_were_without_its_file(home: Path) -> None:
    first, second = runner.invoke(main, ["demo"]), runner.invoke(main, ["demo"])
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert first.output == second.output
    assert "/01/09520001000027/10/ZY260915-HS02" in first.output
    assert "quality@zhenyang.example" in first.output
    assert sorted(file.name for file in home.iterdir()) == ["demo.access.json", "demo.db"]

    (home / "demo.access.json").unlink()
    result = runner.invoke(main, ["demo"])
    assert result.exit_code == 0
    assert "demo.access.json, which is gone" in result.output


def test_a_lost_second_factor_is_taken_off_by_whoever_holds_the_store(
    monkeypatch: pytest.MonkeyPatch, world: World, store: str, visit_as: VisitAs
) -> None:
    with visit_as("site") as visit:
        enrolling.offer_factor(visit)
        offer = enrolling.own_offer(visit)
        assert offer is not None
        enrolling.confirm_factor(visit, PASSWORD, TOTP(offer.secret).now())
    monkeypatch.setenv("TRACE_DATABASE_URL", store)

    done = runner.invoke(main, ["admin", "reset-factor", world.logins["site"]])
    again = runner.invoke(main, ["admin", "reset-factor", world.logins["site"]])

    assert (done.exit_code, again.exit_code) == (0, 5)
    with visit_as("site") as visit:
        assert not visit.actor.second_factor


# The key that secrets are sealed with


def test_a_key_is_made_once_and_only_its_owner_reads_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACE_SECRET_KEY")
    now = datetime.now(UTC)
    token = Settings().keyring().seal("x", {"a": 1}, now)
    file = home / "trace.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in home.iterdir()] == ["trace.key"]
    assert Settings().keyring().open("x", token, now) == {"a": 1}
    file.chmod(0o644)
    with pytest.raises(Unfit):
        Settings().keyring()


def test_keys_rotate_by_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), datetime.now(UTC)
    monkeypatch.setenv("TRACE_SECRET_KEY", old)
    token = Settings().keyring().seal("x", {"a": 1}, now)
    monkeypatch.setenv("TRACE_SECRET_KEY", f"{new}, {old}")
    assert Settings().keyring().open("x", token, now) == {"a": 1}
    monkeypatch.setenv("TRACE_SECRET_KEY", new)
    assert Settings().keyring().open("x", token, now) is None


@pytest.mark.parametrize("weak", ["", "changeme", "x" * 64, "k7Q-eW2_rT9yU1iO4pA6sD8fG3hJ5lZ0,abababab"])
def test_a_weak_key_is_refused_at_start_and_never_shown(monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    monkeypatch.setenv("TRACE_SECRET_KEY", weak)
    result = runner.invoke(main, ["migrate"])
    assert result.exit_code == 6
    assert "TRACE_SECRET_KEY" in result.output
    assert not weak or weak not in result.output
