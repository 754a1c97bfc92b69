"""What the journal says of a draft or a drill is nobody's whose it is not; what it says of goods is the office's."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from builders import new_batch, new_recall
from keeping import all_rows
from tracelot.operations import batches, checking, planning, recalls
from tracelot.records.effectiveness import NewSample
from tracelot.records.journal import JournalEntry
from tracelot.records.personal import PersonalValue
from tracelot.records.proceedings import NewPlan
from tracelot.records.recalls import Recall
from tracelot.records.signatures import Signature
from tracelot.rules.access import PUBLIC
from world import VisitAs, World

FORBIDDEN = ("recall.", "plan.", "sample.", "check.", "disposal.", "notice.", "record.signed")


def read(visit_as: VisitAs, who: Any, firm: UUID) -> dict[str, set[UUID]]:
    """The subjects of a firm's entries that somebody reads, by act; signatures among them."""
    found: dict[str, set[UUID]] = {}
    with visit_as(who) as visit:
        for session in (visit.session, visit.with_published()):
            for model in (JournalEntry, Signature):
                for row in session.exec(select(model).where(model.party_id == firm)):
                    found.setdefault(row.act, set()).add(row.subject_id)
    return found


def of_recalls(found: dict[str, set[UUID]]) -> set[str]:
    return {act for act in found if act.startswith(FORBIDDEN)}


@pytest.mark.parametrize("kind", ["recall", "mock_drill"])
def test_a_draft_shows_to_no_office_by_what_was_written_about_it(
    visit_as: VisitAs, world: World, kind: str
) -> None:
    with visit_as("quality") as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, world.code, kind=kind)).id
    with visit_as("quality") as visit:
        planning.keep_plan(visit, draft, NewPlan(process="通知"))
    firm = world.parties["zhenyang"]

    assert {"recall.opened", "recall.plan-kept"} <= of_recalls(read(visit_as, "quality", firm))
    for who in ("county", "city", "neighbour", "township", "guhuai", "site", PUBLIC):
        assert of_recalls(read(visit_as, who, firm)) <= {"record.signed"} - set(FORBIDDEN)
    assert "batch.registered" in read(visit_as, "county", firm)


def test_a_drill_under_way_is_its_county_s_and_no_other_office_s(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    with visit_as("quality") as visit:
        new = new_recall(world.product_id, world.code, kind="mock_drill")
        drill = recalls.publish_recall(visit, recalls.open_recall(visit, new).id).id
    with visit_as("quality") as visit:
        checking.draw_sample(visit, drill, NewSample(level="A"))
    firm = world.parties["zhenyang"]

    county = read(visit_as, "county", firm)
    assert {"recall.drill-begun", "sample.drawn", "record.signed"} <= of_recalls(county)
    assert drill in county["recall.drill-begun"]
    for who in ("city", "neighbour", "township", "guhuai"):
        assert of_recalls(read(visit_as, who, firm)) == set()


def test_a_published_recall_and_its_course_are_read_by_every_office_above(
    visit_as: VisitAs, world: World
) -> None:
    with visit_as("quality") as visit:
        recall = recalls.publish_recall(
            visit, recalls.open_recall(visit, new_recall(world.product_id, world.code)).id
        )
        found: UUID = recall.id
    for who in ("county", "city"):
        entries = read(visit_as, who, world.parties["zhenyang"])
        assert entries["recall.published"] == {found}
        assert found in entries["record.signed"]
    with visit_as("county") as visit:
        kept = visit.session.get_one(Recall, found)
        assert {"recall.opened", "recall.published"} <= {one.act for one in recalls.history(visit, kept)}


def test_an_act_that_is_named_nowhere_shows_to_no_office(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    with visit_as("quality") as visit:
        batch = batches.register_batch(visit, new_batch(world.product_id, code="NEW-1"))
        visit.note("novelty.made", batch.id, world.parties["zhenyang"], {})
    with visit_as("county") as visit:
        acts = set(visit.session.exec(select(JournalEntry.act).where(JournalEntry.subject_id == batch.id)))
        assert acts == {"batch.registered"}
        values = visit.session.exec(select(PersonalValue).where(col(PersonalValue.field) == "phone")).all()
        assert world.parties["zhenyang"] in {one.party_id for one in values}
    assert all_rows(engine, JournalEntry, act="novelty.made") != []
