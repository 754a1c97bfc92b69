"""What begins and ends with a server process: the worker, the figures, and the way out."""

import asyncio
import gc
import signal
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any

from fastapi import FastAPI

from tracelot.operations.outbox import Runner
from tracelot.web.metrics import FRESH_SECONDS, Metrics


def life(
    workers: Sequence[Runner], close: Callable[[], None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan of an application; `close` lets go of the store when all is done."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncGenerator[None]:
        for worker in workers:
            worker.start()
        if _own_process():
            gc.collect()
            gc.freeze()  # what is loaded by now stays; the collector need not walk it again and again
        state = app.state
        ticking = asyncio.create_task(_tick(state.metrics)) if state.metrics else None
        with _warned(state.readiness.leave, state.settings.drain_seconds):
            yield
        if ticking:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
        for worker in workers:
            await asyncio.to_thread(worker.stop)
        close()

    return living


async def _tick(metrics: Metrics) -> None:
    while True:
        metrics.refresh()
        await asyncio.sleep(FRESH_SECONDS)


def _own_process() -> bool:
    """Whether the process is there for the server, and not the other way round."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _warned(leave: Callable[[], None], seconds: float) -> Generator[None]:
    """Hear of the end first: `leave` at once, the server's own way of stopping some seconds later."""
    if not _own_process():  # signals come to the main thread alone
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def heard(number: int, _: Any) -> None:
        leave()
        stop = before[signal.Signals(number)]
        if callable(stop):
            loop.call_soon_threadsafe(loop.call_later, seconds, stop, number, None)

    for number in before:
        signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
