"""Who answers for goods, recalls and reports, named by each side; who is late, and what one owes."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from builders import new_recall
from keeping import all_rows
from reports import send_tip
from tracelot.operations import duties, owing, proceedings, recalls, tip_work
from tracelot.records.responsible import Responsible
from tracelot.records.tips import Assigned
from tracelot.rules.refusals import Forbidden, Unfit, Unknown
from world import VisitAs, World


def names(visit_as: VisitAs, who: str, kind: str, subject: UUID) -> tuple[str | None, str | None]:
    """Who answers for a subject on the firm's and on the office's side, as somebody reads it."""
    with visit_as(who) as visit:
        both = owing.both_for(visit, kind, subject)  # type: ignore[arg-type]
        return both.firm and both.firm.name, both.office and both.office.name


@pytest.fixture
def recall(visit_as: VisitAs, world: World) -> UUID:
    with visit_as("quality") as visit:
        opened = recalls.open_recall(visit, new_recall(world.product_id, world.code))
        return recalls.publish_recall(visit, opened.id).id


def test_the_nearest_who_is_named_answers(
    visit_as: VisitAs, world: World, recall: UUID, engine: Engine
) -> None:
    """For the recall itself before its batch, its product and the firm; of an office for a place before all."""
    people = {one: world.people[one] for one in ("zhenyang", "quality", "recorder", "county")}
    with visit_as("zhenyang") as visit:
        called = {one.id: one.name for one in duties.colleagues(visit)}
    with visit_as("zhenyang") as visit:
        duties.name_responsible(visit, "party", str(world.parties["zhenyang"]), people["zhenyang"])
    assert names(visit_as, "county", "recall", recall) == (called[people["zhenyang"]], None)
    for kind, subject, who in (
        ("product", world.product_id, "quality"), ("batch", world.batch_id, "recorder"), ("recall", recall, "zhenyang"),
    ):  # fmt: skip
        with visit_as("zhenyang") as visit:
            duties.name_responsible(visit, kind, str(subject), people[who])  # type: ignore[arg-type]
        assert names(visit_as, "zhenyang", "recall", recall)[0] == called[people[who]]
    with visit_as("county") as visit:
        duties.name_responsible(visit, "area", "411724", people["county"])
    assert names(visit_as, "zhenyang", "recall", recall)[1] is not None
    assert names(visit_as, "zhenyang", "batch", world.batch_id)[1] is not None
    assert len(all_rows(engine, Responsible)) == 5


def test_the_list_keeps_who_answered_before(visit_as: VisitAs, world: World) -> None:
    subject = str(world.product_id)
    for who in ("quality", "quality", "recorder"):
        with visit_as("zhenyang") as visit:
            duties.name_responsible(visit, "product", subject, world.people[who])
    with visit_as("zhenyang") as visit:
        duties.name_responsible(visit, "product", subject, None)
    with visit_as("zhenyang") as visit:
        rows = [row for row, _ in duties.history(visit, "product", subject)]
        assert [row.account_id for row in rows] == [world.people["quality"], world.people["recorder"]]
        assert all(row.until is not None and row.until >= row.since for row in rows)


def test_nobody_names_for_others_or_others_people(visit_as: VisitAs, world: World, recall: UUID) -> None:
    with pytest.raises(Unknown), visit_as("guhuai") as visit:
        duties.name_responsible(visit, "product", str(world.product_id), world.people["guhuai"])
    with pytest.raises(Unfit), visit_as("zhenyang") as visit:
        duties.name_responsible(visit, "product", str(world.product_id), world.people["guhuai"])
    with pytest.raises(Unfit), visit_as("county") as visit:
        duties.name_responsible(visit, "area", "410000", world.people["county"])
    with pytest.raises(Unknown), visit_as("neighbour") as visit:
        duties.name_responsible(visit, "recall", str(recall), world.people["neighbour"])
    with pytest.raises(Forbidden), visit_as("recorder") as visit:
        duties.name_responsible(visit, "product", str(world.product_id), world.people["recorder"])
    with pytest.raises(Unknown), visit_as("guhuai") as visit:
        owing.both_for(visit, "recall", recall)


def test_who_is_late_and_what_one_owes(visit_as: VisitAs, world: World, recall: UUID) -> None:
    """A clock of the recall, a report of the public and a report that an office asked for, each with its day."""
    tip_id, _ = send_tip(visit_as, world)
    with visit_as("county") as visit:
        tip_work.assign_tip(visit, tip_id, Assigned(account_id=world.people["county"]))
        due = tip_work.find_tip(visit, tip_id).due_on
        code = proceedings.find_watched(visit, str(recall)).code
    later = datetime.combine(due + timedelta(2), datetime.min.time(), tzinfo=visit.place.zone)
    with visit_as("county", later) as visit:
        found = owing.owed(visit)
        (tip,) = [one for one in found if one.kind == "tip"]
        assert (tip.late, tip.side, tip.owes and tip.owes.account_id) == (
            True,
            "office",
            world.people["county"],
        )
        assert tip_id in [one.subject for one in owing.owed_by_me(visit)]
        clocks = [one for one in found if one.kind == "clock"]
        assert {(one.code, one.side) for one in clocks} == {(code, "firm")}
        dated = [one.due_at for one in found if one.due_at is not None]
        assert dated == sorted(dated)
    with visit_as("county") as visit:
        assert not [one for one in owing.owed(visit) if one.kind == "tip" and one.late]
    with visit_as("neighbour") as visit:
        assert owing.owed(visit) == []
    with visit_as("zhenyang") as visit:
        own = owing.owed(visit)
        assert {one.kind for one in own} == {"clock"}  # a firm reads of no report of the public
        assert {one.subject for one in owing.owed_by_me(visit)} == {
            recall
        }  # nobody is named: its administrator
    with visit_as("recorder") as visit:
        assert owing.owed_by_me(visit) == []
