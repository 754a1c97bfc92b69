"""From a batch to a recall that everybody knows of: its scope, its publication, its letters, a shop's list of codes."""

import gc
import importlib.util
import os
import tempfile
from collections.abc import Iterator

from sqlalchemy import Engine

from tracelot.bench import chains, crowds
from tracelot.bench.chains import Chains
from tracelot.bench.figures import Figure
from tracelot.bench.lists import list_figures
from tracelot.bench.mailing import letter_figures
from tracelot.bench.postgresql import PostgreSQL, available
from tracelot.bench.publishing import publication_figures
from tracelot.bench.scopes import scope_figures
from tracelot.bench.servers import free_port, serving, trace_serve
from tracelot.operations.memory import Memory

BATCHES = {"small": 100_000, "full": 1_000_000}
SHOPS = {"small": 1_000, "full": 10_000}
POSTINGS = 20_000_000
SETTINGS = "-c max_wal_size=4GB -c shared_buffers=1GB"


def run(scale: str) -> Iterator[Figure]:
    """Both databases one after another, durable as they are run, from the same data."""
    if importlib.util.find_spec("aiosmtpd") is None or not available():
        raise RuntimeError("`trace bench recall` needs the packages of the extra `bench`.")
    with tempfile.TemporaryDirectory() as folder:
        yield from _measure("SQLite", f"sqlite:///{folder}/bench.db", scale)
    server = PostgreSQL(None, SETTINGS)
    try:
        yield from _measure("PostgreSQL", server.url("postgres"), scale)
    finally:
        server.close()


def _measure(name: str, url: str, scale: str) -> Iterator[Figure]:
    made = Chains(int(os.environ.get("TRACE_BENCH_BATCHES", BATCHES[scale])))
    shops = int(os.environ.get("TRACE_BENCH_SHOPS", SHOPS[scale]))
    engine = chains.fill(url, made)
    crowd = crowds.fill(engine, shops)
    _settle(engine)
    gc.collect()
    gc.freeze()  # what is left of the filling: no server has it, whose collector would go through it again and again
    memory = Memory(engine, POSTINGS)
    if not memory.ready():
        raise RuntimeError("The index was not loaded.")
    yield from scope_figures(name, engine, memory, made, crowd)
    port = free_port()
    public = {
        "TRACE_DATABASE_URL": url,
        "TRACE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "TRACE_WORKER": "false",
    }
    with serving(trace_serve(port), port, public) as server:
        yield from publication_figures(name, engine, memory, crowd, server)
        yield from list_figures(name, server, made.batches)
    yield from letter_figures(name, url, engine, shops)
    memory.close()
    engine.dispose()


def _settle(engine: Engine) -> None:
    """What PostgreSQL does by and by for a store that grew: it counts the rows, and notes which pages all may see."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
