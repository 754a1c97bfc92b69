"""A firm that sent its batches to a crowd of shops outside Trace: the books and addresses that a recall starts from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import Engine, update
from sqlmodel import SQLModel, col, select

from tracelot.bench.data import NOW, gtin
from tracelot.bench.registrations import KEPT, PLACE, REGION
from tracelot.operations import acts, keys, parties, products
from tracelot.operations.actors import actor_of
from tracelot.operations.working import visiting, writing
from tracelot.records.accounts import NewAccount, NewKey
from tracelot.records.acts import Birth, Sending
from tracelot.records.contacts import Contact
from tracelot.records.events import Event, Line, Posting
from tracelot.records.facilities import NewFacility
from tracelot.records.filling import load
from tracelot.records.journal import Bucket, bucket_of
from tracelot.records.parties import NewParty, Party
from tracelot.records.products import NewProduct
from tracelot.records.recalls import NewRange, NewRecall
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.rules.access import PUBLIC, Actor
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id, contact_end, facility_place, lane_place

SEED = 20261127
BATCHES = 10
NUMBER = 77_777  # of its GTIN, which the other data do not use
CHUNK = 10_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Crowd:
    """The firm, and what it made; `secret` is a key of its own for the API."""

    actor: Actor
    secret: str
    product_id: UUID
    facility_id: UUID
    contact_id: UUID  # one of the shops
    shops: int

    @property
    def codes(self) -> list[str]:
        return [f"HS26-{number:02d}" for number in range(BATCHES)]

    @property
    def batches(self) -> list[UUID]:
        return [batch_id(self.product_id, code) for code in self.codes]


def fill(engine: Engine, shops: int) -> Crowd:
    """Put the firm into a store, and a shipment of one of its batches to each shop."""
    with writing(engine) as connection, visiting(connection, PUBLIC, NOW, PLACE) as visit:
        party, person = parties.sign_up(visit, _party(), _person())
        visit.kernel().exec(update(Party).where(col(Party.id) == party.id).values(status="verified"))
        visit.kernel().expire_all()
        actor = actor_of(visit.kernel(), person)
    with writing(engine) as connection, visiting(connection, actor, NOW, PLACE) as visit:
        visit.factors = frozenset({"password"})
        place = parties.register_facility(
            visit, NewFacility(name_zh="一厂", address_zh="正阳县", region_code=REGION)
        )
        secret = keys.issue_key(visit, NewKey(name="bench", scopes=["read", "recalls:write"])).key
        product = products.register_product(
            visit, NewProduct(name_zh="花生酱", name_en="Paste", gtin=gtin(NUMBER))
        )
        crowd = Crowd(actor, secret, product.id, place.id, new_id(), shops)
        acts.record_event(visit, _made(crowd))
    sent = _Sent(crowd)
    for start in range(0, shops, CHUNK):
        with writing(engine) as connection:
            sent.load(connection, start, min(start + CHUNK, shops))
    return crowd


def _party() -> NewParty:
    return NewParty.model_validate({
        "type": "producer", "name_zh": "众店食品有限公司", "name_en": "Many Shops Foods", "uscc": "91411724MA9FAKE48G",
        "address_zh": "正阳县", "region_code": REGION, "phone": "0396-0000001",
    })  # fmt: skip


def _person() -> NewAccount:
    password = SecretStr(f"{Random(SEED).random()}")  # noqa: S311
    return NewAccount(email="crowd@trace.example", name="测量", password=password)


def _made(crowd: Crowd) -> Birth:
    share = -(-crowd.shops // BATCHES)
    return Birth.model_validate({
        "act": "produce", "event_time": NOW, "facility_id": crowd.facility_id,
        "outputs": [{"product_id": crowd.product_id, "code": code, "quantity": share + 100, "unit": "case",
                     "production_date": "2026-10-01", "release": True} for code in crowd.codes],
    })  # fmt: skip


def ranges_of(crowd: Crowd) -> list[NewRange]:
    return [NewRange(product_id=crowd.product_id, codes=crowd.codes)]


def new_recall(crowd: Crowd) -> NewRecall:
    """Of all that the firm made, with all that a notice must say."""
    return NewRecall.model_validate({
        "level": 1, "reason_code": "mycotoxin", "knowledge_at": NOW, "reason_zh": "黄曲霉毒素B1超标",
        "reason_en": "Aflatoxin B1 above the limit", "harm_zh": "长期食用可能损害肝脏", "remedy_zh": "立即停止食用",
        "contact": "0396-8920001", "planned_end": "2027-01-20", "follow": True,
        "ranges": [one.model_dump() for one in ranges_of(crowd)],
    })  # fmt: skip


def one_more_shipment(crowd: Crowd) -> Sending:
    return Sending.model_validate({
        "act": "ship", "event_time": datetime.now(UTC), "facility_id": crowd.facility_id,
        "to": {"contact_id": crowd.contact_id},
        "lines": [{"batch_id": crowd.batches[0], "quantity": 1, "unit": "case"}],
    })  # fmt: skip


class _Sent:
    """Rows as shipments to contacts leave them."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._here = facility_place(crowd.facility_id)
        self._marks = {"party_id": crowd.actor.party_id, "recorded_at": NOW, "recorded_by": crowd.actor.id}
        self._kept = {"retain_until": KEPT, "documents": []}

    def load(self, connection: Any, start: int, stop: int) -> None:
        bucket = bucket_of(self._crowd.actor.party_id)
        seq = connection.execute(select(Bucket.seq).where(Bucket.id == bucket)).scalar_one()
        tables: tuple[type[SQLModel], ...] = (Contact, Event, Line, Posting, Shipment, ShipmentLine)
        rows: dict[type[SQLModel], list[Row]] = {table: [] for table in tables}
        for number in range(start, stop):
            for table, row in self._rows(number, bucket, seq + number - start + 1):
                rows[table].append(row)
        for table in tables:
            load(connection, table, rows[table])
        connection.execute(update(Bucket).where(col(Bucket.id) == bucket).values(seq=seq + stop - start))

    def _rows(self, number: int, bucket: int, seq: int) -> Iterator[tuple[type[SQLModel], Row]]:
        batch, shop, event = self._crowd.batches[number % BATCHES], new_id(), new_id()
        shop = shop if number else self._crowd.contact_id
        code, lane = self._crowd.codes[number % BATCHES], lane_place(self._here, contact_end(shop))
        one, goods = (
            {"quantity": Decimal(1), "unit": "case"},
            {"batch_id": batch, "product_id": self._crowd.product_id},
        )
        yield Contact, {"id": shop, "version": 1, "name": f"店{number}", "email": f"shop{number}@shop.example",
                        "region_code": REGION, "origin_hash": "", **self._marks}  # fmt: skip
        yield Event, {"id": event, "act": "ship", "facility_id": self._crowd.facility_id, "event_time": NOW,
                      "key_data": {}, "missing": [], "flags": [], "origin_hash": "", "bucket": bucket, "seq": seq,
                      **self._kept, **self._marks}  # fmt: skip
        yield Line, {"event_id": event, "number": 1, "party_id": self._crowd.actor.party_id}
        for side, place in (("take", self._here), ("put", lane)):
            yield Posting, {"id": new_id(), "record_id": event, "event_id": event, "line": 1, "pooled": False,
                            "place": place, "side": side, "factor": "1", "base_quantity": Decimal(1),
                            "base_unit": "case", "event_time": NOW, **goods, **one, **self._marks}  # fmt: skip
        yield Shipment, {"id": event, "version": 1, "from_facility_id": self._crowd.facility_id, "to_contact_id": shop,
                         "from_region": REGION, "to_region": REGION, "lane": lane, "sent_back": False,
                         "event_id": event, "event_time": NOW, "status": "in_transit",
                         **self._kept, **self._marks}  # fmt: skip
        yield ShipmentLine, {"shipment_id": event, "number": 1, "party_id": self._crowd.actor.party_id, "pooled": False,
                             "code": code, "product_zh": "花生酱", "product_en": "Paste", **goods, **one}  # fmt: skip
