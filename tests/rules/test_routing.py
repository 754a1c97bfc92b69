"""The ways of traced goods between places: by lane, in a unit, and to whoever received where a lane names a firm."""

from diaries import Diary, place
from tracelot.rules.ledgers import open_book
from tracelot.rules.links import Certainty
from tracelot.rules.places import lane_place
from tracelot.rules.routing import Routes, routes
from tracelot.rules.starting import of_batches
from tracelot.rules.tracing import follow, trace_map


def routed(diary: Diary, batch: str) -> Routes:
    ledger = open_book(diary.book())
    chart = trace_map(ledger)
    return routes(ledger, [follow(chart, of_batches(chart.graph.nodes, [batch]), "forward")])


def pairs(found: Routes) -> list[tuple[str, str, int]]:
    return [(one.source, one.target, one.batches) for one in found.ways]


def test_each_lane_is_a_way_with_its_batches() -> None:
    diary = Diary()
    diary.produce("b", "A", 10)
    diary.send("b", "A", "B", 6)
    diary.transform({("b", "B"): 6}, {("c", "B"): 6})
    diary.send("c", "B", "C", 6)
    diary.produce("x", "A", 1)
    diary.send("x", "A", "D", 1)

    found = routed(diary, "b")

    assert pairs(found) == [(place("A"), place("B"), 1), (place("B"), place("C"), 1)]
    assert found.ends == {place("A"): 1, place("B"): 2, place("C"): 1}
    assert {one.certainty for one in found.ways} == {Certainty.RECORDED}


def test_a_lane_to_a_firm_leads_to_the_facility_that_received() -> None:
    diary = Diary()
    diary.produce("b", "A", 10)
    way = lane_place(place("A"), "party:P")
    diary.ship("b", "A", way, 4)
    assert pairs(routed(diary, "b")) == [(place("A"), "party:P", 1)]

    diary.receive("b", way, "B", 4)

    assert pairs(routed(diary, "b")) == [(place("A"), place("B"), 1)]


def test_goods_in_a_unit_go_the_unit_s_way() -> None:
    diary = Diary()
    diary.produce("b", "A", 10)
    diary.shift("pack", "b", "A", "u:1", 10)
    diary.drive("u:1", "A", "B")

    found = routed(diary, "b")

    assert (place("A"), place("B"), 1) in pairs(found)
    assert found.ends[place("B")] == 1
