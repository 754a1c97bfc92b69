"""How effective a recall is, through the operations: the ledger of scenario A, its readers, checks and disposals."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import WHEN, Firm, firm, goods, new_firm
from builders import new_recall
from peanuts import deliver_all, produce, recover
from tracelot.operations import answering, checking, disposing, drills, recalls
from tracelot.operations import effectiveness as reckoning
from tracelot.records.consignees import NewAnswer, NewAnswerLine
from tracelot.records.database import connect
from tracelot.records.effectiveness import (
    Done,
    EffectivenessView,
    NewDisposal,
    NewSample,
    Performed,
    Watched,
)
from tracelot.records.journal import list_history
from tracelot.rules.refusals import Conflict, Forbidden, Stale, Unfit, Unknown
from tracelot.rules.sampling import draw
from world import Scene, VisitAs, World, visits

KINDS = ("wholesaler", "retailer", "caterer")
PUBLISHED = WHEN + timedelta(hours=1)  # what was sold was sold before
LATER = (WHEN + timedelta(hours=19)).isoformat()


def tell(url: str, world: World) -> dict[str, Any]:
    """Scenario A with a published recall of its bottled oil, before anything came back."""
    engine = connect(url)
    visit_as = visits(engine, world)
    maker = firm(visit_as, world, "zhenyang")
    produce(maker)
    customers = [new_firm(visit_as, world, engine, f"customer-{kind}", kind) for kind in KINDS]
    deliver_all(maker, customers)
    with visit_as("zhenyang") as visit:
        new = new_recall(maker.products["bottled"], "X1", knowledge_at=PUBLISHED - timedelta(hours=1))
        recall_id, code = (opened := recalls.open_recall(visit, new)).id, opened.code
    with visit_as("zhenyang", PUBLISHED) as visit:
        recalls.publish_recall(visit, recall_id)
    engine.dispose()
    facilities = {one.name: one.facility_id for one in customers}
    return {"products": maker.products, "facilities": facilities, "recall_id": recall_id, "code": code}


class Case:
    """What was told, and who acts in it."""

    def __init__(self, visit_as: VisitAs, scene: Scene) -> None:
        self.visit_as = visit_as
        told, parties = scene.told, scene.world.parties
        self.maker = replace(firm(visit_as, scene.world, "zhenyang"), products=told["products"])
        self.customers = [
            Firm(name, visit_as, parties[name], id_) for name, id_ in told["facilities"].items()
        ]
        self.oil = self.maker.batch("bottled")
        self.recall_id, self.code = told["recall_id"], told["code"]

    def read(self, who: str, recall_id: UUID | None = None) -> EffectivenessView:
        with self.visit_as(who) as visit:
            recall = reckoning.recall_in_work(visit, recall_id or self.recall_id)
            return reckoning.effectiveness_of(visit, recall)

    def answer(self, number: int, unit: str = "case", **amounts: Decimal) -> None:
        """One of the customers tells what became of the oil."""
        with self.visit_as(self.customers[number].name) as visit:
            notice = answering.own_notice_of(visit, self.code)
            line = NewAnswerLine.model_validate({"batch_id": self.oil, "unit": unit, **amounts})
            answering.answer_own(visit, notice, NewAnswer(name="王店长", lines=[line]))

    def end(self, number: int) -> str:
        return f"party:{self.customers[number].party_id}"


@pytest.fixture
def case(visit_as: VisitAs, scene: Scene) -> Case:
    return Case(visit_as, scene)


def test_the_ledger_of_scenario_a_reconciles_for_the_firm_and_for_its_county(case: Case) -> None:
    (before,) = case.read("zhenyang").figures
    assert (before.made, before.own, before.accounted, before.closes) == (120, 20, 20, False)
    assert {entry.missing[0] for entry in before.entries} == {"silent"}

    recover(case.maker, case.customers)

    for who in ("zhenyang", "county"):
        (one,) = case.read(who).figures
        assert (one.accounted_share, one.recovered_of_shipped, one.closes) == (1, Decimal("0.78"), True)
        assert round((one.recovered_share or Decimal(0)) * 100, 2) == Decimal("81.67")
        rows = {
            entry.key: (entry.shipped, entry.returned, entry.sold, entry.unaccounted) for entry in one.entries
        }
        assert rows == {case.end(0): (60, 45, 15, 0), case.end(1): (40, 33, 7, 0)}
        assert one.unit == "case"


def test_the_curves_say_when_the_goods_came_back(case: Case) -> None:
    assert [(one.name, one.points) for one in case.read("zhenyang").curves if one.name == "recovered"] == [
        ("recovered", [])
    ]
    for customer, cases in zip(case.customers, (45, 33), strict=False):
        to = {"party_id": str(case.maker.party_id)}
        sent = customer.does("return", to=to, lines=[goods(case.oil, cases, "case")], event_time=LATER)
        case.maker.confirms(sent.id, event_time=LATER)
    grown = {one.name: one for one in case.read("zhenyang").curves}

    assert grown["recovered"].points[-1].share == Decimal("0.78")
    assert (grown["recovered"].half, grown["recovered"].all) == (18, None)
    assert grown["responded"].all == 18


def test_answers_fill_what_no_books_tell(case: Case) -> None:
    case.answer(0, on_hand=Decimal(50), sold=Decimal(10))
    (one,) = case.read("zhenyang").figures

    assert (one.accounted, one.recovered) == (80, 20)
    assert [entry.told for entry in one.entries if entry.key == case.end(0)] == [["on_hand", "sold"]]


def test_the_firm_reads_nobody_s_name_but_those_to_whom_it_sent_the_goods(
    case: Case, visit_as: VisitAs, world: World, engine: Engine
) -> None:
    kiosk = new_firm(visit_as, world, engine, "kiosk", "retailer")
    to = {"party_id": str(kiosk.party_id)}
    sent = case.customers[0].does("ship", to=to, lines=[goods(case.oil, 10, "case")])
    kiosk.confirms(sent.id)
    kiosk.does("sell", lines=[goods(case.oil, 4, "case")])

    (own,), (county,) = (case.read(who).figures for who in ("zhenyang", "county"))
    assert [
        (entry.key, entry.consignee, entry.came, entry.sold) for entry in own.entries if not entry.direct
    ] == [(None, None, 10, 4)]
    assert f"party:{kiosk.party_id}" in {entry.key for entry in county.entries}
    assert str(kiosk.party_id) not in own.model_dump_json()
    assert (own.accounted, county.accounted) == (24, 24)


def test_who_got_another_batch_from_the_firm_is_nameless_where_a_customer_sold_to_it(
    case: Case, visit_as: VisitAs
) -> None:
    caterer = case.customers[2]  # got packs from the maker, and bottles from the wholesaler
    to = {"party_id": str(caterer.party_id)}
    caterer.confirms(case.customers[0].does("ship", to=to, lines=[goods(case.oil, 10, "case")]).id)
    both = [{"product_id": case.maker.products[name], "codes": ["X1"]} for name in ("bottled", "packs")]
    with visit_as("zhenyang", PUBLISHED) as visit:
        new = new_recall(case.maker.products["packs"], ranges=both, knowledge_at=PUBLISHED)
        recall = recalls.publish_recall(visit, recalls.open_recall(visit, new).id).id

    names = {
        one.batch.id: {entry.key for entry in one.entries} for one in case.read("zhenyang", recall).figures
    }

    assert names[case.oil] == {case.end(0), case.end(1), None}
    assert names[case.maker.batch("packs")] == {case.end(0), case.end(1), case.end(2)}


def test_a_draft_rests_on_the_firm_s_own_books_and_no_office_reads_it(case: Case, visit_as: VisitAs) -> None:
    recover(case.maker, case.customers)
    with visit_as("zhenyang") as visit:
        draft = recalls.open_recall(visit, new_recall(case.maker.products["packs"], "X1")).id
    (one,) = case.read("zhenyang", recall_id=draft).figures

    assert (one.made, one.own, one.accounted) == (332, 42, 42)
    assert case.read("zhenyang", recall_id=draft).curves == []
    with pytest.raises(Unknown):
        case.read("county", recall_id=draft)


@pytest.mark.parametrize("who", ["guhuai", "neighbour", "customer-retailer"])
def test_nobody_else_reads_the_ledger(case: Case, who: str) -> None:
    with pytest.raises(Unknown):
        case.read(who)


def test_an_office_s_reading_is_remembered_and_the_firm_s_is_not(
    case: Case, visit_as: VisitAs, world: World
) -> None:
    case.read("zhenyang")
    case.read("county")
    with visit_as("county") as visit:
        acts = [entry.act for entry in visit.kernel().exec(_journal(world.parties["county"]))]

    assert acts.count("trace.read") == 1


def _journal(party_id: UUID) -> Any:
    from sqlmodel import select  # noqa: PLC0415

    from tracelot.records.journal import JournalEntry  # noqa: PLC0415

    return select(JournalEntry).where(JournalEntry.party_id == party_id)


def test_a_recall_closes_when_its_goods_are_accounted_for(case: Case, visit_as: VisitAs) -> None:
    def figures() -> Any:
        with visit_as("zhenyang") as visit:
            return reckoning.reckon(visit, reckoning.recall_in_work(visit, case.recall_id)).figures

    assert not all(one.closes() for one in figures())
    recover(case.maker, case.customers)
    assert all(one.closes() for one in figures())


# --- checks ----------------------------------------------------------------------------------------------------


def drawn(case: Case, who: str = "zhenyang", **given: Any) -> Any:
    with case.visit_as(who) as visit:
        checking.draw_sample(visit, case.recall_id, NewSample.model_validate({"level": "A"} | given))
    return checks(case)


def checks(case: Case, who: str = "zhenyang") -> Any:
    with case.visit_as(who) as visit:
        return checking.checks_of(visit, reckoning.recall_in_work(visit, case.recall_id))


def performed(case: Case, check: Any, who: str, outcome: str, version: int | None = None) -> Any:
    done = Performed(performed_at=datetime.now(UTC), outcome=outcome)  # type: ignore[arg-type]
    with case.visit_as(who) as visit:
        checking.perform_check(visit, case.recall_id, check.id, done, version)
    return checks(case)


@pytest.mark.parametrize(("level", "percent", "needed"), [
    ("A", None, 2), ("B", 40, 1), ("C", None, 1), ("D", None, 1), ("E", None, 0),
])  # fmt: skip
def test_the_sample_is_as_large_as_its_level_asks_and_can_be_drawn_again(
    case: Case, level: str, percent: int | None, needed: int
) -> None:
    told = drawn(case, level=level, percent=percent)

    assert (told.consignees, told.needed, len(told.items)) == (2, needed, needed)
    names = sorted(f"party:{one.consignee.id}" for one in told.items)
    assert names == draw([case.end(0), case.end(1)], needed, told.seed)


def test_a_sample_is_drawn_once(case: Case) -> None:
    seed = drawn(case).seed
    for who in ("zhenyang", "county"):
        with pytest.raises(Conflict, match="drawn already"):
            drawn(case, who)
    assert checks(case).seed == seed


def test_whoever_is_unreachable_is_asked_again_by_the_firm_or_by_an_office(case: Case, world: World) -> None:
    first = drawn(case).items[0]
    told = performed(case, first, "zhenyang", "unreachable", first.version)
    again = [one for one in told.items if one.consignee == first.consignee]
    assert [(one.attempt, one.outcome) for one in again] == [(1, "unreachable"), (2, None)]
    assert told.answered == 0

    told = performed(case, again[1], "county", "action_taken")

    assert (told.answered, told.effective) == (1, 1)
    by = next(one.checked_by for one in told.items if one.attempt == 2)
    assert by.id == world.parties["county"]
    with pytest.raises(Conflict, match="already"):
        performed(case, again[1], "zhenyang", "no_action")


def test_a_check_is_nobody_else_s(case: Case) -> None:
    first = drawn(case).items[0]
    for who in ("guhuai", "neighbour"):
        with pytest.raises(Unknown):
            performed(case, first, who, "no_action")
    with pytest.raises(Stale):
        performed(case, first, "zhenyang", "no_action", 9)


def test_checks_stand_in_the_firm_s_journal(case: Case, visit_as: VisitAs) -> None:
    first = drawn(case, "county").items[0]
    performed(case, first, "county", "not_held")
    with visit_as("zhenyang") as visit:
        assert [one.act for one in list_history(visit.session, first.id)] == [
            "check.planned",
            "check.performed",
        ]


# --- disposals -------------------------------------------------------------------------------------------------


def announced(case: Case, **given: Any) -> UUID:
    new = {"batch_id": str(case.oil), "quantity": "78", "unit": "case", "method": "destroy_central",
           "place": "县处理厂", "planned_at": "2026-12-01T09:00:00+08:00"} | given  # fmt: skip
    with case.visit_as("zhenyang") as visit:
        return disposing.announce_disposal(visit, case.recall_id, NewDisposal.model_validate(new)).id


def done(case: Case, disposal_id: UUID, **given: Any) -> None:
    with case.visit_as("zhenyang") as visit:
        told = Done.model_validate({"performed_at": LATER} | given)
        disposing.perform_disposal(visit, case.recall_id, disposal_id, told)


def test_a_destruction_is_announced_watched_and_tied_to_the_act_in_the_books(case: Case) -> None:
    recover(case.maker, case.customers)
    disposal_id = announced(case)
    with pytest.raises(Unfit, match="stands in your books"):
        done(case, disposal_id)
    with case.visit_as("county") as visit:
        disposing.witness_disposal(visit, case.recall_id, disposal_id, Watched(witness="李监管"))
    sold = case.maker.does("sell", lines=[goods(case.maker.batch("cake"), 1)])
    with pytest.raises(Unfit, match="None of your destructions"):
        done(case, disposal_id, event_id=str(sold.id))
    destroyed = case.maker.does("destroy", lines=[goods(case.oil, 78, "case", set_apart=True)])

    done(case, disposal_id, event_id=str(destroyed.id), witness="本厂自己人")

    with case.visit_as("city") as visit, pytest.raises(Conflict, match="Another office"):
        disposing.witness_disposal(visit, case.recall_id, disposal_id, Watched(witness="王市局"))
    with case.visit_as("county") as visit:
        (told,) = disposing.disposals_of(visit, reckoning.recall_in_work(visit, case.recall_id))
        assert told.watching is not None
        assert (told.office, told.witness) == (None, "本厂自己人")  # it said that it comes, not that it came
        disposing.witness_disposal(visit, case.recall_id, disposal_id, Watched(witness="李监管"))
        (told,) = disposing.disposals_of(visit, reckoning.recall_in_work(visit, case.recall_id))
    assert told.office == told.watching
    assert (told.event_id, told.witness, told.quantity) == (destroyed.id, "李监管", 78)
    (one,) = case.read("county").figures
    assert (one.own_ended["destroy"], one.own, one.accounted_share) == (78, 20, 1)
    with pytest.raises(Conflict, match="already"):
        done(case, disposal_id, event_id=str(destroyed.id))


def test_goods_destroyed_on_the_spot_need_a_witness_and_count_as_recovered(case: Case) -> None:
    given = {"method": "destroy_on_site", "consignee": case.end(1), "quantity": "12"}
    disposal_id = announced(case, place=None, **given)
    with pytest.raises(Unfit, match="watched"):
        done(case, disposal_id)
    done(case, disposal_id, witness="王站长")

    (one,) = case.read("zhenyang").figures
    assert (one.accounted, one.recovered, one.recovered_of_shipped) == (32, 32, Decimal("0.12"))
    assert claimed(case) == [True]
    with case.visit_as("county") as visit:
        disposing.witness_disposal(visit, case.recall_id, disposal_id, Watched())
    assert claimed(case) == [False]


def claimed(case: Case) -> list[bool]:
    with case.visit_as("zhenyang") as visit:
        found = disposing.disposals_of(visit, reckoning.recall_in_work(visit, case.recall_id))
    return [one.claimed for one in found]


def test_what_the_firm_alone_says_of_a_consignee_is_a_claim_until_that_says_so_itself(case: Case) -> None:
    given = {"method": "destroy_on_site", "consignee": case.end(1), "quantity": "12", "place": None}
    done(case, announced(case, **given), witness="王站长")
    assert claimed(case) == [True]
    for amount, unit in ((11, "case"), (12, "bottle")):  # which are not as much
        case.answer(1, unit, destroyed=Decimal(amount))
        assert claimed(case) == [True]
    case.answer(1, destroyed=Decimal(12))
    assert claimed(case) == [False]


@pytest.mark.parametrize(("wrong", "said"), [
    ({"place": None}, "where"),
    ({"consignee": "party:nobody", "method": "destroy_on_site"}, "sent none"),
    ({"consignee": "party:nobody"}, "on the spot"),
    ({"unit": "L"}, "not counted"),
    ({"batch_id": str(UUID(int=7))}, "names no registered batch"),
])  # fmt: skip
def test_an_announcement_that_cannot_be_is_refused_at_its_field(
    case: Case, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(Unfit) as refused:
        announced(case, **wrong)
    assert said in refused.value.faults[0].detail


def test_only_offices_watch_and_only_the_firm_disposes(case: Case) -> None:
    disposal_id = announced(case)
    with case.visit_as("zhenyang") as visit, pytest.raises(Forbidden):
        disposing.witness_disposal(visit, case.recall_id, disposal_id, Watched())
    with case.visit_as("county") as visit, pytest.raises(Forbidden):
        disposing.perform_disposal(visit, case.recall_id, disposal_id, Done(performed_at=datetime.now(UTC)))
    with case.visit_as("neighbour") as visit, pytest.raises(Unknown):
        disposing.witness_disposal(visit, case.recall_id, disposal_id, Watched())


def test_a_recall_is_scored_as_a_drill_is(case: Case) -> None:
    recover(case.maker, case.customers)
    with case.visit_as("zhenyang") as visit:
        told = drills.drill_view(visit, case.recall_id)

    assert (told.notify_seconds, told.accounted) == (3600, 1)
    assert told.goals == {"scope": False, "notify": True, "accounted": True, "balance": None}
