"""EPCIS documents through the store: the same answers as from the document itself, in whatever order they come."""

from random import Random
from typing import Any

from sqlalchemy import Engine

from captured import captured, document, own_names, read_back, reached
from conftest import Rounds, VisitAs
from databases import Databases
from tracelot.formats.epcis import read_epcis
from vectors import vector
from epcis_events import NOW
from world import World


def test_a_document_from_the_field_gives_the_sets_that_it_gives_by_itself(
    visit_as: VisitAs, engine: Engine
) -> None:
    told, expected = vector("epcis-trace.jsonld"), vector("epcis-trace-expected.json")

    view = captured(visit_as, told)
    book, names = read_back(engine)
    pure = read_epcis(told, NOW).book

    assert len(view.events) == 21
    assert reached(book, names) == reached(pure, own_names(pure))
    for way in ("forward", "backward"):
        found = reached(book, names)[way]
        assert {short(start): sorted(map(short, found[short(start)])) for start in []} == {}
        assert {
            short(start): sorted(map(short, names)) for start, names in expected[way].items()
        } == {short(start): sorted(map(short, reach)) for start, reach in found.items()}


def short(name: str) -> str:
    return name.removeprefix("unit:").rpartition(":")[2]
