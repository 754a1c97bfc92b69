"""What the command says when it refuses: one sentence, and an exit code for each kind."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from builders import new_account, new_party
from tracelot.cli import main
from tracelot.cli.refusing import EXITS
from tracelot.operations.parties import sign_up
from tracelot.rules import refusals
from tracelot.rules.access import PUBLIC
from tracelot.rules.refusals import Refusal
from world import visiting

runner = CliRunner()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "trace"


def test_every_kind_of_refusal_has_its_exit_code() -> None:
    kinds = {kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
    assert set(EXITS) == kinds - {Refusal}
    assert 0 not in EXITS.values()


@pytest.mark.parametrize(
    ("setting", "value", "said", "code"),
    [
        ("TRACE_PUBLIC_URL", "not an address", "TRACE_PUBLIC_URL: ", 6),
        ("TRACE_DATABASE_URL", "sqlite://", "gone with the process", 3),
        ("TRACE_DATABASE_URL", "mysql://localhost/trace", "not a store", 3),
        ("TRACE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", "does not answer", 3),
    ],
    ids=["public url", "in memory", "unknown kind", "no server"],
)
def test_a_bad_setting_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, said: str, code: int
) -> None:
    monkeypatch.setenv(setting, value)
    result = runner.invoke(main, ["migrate"])
    assert result.exit_code == code
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_store_in_use_takes_no_demo(monkeypatch: pytest.MonkeyPatch, store: str, engine: Engine) -> None:
    with visiting(engine, PUBLIC) as visit:
        sign_up(visit, new_party(), new_account())
    monkeypatch.setenv("TRACE_DATABASE_URL", store)
    result = runner.invoke(main, ["demo"])
    assert result.exit_code == 5
    assert result.stderr == "This store holds parties already; the demo needs one of its own.\n"
