"""The clocks of a recall: frozen when it is opened, begun and met by its steps, never changed by a later edit."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from builders import new_range, new_recall
from tracelot.operations import clocks, law, recalls, reporting
from tracelot.operations.visit import Visit
from tracelot.records.clocks import ClockView
from tracelot.records.journal import JournalEntry
from tracelot.records.law import LimitChange, NewYear
from tracelot.records.outbox import Task, waiting
from tracelot.records.recalls import Recall, RecallChange
from tracelot.rules.refusals import Forbidden, Stale, Unfit, Unidentified, Unknown
from world import VisitAs, World

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def told(visit: Visit, recall_id: UUID) -> dict[str, ClockView]:
    recall = visit.with_published().get_one(Recall, recall_id)
    return {clock.kind: clock for clock in recalls.view(visit, recall).clocks}


def opened(visit: Visit, world: World, **given: object) -> UUID:
    return recalls.open_recall(visit, new_recall(world.product_id, world.code, **given)).id


KNOWN = at("2026-11-20T09:00")
SENT = at("2026-11-20T17:00")


def test_a_draft_s_start_runs_from_the_moment_of_knowledge(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", KNOWN + timedelta(hours=1)) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
        start = told(visit, recall_id)["start"]
    with visit_as("quality", KNOWN + timedelta(hours=25)) as visit:
        late = told(visit, recall_id)["start"]

    assert start.ends_at == KNOWN + timedelta(hours=24)
    assert (start.state, late.state) == ("soon", "overdue")
    assert (start.verified, start.provisional) == (True, False)
    assert "食品召回管理办法" in start.source_zh


@pytest.mark.parametrize(
    ("known_at", "pack", "hours"),
    [
        ("2026-11-30T23:59:00+08:00", "CN-FOOD-2015", 48),
        ("2026-12-01T00:00:00+08:00", "CN-FOOD-2026", 36),
    ],
)
def test_the_law_of_the_moment_of_knowledge_is_frozen_on_the_recall(
    visit_as: VisitAs, world: World, known_at: str, pack: str, hours: int
) -> None:
    known = datetime.fromisoformat(known_at)
    with visit_as("quality", known + timedelta(hours=1)) as visit:
        recall_id = opened(visit, world, level=2, knowledge_at=known)
        assert visit.session.get_one(Recall, recall_id).rule_pack == pack
        assert told(visit, recall_id)["start"].ends_at == known + timedelta(hours=hours)


def test_publishing_meets_the_start_and_begins_the_time_to_be_done(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
        recalls.publish_recall(visit, recall_id)
    with visit_as("quality", SENT) as visit:
        found = told(visit, recall_id)

    assert (found["start"].met_at, found["start"].state) == (SENT, "met")
    assert found["complete"].begun_at == SENT
    assert found["complete"].ends_at == at(
        "2026-12-05T00:00"
    )  # ten working days, the last one on Friday the 4th
    assert found["report"].state == "waiting"


@pytest.mark.parametrize(("level", "last"), [(1, "2026-10-16"), (2, "2026-10-30"), (3, "2026-11-13")])
def test_a_notice_of_28_september_ends_as_the_vectors_say(
    visit_as: VisitAs, world: World, level: int, last: str
) -> None:
    with visit_as("quality", at("2026-09-28T10:00")) as visit:
        recall_id = opened(visit, world, level=level, knowledge_at=at("2026-09-28T08:00"))
        recalls.publish_recall(visit, recall_id)
        complete = told(visit, recall_id)["complete"]

    assert complete.ends_at == at(last) + timedelta(days=1)
    assert not complete.provisional


def test_a_limit_beyond_the_known_calendar_is_provisional(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", at("2026-11-23T10:00")) as visit:
        recall_id = opened(visit, world, level=3, knowledge_at=at("2026-11-23T08:00"))
        recalls.publish_recall(visit, recall_id)
        complete = told(visit, recall_id)["complete"]

    assert complete.ends_at == at("2027-01-06T00:00")
    assert complete.provisional


def test_a_draft_that_changes_its_grounds_gets_its_clocks_anew_and_the_journal_tells(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
    with visit_as("quality", SENT) as visit:
        recalls.change_recall(visit, recall_id, RecallChange(level=2))
        recalls.change_recall(visit, recall_id, RecallChange(knowledge_at=KNOWN - timedelta(days=1)))
        recalls.change_recall(visit, recall_id, RecallChange(contact="12315"))
        start = told(visit, recall_id)["start"]
    with visit_as("quality") as visit:
        entries = recalls.history(visit, visit.session.get_one(Recall, recall_id))

    assert start.ends_at == KNOWN + timedelta(hours=24)
    dues = [json.loads(entry.record).get("start_due") for entry in entries]
    moments = [datetime.fromisoformat(text) if text else None for text in dues]
    assert moments == [
        KNOWN + timedelta(hours=24),
        KNOWN + timedelta(hours=48),
        KNOWN + timedelta(hours=24),
        None,
    ]


def test_a_recall_that_started_stays_started_when_its_grounds_change(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
        reporting.move_on(visit, recall_id, "start")
    with visit_as("quality", SENT + timedelta(days=9)) as visit:
        recalls.change_recall(visit, recall_id, RecallChange(level=2))
        start = told(visit, recall_id)["start"]

    assert (start.ends_at, start.met_at, start.state) == (KNOWN + timedelta(hours=24), SENT, "met")


def test_a_start_in_time_is_not_late_by_a_graver_level_and_is_by_an_earlier_knowledge(
    visit_as: VisitAs, world: World
) -> None:
    begun = KNOWN + timedelta(hours=30)  # level 3 leaves 72 hours, level 1 has 24
    with visit_as("quality", begun) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN, level=3)
        reporting.move_on(visit, recall_id, "start")
        recalls.change_recall(visit, recall_id, RecallChange(level=1))
        start, complete = told(visit, recall_id)["start"], told(visit, recall_id)["complete"]
    assert (start.ends_at, start.met_at, start.state) == (KNOWN + timedelta(hours=72), begun, "met")
    assert complete.amount == 10

    with visit_as("quality", begun) as visit:
        recalls.change_recall(visit, recall_id, RecallChange(knowledge_at=KNOWN - timedelta(hours=1)))
        start = told(visit, recall_id)["start"]
    assert (start.ends_at, start.state) == (KNOWN + timedelta(hours=23), "met_late")


def test_a_change_that_leaves_the_grounds_leaves_the_clocks(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
    with visit_as("site", SENT) as visit:
        law.change_limit(visit, "CN-FOOD-2015", 1, LimitChange(start_within_hours=1, reason="测试"))
    with visit_as("quality", SENT) as visit:
        same = RecallChange(level=1, knowledge_at=KNOWN, ranges=[new_range(world.product_id, codes=["Q"])])
        recalls.change_recall(visit, recall_id, same)
        assert told(visit, recall_id)["start"].ends_at == KNOWN + timedelta(hours=24)


def test_where_the_law_is_still_to_be_checked_a_notice_names_the_firm_s_own_end(
    visit_as: VisitAs, world: World
) -> None:
    known, sent = at("2026-12-02T09:00"), at("2026-12-02T12:00")
    with visit_as("quality", sent) as visit:
        recall_id = opened(visit, world, knowledge_at=known)
        assert not told(visit, recall_id)["complete"].verified
    with visit_as("quality", sent) as visit, pytest.raises(Unfit) as refused:
        recalls.publish_recall(visit, recall_id)
    assert [fault.pointer for fault in refused.value.faults] == ["#/planned_end"]
    with visit_as("quality", sent) as visit:
        recalls.change_recall(visit, recall_id, RecallChange(planned_end=date(2026, 12, 18)))
        recalls.publish_recall(visit, recall_id)
        complete = told(visit, recall_id)["complete"]

    assert (complete.planned, complete.verified, complete.amount) == (True, False, None)
    assert complete.ends_at == at("2026-12-19T00:00")


def test_an_american_recall_owes_a_report_every_28_days(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN, jurisdiction="US")
        recalls.publish_recall(visit, recall_id)
        assert set(told(visit, recall_id)) == {"status"}
        recall = visit.session.get_one(Recall, recall_id)
        assert recall.rule_pack == "US-FDA-7"
    later = SENT + timedelta(days=20)
    with visit_as("quality", later) as visit:
        recall = visit.session.get_one(Recall, recall_id)
        clocks.clock_met(visit, recall, "status")
    with visit_as("quality", later) as visit:
        recall = visit.session.get_one(Recall, recall_id)
        first, second = recalls.view(visit, recall).clocks

    assert (first.state, second.state) == ("met", "running")
    assert first.ends_at == at("2026-12-19T00:00")
    assert second.ends_at == at("2027-01-08T00:00")


def test_completion_is_met_and_the_report_begins(visit_as: VisitAs, world: World) -> None:
    done = SENT + timedelta(days=3)
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
        recalls.publish_recall(visit, recall_id)
    with visit_as("county", done) as visit:
        recall = visit.session.get_one(Recall, recall_id)
        assert clocks.clock_met(visit, recall, "complete") is not None
        assert clocks.begin_clock(visit, recall, "report") is not None
        assert clocks.clock_met(visit, recall, "complete") is None
    with visit_as("quality", done) as visit:
        found = told(visit, recall_id)
        acts = [entry.act for entry in recalls.history(visit, visit.session.get_one(Recall, recall_id))]

    assert found["complete"].state == "met"
    assert (found["report"].begun_at, found["report"].ends_at) == (done, at("2026-12-01T00:00"))
    assert acts[-2:] == ["recall.clock-met", "recall.clock-begun"]


def test_clocks_are_for_the_firm_and_its_offices(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", SENT) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
        recalls.publish_recall(visit, recall_id)
    seen = {}
    for who in ("quality", "county", "city", "neighbour", "guhuai", "site"):
        with visit_as(who, SENT) as visit:
            seen[who] = bool(told(visit, recall_id))
    with visit_as(now=SENT) as visit:
        seen[""] = bool(told(visit, recall_id))

    assert {who for who, some in seen.items() if some} == {"quality", "county", "city"}


def tasks(visit: Visit) -> list[Task]:
    return list(visit.kernel().exec(select(Task).where(Task.kind == clocks.DUE)).all())


def test_a_clock_is_looked_at_once_when_it_runs_out_and_waits_for_nobody_before(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality", KNOWN + timedelta(hours=1)) as visit:
        recall_id = opened(visit, world, knowledge_at=KNOWN)
        for level in (2, 1):
            recalls.change_recall(visit, recall_id, RecallChange(level=level))
        found = tasks(visit)
        assert waiting(visit.kernel(), visit.now)[0] == 0

    assert sorted(task.due_at for task in found) == [KNOWN + timedelta(hours=24), KNOWN + timedelta(hours=48)]


def test_what_had_run_out_before_it_was_told_here_is_not_watched(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality", KNOWN + timedelta(days=9)) as visit:
        opened(visit, world, knowledge_at=KNOWN)
        assert tasks(visit) == []


def test_the_operator_alone_changes_the_law_and_only_later_recalls_follow(
    visit_as: VisitAs, world: World
) -> None:
    change = LimitChange(
        start_within_hours=12, complete_within_workdays=7, to_check=[], reason="公报原文已核对"
    )
    with visit_as("quality", SENT) as visit:
        before = opened(visit, world, knowledge_at=KNOWN)
    with visit_as("site", SENT) as visit:
        limit = law.change_limit(visit, "CN-FOOD-2015", 1, change, version=1)
        assert limit.version == 2
    with visit_as("site", SENT) as visit, pytest.raises(Stale):
        law.change_limit(visit, "CN-FOOD-2015", 1, change, version=1)
    with visit_as("quality", SENT) as visit:
        after = opened(visit, world, knowledge_at=KNOWN)
        assert told(visit, before)["start"].amount == 24
        assert told(visit, after)["start"].amount == 12
        recalls.publish_recall(visit, before)
        assert told(visit, before)["complete"].amount == 10
    for who, refusal in (("county", Forbidden), ("zhenyang", Forbidden), (None, Unidentified)):
        with visit_as(who) if who else visit_as() as visit, pytest.raises(refusal):
            law.change_limit(visit, "CN-FOOD-2015", 1, change)
    with visit_as("site") as visit, pytest.raises(Unknown):
        law.change_limit(visit, "CN-FOOD-1999", 1, change)
    with visit_as("site") as visit:
        [entry] = law.changes(visit, "CN-FOOD-2015")
        assert (entry.act, entry.reason) == ("law.changed", "公报原文已核对")
        assert json.loads(entry.record)["before"]["start_within_hours"] == 24


def test_a_law_is_verified_once_nothing_of_it_is_to_be_checked(visit_as: VisitAs, world: World) -> None:
    assert world
    with visit_as("site") as visit:
        for level, hours in ((1, 24), (2, 36), (3, 48)):
            pack = next(one.pack for one in law.laws(visit) if one.pack.id == "CN-FOOD-2026")
            assert not pack.verified
            law.change_limit(visit, pack.id, level, LimitChange(start_within_hours=hours, reason="已核对"))
    with visit_as() as visit:
        assert next(one.pack for one in law.laws(visit) if one.pack.id == "CN-FOOD-2026").verified


def test_an_announced_year_ends_what_is_provisional_for_recalls_that_come_later(
    visit_as: VisitAs, world: World
) -> None:
    sent = at("2026-11-23T10:00")
    with visit_as("quality", sent) as visit:
        early = opened(visit, world, level=3, knowledge_at=at("2026-11-23T08:00"))
        recalls.publish_recall(visit, early)
    new = NewYear(
        off=[date(2027, 1, 1), date(2027, 1, 4)], working=[date(2027, 1, 3)], source="通知", reason="已公布"
    )
    with visit_as("site", sent) as visit:
        law.arrange_year(visit, 2027, new)
    with visit_as("quality", sent) as visit:
        late = opened(visit, world, level=3, knowledge_at=at("2026-11-23T08:00"))
        recalls.publish_recall(visit, late)
        first, second = (told(visit, one)["complete"] for one in (early, late))
        assert [year.year for year in law.years(visit) if year.arranged] == [2027, 2026, 2025]

    assert (first.ends_at, first.provisional) == (at("2027-01-06T00:00"), True)
    assert (second.ends_at, second.provisional) == (at("2027-01-06T00:00"), False)
    with visit_as("site") as visit:
        entry = visit.kernel().exec(select(JournalEntry).where(JournalEntry.act == "calendar.changed")).one()
        assert json.loads(entry.record)["before"][0]["day"] == "2027-01-01"


def test_a_recall_from_before_the_first_law_has_no_clock(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall_id = opened(visit, world, knowledge_at=datetime(2014, 1, 1, tzinfo=UTC))
        recalls.publish_recall(visit, recall_id)
        assert told(visit, recall_id) == {}
        assert visit.session.get_one(Recall, recall_id).rule_pack is None
