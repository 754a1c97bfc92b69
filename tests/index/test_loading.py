"""What is loaded from a store in bulk, and what is taken from its feed, are one index."""

from uuid import UUID

from sqlalchemy import Engine

from tracelot.bench.chains import Chains, fill
from tracelot.index.engine import Index
from tracelot.index.loading import Kept, load
from tracelot.index.reading import read
from tracelot.records.feed import read_since
from tracelot.records.journal import START
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.ledgers import open_book
from tracelot.rules.scoping import recall_map
from tracelot.rules.tracing import follow, trace_map

CHAINS = Chains(200)


def refresh(engine: Engine, kept: Kept) -> int:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        return kept.refresh(session)


def test_bulk_and_feed_answer_as_the_rules_do(store: str) -> None:
    engine = fill(store, CHAINS)
    loaded, followed = load(engine), Kept(Index(), START)
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        records, _ = read_since(session, START, 10_000)
        book = read(session, records, {}).book
    ledger = open_book(book)
    charts = {"trace": trace_map(ledger), "recall": recall_map(ledger)}

    assert refresh(engine, followed) == len(records)
    assert refresh(engine, loaded) == refresh(engine, followed) == 0
    for number in (0, 1, 30, 90, 199):
        name = str(UUID(bytes=CHAINS.ids[number].tobytes()))
        for kind, chart in charts.items():
            starts = loaded.index.stocks_of(kind, [name])  # type: ignore[arg-type]
            for direction in ("forward", "backward"):
                wanted = follow(chart, starts, direction, edges=True)
                for kept in (loaded, followed):
                    assert kept.index.answer(kind, starts, direction, edges=True) == wanted  # type: ignore[arg-type]
    engine.dispose()
