"""A recall that was closed goes as a whole once all of it has passed its date, and never before."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from acts import firm
from keeping import HOLDER, all_rows, noon
from pursued import closes, whole_plan
from reached import new_contact, notices_of, recalled, ship, sold
from tracelot.operations import answering, delivering, disposing, extensions, forwarding, planning, purging
from tracelot.operations.answering import Photo
from tracelot.records.batches import Batch
from tracelot.records.clocks import AskedExtension
from tracelot.records.consignees import NewAnswer, NewAnswerLine, NewTarget, RecallAnswer
from tracelot.records.effectiveness import Done, NewDisposal
from tracelot.records.journal import JournalEntry
from tracelot.records.recalls import Recall
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World

PARTS = ("recall_id", "notice_id")


def parts_of(engine: Engine, recall: UUID, notices: set[UUID]) -> dict[str, int]:
    """How many rows of every table belong to a recall or to one of its notices."""
    found: dict[str, int] = {}
    for model in [mapper.class_ for mapper in SQLModel._sa_registry.mappers]:
        for name in set(PARTS) & set(model.model_fields):
            ids: set[Any] = {recall} if name == "recall_id" else notices
            found[model.__name__] = sum(getattr(row, name) in ids for row in all_rows(engine, model))
    return found


@pytest.fixture
def recall(visit_as: VisitAs, world: World, engine: Engine) -> Recall:
    """One that was told to a shop, answered with a photo, passed on, planned and closed."""
    maker = firm(visit_as, world, "zhenyang")
    product = sold(maker)
    contact = new_contact(maker, "小店", email="a@shop.example")
    ship(maker, maker.batch("paste"), 10, contact_id=contact)
    (found,) = all_rows(engine, Recall, id=recalled(visit_as, product))
    notice = notices_of(engine, found.id)["小店"]
    with visit_as() as visit:
        line = NewAnswerLine.model_validate({"batch_id": maker.batch("paste"), "on_hand": 4, "unit": "case"})
        answering.answer(visit, notice, NewAnswer(name="甲", lines=[line]), Photo(b"drawn", 1, 1))
        forwarding.forward(visit, notice, [NewTarget(name="乙", email="b@shop.example")])
    with visit_as("quality") as visit:
        planning.submit_plan(visit, found.id, whole_plan())
        asked = AskedExtension(until=visit.today + timedelta(90), reason="仍在途中")
        extensions.ask_extension(visit, found.id, asked)
    new = {"batch_id": str(maker.batch("paste")), "quantity": "3", "unit": "case", "method": "destroy_on_site",
           "consignee": f"contact:{contact}", "planned_at": "2026-12-01T09:00:00+08:00"}  # fmt: skip
    with visit_as("zhenyang") as visit:
        disposal = disposing.announce_disposal(visit, found.id, NewDisposal.model_validate(new)).id
    with visit_as("zhenyang") as visit:
        disposing.perform_disposal(visit, found.id, disposal, Done(performed_at=visit.now, witness="丙"))
    closes(visit_as, found)
    (closed,) = all_rows(engine, Recall, id=found.id)
    return Recall(**closed.model_dump())


def purge(visit_as: VisitAs, day: Any) -> purging.Purged:
    with visit_as(HOLDER, noon(day)) as visit:
        return purging.purge_recalls(visit, day, "tester")


def test_a_closed_recall_goes_with_all_that_hangs_on_it_and_nothing_of_it_before(
    visit_as: VisitAs, world: World, engine: Engine, recall: Recall
) -> None:
    notices = {row.id for row in notices_of(engine, recall.id).values()}
    before = parts_of(engine, recall.id, notices)
    commitments = {entry.id: entry.commitment for entry in all_rows(engine, JournalEntry)}
    late = recall.retain_until + timedelta(100)
    with visit_as(now=noon(late - timedelta(731))) as visit:
        answering.answer(visit, notices_of(engine, recall.id)["乙"], NewAnswer(name="乙"))
    last = max(row.retain_until for row in all_rows(engine, RecallAnswer))
    assert last >= late

    assert purge(visit_as, recall.retain_until).removed["recall"] == 0
    held = purge(visit_as, last)  # its last day is a day on which it must be there
    assert (held.removed["recall"], held.refused["must-be-kept"]) == (0, 1)
    assert all(count >= before[name] for name, count in parts_of(engine, recall.id, notices).items())
    assert purge(visit_as, last + timedelta(1)).removed["recall"] == 1

    gone = parts_of(engine, recall.id, notices)
    assert set(gone.values()) == {0}
    assert {"RecallPhoto", "RecallForward", "RecallLetter", "RecallScopeLine", "RecallClock", "ClockExtension",
            "RecallPlan", "RecallReport", "RegulatorAction", "Disposal"} <= {
        name for name, count in before.items() if count}  # fmt: skip
    entries = {entry.id: entry for entry in all_rows(engine, JournalEntry)}
    assert all(entries[id_].commitment == old for id_, old in commitments.items())
    about = [one for one in entries.values() if one.subject_id in {recall.id, *notices}]
    assert {(one.record, one.salt) for one in about} == {("", "")}
    with visit_as() as visit:
        assert delivering.remind(visit, recall.id, 1) == "no longer needed"


def test_goods_that_show_as_recalled_keep_the_recall_that_says_why(
    visit_as: VisitAs, engine: Engine, recall: Recall
) -> None:
    day = recall.retain_until + timedelta(1)
    with engine.begin() as connection, ScopedSession(connection, EVERYTHING) as session:
        for row in all_rows(engine, Batch):
            session.get_one(Batch, row.id).retain_until = day
        session.flush()

    assert purge(visit_as, day).removed["recall"] == 0
    assert purge(visit_as, day + timedelta(1)).removed["recall"] == 1
