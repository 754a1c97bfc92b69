"""What a trace costs, in processor time of client and server, against other ways over the same postings."""

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Engine

from tracelot.bench import kernels, rivals
from tracelot.bench.chains import Chains, code, fill
from tracelot.bench.figures import Figure, at_most
from tracelot.bench.postgresql import PostgreSQL, available
from tracelot.bench.rivals import Store, by_session, by_statement, frontier, make_links, one_by_one
from tracelot.index.answering import batches_in_arrays, edges_in_arrays
from tracelot.index.loading import Kept, load
from tracelot.index.walking import Question
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.books import Stock

BATCHES = {"small": 20_000, "full": 1_000_000}
ROUNDS = {"small": 5, "full": 7}
HUGE, MEDIUM = 0.11, 1_000  # how much is to be reached: a share of all batches, and a number
TRIED = 40
ASKED = 300  # queries of the way that asks one for each batch; the rest is counted out from these
BY_SESSION, BARE = "one query per batch", "one bare statement per batch"
TRACE, RECALL = Question("trace", "forward"), Question("recall", "forward")
GOALS = {
    "full": {
        "recursive": 40.0,
        "links": 12.0,
        "frontier": 10.0,
        "igraph": 4.0,
        "rustworkx": 4.0,
        BY_SESSION: 1000.0,
        BARE: 100.0,
    },
    # With so little to reach a walk costs its levels more than its stocks.
    "small": {
        "recursive": 5.0,
        "links": 0.5,
        "frontier": 3.0,
        "igraph": 0.5,
        "rustworkx": 0.3,
        BY_SESSION: 20.0,
        BARE: 8.0,
    },
}
KERNEL = {"full": 4.0, "small": 20.0}
JSON_GOAL = {"full": 30.0, "small": 3.0}
SCOPE, BYTES = 2.0, 20.0
UNIT = "CPU ms"


@dataclass
class Start:
    """A batch, its stocks, and how many batches and stocks it reaches."""

    number: int
    name: str
    stocks: tuple[Stock, ...]
    batches: int
    reached: int


@dataclass
class Runs:
    """Processor time of several ways, in turns; each figure is a median of ratios within a turn."""

    seen: dict[str, list[float]] = field(default_factory=dict)

    def turn(
        self, name: str, do: Callable[[], object], store: Store | None = None, times: float = 1.0
    ) -> None:
        before = store.server_seconds() if store else 0.0
        start = time.process_time()
        do()
        spent = time.process_time() - start + (store.server_seconds() - before if store else 0.0)
        self.seen.setdefault(name, []).append(spent * 1000 * times)

    def ratio(self, name: str, rival: str, told: str, goal: float, *, least: bool = True) -> Figure:
        """`least`: the rival must cost at least so many times as much; else ours at most so many times the rival's."""
        pairs = zip(self.seen[rival], self.seen[name], strict=True)
        found = median(other / own if least else own / other for other, own in pairs)
        ok = found >= goal if least else found <= goal
        sign = ">=" if least else "<="
        return Figure(
            told, median(self.seen[name]), UNIT, median(self.seen[rival]), found, f"ratio {sign} {goal}", ok
        )


def run(scale: str) -> Iterator[Figure]:
    """Both databases one after another, from the same chains."""
    if (
        importlib.util.find_spec("igraph") is None
        or importlib.util.find_spec("rustworkx") is None
        or not available()
    ):
        raise RuntimeError("`trace bench trace` needs the packages of the extra `bench`.")
    chains = Chains(int(os.environ.get("TRACE_BENCH_BATCHES", BATCHES[scale])))
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield from _measure(fill(f"sqlite:///{folder}/bench.db", chains), chains, scale, Path(folder))
    server = PostgreSQL(place, "-c fsync=off -c max_wal_size=4GB -c shared_buffers=1GB")
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from _measure(fill(server.url("postgres"), chains), chains, scale, Path(folder))
    finally:
        server.close()


def _measure(engine: Engine, chains: Chains, scale: str, folder: Path) -> Iterator[Figure]:
    name = "SQLite" if engine.dialect.name == "sqlite" else "PostgreSQL"
    rounds, goals = ROUNDS[scale], GOALS[scale]
    began = time.process_time()
    kept = load(engine)
    spent = time.process_time() - began
    postings = len(kept.index.arrays.holdings.columns)
    yield Figure(f"{name}: load of {postings} postings, client only", spent, "CPU s", None, None, "", ok=True)
    yield at_most("adjacency per posting", kept.index.arrays.adjacency.nbytes / postings, "bytes", BYTES)
    huge, medium = starts(kept, chains)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        store = Store(connection)
        make_links(store, chains.links())
        yield from _against_sql(kept, store, huge, rounds, f"{name}: trace to {huge.batches} batches", goals)
        bounds = dict.fromkeys(("recursive", "links", "frontier"), 1.0)
        yield from _against_sql(
            kept, store, medium, rounds * 3, f"{name}: trace to {medium.batches} batches", bounds
        )
        if name == "PostgreSQL":
            yield from _as_json(kept, store, huge, rounds, JSON_GOAL[scale])
    if name == "SQLite":
        yield from _against_libraries(kept, huge, rounds * 3, folder, scale)
        yield from _scope(kept, huge, rounds * 3)
    yield _freshness(engine, kept, huge)
    engine.dispose()


