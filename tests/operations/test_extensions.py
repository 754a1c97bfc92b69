"""More time for a recall: asked by its firm, granted by its office, told to everybody, never less."""

import json
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from builders import new_recall
from tracelot.operations import clocks, extensions, recalls
from tracelot.operations.visit import Visit
from tracelot.records.clocks import AskedExtension
from tracelot.records.outbox import Task
from tracelot.records.recalls import Recall, RecallView
from tracelot.rules.refusals import Conflict, Forbidden, Refusal, Unfit, Unknown
from world import VisitAs, World

SHANGHAI = ZoneInfo("Asia/Shanghai")
SENT = datetime(2026, 11, 20, 17, tzinfo=SHANGHAI)
DUE = datetime(2026, 12, 5, tzinfo=SHANGHAI)
UNTIL = date(2026, 12, 18)
MORE = AskedExtension(until=UNTIL, reason="涉及门店众多，退货仍在途中")


@pytest.fixture
def recall_id(visit_as: VisitAs, world: World) -> UUID:
    with visit_as("quality", SENT) as visit:
        new = new_recall(world.product_id, world.code, knowledge_at=SENT - timedelta(hours=3))
        return recalls.publish_recall(visit, recalls.open_recall(visit, new).id).id


def ask(visit_as: VisitAs, recall_id: UUID, asked: AskedExtension = MORE) -> UUID:
    with visit_as("quality", SENT) as visit:
        return extensions.ask_extension(visit, recall_id, asked).id


def view(visit: Visit, recall_id: UUID) -> RecallView:
    return recalls.view(visit, visit.with_published().get_one(Recall, recall_id))


def test_what_is_granted_lengthens_the_clock_and_is_told_to_everybody(
    visit_as: VisitAs, recall_id: UUID
) -> None:
    asked = ask(visit_as, recall_id)
    with visit_as(now=SENT) as visit:
        assert view(visit, recall_id).extensions == []
        since = recalls.newest_change(visit)
    with visit_as("county", SENT + timedelta(days=1)) as visit:
        extensions.decide_extension(visit, asked, granted=True, note="情况属实")
    end = datetime(2026, 12, 19, tzinfo=SHANGHAI)
    with visit_as("quality", SENT) as visit:
        complete = next(one for one in view(visit, recall_id).clocks if one.kind == "complete")
        assert (complete.due_at, complete.extended_to, complete.ends_at) == (DUE, end, end)
        acts = [one.act for one in recalls.history(visit, visit.session.get_one(Recall, recall_id))]
        assert {"recall.extension-asked", "recall.extended"} <= set(acts)
        watched = visit.kernel().exec(select(Task.due_at).where(Task.kind == clocks.DUE)).all()
        assert {DUE, end} <= set(watched)
    with visit_as(now=SENT) as visit:
        [told] = view(visit, recall_id).extensions
        changed, _ = recalls.changed_recalls(visit, recalls.RecallFilter(), since)
        assert [one.id for one in changed.items] == [recall_id]
    assert (told.state, told.due_at, told.was_due_at, told.reason) == ("granted", end, DUE, MORE.reason)
    assert told.office_zh == "正阳县市场监督管理局"


def test_a_refusal_needs_its_reason_and_changes_nothing(visit_as: VisitAs, recall_id: UUID) -> None:
    asked = ask(visit_as, recall_id)
    with visit_as("city", SENT) as visit, pytest.raises(Unfit):
        extensions.decide_extension(visit, asked, granted=False, note=None)
    with visit_as("city", SENT) as visit:
        extensions.decide_extension(visit, asked, granted=False, note="理由不充分")
    with visit_as("quality", SENT) as visit:
        found = view(visit, recall_id)
        assert next(one for one in found.clocks if one.kind == "complete").ends_at == DUE
        assert [(one.state, one.decision_note) for one in found.extensions] == [("refused", "理由不充分")]
    with visit_as(now=SENT) as visit:
        assert view(visit, recall_id).extensions == []


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("township", Forbidden), ("neighbour", Unknown), ("site", Forbidden), ("quality", Forbidden)],
)
def test_only_an_office_of_the_county_or_above_in_whose_territory_the_firm_is_decides(
    visit_as: VisitAs, recall_id: UUID, who: str, refusal: type[Refusal]
) -> None:
    asked = ask(visit_as, recall_id)
    with visit_as(who, SENT) as visit, pytest.raises(refusal):
        extensions.decide_extension(visit, asked, granted=True, note=None)


