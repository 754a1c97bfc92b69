"""The level of a published recall changes: its clocks follow the law that was frozen, and the graver is told again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from acts import Firm, firm
from builders import new_recall
from keeping import all_rows
from pursued import action, closes
from reached import new_contact, recalled, ship, sold
from tracelot.operations import extensions, ordering, recalls, regrading
from tracelot.records.clocks import AskedExtension, ClockExtension, RecallClock
from tracelot.records.consignees import RecallLetter
from tracelot.records.outbox import Task
from tracelot.records.recalls import Recall, RecallView
from tracelot.records.withdrawing import Regrading
from tracelot.rules.access import PUBLIC
from tracelot.rules.recalls import RecallLevel
from tracelot.rules.refusals import Conflict, Forbidden, Unfit
from world import VisitAs, World

WORKDAYS = {1: 10, 2: 20, 3: 30}
HOURS = {1: 24, 2: 48, 3: 72}


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


def regraded(visit_as: VisitAs, recall_id: UUID, level: RecallLevel, who: str = "quality") -> None:
    with visit_as(who) as visit:
        regrading.regrade(visit, recall_id, Regrading(level=level, reason="复核风险后认为更严重"))


def by_office(visit_as: VisitAs, recall_id: UUID, level: int, who: str = "county") -> None:
    with visit_as(who) as visit:
        ordering.act_on(visit, str(recall_id), action("change_level", level=level))


def seen(visit_as: VisitAs, recall_id: UUID, who: str = "quality") -> RecallView:
    with visit_as(who) as visit:
        return recalls.view(visit, recalls.find_recall(visit, str(recall_id)))


def clocks(engine: Engine, recall_id: UUID) -> dict[str, RecallClock]:
    return {one.kind: one for one in all_rows(engine, RecallClock, recall_id=recall_id)}


def test_the_firm_makes_it_graver_and_all_clocks_are_reckoned_anew_from_when_they_began(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    recall_id = recalled(visit_as, world.product_id, world.code, level=3)
    before = clocks(engine, recall_id)

    regraded(visit_as, recall_id, 1)

    after = clocks(engine, recall_id)
    assert after["complete"].begun_at == before["complete"].begun_at
    assert (before["complete"].amount, after["complete"].amount) == (WORKDAYS[3], WORKDAYS[1])
    assert after["complete"].due_at < before["complete"].due_at
    known = datetime(2026, 9, 20, 8, tzinfo=UTC)
    assert before["start"].due_at == known + timedelta(hours=HOURS[3])
    assert after["start"].due_at == known + timedelta(hours=HOURS[1])
    assert after["start"].met_at == before["start"].met_at
    assert after["report"].begun_at is None
    with visit_as("quality") as visit:
        history = recalls.history(visit, recalls.find_own_recall(visit, recall_id))
    [told] = [one for one in history if one.act == "recall.regraded"]
    assert before["complete"].due_at.isoformat() in told.record


def test_what_was_done_in_time_is_not_late_by_a_graver_level(visit_as: VisitAs, world: World) -> None:
    known = datetime(2026, 11, 20, 8, tzinfo=UTC)
    begun = known + timedelta(hours=60)
    with visit_as("quality", begun) as visit:
        new = new_recall(world.product_id, world.code, level=3, knowledge_at=known)
        recall_id = recalls.publish_recall(visit, recalls.open_recall(visit, new).id).id

    for level in (2, 1):
        regraded(visit_as, recall_id, level)  # type: ignore[arg-type]
        start = {one.kind: one for one in seen(visit_as, recall_id).clocks}["start"]
        assert (start.state, start.met_at) == ("met", begun)
        assert start.ends_at == known + timedelta(hours=HOURS[3])


def test_everybody_reads_the_present_level_and_that_it_changed(visit_as: VisitAs, world: World) -> None:
    recall_id = recalled(visit_as, world.product_id, world.code, level=3)
    with visit_as(PUBLIC) as visit:
        since = recalls.newest_change(visit)
    regraded(visit_as, recall_id, 2)
    regraded(visit_as, recall_id, 1)

    with visit_as(PUBLIC) as visit:
        [changed] = recalls.changed_recalls(visit, recalls.RecallFilter(), since)[0].items
        view = recalls.view(visit, recalls.find_recall(visit, str(recall_id)))
    assert (changed.level, view.level, view.first_level) == (1, 1, 3)
    assert view.regrade_reason == "复核风险后认为更严重"


def test_an_office_makes_it_milder_and_the_firm_does_not(visit_as: VisitAs, world: World) -> None:
    recall_id = recalled(visit_as, world.product_id, world.code, level=2)
    for level, refusal in ((3, Conflict), (2, Unfit)):
        with pytest.raises(refusal):
            regraded(visit_as, recall_id, level)  # type: ignore[arg-type]
    for who, refused in (("recorder", Forbidden), ("county", Forbidden)):
        with pytest.raises(refused):
            regraded(visit_as, recall_id, 1, who)
    with pytest.raises(Forbidden):
        by_office(visit_as, recall_id, 3, "township")
    by_office(visit_as, recall_id, 3)
    assert seen(visit_as, recall_id).level == 3
    by_office(visit_as, recall_id, 1)
    assert seen(visit_as, recall_id).level == 1
    with pytest.raises(Unfit):
        by_office(visit_as, recall_id, 1)


def test_who_was_told_is_told_again_of_the_graver_level_alone(
    visit_as: VisitAs, world: World, maker: Firm, engine: Engine
) -> None:
    product = sold(maker)
    for name in ("one", "two"):
        contact = new_contact(maker, name, email=f"{name}@shop.example")
        ship(maker, maker.batch("paste"), 10, contact_id=contact)
    recall_id = recalled(visit_as, product, level=2)
    with visit_as("quality") as visit:  # as when the letters had left
        for letter in visit.kernel().exec(recalls.select(RecallLetter)).all():
            letter.state = "sent"
            visit.kernel().add(letter)
        visit.kernel().flush()
    by_office(visit_as, recall_id, 3)
    assert [one.kind for one in all_rows(engine, RecallLetter)] == ["notice", "notice"]
    regraded(visit_as, recall_id, 1)
    letters = all_rows(engine, RecallLetter)
    assert sorted(one.kind for one in letters) == ["graver", "graver", "notice", "notice"]
    reminders = [one.due_at for one in all_rows(engine, Task, kind="notice-reminder")]
    assert min(reminders) < datetime.now(UTC) + timedelta(hours=25)


def test_time_that_was_granted_falls_away_with_a_graver_level_and_is_not_cut_by_a_milder_one(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    recall_id = recalled(visit_as, world.product_id, world.code, level=2)
    until = datetime.now(UTC).date() + timedelta(days=200)
    with visit_as("quality") as visit:
        asked = extensions.ask_extension(visit, recall_id, AskedExtension(until=until, reason="门店众多")).id
    with visit_as("county") as visit:
        extensions.decide_extension(visit, asked, granted=True, note="同意")
    by_office(visit_as, recall_id, 3)
    assert clocks(engine, recall_id)["complete"].extended_to is not None
    regraded(visit_as, recall_id, 1)
    clock = clocks(engine, recall_id)["complete"]
    assert (clock.extended_to, clock.ends_at) == (None, clock.due_at)
    assert [one.state for one in all_rows(engine, ClockExtension)] == ["lapsed"]
    assert seen(visit_as, recall_id, "guhuai").extensions == []


def test_a_draft_a_drill_and_a_closed_recall_keep_their_level(visit_as: VisitAs, world: World) -> None:
    drill = recalled(visit_as, world.product_id, world.code, kind="mock_drill", level=2)
    with pytest.raises(Conflict):
        regraded(visit_as, drill, 1)
    closed = recalled(visit_as, world.product_id, world.code, level=2)
    with visit_as("quality") as visit:
        recall = visit.session.get_one(Recall, closed)
    closes(visit_as, recall)
    with pytest.raises(Conflict):
        regraded(visit_as, closed, 1)
