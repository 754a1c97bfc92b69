"""A store as real registrations leave it, in bulk: batches with events, postings, short codes and journal."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, update
from sqlmodel import SQLModel, select

from tracelot.bench.data import CHUNK, NOW, PRODUCTS, code, gtin
from tracelot.operations.actors import actor_of
from tracelot.operations.parties import register_facility, sign_up
from tracelot.operations.products import register_product
from tracelot.operations.visit import Place
from tracelot.operations.working import visiting, writing
from tracelot.records.accounts import Account, NewAccount
from tracelot.records.batches import Batch, ShortCode
from tracelot.records.database import connect
from tracelot.records.events import Event, Line, Posting
from tracelot.records.facilities import NewFacility
from tracelot.records.filling import load
from tracelot.records.journal import (
    SEALED,
    TO_THE_SECOND,
    Bucket,
    JournalEntry,
    bucket_of,
    commit_to,
    head_text,
)
from tracelot.records.migrating import migrate
from tracelot.records.parties import NewParty
from tracelot.records.products import NewProduct
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC, Actor
from tracelot.rules.identifiers import short_code
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id, facility_place

PLACE = Place("http://127.0.0.1:8000", ZoneInfo("Asia/Shanghai"))
REGION = "411724"
SEED = 20261125
NOW_TEXT = NOW.isoformat()
KEPT = date(2030, 1, 1)
MOMENTS = ("event_time", "recorded_at", "released_at")  # msgspec would write these with a Z
Row = dict[str, Any]
_sorted_json = msgspec.json.Encoder(order="sorted").encode


def first_actor(engine: Engine) -> Actor:
    """The person whom `fill_with_history` put into the store."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        return actor_of(kernel, kernel.exec(select(Account)).first())  # type: ignore[arg-type]


def fill_with_history(url: str, batches: int) -> Engine:
    """Make the store; batch `n` is `code(n)` of the product `n % PRODUCTS`, registered with a quantity and released."""
    engine = connect(url)
    migrate(engine)
    with writing(engine) as connection:
        with visiting(connection, PUBLIC, NOW, PLACE) as visit:
            sign_up(visit, _party(), _person())
    actor = first_actor(engine)
    with writing(engine) as connection, visiting(connection, actor, NOW, PLACE) as visit:
        facility = register_facility(
            visit, NewFacility(name_zh="一厂", address_zh="正阳县", region_code=REGION)
        )
        made = [register_product(visit, _product(number)).id for number in range(PRODUCTS)]
        facility_id = facility.id
    story = Story(actor, facility_id, made)
    for start in range(0, batches, CHUNK):
        with writing(engine) as connection:
            story.tell(connection, start, min(start + CHUNK, batches))
    return engine


def _party() -> NewParty:
    told = {"type": "producer", "name_zh": "测量用食品有限公司", "uscc": "91411724MA9FAKE3XG"}
    return NewParty.model_validate(
        told | {"address_zh": "正阳县", "region_code": REGION, "phone": "0396-0000000"}
    )


def _person() -> NewAccount:
    return NewAccount(
        email="bench@trace.example", name="测量", password=SecretStr(f"{Random(SEED).random()}")  # noqa: S311
    )  # fmt: skip


def _product(number: int) -> NewProduct:
    return NewProduct.model_validate({"name_zh": f"炒花生 {number}", "gtin": gtin(number)})


class Story:
    """Rows of registrations one after another, as the operations would have written them."""

    def __init__(self, actor: Actor, facility_id: UUID, products: Sequence[UUID]) -> None:
        self._actor, self._facility_id, self._products = actor, facility_id, products
        self._chance = Random(SEED)  # noqa: S311
        self._rows: dict[type[SQLModel], list[Row]] = {}
        self._seq = 0

    def tell(self, connection: Connection, start: int, stop: int) -> None:
        self._rows = {model: [] for model in (Batch, ShortCode, Event, Line, Posting, JournalEntry)}
        bucket = bucket_of(self._actor.party_id)
        self._seq = connection.execute(select(Bucket.seq).where(Bucket.id == bucket)).scalar_one()
        for number in range(start, stop):
            self._register(number)
        for model, rows in self._rows.items():
            load(connection, model, rows)
        connection.execute(update(Bucket).where(Bucket.id == bucket).values(seq=self._seq))  # type: ignore[arg-type]

    def _register(self, number: int) -> None:
        batch = self._batch(number)
        event = {"id": new_id(), "act": "produce", "facility_id": self._facility_id, "event_time": NOW}
        event |= {
            "key_data": {},
            "documents": [],
            "missing": [],
            "flags": [],
            "origin_hash": f"{number:064x}",
            "retain_until": KEPT,
        } | self._marks()
        posting = {"batch_id": batch["id"], "id": new_id(), "event_id": event["id"], "line": 1, "side": "put"}
        posting |= {name: batch[name] for name in ("quantity", "unit", "party_id", "recorded_at")}
        posting |= {"base_quantity": batch["quantity"], "base_unit": batch["unit"], "event_time": NOW}
        posting |= {
            "record_id": event["id"],
            "product_id": batch["product_id"],
            "factor": "1",
            "pooled": False,
        }
        self._rows[Batch].append(batch | {"status": "released", "released_at": NOW, "version": 2})
        self._rows[ShortCode].append({"code": batch["short_code"], "batch_id": batch["id"]})
        self._rows[Event].append(event)
        self._rows[Line].append({"event_id": event["id"], "number": 1, "party_id": batch["party_id"]})
        self._rows[Posting].append(posting | {"place": facility_place(self._facility_id)})
        self._record("batch.registered", batch)
        self._record("event.recorded", event | {"batch_id": batch["id"]})
        self._record("batch.released", self._rows[Batch][-1])

    def _marks(self) -> Row:
        return {"party_id": self._actor.party_id, "recorded_at": NOW, "recorded_by": self._actor.id}

    def _batch(self, number: int) -> Row:
        product_id = self._products[number % PRODUCTS]
        id_ = batch_id(product_id, code(number))
        names = dict.fromkeys(Batch.model_fields)
        row = {"id": id_, "product_id": product_id, "code": code(number), "short_code": short_code(id_.bytes)}
        row |= {"production_date": date(2026, 1, 1) + timedelta(days=number % 365), "kind": "finished"}
        row |= {
            "expiry_date": date(2028, 1, 1),
            "retain_until": KEPT,
            "version": 1,
            "unit": "bottle",
            "outgoing_passed": False,
        }
        row |= {"quantity": Decimal(self._chance.randrange(1, 9000)), "facility_id": self._facility_id}
        return names | row | {"status": "pending_inspection"} | self._marks()

    def _record(self, act: str, row: Row) -> None:
        self._seq += 1
        record = _sorted_json(row | {name: NOW_TEXT for name in MOMENTS if row.get(name)}).decode()
        salt, id_, bucket = self._chance.randbytes(16).hex(), new_id(), bucket_of(row["party_id"])
        party, actor, subject = str(row["party_id"]), str(self._actor.id), str(row["id"])
        head = (str(id_), bucket, self._seq, party, actor, act, subject, None, NOW_TEXT[:TO_THE_SECOND])
        entry = {"id": id_, "bucket": bucket, "seq": self._seq, "act": act, "salt": salt, "record": record}
        entry |= {"party_id": row["party_id"], "actor_id": self._actor.id, "subject_id": row["id"]}
        entry |= {"commitment": commit_to(salt, head_text(head) + record), "form": SEALED}
        self._rows[JournalEntry].append(entry | {"recorded_at": NOW, "retain_until": KEPT})
