"""`trace import`: a document goes into the books of a party, in parts, as often as one likes."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner

from captured import document
from epcis_events import FARM, at, event, goods
from tracelot.cli import main
from tracelot.records.events import Event
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from world import World


def imported(store: str, monkeypatch: pytest.MonkeyPatch, file: Path, party: object) -> Any:
    monkeypatch.setenv("TRACE_DATABASE_URL", store)
    return CliRunner().invoke(main, ["import", "--party", str(party), str(file)])


def count(engine: Engine) -> int:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        return len(session.exec(select(Event.id)).all())


def test_a_large_document_is_imported_in_parts_and_again_without_effect(
    store: str, world: World, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.json"
    told = document(
        event(
            eventID=f"urn:x:{number}",
            bizLocation=at(FARM),
            quantityList=goods("urn:x:lot"),
            bizStep="inspecting",
        )
        for number in range(450)
    )
    file.write_text(json.dumps(told))
    first = imported(store, monkeypatch, file, world.parties["zhenyang"])
    again = imported(store, monkeypatch, file, world.parties["zhenyang"])

    assert (first.exit_code, first.output) == (0, "Captured: 450 events.\n"), first.output
    assert again.output == first.output
    assert count(engine) == 451


@pytest.mark.parametrize(
    ("body", "code"), [(b"", 6), (b"[1", 6), (b"{}", 6), (json.dumps(document([{}])).encode(), 6)]
)
def test_what_cannot_be_read_is_refused_whole(
    store: str,
    world: World,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
    code: int,
) -> None:
    file = tmp_path / "events.json"
    file.write_bytes(body)

    assert imported(store, monkeypatch, file, world.parties["zhenyang"]).exit_code == code
    assert count(engine) == 1


def test_parties_that_keep_no_goods_and_files_that_are_not_there_are_told(
    store: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(document([event(quantityList=goods("urn:x:lot"))])))

    assert imported(store, monkeypatch, file, new_id()).exit_code == 4
    assert imported(store, monkeypatch, file, world.parties["county"]).exit_code == 7
    assert imported(store, monkeypatch, tmp_path / "none.json", world.parties["zhenyang"]).exit_code == 6
