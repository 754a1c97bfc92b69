"""A store with many batches of one verified enterprise, filled in bulk."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, insert

from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.migrating import migrate
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.rules.identifiers import gs1_check_digit, short_code
from tracelot.rules.ids import new_id
from tracelot.rules.places import batch_id

PRODUCTS = 50
CHUNK = 10_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def gtin(number: int) -> str:
    """A GTIN-14 of the demonstration prefix 952."""
    body = f"095210{number:07d}"
    return body + gs1_check_digit(body)


def code(number: int) -> str:
    """Batch codes in four styles that enterprises print; one of them has a slash, which links must escape."""
    day, rest = number % 365, number // 365
    styles = (
        f"2026{day:03d}A{rest}",
        f"2026/{day:03d}-{rest}",
        f"ZY26{day:03d}-HS{rest}",
        f"L{day}-3.{rest}",
    )
    return styles[number % len(styles)]


def fill(url: str, batches: int) -> Engine:
    """Make the store; batch `n` is `code(n)` of the product under `gtin(n % PRODUCTS)`."""
    engine = connect(url)
    migrate(engine)
    party = _party()
    products = [_product(number, party["id"]) for number in range(PRODUCTS)]
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(insert(Party), [party])
        connection.execute(insert(Product), products)
        for start in range(0, batches, CHUNK):
            stop = min(start + CHUNK, batches)
            connection.execute(insert(Batch), list(_batches(start, stop, party["id"], products)))
    return engine


def _party() -> dict[str, Any]:
    return {
        "id": new_id(),
        "version": 1,
        "type": "producer",
        "name_zh": "测量用食品有限公司",
        "name_en": "Measured Foods",
        "uscc": "91411724MA9FAKE3XG",
        "uscc_claim": "91411724MA9FAKE3XG",
        "address_zh": "正阳县",
        "region_code": "411724001",
        "phone": "0396-0000000",
        "status": "verified",
        "territory": [],
        "origin_hash": "",
        "recorded_at": NOW,
    }


def _product(number: int, party_id: UUID) -> dict[str, Any]:
    return {
        "id": new_id(),
        "version": 1,
        "party_id": party_id,
        "name_zh": f"炒花生 {number}",
        "name_en": f"Roasted peanuts {number}",
        "spec": "500 g",
        "gtin": gtin(number),
        "gtin_claim": gtin(number),
        "shelf_life_unit": "month",
        "packaging": "prepacked",
        "allergens": ["花生"],
        "us_ftl": False,
        "origin_hash": "",
        "recorded_at": NOW,
    }


def _batches(
    start: int, stop: int, party_id: UUID, products: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for number in range(start, stop):
        product_id = products[number % PRODUCTS]["id"]
        id_ = batch_id(product_id, code(number))
        made = date(2026, 1, 1) + timedelta(days=number % 365)
        yield {
            "id": id_,
            "version": 1,
            "party_id": party_id,
            "product_id": product_id,
            "code": code(number),
            "short_code": short_code(id_.bytes),
            "production_date": made,
            "expiry_date": date(2028, 1, 1),
            "kind": "finished",
            "status": "released",
            "released_at": NOW,
            "retain_until": date(2030, 1, 1),
            "recorded_at": NOW,
        }