def test_a_request_is_answered_once_and_asked_once_at_a_time(visit_as: VisitAs, recall_id: UUID) -> None:
    asked = ask(visit_as, recall_id)
    with visit_as("quality", SENT) as visit, pytest.raises(Conflict) as twice:
        extensions.ask_extension(visit, recall_id, MORE)
    with visit_as("county", SENT) as visit:
        extensions.decide_extension(visit, asked, granted=True, note=None)
    with visit_as("city", SENT) as visit, pytest.raises(Conflict) as late:
        extensions.decide_extension(visit, asked, granted=False, note="不同意")
    further = AskedExtension(until=UNTIL + timedelta(days=7), reason="仍有两家门店未清退")
    ask(visit_as, recall_id, further)

    assert (twice.value.kind, late.value.kind) == ("extension-asked", "extension-decided")


@pytest.mark.parametrize("until", [date(2026, 12, 4), date(2026, 11, 30)])
def test_a_date_that_gives_no_more_time_is_refused(visit_as: VisitAs, recall_id: UUID, until: date) -> None:
    with visit_as("quality", SENT) as visit, pytest.raises(Unfit) as refused:
        extensions.ask_extension(visit, recall_id, AskedExtension(until=until, reason="提前完成"))
    assert [fault.pointer for fault in refused.value.faults] == ["#/until"]


@pytest.mark.parametrize(
    ("who", "refusal"), [("guhuai", Unknown), ("recorder", Forbidden), ("county", Forbidden)]
)
def test_only_the_firm_s_deciders_ask(
    visit_as: VisitAs, recall_id: UUID, who: str, refusal: type[Refusal]
) -> None:
    with visit_as(who, SENT) as visit, pytest.raises(refusal):
        extensions.ask_extension(visit, recall_id, MORE)


def test_what_is_done_is_not_given_more_time(visit_as: VisitAs, recall_id: UUID) -> None:
    asked = ask(visit_as, recall_id)
    with visit_as("quality", SENT) as visit:
        clocks.clock_met(visit, visit.session.get_one(Recall, recall_id), "complete")
    with visit_as("county", SENT) as visit, pytest.raises(Conflict) as refused:
        extensions.decide_extension(visit, asked, granted=True, note=None)
    assert refused.value.kind == "clock-not-running"


def test_an_office_finds_the_clocks_of_its_territory_the_first_to_end_first(
    visit_as: VisitAs, world: World, recall_id: UUID
) -> None:
    with visit_as("quality", SENT) as visit:
        new = new_recall(world.product_id, "OTHER", level=3, knowledge_at=SENT)
        third = recalls.publish_recall(visit, recalls.open_recall(visit, new).id).id
        recalls.open_recall(visit, new_recall(world.product_id, "DRAFT", knowledge_at=SENT))
    seen = {}
    for who in ("county", "city", "township", "neighbour", "site"):
        with visit_as(who, DUE + timedelta(hours=1)) as visit:
            found, total = extensions.deadlines(visit, 10)
            seen[who] = [(one.recall.id, one.clock.kind, one.clock.state) for one in found]
            assert total == len(found)

    both = [(recall_id, "complete", "overdue"), (third, "complete", "running")]
    assert seen == {"county": both, "city": both, "township": [], "neighbour": [], "site": []}
    with visit_as("county", SENT) as visit:
        assert extensions.requests(visit, 10) == []
    asked = ask(visit_as, recall_id)
    with visit_as("county", SENT) as visit:
        assert [one.extension.id for one in extensions.requests(visit, 10)] == [asked]
    with visit_as("neighbour", SENT) as visit, pytest.raises(Unknown):
        extensions.find_request(visit, asked)


def test_the_signed_record_holds_the_extension(visit_as: VisitAs, recall_id: UUID) -> None:
    asked = ask(visit_as, recall_id)
    with visit_as("county", SENT) as visit:
        extensions.decide_extension(visit, asked, granted=True, note=None)
    with visit_as("quality", SENT) as visit:
        entries = recalls.history(visit, visit.session.get_one(Recall, recall_id))
        [granted] = [json.loads(one.record) for one in entries if one.act == "recall.extended"]

    assert granted["extension"]["id"] == str(asked)
    assert "decided_by" not in granted["extension"]


def test_no_time_is_asked_for_to_a_day_that_has_passed(visit_as: VisitAs, world: World) -> None:
    """As when the limit has passed long ago: a day after it may have passed too."""
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        recalls.publish_recall(visit, recall.id)
    late = datetime.now(UTC) + timedelta(days=90)
    asked = AskedExtension(until=late.date() - timedelta(days=2), reason="门店众多")
    with visit_as("quality", late) as visit, pytest.raises(Unfit) as refused:
        extensions.ask_extension(visit, recall.id, asked)
    assert refused.value.kind == "until-past"