def starts(kept: Kept, chains: Chains) -> tuple[Start, Start]:
    """Those of some batches whose reach is nearest to what is wanted."""
    size = chains.batches // 10
    used = np.bincount(chains.links()[0], minlength=chains.batches)
    chance = np.random.default_rng(chains.seed)
    candidates = [*np.argsort(used)[::-1][:TRIED], *chance.integers(0, size * 9, TRIED * 5)]
    found = [_start(kept, chains, int(one)) for one in candidates]
    wanted = max(int(chains.batches * HUGE), 1)
    enough = [one for one in found if one.batches >= wanted * 0.9] or found
    return (
        min(enough, key=lambda one: abs(one.batches - wanted)),
        min(found, key=lambda one: abs(one.batches - min(MEDIUM, wanted // 2))),
    )


def _start(kept: Kept, chains: Chains, number: int) -> Start:
    name = str(UUID(bytes=chains.ids[number].tobytes()))
    stocks = kept.index.stocks_of("trace", [name])
    traced = kept.index.trace(TRACE, stocks)
    batches, _, _ = batches_in_arrays(kept.index.arrays, traced)
    return Start(number, name, stocks, len(batches), len(traced.stocks))


def ours(kept: Kept, start: Start, question: Question = TRACE) -> Callable[[], Any]:
    """Ids, distances and edges, in arrays."""

    def do() -> Any:
        stocks = kept.index.stocks_of(question.kind, [start.name])
        traced = kept.index.trace(question, stocks)
        return traced, edges_in_arrays(kept.index.arrays, traced)

    return do


def _against_sql(
    kept: Kept, store: Store, start: Start, rounds: int, told: str, goals: dict[str, float]
) -> Iterator[Figure]:
    batch: Any = start.name.replace("-", "") if store.name == "sqlite" else UUID(start.name)
    stocks = [(batch, one.place) for one in start.stocks]
    own, runs = ours(kept, start), Runs()
    ways: dict[str, Callable[[], Any]] = {
        "by stock": lambda: store.ask(rivals.BY_STOCK, batch=batch),
        "by line": lambda: store.ask(rivals.BY_LINE, batch=batch),
        "links": lambda: store.ask(rivals.BY_LINK, number=start.number),
        "frontier": lambda: frontier(store, batch, stocks),
    }
    single = {BY_SESSION: (by_session(store.session), UUID(start.name)), BARE: (by_statement(store), batch)}
    single = single if BARE in goals else {}
    _same(start, own()[1], ways["by stock"](), ways["frontier"]())
    for _ in range(rounds):
        runs.turn("index", own)
        for name, way in ways.items():
            runs.turn(name, way, store)
        for name, (following, first) in single.items():
            asked = one_by_one(following, first, ASKED)
            runs.turn(name, partial(one_by_one, following, first, ASKED), store, start.batches / asked)
    both = ("by stock", "by line")
    runs.seen["recursive"] = [min(pair) for pair in zip(*(runs.seen[name] for name in both), strict=True)]
    for rival, goal in goals.items():
        if rival in runs.seen:
            yield runs.ratio("index", rival, f"{told}, against SQL {rival}", goal)


def _same(start: Start, edges: Any, rows: Sequence[Any], walked: tuple[dict[Any, int], int]) -> None:
    """A rival that answers something else is no rival."""
    told = int((edges[1] >= 0).sum())
    if len(walked[0]) != start.reached or len(rows) != told or walked[1] != told:
        raise RuntimeError(
            f"The answers differ: {start.reached}, {len(walked[0])}; {told}, {len(rows)}, {walked[1]}."
        )


def _against_libraries(kept: Kept, start: Start, rounds: int, folder: Path, scale: str) -> Iterator[Figure]:
    """From one stock, that which reaches most: the libraries begin at one node."""
    arrays, runs = kept.index.arrays, Runs()
    first = max(start.stocks, key=lambda one: len(kept.index.trace(TRACE, [one]).stocks))
    number = arrays.holdings.find_stock(first) or 0
    ways = {"igraph": kernels.igraph(arrays.adjacency), "rustworkx": kernels.rustworkx(arrays.adjacency)}
    if kernel := kernels.compiled(arrays.adjacency, folder):
        ways["compiled"] = kernel

    def ours() -> Any:
        traced = kept.index.trace(TRACE, [first])
        return traced, edges_in_arrays(arrays, traced)

    reached = len(ours()[0].stocks)
    if any(len(way(number)[0]) != reached for way in ways.values()):
        raise RuntimeError("The libraries reach something else.")
    for _ in range(rounds):
        runs.turn("index", ours)
        for name, way in ways.items():
            runs.turn(name, lambda way=way: way(number))  # type: ignore[misc]
    told = f"trace to {reached} stocks, against"
    for name in ("igraph", "rustworkx"):
        yield runs.ratio("index", name, f"{told} {name}", GOALS[scale][name])
    if kernel:
        yield runs.ratio(
            "index", "compiled", f"{told} a compiled kernel on the same arrays", KERNEL[scale], least=False
        )


def _scope(kept: Kept, start: Start, rounds: int) -> Iterator[Figure]:
    runs = Runs()
    trace, recall = ours(kept, start), ours(kept, start, RECALL)
    if len(trace()[0].stocks) != len(recall()[0].stocks):
        raise RuntimeError("The recall reaches something else than the trace.")
    for _ in range(rounds):
        runs.turn("recall", recall)
        runs.turn("trace", trace)
    yield runs.ratio(
        "recall", "trace", "recall scope, against a trace that reaches as much", SCOPE, least=False
    )


def _as_json(kept: Kept, store: Store, start: Start, rounds: int, goal: float) -> Iterator[Figure]:
    """Codes and distances of all reached batches, as bytes."""
    holdings, runs = kept.index.arrays.holdings, Runs()
    codes = np.empty(len(holdings.batches), "S24")
    for id_, text in store.ask("SELECT id, code FROM batch"):
        if (number := holdings.batches.find(str(id_))) is not None:
            codes[number] = text.encode()

    def ours() -> bytes:
        traced = kept.index.trace(TRACE, kept.index.stocks_of("trace", [start.name]))
        batches, distances, _ = batches_in_arrays(kept.index.arrays, traced)
        named = b'","'.join(codes[batches].tolist())
        return b'{"code":["' + named + b'"],"distance":' + str(distances.tolist()).encode() + b"}"

    def theirs() -> Any:
        return store.ask(rivals.AS_JSON, batch=start.name)[0][0]

    if ours().count(b'","') + 1 != theirs().count(code(0)[:4]):
        raise RuntimeError("The two do not name as many batches.")
    for _ in range(rounds):
        runs.turn("index", ours)
        runs.turn("statement", theirs, store)
    yield runs.ratio("index", "statement", "JSON with codes, against one PostgreSQL statement", goal)


def _freshness(engine: Engine, kept: Kept, start: Start) -> Figure:
    """A new event that another connection commits is in the very next answer."""
    late, rounds = 0, 20
    place = start.stocks[0].place
    for number in range(rounds):
        made = _commit_event(engine, start.name, place, number)
        with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
            kept.refresh(session)
        traced = kept.index.answer("trace", [Stock(made, place)], "backward")
        late += start.name not in traced.batches
    return Figure("events not in the next answer", late, f"of {rounds}", None, None, "0", late == 0)


def _commit_event(engine: Engine, batch: str, place: str, number: int) -> str:
    """A transformation of the batch into one that nobody registered."""
    made = UUID(int=(0xF << 124) + (8 << 76) + (2 << 62) + number)
    event = UUID(int=(0xE << 124) + (7 << 76) + (2 << 62) + number)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        _copy_of_an_event(connection, event, [(UUID(batch), "take"), (made, "put")], place)
    return str(made)


def _copy_of_an_event(connection: Any, event: UUID, sides: list[tuple[UUID, str]], place: str) -> None:
    """Rows of one event as an operation writes them, its number in the bucket bumped with them."""
    from sqlalchemy import insert, select, update  # noqa: PLC0415
    from sqlmodel import col  # noqa: PLC0415

    from tracelot.records.events import Event, Line, Posting  # noqa: PLC0415
    from tracelot.records.journal import Bucket  # noqa: PLC0415

    table = Event.__table__  # type: ignore[attr-defined]
    like = dict(connection.execute(select(table).limit(1)).mappings().one())
    connection.execute(update(Bucket).where(col(Bucket.id) == like["bucket"]).values(seq=Bucket.seq + 1))
    seq = connection.execute(select(col(Bucket.seq)).where(col(Bucket.id) == like["bucket"])).scalar_one()
    connection.execute(insert(Event), [like | {"id": event, "seq": seq, "act": "transform"}])
    connection.execute(insert(Line), [{"event_id": event, "number": 1, "party_id": like["party_id"]}])
    moments = {"event_time": like["event_time"], "recorded_at": like["recorded_at"]}
    connection.execute(insert(Posting), [
        {"batch_id": batch, "id": UUID(int=event.int + 1 + at), "record_id": event, "event_id": event, "line": 1,
         "party_id": like["party_id"], "place": place, "side": side, "pooled": False} | moments
        for at, (batch, side) in enumerate(sides)
    ])  # fmt: skip
