"""The index of one process: loaded aside when it is first asked for, and let go where it grows too large."""

import logging
import threading
from dataclasses import dataclass, field

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from tracelot.index.loading import Kept, count_postings, load
from tracelot.records.tenancy import EVERYTHING, ScopedSession

log = logging.getLogger("tracelot")


@dataclass
class Memory:
    """`most` postings fit; 0 is never."""

    engine: Engine
    most: int
    _kept: Kept | None = None
    _loading: threading.Thread | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def kept(self) -> Kept | None:
        """The index, or None until it is loaded; the first to ask has it loaded."""
        with self._lock:
            if self._kept is not None and self._kept.postings > self.most:
                log.info("the books outgrew TRACE_INDEX_POSTINGS: traces are gathered from the store")
                self._kept, self.most = None, 0
            if self._loading is None and self.most:
                self._loading = threading.Thread(target=self._load, name="index", daemon=True)
                self._loading.start()
            return self._kept

    def ready(self, seconds: float = 600) -> bool:
        """Wait for the loading to end; whether there is an index now."""
        self.kept()
        if self._loading is not None:
            self._loading.join(seconds)
        return self._kept is not None

    def _load(self) -> None:
        try:
            if fits(self.engine, self.most):
                self._kept = load(self.engine)
                return
            self.most = 0
        except (SQLAlchemyError, MemoryError) as error:
            log.warning("the index was not loaded: %s", type(error).__name__)
        with self._lock:
            self._loading = None  # whoever asks next tries again


def fits(engine: Engine, most: int) -> bool:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        return count_postings(session, most + 1) <= most
