"""EPCIS 2.0 documents: what their events become, and a document from the field in any order."""

from datetime import UTC, datetime
from random import Random
from typing import Any

from tracelot.formats.epcis import read_epcis
from tracelot.rules.answers import Direction
from tracelot.rules.books import Book, inner_units, outer_units
from tracelot.rules.ledgers import open_book
from tracelot.rules.starting import of_batches, of_units
from tracelot.rules.tracing import Map, follow, trace_map
from vectors import vector

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def reached(chart: Map, start: str, direction: Direction) -> set[str]:
    """Batches and units as one set of names: units forward, and what is in a unit backward."""
    unit = f"unit:{start}"
    if unit in chart.ledger.stops:
        stocks = of_units(chart.ledger, [unit])
        inside = inner_units(chart.ledger.book, [unit])
    else:
        stocks, inside = of_batches(chart.graph.nodes, [start]), frozenset()
    answer = follow(chart, stocks, direction)
    own = {stock.batch for stock in stocks}
    if direction == "backward":
        found = answer.batches | set(inside) if inside else answer.batches - own
    else:
        found = (answer.batches - own) | (outer_units(chart.ledger.book, answer.units) - inside)
    return {name.removeprefix("unit:") for name in found} - {start}


def all_reached(book: Book, expected: Any) -> Any:
    chart = trace_map(open_book(book))
    return {
        direction: {start: sorted(reached(chart, start, direction)) for start in expected[direction]}
        for direction in ("backward", "forward")
    }


def test_a_document_from_the_field_gives_the_right_sets() -> None:
    document, expected = vector("epcis-trace.jsonld"), vector("epcis-trace-expected.json")

    reading = read_epcis(document, NOW)

    assert all_reached(reading.book, expected) == {key: expected[key] for key in ("backward", "forward")}
    assert len({flag.text for flag in reading.flags if flag.kind == "same-id-other-content"}) == 3
    assert {flag.text for flag in reading.flags if flag.kind == "malformed-epc"} == {
        "urn:epc:id:sscc:08600031303.0004",
        "urn:epc:id:sscc:08600031303.0005",
    }


def test_the_order_of_a_file_does_not_matter(random: Random) -> None:
    document, expected = vector("epcis-trace.jsonld"), vector("epcis-trace-expected.json")
    first = read_epcis(document, NOW)

    for _ in range(300):
        random.shuffle(document["epcisBody"]["eventList"])
        assert read_epcis(document, NOW) == first
    facts = list(first.book.postings)
    random.shuffle(facts)
    assert all_reached(
        Book(tuple(facts), first.book.moves, first.book.sightings, first.book.emptyings), expected
    ) == {key: expected[key] for key in ("backward", "forward")}
