"""A recall of what went to ten thousand consignees: all of them are queued in the act that publishes it."""

from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time
from uuid import UUID

import pytest
from sqlalchemy import Engine, func
from sqlmodel import select

from acts import Firm, firm
from conftest import Rounds
from reached import recalled, sold
from tracelot.operations.working import writing
from tracelot.records.consignees import RecallLetter, RecallNotice, RecallNoticeLine
from tracelot.records.contacts import Contact
from tracelot.records.events import Event, Line, Posting
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ids import new_id
from tracelot.rules.places import contact_end, facility_place, lane_place
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    return firm(visit_as, world, "zhenyang")


def ship_to_many(engine: Engine, maker: Firm, product: UUID, count: int) -> None:
    """As the books stand after so many shipments, written in bulk."""
    batch, here, now = maker.batch("paste"), facility_place(maker.facility_id), datetime.now(UTC)
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        whole = kernel.exec(select(Event).where(Event.act == "produce")).first()
        postings = kernel.exec(select(Posting).where(Posting.batch_id == batch)).all()
        line = kernel.exec(select(Line)).first()
        assert whole is not None
        assert line is not None
        for number in range(count):
            contact = Contact(id=new_id(), party_id=maker.party_id, name=f"店{number}", email=f"{number}@shop.example",
                              origin_hash="", recorded_at=now, recorded_by=None)  # fmt: skip
            event = Event(**whole.model_dump() | {"id": new_id(), "act": "ship", "seq": 10_000 + number})
            lane = lane_place(here, contact_end(contact.id))
            moved = {"id": new_id(), "event_id": event.id, "record_id": event.id, "act": "ship", "quantity": 1,
                     "base_quantity": 1}  # fmt: skip
            kernel.add_all([contact, event])
            kernel.flush() if number % 1000 == 0 else None
            kernel.add_all([
                Line(**line.model_dump() | {"event_id": event.id}),
                Posting(**postings[0].model_dump() | moved | {"side": "take", "place": here}),
                Posting(**postings[0].model_dump() | moved | {"id": new_id(), "side": "put", "place": lane}),
            ])  # fmt: skip
        kernel.flush()


def test_all_consignees_are_queued_durably_in_the_same_act(
    visit_as: VisitAs,
    engine: Engine,
    maker: Firm,
    rounds: Rounds,
    record_property: Callable[[str, object], None],
) -> None:
    count = rounds(300, 10_000)
    product = sold(maker, 100_000)
    ship_to_many(engine, maker, product, count)
    start = process_time()

    recall = recalled(visit_as, product)

    spent = process_time() - start
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        rows = [kernel.exec(select(func.count()).select_from(model)).one()
                for model in (RecallNotice, RecallNoticeLine, RecallLetter)]  # fmt: skip
        tasks = kernel.exec(select(func.count()).select_from(Task).where(Task.kind == "notice-letter")).one()
        states = set(kernel.exec(select(RecallNotice.state).where(RecallNotice.recall_id == recall)).all())
    assert rows == [count] * 3
    assert (tasks, states) == (count, {"pending"})
    record_property("seconds", f"{spent:.1f}")
