"""Writers in processes of their own, who register batches and keep a ledger of what was acknowledged.

Run as `python -m tracelot.bench.writers URL LEDGER NAME`; ends when its standard input is closed.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from tracelot.bench.registrations import PLACE, first_actor
from tracelot.operations.batches import register_batch
from tracelot.operations.working import visiting, writing
from tracelot.records.batches import NewBatch
from tracelot.records.database import connect, retriable
from tracelot.records.products import Product
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import Actor

LONGEST = 3600.0  # seconds; they end even where nobody tells them to


@dataclass(frozen=True)
class Acknowledged:
    batch_id: UUID
    at: int  # nanoseconds of the machine's clock, after the commit


@contextmanager
def writers(url: str, folder: Path, count: int) -> Iterator[list[Path]]:
    """That many processes that write until the block ends; gives their ledgers."""
    ledgers = [folder / f"ledger-{number}.jsonl" for number in range(count)]
    running = []
    try:
        for ledger in ledgers:
            command = [sys.executable, "-m", "tracelot.bench.writers", url, str(ledger), ledger.stem]
            running.append(subprocess.Popen(command, stdin=subprocess.PIPE))  # noqa: S603
        yield ledgers
    finally:
        for process in running:
            process.communicate(timeout=60)
    if any(process.returncode for process in running):
        raise RuntimeError("A writer failed.")


def acknowledged(ledgers: list[Path]) -> list[Acknowledged]:
    """What the writers were told is recorded; a line that is still being written does not count."""
    lines = [line for ledger in ledgers if ledger.exists() for line in ledger.read_text().splitlines(True)]
    told = [json.loads(line) for line in lines if line.endswith("\n")]
    return [Acknowledged(UUID(one["id"]), one["at"]) for one in told]


def await_acknowledged(ledgers: list[Path], count: int) -> list[Acknowledged]:
    """The ledgers, once that much stands in them."""
    end = time.monotonic() + LONGEST
    while len(found := acknowledged(ledgers)) < count:
        if time.monotonic() > end:
            raise RuntimeError("The writers do not get on.")
        time.sleep(0.1)
    return found


def _write(url: str, ledger: Path, name: str) -> None:
    engine = connect(url)
    actor = first_actor(engine)
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        products = kernel.exec(select(Product.id)).all()
    stopped = threading.Event()
    threading.Thread(target=_stop_at_end_of_input, args=(stopped,), daemon=True).start()
    end, number = time.monotonic() + LONGEST, 0
    with ledger.open("a", encoding="utf-8") as file:
        while not stopped.is_set() and time.monotonic() < end:
            number += 1
            new = {"code": f"{name}.{number}", "production_date": "2026-10-01", "release": True}
            new |= {"product_id": products[number % len(products)], "quantity": "12", "unit": "bottle"}
            id_ = _register(engine, actor, NewBatch.model_validate(new))
            file.write(json.dumps({"id": str(id_), "at": time.time_ns()}) + "\n")
            file.flush()
    engine.dispose()


def _register(engine: Engine, actor: Actor, new: NewBatch) -> UUID:
    """Try again as long as the store says that it is busy; what was not committed is not in the ledger."""
    while True:
        try:
            with writing(engine) as connection:
                with visiting(connection, actor, datetime.now(UTC), PLACE) as visit:
                    return register_batch(visit, new).id
        except DBAPIError as error:
            if not retriable(error):
                raise


def _stop_at_end_of_input(stopped: threading.Event) -> None:
    sys.stdin.read()
    stopped.set()


if __name__ == "__main__":
    _write(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
