"""What is on pallets: themselves, the cases on them and what is in these, as it stands now."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from acts import firm, goods, output
from keeping import all_rows
from tracelot.operations.stocks import nested
from tracelot.records.units import LogisticUnit
from world import VisitAs, World


@pytest.fixture
def packed(visit_as: VisitAs, world: World, engine: Engine) -> dict[str, UUID]:
    """Pallets A and B with two cases each, one of A's in a crate; a third case of B went over to C."""
    maker = firm(visit_as, world, "zhenyang")
    maker.does("produce", outputs=[output(maker.makes("油"), "N1", 100)])
    batch = maker.batch("油", "N1")
    for name in ("a1", "a2", "b1", "b2", "b3"):
        maker.does("pack", carrier={"code": name}, lines=[goods(batch, 1)])
    units = {one.code or "": one.id for one in all_rows(engine, LogisticUnit)}

    def pack(carrier: str, *inside: str) -> None:
        maker.does("pack", carrier={"code": carrier}, lines=[{"unit_id": str(units[one])} for one in inside])
        units.update({one.code or "": one.id for one in all_rows(engine, LogisticUnit)})

    pack("crate", "a1")
    pack("A", "crate", "a2")
    pack("B", "b1", "b2", "b3")
    pack("C", "b3")
    return units


def test_what_is_on_pallets_now_is_found_level_by_level(visit_as: VisitAs, packed: dict[str, UUID]) -> None:
    names, said = {id_: name for name, id_ in packed.items()}, list[str]()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    def inside(*roots: str) -> dict[str, list[str]]:
        with visit_as("zhenyang") as visit:
            visit.kernel()
            event.listen(Engine, "before_cursor_execute", note)
            found = nested(visit, [packed[one] for one in roots])
            event.remove(Engine, "before_cursor_execute", note)
        return {names[root]: [names[one] for one in some] for root, some in found.items()}

    found = inside("A", "B", "C", "crate", "b3")
    assert {root: sorted(some) for root, some in found.items()} == {
        "A": ["A", "a1", "a2", "crate"], "B": ["B", "b1", "b2"], "C": ["C", "b3"],
        "crate": ["a1", "crate"], "b3": ["b3"],
    }  # fmt: skip
    assert all(some[0] == root for root, some in found.items())
    together = len(said)
    said.clear()
    inside("A")
    assert together == len(said)  # however many they are
    assert inside() == {}
