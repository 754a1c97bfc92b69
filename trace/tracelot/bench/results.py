"""Results of laboratories in bulk: an import against a bare insert of its rows, verdicts against a bare read."""

import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel, select

from tracelot.bench import postgresql
from tracelot.bench.data import PRODUCTS, code, gtin
from tracelot.bench.figures import Figure, Spent, at_least
from tracelot.bench.registrations import PLACE, SEED, fill_with_history, first_actor
from tracelot.bench.restore import SETTINGS
from tracelot.formats.spreadsheets import write_csv
from tracelot.operations import imports
from tracelot.operations.import_jobs import import_handlers
from tracelot.operations.outbox import Handler
from tracelot.operations.working import visiting, writing
from tracelot.records.database import connect
from tracelot.records.filling import bound, load_bound
from tracelot.records.imports import Import
from tracelot.records.inspections import Finding, Inspection
from tracelot.records.journal import JournalEntry
from tracelot.records.limits import FoodLimit
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.inspections import judge_finding
from tracelot.rules.limits import Limits
from tracelot.rules.measured import read_measured

RESULTS = {"small": 10_000, "full": 200_000}
BATCHES = 500
ANALYTES = {"铅": "mg/kg", "镉": "mg/kg", "黄曲霉毒素B1": "µg/kg", "苯并[a]芘": "µg/kg", "酸价": "g/100g",
            "过氧化值": "g/100g", "溶剂残留量": "mg/kg", "丁基羟基茴香醚": "g/kg", "玉米赤霉烯酮": "µg/kg",
            "总砷": "mg/kg"}  # fmt: skip
CATEGORY, JURISDICTION, MADE_ON = "oil.vegetable.peanut", "CN", date(2026, 3, 1)
SHARE, TIMES = 0.15, 5.0
MEGABYTES = 300.0
PATIENCE = 10.0
TABLES: tuple[type[SQLModel], ...] = (Inspection, Finding, JournalEntry)
FINDING_PARTS = (Finding.analyte_code, Finding.measured_text, Finding.unit, Finding.plan_n)


