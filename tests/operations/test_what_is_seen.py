"""What one enterprise sees of the books: nothing of it moves with what others do with their customers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Engine

from conftest import Rounds
from diaries import Diary, lane, place
from stored import batch_name, id_of, storable, written
from tracelot.operations import balances, tracing
from tracelot.operations.beginning import Named
from tracelot.operations.tracing import Asked
from tracelot.operations.visit import Visit
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import Actor
from tracelot.rules.answers import Direction, Kind
from tracelot.rules.books import Book
from tracelot.rules.places import facility_of, on_hand
from tracelot.rules.refusals import Unknown
from world import PLACE
from worlds import FACILITIES, damaged

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def owned(book: Book) -> Book:
    """Every facility has its party."""
    return replace(book, owners={place(one): f"party:{one}" for one in FACILITIES})


def with_customers(random: Random, book: Book, own: str) -> Book:
    """The same book, and what others than `own` sell to customers of their own, who do with it what they like."""
    goods = sorted({one.stock for one in book.postings if on_hand(one.place) and one.batch[0] == "b"})
    others = [one for one in goods if facility_of(one.place) != place(own)]
    diary = Diary(clock=1000)
    owners = dict(book.owners)
    for number in range(random.randint(1, 4)):
        if not others:
            break
        stock, customer = random.choice(others), f"X{number}"
        owners[place(customer)] = f"party:{customer}"
        seller = stock.place.replace("aside:", "facility:").removeprefix("facility:")
        diary.ship(stock.batch, stock.place, lane(seller, customer), random.choice([None, 1, 99]))
        if random.random() < 0.8:
            diary.receive(stock.batch, lane(seller, customer), customer, random.choice([1, 2]))
            diary.transform({(stock.batch, customer): 1}, {(f"x{number}", customer): 1})
            diary.take("sell", stock.batch, customer, 1)
        if random.random() < 0.4:
            back = lane(customer, seller)
            diary.line("return", {stock_at(stock.batch, customer): 1}, {stock_at(stock.batch, back): 1})
            diary.receive(stock.batch, back, f"{seller}'", 1)
    told = diary.book()
    return replace(
        book,
        postings=book.postings + told.postings,
        products=dict(book.products),
        owners=owners,
    )


def stock_at(batch: str, where: str) -> Any:
    from diaries import stock  # noqa: PLC0415

    return stock(batch, where)


def visiting(session: ScopedSession, party: UUID) -> Visit:
    actor = Actor(id=party, role="admin", party_id=party, party_type="producer", verified=True)
    return Visit(session.connection(), actor, NOW, PLACE)


def seen(session: ScopedSession, party: UUID, batches: list[str]) -> Iterator[str]:
    """All that a party is told of batches, as it leaves the door."""
    visit = visiting(session, party)
    for batch in batches:
        for kind in get_args(Kind):
            for direction in get_args(Direction):
                asked = Asked(Named(batches=[batch_name(batch)]), direction, kind, edges=True, limit=200)
                yield told(lambda asked=asked: tracing.trace(visit, asked))
        yield told(lambda batch=batch: balances.balance(visit, batch_name(batch)))
    visit.close()


def told(ask: Any) -> str:
    try:
        return str(ask().model_dump_json())
    except Unknown as refusal:
        return f"{refusal.kind}: {refusal.reason}"


def test_what_others_sell_to_whom_changes_no_byte(engine: Engine, random: Random, rounds: Rounds) -> None:
    shown = 0
    for _ in range(rounds(3, 200)):
        book = owned(storable(damaged(random, random.randint(6, 16))))
        held = [one for one in book.postings if on_hand(one.place) and one.batch[0] == "b"]
        first = random.choice(held)  # who asks has held goods, and asks for them among others
        own = str(facility_of(first.place)).removeprefix("facility:")
        batches = sorted({first.batch, *sorted({one.batch for one in held})[:5]})
        answers = []
        for variant in (book, with_customers(random, book, own), with_customers(random, book, own)):
            with written(engine, variant) as session:
                answers.append(list(seen(session, id_of(f"party:{own}"), batches)))
        shown += sum(not one.startswith("unknown") for one in answers[0])
        canaries = {str(id_of(f"{kind}:X{number}")) for kind in ("party", "facility") for number in range(4)}
        for before, *after in zip(*answers, strict=True):
            assert [one == before for one in after] == [True, True]
            assert not any(canary in one for one in after for canary in canaries)
    assert shown
