"""The index and the frontier tell one visitor the same, byte for byte, whatever the books and whoever asks."""

import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import col, select, update

from conftest import Rounds
from diaries import Diary, minute, place
from stored import batch_name, id_of, record_name, storable, written
from tracelot.index.engine import Index
from tracelot.index.loading import Kept, load_from
from tracelot.operations.beginning import Named
from tracelot.operations.memory import Memory
from tracelot.operations.tracing import Asked, trace
from tracelot.operations.visit import Visit
from tracelot.records.events import Event, EventVoid
from tracelot.records.journal import START, Bucket
from tracelot.records.parties import Party
from tracelot.records.tenancy import ScopedSession
from tracelot.records.traces import TraceView
from tracelot.rules.access import Actor
from tracelot.rules.books import Book
from tracelot.rules.ids import new_id
from tracelot.rules.places import is_unit
from tracelot.rules.refusals import Refusal
from world import PLACE
from worlds import FACILITIES, damaged

NOW = minute(10_000)
ELSEWHERE = "990000"


def owned(book: Book) -> Book:
    return replace(book, owners={place(one): f"party:{one}" for one in FACILITIES})


def regulator(*territory: str) -> Actor:
    return Actor(new_id(), "officer", id_of("party:A"), "regulator", verified=True, territory=territory)


def visitors(random: Random) -> list[Actor]:
    firms = [
        Actor(new_id(), "admin", id_of(f"party:{one}"), "producer", verified=True)
        for one in random.sample(FACILITIES, 1)
    ]
    return [regulator("4117", ELSEWHERE), regulator("4117"), *firms]


def asked(random: Random, book: Book) -> Iterator[Asked]:
    """Something of every sort."""
    batches = sorted({one.batch for one in book.postings if not one.batch.startswith("product:")})
    starts = [Named(batches=[batch_name(one)]) for one in random.sample(batches, min(3, len(batches)))]
    starts.append(Named(batches=[batch_name(one) for one in random.sample(batches, min(2, len(batches)))]))
    starts.append(Named(shipment=record_name(random.choice(book.postings).record)))
    units = sorted({one.place for one in book.postings if is_unit(one.place)})
    if units:
        starts.append(Named(unit=id_of(random.choice(units))))
    since = random.randint(0, 20)
    window = minute(since), minute(since + random.randint(0, 10))
    starts.append(Named(facility=id_of(place(random.choice(FACILITIES))), since=window[0], until=window[1]))
    for start in starts:
        yield Asked(
            start,
            random.choice(["forward", "backward", "both"]),
            random.choice(["trace", "recall"]),
            depth=random.choice([None, None, None, 1, 2]),
            edges=random.random() < 0.5,
            limit=random.choice([1, 2, 50]),
        )


def told(visit: Visit, asked: Asked, frontier: bool) -> list[str]:
    """All pages of an answer."""
    visit = replace(visit, memory=None) if frontier else visit
    pages: list[TraceView | str] = []
    cursor: str | None = None
    while not pages or cursor is not None:
        try:
            view = trace(visit, replace(asked, cursor=cursor))
        except Refusal as refusal:
            return [f"{refusal.kind}: {refusal.reason}"]
        pages.append(view)
        cursor = view.cursor
    return [one if isinstance(one, str) else one.model_dump_json() for one in pages]


def unlike(ours: list[str], theirs: list[str]) -> list[str]:
    """The parts in which answers differ; a whole answer is too long to be shown."""
    if ours == theirs:
        return []
    if len(ours) != len(theirs) or ours[0][0] != "{" or theirs[0][0] != "{":
        return [f"{ours} {theirs}"]
    pages = [json.loads(one) for one in ours], [json.loads(one) for one in theirs]
    return list(_apart("", *pages))


def _apart(name: str, one: object, other: object) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from _apart(f"{name}/{key}", one.get(key), other.get(key))
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        for number, pair in enumerate(zip(one, other, strict=True)):
            yield from _apart(f"{name}/{number}", *pair)
    elif one != other:
        yield f"{name}: {one} {other}"


def told_alike(session: ScopedSession, kept: Kept, book: Book, random: Random) -> None:
    memory = Memory(session.get_bind().engine, 1_000_000, kept)  # type: ignore[union-attr]
    for actor in visitors(random):
        visit = Visit(session.connection(), actor, NOW, PLACE, memory=memory)
        for question in asked(random, book):
            both = told(visit, question, frontier=False), told(visit, question, frontier=True)
            assert unlike(*both) == [], question
        for one in (visit.session, visit.kernel()):
            one.expunge_all()


def some_elsewhere(session: ScopedSession, random: Random) -> None:
    """Some parties lie outside of the smaller territory."""
    some = [id_of(f"party:{one}") for one in random.sample(FACILITIES, 2)]
    session.exec(update(Party).where(col(Party.id).in_(some)).values(region_code=ELSEWHERE))


def test_both_engines_tell_a_visitor_the_same(engine: Engine, random: Random, rounds: Rounds) -> None:
    for _ in range(rounds(2, 300)):
        book = owned(storable(damaged(random, random.randint(4, 18))))
        with written(engine, book) as session:
            some_elsewhere(session, random)
            told_alike(session, load_from(session.connection()), book, random)


def record_some(session: ScopedSession, ids: list[UUID], first: int) -> int:
    """Give events and voids their places in the order of the commits."""
    for seq, id_ in enumerate(ids, first):
        session.exec(update(Event).where(col(Event.id) == id_).values(bucket=0, seq=2 * seq))
        session.exec(
            update(EventVoid).where(col(EventVoid.event_id) == id_).values(bucket=0, seq=2 * seq + 1)
        )
    last = 2 * (first + len(ids)) - 1
    session.exec(update(Bucket).where(col(Bucket.id) == 0).values(seq=last))
    return first + len(ids)


def test_an_index_kept_up_from_the_feed_tells_the_same(
    engine: Engine, random: Random, rounds: Rounds
) -> None:
    for _ in range(rounds(2, 200)):
        book = owned(storable(damaged(random, random.randint(4, 18))))
        with written(engine, book) as session:
            ids = list(session.exec(select(Event.id)).all())
            random.shuffle(ids)
            half = random.randint(0, len(ids))
            kept = Kept(Index(), START)
            recorded = record_some(session, ids[:half], 1)
            kept.refresh(session)
            record_some(session, ids[half:], recorded)
            told_alike(session, kept, book, random)


def test_what_the_frontier_must_cut_the_index_tells_whole(engine: Engine) -> None:
    diary = Diary()
    diary.produce("b0", "A")
    for number in range(230):
        diary.transform({(f"b{number}", "A"): 1}, {(f"b{number + 1}", "A"): 1})
    with written(engine, owned(diary.book())) as session:
        memory = Memory(engine, 1_000_000, load_from(session.connection()))
        visit = Visit(session.connection(), regulator("4117"), NOW, PLACE, memory=memory)
        question = Asked(Named(batches=[batch_name("b0")]))

        whole = trace(visit, question)
        cut = trace(replace(visit, memory=None), question)

        assert (whole.total, whole.complete, whole.reason) == (231, True, None)
        assert (cut.complete, cut.reason) == (False, "budget")
        assert [one.batch.code for one in whole.items] == [f"b{number}" for number in range(50)]
