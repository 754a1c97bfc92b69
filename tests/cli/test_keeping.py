"""The commands that list, purge and hand out."""

import json
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from builders import new_batch
from keeping import all_rows, ids, noon
from tracelot.cli import main
from tracelot.operations import archiving, batches
from tracelot.records.accounts import SignInSession
from tracelot.records.batches import Batch
from tracelot.records.journal import JournalEntry
from tracelot.records.parties import Party, PartyView
from tracelot.records.personal import PersonalValue
from world import VisitAs, World

runner = CliRunner()
TODAY = date.today()  # noqa: DTZ011  (the command asks the clock of the machine)
PAST = TODAY - timedelta(days=800)


@pytest.fixture(autouse=True)
def this_store(monkeypatch: pytest.MonkeyPatch, store: str) -> None:
    monkeypatch.setenv("TRACE_DATABASE_URL", store)


@pytest.fixture
def old(visit_as: VisitAs, world: World) -> object:
    """A batch that was registered 800 days ago."""
    with visit_as("quality", noon(PAST)) as visit:
        return batches.register_batch(visit, new_batch(world.product_id, production_date=PAST)).id


def test_what_is_due_is_listed_and_stays(old: object, world: World, engine: Engine) -> None:
    result = runner.invoke(main, ["keep", "list"])

    assert result.exit_code == 0
    (line,) = result.output.splitlines()
    assert line.split("\t")[:2] == ["1", "batch"]
    assert str(world.parties["zhenyang"]) in line
    assert old in ids(all_rows(engine, Batch))


def test_purging_needs_a_yes_and_a_date_that_has_come(old: object, engine: Engine) -> None:
    assert runner.invoke(main, ["keep", "purge", "--before", f"{TODAY}"]).exit_code == 6
    late = runner.invoke(main, ["keep", "purge", "--before", f"{TODAY + timedelta(30)}", "--yes"])
    assert late.exit_code == 6
    assert "nothing is purged before its time" in late.stderr
    assert runner.invoke(main, ["keep", "purge", "--before", "soon", "--yes"]).exit_code == 2
    assert old in ids(all_rows(engine, Batch))


def test_a_purge_removes_what_is_due_and_says_by_whom(old: object, world: World, engine: Engine) -> None:
    result = runner.invoke(main, ["keep", "purge", "--before", f"{TODAY}", "--yes", "--by", "值班员"])

    assert result.exit_code == 0
    assert "1\tbatch" in result.output
    assert ids(all_rows(engine, Batch)) == {world.batch_id}
    assert len(all_rows(engine, SignInSession)) == len(world.cookies)
    told = json.loads(all_rows(engine, JournalEntry, act="records.purged")[0].record)
    assert (told["by"], told["ids"]) == ("值班员", [str(old)])
    again = runner.invoke(main, ["keep", "purge", "--before", f"{TODAY}", "--yes"])
    assert again.output == "Nothing was removed.\n"


def test_an_export_is_written_once_and_remembered(world: World, engine: Engine, tmp_path: Path) -> None:
    party, file = str(world.parties["zhenyang"]), tmp_path / "all.zip"
    assert runner.invoke(main, ["export", "--party", party, str(file)]).exit_code == 0
    with zipfile.ZipFile(file) as package:
        assert json.loads(package.read("manifest.json"))["party_id"] == party
    assert file.stat().st_mode & 0o077 == 0
    assert all_rows(engine, JournalEntry, act="data.exported")[0].actor_id is None

    before = file.read_bytes()
    again = runner.invoke(main, ["export", "--party", party, str(file)])
    assert again.exit_code == 5
    assert file.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["all.zip"]
    nowhere = runner.invoke(main, ["export", "--party", party, str(tmp_path / "no" / "all.zip")])
    assert nowhere.exit_code == 6


def test_an_export_of_nobody_is_refused(world: World, tmp_path: Path) -> None:
    nobody = runner.invoke(main, ["export", "--party", str(world.batch_id), str(tmp_path / "no.zip")])

    assert nobody.exit_code == 4
    assert list(tmp_path.iterdir()) == []


def test_contacts_of_a_firm_that_works_are_not_erased(world: World, engine: Engine) -> None:
    asked = ["keep", "forget", "--party", str(world.parties["guhuai"]), "--reason", "注销"]
    assert runner.invoke(main, [*asked, "--basis", "because"]).exit_code == 6
    refused = runner.invoke(main, [*asked, "--basis", "retention-over"])
    assert refused.exit_code == 5
    assert "name another first" in refused.stderr


def test_contacts_of_an_archived_firm_without_goods_are_erased(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    firm = world.parties["guhuai"]
    with visit_as("neighbour") as visit:
        archiving.archive_party(visit, firm, "已注销")

    asked = ["keep", "forget", "--party", str(firm), "--reason", "期限届满", "--basis", "retention-over"]
    assert runner.invoke(main, asked).exit_code == 0
    (party,) = all_rows(engine, Party, id=firm)
    assert PartyView.model_validate(party, from_attributes=True).phone == "—"  # its regulator still reads it
    assert [one.value for one in all_rows(engine, PersonalValue, party_id=firm)] == []
