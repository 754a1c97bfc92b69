"""The index of one process: loaded aside when it is first asked for, and let go where it grows too large."""

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tracelot.index.loading import BYTES_EACH, Kept, count_postings, load
from tracelot.operations.findings import Finding
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession

log = logging.getLogger("tracelot")
PATIENCE = 5.0  # seconds


@dataclass
class Memory:
    """`most` postings fit; 0 is never."""

    engine: Engine
    most: int
    held: Kept | None = None
    _loading: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def kept(self) -> Kept | None:
        """The index, or None until it is loaded; the first to ask has it loaded."""
        with self._lock:
            if self.held is not None and self.held.postings > self.most:
                log.info("the books outgrew TRACE_INDEX_POSTINGS: traces are gathered from the store")
                self.held, self.most = None, 0
            if self.held is None and self._loading is None and self.most:
                self._loading = threading.Thread(target=self._load, name="index", daemon=True)
                self._loading.start()
            return self.held

    def ready(self, seconds: float = 600) -> bool:
        """Wait for the loading to end; whether there is an index now."""
        self.kept()
        if self._loading is not None:
            self._loading.join(seconds)
        return self.held is not None

    def close(self) -> None:
        """Ask for no more loading; one that goes on gets a moment to end."""
        self.most = 0
        if self._loading is not None:
            self._loading.join(PATIENCE)

    def _load(self) -> None:
        try:
            if fits(self.engine, self.most):
                self.held = load(self.engine)
                return
            self.most = 0
        except (SQLAlchemyError, MemoryError) as error:
            log.warning("the index was not loaded: %s", type(error).__name__)
        with self._lock:
            self._loading = None  # whoever asks next tries again


def fits(engine: Engine, most: int) -> bool:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        return count_postings(session, most + 1) <= most


def examine_memory(engine: Engine, most: int) -> Iterator[Finding]:
    """Whether traces are answered from memory; a store that does not answer is told of elsewhere."""
    with suppress(DBAPIError):
        room = most * BYTES_EACH >> 20
        if not most:
            yield Finding("index", "ok", "Off, by TRACE_INDEX_POSTINGS: traces are gathered from the store.")
        elif fits(engine, most):
            said = f"On: up to {most} postings are traced in memory, then about {room} MB of each process."
            yield Finding("index", "ok", said)
        else:
            said = f"Off: there are more than {most} postings, so traces are gathered from the store."
            remedy = "Raise TRACE_INDEX_POSTINGS where each process may have 75 bytes for every posting."
            yield Finding("index", "warn", said, remedy)
