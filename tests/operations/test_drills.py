"""A drill runs as a recall does, and nothing of it shows to anybody but its firm and its county's office."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from builders import new_batch, new_recall
from tracelot.operations import batches, checking, drills, lookup, recalls, rescoping
from tracelot.operations import effectiveness as reckoning
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.effectiveness import NewSample
from tracelot.records.outbox import Task
from tracelot.records.proving import prove
from tracelot.records.recall_search import RecallFilter, search_recalls
from tracelot.records.recalls import Recall, RecallBatch, RecallRange
from tracelot.records.scopes import ScopeChoice
from tracelot.records.sights import PUBLIC, sight_of, with_published
from tracelot.records.signatures import Signature
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC as NOBODY
from tracelot.rules.drilling import Score, next_drill
from tracelot.rules.refusals import Stale, Unknown
from world import Scene, VisitAs, World, actor_of, visits

HIDDEN_FROM = ("guhuai", "neighbour", "city", "township", "impostor", "site", "")
SEEN_BY = ("zhenyang", "quality", "county")


def tell(url: str, world: World) -> UUID:
    """A drill is under way; its id."""
    engine = connect(url)
    visit_as = visits(engine, world)
    with visit_as("zhenyang") as visit:
        new = new_recall(world.product_id, world.code, kind="mock_drill")
        drill = recalls.open_recall(visit, new).id
    with visit_as("zhenyang") as visit:
        recalls.publish_recall(visit, drill)
    engine.dispose()
    return drill


@pytest.fixture
def drill(scene: Scene) -> UUID:
    return UUID(str(scene.told))


def who(name: str) -> Any:
    return name or NOBODY


@pytest.mark.parametrize("name", HIDDEN_FROM)
def test_a_drill_under_way_is_nobody_else_s(drill: UUID, visit_as: VisitAs, name: str) -> None:
    with visit_as(who(name)) as visit:
        for session in (visit.session, visit.with_published()):
            for model in (Recall, RecallBatch, RecallRange):
                assert session.exec(select(model)).all() == []
        with pytest.raises(Unknown):
            recalls.find_recall(visit, str(drill))
        for kind in (None, "mock_drill"):
            assert recalls.query_recalls(visit, RecallFilter(kind=kind)).total == 0


@pytest.mark.parametrize("name", SEEN_BY)
def test_its_firm_and_its_county_s_office_find_it_when_they_ask_for_drills(
    drill: UUID, visit_as: VisitAs, name: str
) -> None:
    with visit_as(name) as visit:
        assert recalls.query_recalls(visit, RecallFilter()).total == 0
        assert recalls.query_recalls(visit, RecallFilter(text="黄曲霉", state="published")).total == 0
        assert recalls.recall_facets(visit, RecallFilter())["level"] == {}
        assert recalls.query_recalls(visit, RecallFilter(kind="mock_drill")).total == 1
        assert recalls.find_recall(visit, str(drill)).id == drill


def test_it_marks_no_batch_takes_no_place_in_the_feed_and_sends_nothing(
    drill: UUID, visit_as: VisitAs, world: World
) -> None:
    with visit_as("county") as visit:
        kernel = visit.kernel()
        batch, recall = kernel.get_one(Batch, world.batch_id), kernel.get_one(Recall, drill)
        assert (batch.status, batch.stopped_at) == ("released", None)
        assert (recall.state, recall.seq) == ("published", None)
        assert recall.retain_until <= batch.retain_until
        assert kernel.exec(select(Task).where(Task.kind == "recall-published")).all() == []
        page, _ = recalls.changed_recalls(visit, RecallFilter(kind="mock_drill"), "0", 50)
        assert page.total == 0
        signed = kernel.exec(select(Signature).where(Signature.act == "recall.drill-begun")).one()
        assert "begin this drill" in signed.meaning_en


def test_whoever_scans_the_package_reads_that_no_recall_is_on_record(
    drill: UUID, visit_as: VisitAs, world: World
) -> None:
    for name in ("", "zhenyang", "county"):
        with visit_as(who(name)) as visit:
            answer = lookup.look_up(visit, f"(01){world.gtin}(10){world.code}")
            assert answer.verdict == "no_recall"
            assert (answer.found[0].recalls, list(answer.product_recalls)) == ([], [])
            assert lookup.public_product(visit, world.gtin)[1] == []


def test_a_code_that_is_not_registered_is_not_recalled_by_a_drill(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        drill = recalls.open_recall(visit, new_recall(world.product_id, "NOBODY", kind="mock_drill")).id
    with visit_as("zhenyang") as visit:
        recalls.publish_recall(visit, drill)
    for name in ("", "zhenyang", "county"):
        with visit_as(who(name)) as visit:
            answer = lookup.look_up(visit, f"(01){world.gtin}(10)NOBODY")
            assert (answer.verdict, list(answer.product_recalls)) == ("unknown", [])
            assert answer.found[0].recalls == []


def test_a_batch_that_its_dates_cover_stays_as_it_is(visit_as: VisitAs, world: World) -> None:
    with visit_as("zhenyang") as visit:
        drill = recalls.open_recall(visit, new_recall(world.product_id, kind="mock_drill")).id
    with visit_as("zhenyang") as visit:
        recalls.publish_recall(visit, drill)
    with visit_as("zhenyang") as visit:
        new = new_batch(world.product_id, code="LATER", production_date=date(2026, 9, 15))
        assert batches.register_batch(visit, new).status != "recalled"
    with visit_as("zhenyang") as visit:
        assert "LATER" not in [
            line.code for line in recalls.view(visit, recalls.find_own_recall(visit, drill)).batches
        ]


def test_whoever_read_a_drill_before_it_was_widened_does_not_change_it(
    visit_as: VisitAs, world: World
) -> None:
    ids = []
    for code in ("D1", "D2"):
        with visit_as("zhenyang") as visit:
            ids.append(batches.register_batch(visit, new_batch(world.product_id, code=code)).id)
    with visit_as("zhenyang") as visit:
        drill = recalls.open_recall(visit, new_recall(world.product_id, world.code, kind="mock_drill")).id
    with visit_as("zhenyang") as visit:
        read = recalls.publish_recall(visit, drill).version
    first, second = (ScopeChoice(batch_ids=[one], reason="同一批原料") for one in ids)
    with visit_as("zhenyang") as visit:
        rescoping.widen(visit, drill, first, read)

    for act in (rescoping.widen, rescoping.narrow):
        with visit_as("quality") as visit, pytest.raises(Stale):
            act(visit, drill, second if act is rescoping.widen else first, read)


def test_a_draft_may_become_a_drill_and_a_drill_stands_beside_a_recall(
    drill: UUID, visit_as: VisitAs, world: World
) -> None:
    with visit_as("zhenyang") as visit:
        real = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id
    with visit_as("zhenyang") as visit:
        recalls.publish_recall(visit, real)
    with visit_as() as visit:
        found = lookup.look_up(visit, f"(01){world.gtin}(10){world.code}")
        assert [one.code for one in found.found[0].recalls] == [recalls.find_recall(visit, str(real)).code]
        assert recalls.query_recalls(visit, RecallFilter()).total == 1


def test_a_sight_of_everything_published_holds_no_drill(drill: UUID, engine: Engine, world: World) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    sights = [PUBLIC, with_published(sight_of(actor_of(engine, world.people["city"])))]
    for sight in sights:
        with engine.connect() as connection, ScopedSession(connection, sight) as session:
            assert (
                search_recalls(session, RecallFilter(kind="mock_drill"), zone, "newest", 5, None).total == 0
            )
            assert session.get(Recall, drill) is None


def test_its_ledger_rests_on_what_the_reader_may_see_and_it_has_checks(
    drill: UUID, visit_as: VisitAs
) -> None:
    for name in ("zhenyang", "county"):
        with visit_as(name) as visit:
            told = reckoning.effectiveness_of(visit, reckoning.recall_in_work(visit, drill))
            assert [(one.made, one.own, one.closes) for one in told.figures] == [(5000, 5000, True)]
    with visit_as("county") as visit:
        assert checking.draw_sample(visit, drill, NewSample(level="A")).consignees == []
    for name in ("city", "neighbour", "guhuai", "township"):
        with visit_as(name) as visit, pytest.raises(Unknown):
            reckoning.recall_in_work(visit, drill)


def test_drills_are_scored_and_the_next_one_is_due_in_a_year(drill: UUID, visit_as: VisitAs) -> None:
    with visit_as("zhenyang") as visit:
        told = drills.drills(visit)
        assert [one.id for one in told.items] == [drill]
        assert told.items[0].goals == {"scope": False, "notify": False, "accounted": True, "balance": None}
        assert (told.items[0].met, told.items[0].known, told.overdue) == (1, 3, False)
        assert told.due_on == visit.today.replace(year=visit.today.year + 1)
    with visit_as("guhuai") as visit:
        assert (drills.drills(visit).overdue, drills.drills(visit).due_on) == (True, visit.today)


@pytest.mark.parametrize(("last", "due"), [
    (None, date(2026, 11, 26)), (date(2025, 12, 1), date(2026, 12, 1)), (date(2024, 2, 29), date(2025, 2, 28)),
])  # fmt: skip
def test_the_day_of_the_next_drill(last: date | None, due: date) -> None:
    assert next_drill(last, date(2026, 11, 26)) == due


@pytest.mark.parametrize(("accounted", "met"), [
    ("1", True), ("0.995", True), ("1.005", True), ("0.994", False), ("1.006", False), (None, None),
])  # fmt: skip
def test_a_goal_is_met_missed_or_not_known_yet(accounted: str | None, met: bool | None) -> None:
    share = None if accounted is None else Decimal(accounted)
    score = Score(timedelta(hours=4), timedelta(hours=24, seconds=1), share, Decimal("0.005"))

    assert score.met == {"scope": True, "notify": False, "accounted": met, "balance": True}


def test_the_store_is_proved_with_a_drill_in_it(drill: UUID, engine: Engine) -> None:
    assert drill
    with engine.connect() as connection:
        told = list(prove(connection))
    assert any("recalls are what the journal says" in one for one in told)


def test_time_runs_from_the_moment_of_knowledge(visit_as: VisitAs, world: World) -> None:
    began = datetime(2026, 11, 20, 1, tzinfo=UTC)
    with visit_as("zhenyang", began + timedelta(minutes=9)) as visit:
        new = new_recall(world.product_id, world.code, kind="mock_drill", knowledge_at=began)
        drill = recalls.open_recall(visit, new).id
    with visit_as("zhenyang", began + timedelta(minutes=40)) as visit:
        recalls.publish_recall(visit, drill)
        told = drills.drill_view(visit, drill)

    assert (told.scope_seconds, told.notify_seconds, told.goals["scope"]) == (540, 2400, True)
