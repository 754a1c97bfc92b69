"""Books over time: they prove themselves, leave with their firm, go down with their batch, and older ones convert."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from alembic import command
from sqlalchemy import Engine, text

from acts import Firm, firm, goods, output
from keeping import HOLDER, all_rows, ids, noon
from tracelot.operations import contacts, forgetting, purging
from tracelot.operations.exporting import export_party
from tracelot.records.batches import Batch
from tracelot.records.contacts import ContactChange, NewContact
from tracelot.records.database import connect
from tracelot.records.events import Event, EventVoid, Line, Posting, Sighting
from tracelot.records.migrating import config_for, migrate, reshaping
from tracelot.records.personal import PersonalValue
from tracelot.records.proving import prove
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.units import LogisticUnit, UnitStop
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    made = firm(visit_as, world, "zhenyang")
    made.makes("oil")
    made.does("produce", outputs=[output(made.products["oil"], "X1", 100, "case")])
    return made


@pytest.fixture
def traded(maker: Firm, visit_as: VisitAs, world: World) -> Firm:
    """Everything that a batch can go through: packed, shipped, received, sold, seen, and taken from the pool."""
    buyer = firm(visit_as, world, "guhuai")
    batch, to = maker.batch("oil"), {"party_id": str(buyer.party_id)}
    maker.does("pack", carrier={"code": "P-1"}, lines=[goods(batch, 10, "case")])
    buyer.confirms(maker.does("ship", to=to, lines=[goods(batch, 5, "case")]).id)
    buyer.does("sell", lines=[goods(batch, 1, "case")])
    maker.does("inspect", lines=[{"batch_id": str(batch)}])
    maker.does("sell", lines=[{"product_id": str(maker.products["oil"]), "quantity": "2", "unit": "case"}])
    return maker


def test_a_store_with_every_act_proves_itself(traded: Firm, engine: Engine) -> None:
    assert traded.name
    with engine.connect() as connection:
        said = list(prove(connection))

    assert len(said) >= 4


def test_a_quantity_changed_behind_the_books_is_told_by_the_journal_alone(
    traded: Firm, engine: Engine
) -> None:
    """What the journal keeps of an event names its quantities, so that a changed row does not pass for the record."""
    (event,) = [row for row in all_rows(engine, Event, act="pack") if row.party_id == traded.party_id]
    from tracelot.records.journal import JournalEntry  # noqa: PLC0415

    (entry,) = all_rows(engine, JournalEntry, subject_id=event.id)
    told = json.loads(entry.record)["postings"]
    kept = all_rows(engine, Posting, record_id=event.id)

    assert {(one["side"], one["place"], one["quantity"]) for one in told} == {
        (row.side, row.place, str(row.quantity)) for row in kept
    }


def test_a_firm_takes_its_books_along_and_nobody_else_s(traded: Firm, engine: Engine, world: World) -> None:
    packages = {
        name: zipfile.ZipFile(
            io.BytesIO(b"".join(export_party(engine, world.parties[name], datetime.now(UTC))))
        )
        for name in ("zhenyang", "guhuai")
    }

    def rows(name: str, file: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in packages[name].read(f"{file}.jsonl").splitlines()]

    mine = {str(row.id) for row in all_rows(engine, Event, party_id=traded.party_id)}
    assert {row["id"] for row in rows("zhenyang", "events")} == mine
    assert not mine & {row["id"] for row in rows("guhuai", "events")}
    evidence = ("units", "stops", "sightings", "shipments", "shipments_received")
    assert [len(rows("zhenyang", file)) for file in evidence] == [1, 1, 1, 1, 0]
    assert [len(rows("guhuai", file)) for file in evidence] == [0, 0, 0, 0, 1]


def test_a_batch_past_its_date_goes_with_all_that_was_recorded_of_it(
    traded: Firm, visit_as: VisitAs, engine: Engine
) -> None:
    batch = traded.batch("oil")
    day = max(row.retain_until for row in all_rows(engine, Event)) + timedelta(days=3)
    pooled = {row.record_id for row in all_rows(engine, Posting, pooled=True)}
    with visit_as(HOLDER, noon(day)) as visit:
        purging.purge_batches(visit, day, "tester")

    assert batch not in ids(all_rows(engine, Batch))
    assert all_rows(engine, Posting, batch_id=batch) == []
    for model in (Shipment, ShipmentLine, Sighting, UnitStop, LogisticUnit):
        assert all_rows(engine, model) == []
    assert ids(all_rows(engine, Event)) == pooled  # no batch is known to go with these
    with engine.connect() as connection:
        assert list(prove(connection))


def test_a_batch_that_went_into_a_kept_one_is_kept(maker: Firm, visit_as: VisitAs, engine: Engine) -> None:
    day = datetime.now(UTC).date() + timedelta(days=740)
    late = {"expiry_date": (day + timedelta(days=400)).isoformat()}
    maker.does(
        "transform", inputs=[goods(maker.batch("oil"), 9, "case")],
        outputs=[output(maker.products["oil"], "X2", 9, "case", **late)],
    )  # fmt: skip
    with visit_as(HOLDER, noon(day)) as visit:
        purging.purge_batches(visit, day, "tester")

    assert {maker.batch("oil"), maker.batch("oil", "X2")} <= ids(all_rows(engine, Batch))


def test_a_contact_s_former_telephone_can_be_forgotten(
    visit_as: VisitAs, engine: Engine, world: World
) -> None:
    with visit_as("zhenyang") as visit:
        contact = contacts.add_contact(visit, NewContact(name="合作社", phone="13900000001"))
        id_ = contact.id
    with visit_as("zhenyang") as visit:
        contacts.change_contact(visit, id_, ContactChange(phone="13900000002"))
    assert len(all_rows(engine, PersonalValue, subject_id=id_)) == 2
    with visit_as("zhenyang") as visit:
        forgetting.forget_replaced_contacts(visit, "asked-to-erase", "本人请求")

    assert [one.value for one in all_rows(engine, PersonalValue, subject_id=id_)] == ['"13900000002"']
    assert world.parties


def test_postings_from_before_get_their_factors_and_places(world: World, store: str) -> None:
    """A store of the tables before, with amounts in grams and tonnes, counts them in kilograms afterwards."""
    engine = connect(store)
    with reshaping(engine) as connection:
        command.downgrade(config_for(connection), "0005_keeping")
        for unit, quantity in (("g", 1_500_000_000), ("t", 2_000_000), ("g", 1)):
            connection.execute(
                text(
                    "INSERT INTO posting (batch_id, id, event_id, line, party_id, place, side, quantity, unit,"
                    " base_quantity, base_unit, event_time, recorded_at)"
                    " SELECT batch_id, :id, event_id, line, party_id, :place, side, :quantity, :unit, :quantity, :unit,"
                    " event_time, recorded_at FROM posting WHERE place LIKE 'facility:%'"
                ),
                {
                    "id": _id(engine, quantity),
                    "place": f"aside:{unit}{quantity}",
                    "quantity": quantity,
                    "unit": unit,
                },
            )
    migrate(engine)
    rows = {row.place: row for row in all_rows(engine, Posting)}
    told = {
        place: (row.factor, row.base_quantity, row.base_unit)
        for place, row in rows.items()
        if "aside" in place
    }

    assert told == {
        "aside:g1500000000": ("0.001", Decimal("1.5"), "kg"),
        "aside:t2000000": ("1000", Decimal(2000), "kg"),
        "aside:g1": ("1", Decimal("0.000001"), "g"),
    }
    assert all(row.record_id == row.event_id and row.product_id == world.product_id for row in rows.values())
    placed = [(row.bucket, row.seq) for row in all_rows(engine, Event)]
    assert None not in placed[0]
    assert not all_rows(engine, EventVoid)
    assert all_rows(engine, Line)
    engine.dispose()


def _id(engine: Engine, number: int) -> str:
    written = UUID(int=number)
    return written.hex if engine.dialect.name == "sqlite" else str(written)
