"""EPCIS documents in the store: captured whole or in parts, and read back under the names of the document."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from stored import read_whole
from tracelot.operations.capturing import capture
from tracelot.records.captures import CapturedGoods, CaptureView
from tracelot.records.products import Product
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.records.units import LogisticUnit
from tracelot.rules.answers import Direction
from tracelot.rules.books import Book, inner_units, outer_units
from tracelot.rules.ledgers import open_book
from tracelot.rules.places import is_unit
from tracelot.rules.scoping import recall_map, recall_scope
from tracelot.rules.starting import of_batches, of_units
from tracelot.rules.tracing import follow, trace_map
from world import VisitAs

Sets = dict[str, dict[str, list[str]]]


def document(events: Iterable[Any], **more: Any) -> dict[str, Any]:
    return {"type": "EPCISDocument", "epcisBody": {"eventList": list(events)}, **more}


def captured(visit_as: VisitAs, told: Any, who: str = "zhenyang") -> CaptureView:
    with visit_as(who) as visit:
        return capture(visit, told)


def read_back(engine: Engine) -> tuple[Book, dict[str, str]]:
    """All that the store holds, and what its batches and units are called in documents."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        book = read_whole(session)
        names = {str(one.batch_id): one.name for one in session.exec(select(CapturedGoods))}
        for unit in session.exec(select(LogisticUnit)):
            names[f"unit:{unit.id}"] = f"unit:{unit.sscc or unit.code}"
        for product in session.exec(select(Product)):
            names[f"product:{product.id}"] = f"product:{product.supplier_code}"
        return book, names


def reached(book: Book, names: dict[str, str]) -> Sets:
    """Of each batch and unit what it became and what it was made of, and the scope of its recall."""
    ledger = open_book(book)
    chart, scope = trace_map(ledger), recall_map(ledger)
    batches = sorted({one.batch for one in book.postings} & set(names))
    units = sorted({one.unit for one in book.moves} & set(names))
    found: Sets = {"forward": {}, "backward": {}, "recall": {}}
    ways: tuple[Direction, ...] = ("forward", "backward")
    for batch in batches:
        starts = of_batches(chart.graph.nodes, [batch])
        for way in ways:
            answer = follow(chart, starts, way)
            outer = outer_units(book, answer.units) if way == "forward" else frozenset()
            found[way][names[batch]] = _called((answer.batches - {batch}) | outer, names)
        found["recall"][names[batch]] = _called(recall_scope(scope, [batch]).batches, names)
    for unit in units:
        starts, inside = of_units(ledger, [unit]), inner_units(book, [unit])
        for way in ways:
            answer = follow(chart, starts, way)
            own = {one.batch for one in starts}
            around = outer_units(book, answer.units) - inside if way == "forward" else inside - {unit}
            reach = answer.batches - own if way == "forward" else answer.batches
            found[way][names[unit]] = _called(reach | around, names)
    return found


def _called(found: Iterable[str], names: dict[str, str]) -> list[str]:
    return sorted(names[one] for one in found if one in names)


def own_names(book: Book) -> dict[str, str]:
    """A document's own names, as `read_back` tells them: of a unit what the store keeps of its name."""
    goods = {one.batch for one in book.postings}
    goods |= {one.subject for one in book.sightings if not is_unit(one.subject)}
    names = {name: name for name in goods}
    units = {one.unit for one in book.moves} | {str(one.target) for one in book.moves}
    units |= {one.place for one in book.postings} | {one.place for one in book.sightings}
    for unit in filter(is_unit, units):
        name = unit.removeprefix("unit:")
        if name not in goods:  # a single thing is a unit too, of which the store keeps no row
            names[unit] = "unit:" + name.rpartition("/")[2].rpartition(":")[2]
    return names