def run(scale: str) -> Iterator[Figure]:
    """On SQLite, and on a PostgreSQL of our own where its package is installed."""
    with tempfile.TemporaryDirectory() as place:
        yield from measured("SQLite", scale, f"sqlite:///{place}/own.db", f"sqlite:///{place}/bare.db")
    if postgresql.available():
        server = postgresql.PostgreSQL(None, SETTINGS)
        try:
            admin = connect(server.url("postgres")).execution_options(isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                for name in ("own", "bare"):
                    connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
            admin.dispose()
            yield from measured("PostgreSQL", scale, server.url("own"), server.url("bare"))
        finally:
            server.close()


def measured(name: str, scale: str, own: str, bare: str) -> Iterator[Figure]:
    """The same store twice: one takes the file by the wizard, the other one the rows that came of it."""
    count = RESULTS[scale]
    engine, other = fill_with_history(own, BATCHES), fill_with_history(bare, BATCHES)
    content = table(count)
    own_way, peak, waited = _import(engine, content)
    rows = _rows_of(engine)
    plain = _insert(engine, other, rows)
    ours, theirs = ([count / one.seconds] for one in (own_way, plain))
    yield at_least(f"{name}: import of results", ours, theirs, "/s", SHARE)
    spent = own_way.cpu_seconds / plain.cpu_seconds
    figures = (own_way.cpu_seconds, "CPU s", plain.cpu_seconds, spent, "")
    yield Figure(f"{name}: processor time of it here", *figures, ok=True)
    yield Figure(
        f"{name}: memory beside the file's", peak, "MB", None, None, f"<= {MEGABYTES}", peak <= MEGABYTES
    )
    yield Figure(
        f"{name}: longest that another writer waited",
        waited,
        "s",
        None,
        None,
        f"<= {PATIENCE}",
        waited <= PATIENCE,
    )
    read, judged = _verdicts(engine)
    ratio = judged / read
    yield Figure(
        f"{name}: verdicts of results", judged, "s", read, ratio, f"ratio <= {TIMES}", ratio <= TIMES
    )
    engine.dispose()
    other.dispose()


def table(count: int) -> bytes:
    """A row for each result, ten to a report; the largest still is a file that is taken."""
    chance = Random(SEED)  # noqa: S311
    head = (
        "报告编号",
        "商品条码",
        "批号",
        "签发日期",
        "检验项目",
        "检验结果",
        "单位",
        "标准值",
        "检验机构",
        "检验方法",
    )
    names = list(ANALYTES.items())

    def rows() -> Iterator[list[str]]:
        for number in range(count):
            report, (analyte, unit) = number // len(names), names[number % len(names)]
            batch = report % BATCHES
            value = chance.choice(["未检出", "<0.001", f"{chance.random() / 100:.4f}"])
            yield [f"BG{report:05d}", gtin(batch % PRODUCTS), code(batch), "2026-09-16", analyte, value, unit,
                   "≤1", "正阳县质检所", "GB 5009"]  # fmt: skip

    return write_csv(head, rows())


def _import(engine: Engine, content: bytes) -> tuple[Spent, float, float]:
    """Seconds of the commit, from the word to the last row on disk; the memory it took; how long others waited."""
    actor, handlers = first_actor(engine), import_handlers(engine, PLACE)
    with writing(engine) as connection, visiting(connection, actor, datetime.now(UTC), PLACE) as visit:
        kept = imports.stage_import(visit, "inspections", "results.csv", content)
        import_id = kept.id
    _work(engine, handlers[imports.CHECK], import_id)
    before, others = _megabytes(), _Others(engine)
    others.start()

    def commit() -> None:
        with writing(engine) as connection, visiting(connection, actor, datetime.now(UTC), PLACE) as visit:
            imports.commit_import(visit, import_id, only_valid=False)
        _work(engine, handlers[imports.COMMIT], import_id)

    spent = Spent.on(commit)
    others.stop()
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        state = kernel.get_one(Import, import_id).state
    if state != "committed":
        raise RuntimeError(f"The import is {state}.")
    return spent, _megabytes() - before, others.longest


def _work(engine: Engine, handler: Handler, import_id: UUID) -> None:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        handler({"import_id": str(import_id)}, session)


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _Others:
    """Somebody who wants to write something small again and again."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._over = engine, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.longest = 0.0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.5):
            began = time.monotonic()
            try:
                with writing(self._engine):
                    pass
            except Exception:  # noqa: BLE001  (whoever gave up has waited as long)
                self.longest = max(self.longest, time.monotonic() - began)
            self.longest = max(self.longest, time.monotonic() - began)


Rows = dict[type[SQLModel], list[dict[str, Any]]]


def _rows_of(engine: Engine) -> Rows:
    """All that the import wrote, as rows."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        found: Rows = {}
        for model in TABLES:
            query = select(model)
            if model is JournalEntry:
                query = query.where(JournalEntry.act == "inspection.issued")
            found[model] = [row.model_dump() for row in kernel.exec(query)]
            kernel.expunge_all()
        return found


def _insert(engine: Engine, other: Engine, rows: Rows) -> Spent:
    """Seconds of a bare insert of ready rows, durable too, by the quickest way of the database."""
    own, others = first_actor(engine), first_actor(other)
    parties = {own.party_id: others.party_id, own.id: others.id}
    goods = _goods(engine, other)
    ready = {
        model: list(bound(other.dialect, model, [_moved(row, {**parties, **goods}) for row in rows[model]]))
        for model in TABLES
    }

    def insert() -> None:
        with writing(other) as connection:
            for model in TABLES:
                load_bound(connection, model, ready[model])

    return Spent.on(insert)


def _moved(row: dict[str, Any], ids: dict[Any, Any]) -> dict[str, Any]:
    """The row of one store in the other one, where parties and goods have other ids."""
    return {name: ids.get(value, value) if isinstance(value, UUID) else value for name, value in row.items()}


def _goods(engine: Engine, other: Engine) -> dict[Any, Any]:
    def named(one: Engine) -> dict[Any, UUID]:
        with one.connect() as connection:
            return _names(connection)

    theirs = named(other)
    return {id_: theirs[name] for name, id_ in named(engine).items()}


def _names(connection: Connection) -> dict[Any, UUID]:
    from tracelot.records.batches import Batch  # noqa: PLC0415
    from tracelot.records.products import Product  # noqa: PLC0415

    with ScopedSession(connection, EVERYTHING) as kernel:
        products = {product.id: product.name_zh for product in kernel.exec(select(Product))}
        found: dict[Any, UUID] = {name: id_ for id_, name in products.items()}
        found |= {(products[batch.product_id], batch.code): batch.id for batch in kernel.exec(select(Batch))}
        return found


def _verdicts(engine: Engine) -> tuple[float, float]:
    """Seconds of a bare read of results, and of reading them and judging each by the limits of the store."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        limits = Limits(row.rule() for row in kernel.exec(select(FoodLimit)))
        chosen: Any = select
        query = chosen(*FINDING_PARTS)
        read = _seconds(lambda: len(kernel.execute(query).fetchall()))
        judged = _seconds(lambda: [_judged(row, limits) for row in kernel.execute(query)])
    return read, judged


def _seconds(do: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.monotonic()
        do()
        times.append(time.monotonic() - began)
    return min(times)


def _judged(row: Sequence[Any], limits: Limits) -> str:
    analyte, text, unit, samples = row
    limit = limits.choose(CATEGORY, analyte, JURISDICTION, MADE_ON) if analyte else None
    return judge_finding(read_measured(text, samples), unit, limit).verdict
