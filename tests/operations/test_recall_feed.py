"""The feed of changes: who follows it is told of every change once, whoever writes meanwhile and in what order."""

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from builders import new_account, new_batch, new_party, new_product, new_recall
from conftest import Rounds
from tracelot.operations import batches, parties, products, recalls
from tracelot.operations.visit import Visit
from tracelot.records.database import unit_of_work
from tracelot.records.journal import bucket_of
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import Recall
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC, Actor
from world import PLACE, VisitAs, World, actor_of, visiting

WRITERS = 8
State = tuple[UUID, int]


class GivenUp(Exception):
    """A writer that changes its mind before the commit."""


class Reader:
    """Follows the feed in small pages, each read in a transaction of its own, as a program would."""

    def __init__(self, engine: Engine, limit: int, actor: Actor = PUBLIC) -> None:
        self.engine, self.limit, self.actor = engine, limit, actor
        self.since = "0"
        self.seen: list[State] = []

    def poll(self) -> int:
        """Read one page; says how many changes are left."""
        options = unit_of_work(self.engine, writes=False)
        with self.engine.connect().execution_options(**options) as connection:
            visit = Visit(connection, self.actor, datetime.now(UTC), PLACE)
            page, self.since = recalls.changed_recalls(visit, RecallFilter(), self.since, self.limit)
            visit.close()
        self.seen += [(one.id, one.version) for one in page.items]
        return page.total - len(page.items)

    def catch_up(self) -> None:
        while self.poll():
            pass


@pytest.fixture
def firms(visit_as: VisitAs, world: World, engine: Engine) -> list[tuple[Actor, UUID]]:
    """Eight verified firms with a product each; their counters differ."""
    joined = []
    for number in range(WRITERS):
        with visit_as() as visit:
            party, account = parties.sign_up(visit, new_party(), new_account())
            party_id, account_id = party.id, account.id
        with visit_as("county") as visit:
            parties.decide_party(visit, party_id, "verified", "营业执照已核对")
        actor = actor_of(engine, account_id)
        with visiting(engine, actor) as visit:
            product = products.register_product(visit, new_product(own_code=f"F{number}"))
            joined.append((actor, product.id))
    return joined


def write(engine: Engine, firm: tuple[Actor, UUID], chance: Random, times: int) -> list[State]:
    """Publish recalls and widen them; some transactions are given up. Says what was committed, state by state."""
    actor, product_id = firm
    done: list[State] = []
    for number in range(times):
        codes = [f"N{number}-{extra}" for extra in range(3)]
        id_ = uuid4()
        with suppress(GivenUp), visiting(engine, actor) as visit:
            recalls.open_recall(visit, new_recall(product_id, *codes, id=id_))
            published = recalls.publish_recall(visit, id_)
            done += kept(chance, published)
        for code in codes:
            with suppress(GivenUp), visiting(engine, actor) as visit:
                batches.register_batch(visit, new_batch(product_id, code=code))
                widened = visit.session.get(Recall, id_)
                done += kept(chance, widened) if widened else []
    return done


def kept(chance: Random, recall: Recall) -> list[State]:
    """The state that is about to be committed; now and then the writer gives it up instead."""
    if chance.random() < 0.3:
        raise GivenUp
    return [(recall.id, recall.version)]


def last_states(engine: Engine) -> dict[UUID, int]:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        found = session.exec(select(Recall).where(Recall.state == "published"))
        return {recall.id: recall.version for recall in found}


def test_eight_writers_and_readers_who_poll_miss_nothing_and_see_nothing_twice(
    engine: Engine, firms: list[tuple[Actor, UUID]], random: Random, rounds: Rounds
) -> None:
    chances = [Random(random.random()) for _ in firms]
    times = rounds(2, 40)
    readers = [Reader(engine, limit) for limit in (1, 3, 50)]
    with ThreadPoolExecutor(WRITERS) as pool:
        going: list[Future[list[State]]] = [
            pool.submit(write, engine, firm, chance, times)
            for firm, chance in zip(firms, chances, strict=True)
        ]
        while not all(one.done() for one in going):
            for reader in readers:
                reader.poll()
        committed = {state for one in going for state in one.result()}
    for reader in readers:
        reader.catch_up()

    last = last_states(engine)
    assert len(last) > times
    assert len(committed) > len(last)
    for reader in readers:
        assert [state for state, count in Counter(reader.seen).items() if count > 1] == []
        assert set(reader.seen) - committed == set()
        assert dict(reader.seen) == last  # a later line of the same recall is a later state of it
        for id_ in last:
            versions = [version for one, version in reader.seen if one == id_]
            assert versions == sorted(versions)


def test_a_transaction_that_began_first_and_commits_last_is_not_passed_over(
    engine: Engine, firms: list[tuple[Actor, UUID]], random: Random
) -> None:
    """Only PostgreSQL lets two writers be at work at once; on SQLite the order is that of their beginning."""
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    drafts = {}  # one firm of each counter: two of the same wait for each other
    for actor, product_id in firms:
        with visiting(engine, actor) as visit:
            recall = recalls.open_recall(visit, new_recall(product_id, "A"))
            drafts[bucket_of(recall.party_id)] = (actor, recall.id)
    reader = Reader(engine, 50)
    opened = []
    for actor, id_ in drafts.values():
        at_work = visiting(engine, actor)
        recalls.publish_recall(at_work.__enter__(), id_)
        opened.append((at_work, id_))
    random.shuffle(opened)
    for number, (at_work, _) in enumerate(opened, 1):
        at_work.__exit__(None, None, None)
        reader.poll()
        assert [id_ for id_, _ in reader.seen] == [id_ for _, id_ in opened[:number]]
    assert len(opened) > 1
