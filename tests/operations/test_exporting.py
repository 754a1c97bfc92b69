"""A party takes its data along: all of it, nobody else's, provable without Trace, in bounded memory."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from builders import new_batch, new_product, new_recall
from conftest import Rounds
from keeping import all_rows, ids
from tracelot.bench.data import fill
from tracelot.operations import batches, forgetting, parties, products, recalls
from tracelot.operations.exporting import export_party, remember_export
from tracelot.records.batches import Batch
from tracelot.records.journal import JournalEntry
from tracelot.records.parties import Party, PartyChange
from tracelot.rules.refusals import Forbidden
from world import VisitAs, World

EVIL = '=HYPERLINK("http://x.example")'


def taken(engine: Engine, party_id: UUID) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(export_party(engine, party_id, datetime.now(UTC)))))


def rows(package: zipfile.ZipFile, name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in package.read(f"{name}.jsonl").splitlines()]


@pytest.fixture
def package(visit_as: VisitAs, world: World, engine: Engine) -> zipfile.ZipFile:
    """Zhenyang's, with a recall, a draft and a contact that was replaced and forgotten."""
    with visit_as("quality") as visit:
        product = products.register_product(visit, new_product(name_zh=EVIL, own_code="EVIL-1"))
        batches.register_batch(visit, new_batch(product.id, code="E-1", printed_text="+86"))
        opened = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        recalls.publish_recall(visit, opened.id)
        recalls.open_recall(visit, new_recall(world.product_id))
    with visit_as("guhuai") as visit:
        batches.register_batch(
            visit, new_batch(world.elsewhere_id, code="CANARY-OF-GUHUAI", printed_text="别家")
        )
    for phone in ("0396-1", "0396-2"):
        with visit_as("zhenyang") as visit:
            parties.change_party(visit, PartyChange(phone=phone))
    with visit_as("zhenyang") as visit:
        forgetting.forget_replaced_contacts(visit, "asked-to-erase", "本人请求")
    return taken(engine, world.parties["zhenyang"])


def test_it_holds_every_row_of_the_party(package: zipfile.ZipFile, world: World, engine: Engine) -> None:
    party = world.parties["zhenyang"]
    assert package.testzip() is None
    assert {str(id_) for id_ in ids(all_rows(engine, Batch, party_id=party))} == {
        row["id"] for row in rows(package, "batches")
    }
    assert len(rows(package, "journal")) == len(all_rows(engine, JournalEntry, party_id=party))
    counts = {
        name: len(rows(package, name))
        for name in ("party", "people", "keys", "facilities", "events", "lines", "postings")
    }
    assert counts == {
        "party": 1,
        "people": 3,
        "keys": 1,
        "facilities": 1,
        "events": 1,
        "lines": 1,
        "postings": 1,
    }
    assert sorted(str(row["state"]) for row in rows(package, "recalls")) == ["draft", "published"]
    assert len(rows(package, "sessions")) == 3
    assert rows(package, "batches")[0]["retain_until"]


def test_every_table_of_a_party_is_in_it() -> None:
    from tracelot.operations.exporting import NOUNS  # noqa: PLC0415

    owned = {name for name, table in SQLModel.metadata.tables.items() if "party_id" in table.columns}
    exported = {noun.model.__tablename__ for noun in NOUNS}

    # Who named whom: the notices of the next step say it, too. Who reported is told to one person at a time.
    assert owned - exported == {"recallforward", "tipcontact"}


def test_nothing_of_another_party_is_in_it(package: zipfile.ZipFile, world: World, engine: Engine) -> None:
    text = b"".join(package.read(name) for name in package.namelist())
    for canary in (
        "CANARY-OF-GUHUAI",
        "别家",
        "小磨香油",
        str(world.elsewhere_id),
        str(world.people["guhuai"]),
    ):
        assert canary.encode() not in text
    for secret in (world.keys["zhenyang"], world.cookies["zhenyang"], "password_hash", '"digest"', "$argon2"):
        assert secret.encode() not in text


def test_the_manifest_names_every_file_with_its_hash(package: zipfile.ZipFile, world: World) -> None:
    manifest = json.loads(package.read("manifest.json"))

    assert manifest["party_id"] == str(world.parties["zhenyang"])
    assert {one["name"] for one in manifest["files"]} | {"manifest.json"} == set(package.namelist())
    for one in manifest["files"]:
        data = package.read(one["name"])
        assert (one["bytes"], one["lines"], one["sha256"]) == (
            len(data),
            data.count(b"\n"),
            sha256(data).hexdigest(),
        )


def test_no_cell_of_a_spreadsheet_acts_as_a_formula(package: zipfile.ZipFile) -> None:
    sheets = [name for name in package.namelist() if name.endswith(".csv")]
    assert sheets == ["facilities.csv", "products.csv", "batches.csv", "recalls.csv"]
    for name in sheets:
        cells = [
            cell for row in csv.reader(io.StringIO(package.read(name).decode("utf-8-sig"))) for cell in row
        ]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert f"'{EVIL}" in package.read("products.csv").decode().replace('""', '"')
    assert len(package.read("batches.csv").splitlines()) == 1 + len(rows(package, "batches"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_readme_s_own_program_proves_the_journal(
    package: zipfile.ZipFile, tmp_path: Path, language: str
) -> None:
    package.extractall(tmp_path)
    readme = (tmp_path / f"README.{language}.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert all(name in readme for name in ("journal.jsonl", "manifest.json", "batches"))

    def proved() -> str:
        run = [sys.executable, "-I", "-W", "ignore", "-c", program]
        return subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert proved() == f"{len(rows(package, 'journal'))} entries, 0 forgotten, wrong: []\n"
    journal = (tmp_path / "journal.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    entry = json.loads(journal[3])
    journal[3] = json.dumps(entry | {"record": entry["record"].replace("{", '{"x":1,', 1)}) + "\n"
    (tmp_path / "journal.jsonl").write_text("".join(journal), encoding="utf-8")
    assert entry["id"] in proved()


def test_taking_it_is_remembered_and_is_the_administrator_s_alone(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    for who in ("quality", "recorder", "site"):
        with visit_as(who) as visit, pytest.raises(Forbidden):
            remember_export(visit)
    with visit_as("zhenyang") as visit:
        assert remember_export(visit) == world.parties["zhenyang"]
    (entry,) = all_rows(engine, JournalEntry, act="data.exported")
    assert (entry.actor_id, entry.party_id) == (world.people["zhenyang"], world.parties["zhenyang"])


MEASURED = """
import sys
from tracelot.cli import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    assert not left.code
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")][0])
"""
MOST_KIB = 300 * 1024


def test_many_batches_leave_in_bounded_memory(store: str, tmp_path: Path, rounds: Rounds) -> None:
    count = rounds(8_000, 100_000)
    engine = fill(store, count)
    (party,) = all_rows(engine, Party)
    engine.dispose()

    run = [sys.executable, "-c", MEASURED, "export", "--party", str(party.id), str(tmp_path / "all.zip")]
    environment = os.environ | {"TRACE_DATABASE_URL": store}
    said = subprocess.run(run, capture_output=True, text=True, check=True, env=environment).stdout

    with zipfile.ZipFile(tmp_path / "all.zip") as package:
        manifest = {one["name"]: one for one in json.loads(package.read("manifest.json"))["files"]}
    assert (manifest["batches.jsonl"]["lines"], manifest["batches.csv"]["lines"]) == (count, count + 1)
    assert int(said.split()[-1]) < MOST_KIB
    assert [file.name for file in tmp_path.iterdir()] == ["all.zip"]
