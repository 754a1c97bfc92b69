"""Places at the store: how many may write, read and hash at once, how long one waits, and work that is done again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from starlette.concurrency import run_in_threadpool

from tracelot.operations.passwords import Work
from tracelot.records.database import READERS, duplicate, retriable, writers
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.refusals import Conflict, Unavailable

TRIES = 5
PATIENCE = 10.0  # seconds that a request waits for others to finish their writing
HASHED_AT_ONCE = 2
SECONDS_FOR_A_HASH = 4.0

Done = TypeVar("Done")


def set_places(app: FastAPI, engine: Engine) -> None:
    """Who waits for a place holds neither a thread nor a connection."""
    app.state.writers = asyncio.Semaphore(writers(engine))
    app.state.readers = asyncio.Semaphore(READERS)
    app.state.hashing = asyncio.Semaphore(HASHED_AT_ONCE)
    # Threads of their own: each thread that ever hashed keeps the memory of a hash.
    app.state.hashers = ThreadPoolExecutor(HASHED_AT_ONCE, "hashing")


def site_busy() -> Unavailable:
    return Unavailable(
        "site-busy", "The site is busy; send the same request again.", facts={"retry_after": "2"}
    )


def store_busy() -> Unavailable:
    return Unavailable(
        "store-busy", "The store is busy; send the same request again.", facts={"retry_after": "1"}
    )


@asynccontextmanager
async def taken(
    places: asyncio.Semaphore, seconds: float, refusal: Callable[[], Unavailable] = store_busy
) -> AsyncIterator[None]:
    """One of the places; whoever waits too long for it is told so, whatever it was that blocked."""
    try:
        async with asyncio.timeout(seconds):
            await places.acquire()
    except TimeoutError:
        raise refusal() from None
    try:
        yield
    finally:
        places.release()


async def in_place(request: Request, work: Callable[[], Awaitable[Done]]) -> Done:
    """Do the work in a writer's place, again and again for a while where the store asks for it."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with taken(request.app.state.writers, PATIENCE):
        return await _until_committed(work, deadline)


async def _until_committed(work: Callable[[], Awaitable[Done]], deadline: float) -> Done:
    for attempt in range(TRIES):
        try:
            return await work()
        except StaleDataError:
            raise Conflict("changed-meanwhile", "The record changed after you read it.") from None
        except IntegrityError as error:
            if not duplicate(error) or attempt:
                raise
        except DBAPIError as error:
            if not retriable(error):
                raise
            if asyncio.get_running_loop().time() > deadline:
                break
        await asyncio.sleep(0.01 * 2**attempt)
    raise store_busy()


async def write_apart(request: Request, write: Callable[[ScopedSession], Any]) -> None:
    """Write in a transaction of its own, which stands however the request ends."""

    def commit() -> None:
        engine: Engine = request.app.state.engine
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            with ScopedSession(connection, EVERYTHING) as kernel:
                write(kernel)
                kernel.flush()

    await in_place(request, lambda: run_in_threadpool(commit))


async def worked_out(request: Request, work: Work) -> Any:
    """The result of hashing, unless too many others wait for theirs."""
    state = request.app.state
    async with taken(state.hashing, SECONDS_FOR_A_HASH, site_busy):
        return await asyncio.get_running_loop().run_in_executor(state.hashers, work.do)
