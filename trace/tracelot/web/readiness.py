"""Whether this server takes records now, asked of the store at most once a second however often it is asked."""

import asyncio
import logging
import time
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread

log = logging.getLogger("tracelot.readiness")

FRESH_SECONDS = 1.0
PATIENCE_SECONDS = 1.5  # a store that takes longer to say yes has said no


class Readiness:
    """All who ask share one check. A stuck one holds a thread of its own and nobody else."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.leaving = False
        self._demand = check
        self._thread = CapacityLimiter(1)
        self._check: asyncio.Task[bool] | None = None
        self._began = 0.0

    def leave(self) -> None:
        """From now on the answer is no: this server is about to stop."""
        self.leaving = True

    async def ask(self) -> bool:
        check = self._check
        if check is None or (check.done() and time.monotonic() - self._began > FRESH_SECONDS):
            self._began = time.monotonic()
            check = self._check = asyncio.create_task(self._look())
        left = self._began + PATIENCE_SECONDS - time.monotonic()
        done, _ = await asyncio.wait({check}, timeout=max(0.0, left))
        return bool(done) and check.result()

    async def _look(self) -> bool:
        try:
            await to_thread.run_sync(self._demand, limiter=self._thread, abandon_on_cancel=True)
        except Exception as error:  # noqa: BLE001  (whatever keeps the store from answering, it is not ready)
            log.warning("the store takes no records: %s", type(error).__name__)
            return False
        return True
