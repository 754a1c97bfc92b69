"""How long the worker of the product takes to send a recall's letters, against sending the same ones barely."""

import os
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlmodel import col, select

from tracelot.bench.figures import Figure
from tracelot.bench.servers import Server
from tracelot.bench.sinks import Sink, sink
from tracelot.operations.delivering import Leaving
from tracelot.records.consignees import RecallLetter
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.settings import Settings
from tracelot.web.lanes import Parcel
from tracelot.web.notice_mail import Letters

GOAL = 60.0  # seconds, for 10,000 letters
LETTERS = 10_000
BARE = 1_000  # so many are sent barely; the rest is counted out from these
LONGEST = 1800.0


def letter_figures(name: str, url: str, engine: Engine, shops: int) -> Iterator[Figure]:
    """`trace work` against a mail server in another process; and one kept connection to the same server."""
    with sink() as server:
        settings = Settings(smtp_host="127.0.0.1", smtp_port=server.port, smtp_tls="none")
        bare = _bare(server, list(_parcels(engine, settings)), settings.mail_from) * shops
        before = server.ask()[0]
        began = time.monotonic()
        with _working(url, server) as worker:
            _await(engine, shops)
            took, spent = time.monotonic() - began, worker.cpu_seconds()
        count, different = server.ask()
    goal = GOAL * shops / LETTERS if shops > LETTERS else GOAL
    told = f"{name}: {shops} letters sent by `trace work`"
    yield Figure(told, took, "s", bare, took / bare, f"<= {goal} s", took <= goal)
    yield Figure(
        f"{name}: processor time of the worker for a letter",
        spent * 1000 / shops,
        "ms",
        None,
        None,
        "",
        ok=True,
    )
    twice = count - before - shops
    yield Figure(
        f"{name}: letters that came twice or not at all",
        twice,
        f"of {shops}",
        None,
        None,
        "0",
        twice == 0 and different >= shops,
    )


def _parcels(engine: Engine, settings: Settings) -> Iterator[Parcel]:
    """Some of the letters that wait, as the product words them."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        query = select(RecallLetter).where(RecallLetter.state == "queued").limit(BARE)
        rows = list(kernel.exec(query.order_by(col(RecallLetter.queued_at).desc())))
        letters = [
            (Leaving(row.id, row.address or "", row.language, f"<bare-{number}@bench>", row.kind, 1, row.queued_at,
                     row.notice_id), f"http://127.0.0.1:8000/n/{'x' * 43}")
            for number, row in enumerate(rows)
        ]  # fmt: skip
    yield from Letters(engine, settings).parcels(dict(enumerate(letters))).values()


def _bare(server: Sink, parcels: list[Parcel], sender: str) -> float:
    """Seconds for each letter, one after another over one connection."""
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", server.port) as connection:
        for parcel in parcels:
            connection.sendmail(sender, parcel.address, parcel.text)
    return (time.monotonic() - began) / len(parcels)


@contextmanager
def _working(url: str, server: Sink) -> Iterator[Server]:
    settings = {
        "TRACE_DATABASE_URL": url,
        "TRACE_SMTP_HOST": "127.0.0.1",
        "TRACE_SMTP_PORT": str(server.port),
    }
    environment: Mapping[str, str] = {**os.environ, **settings, "TRACE_SMTP_TLS": "none"}
    process = subprocess.Popen([sys.executable, "-m", "tracelot", "work"], env=environment, stdout=sys.stderr)
    try:
        yield Server(server.port, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _await(engine: Engine, shops: int) -> None:
    """Until each is noted as sent."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        with engine.connect() as connection:
            query = "SELECT count(*) FROM task WHERE kind = 'notice-letter' AND done_at IS NULL"
            if not connection.execute(text(query)).scalar_one():
                return
        time.sleep(0.1)
    raise RuntimeError(f"Not all of {shops} letters were sent.")
