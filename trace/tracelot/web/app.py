"""Puts the house together: settings, store, doors."""

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from tracelot import __version__
from tracelot.operations.outbox import Worker
from tracelot.records.database import VISITORS, connect, demand_safe, writers
from tracelot.records.migrating import migrate
from tracelot.settings import Settings
from tracelot.web import problems
from tracelot.web.api import router as api
from tracelot.web.files import KeptFiles
from tracelot.web.guard import Guard
from tracelot.web.lookup import PREFIXES, Lookup
from tracelot.web.mail import mailer
from tracelot.web.pages import router as pages

HERE = Path(__file__).parent


class Site(FastAPI):
    """The application, with the public lookup ahead of all its layers."""

    lookup: Lookup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIXES):
            await self.lookup(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def build(settings: Settings | None = None) -> Site:
    """The application on a store that is migrated and safe."""
    settings = settings or Settings()
    engine = connect(settings.database_url)
    migrate(engine)
    demand_safe(engine)
    worker = Worker(engine, mailer(settings)) if settings.worker else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        if worker:
            worker.start()
        gc.collect()
        gc.freeze()  # what is loaded by now stays; the collector need not walk it again and again
        yield
        if worker:
            await asyncio.to_thread(worker.stop)
        app.lookup.close()
        engine.dispose()

    extra = {"strict-transport-security": "max-age=31536000"} if settings.https else {}
    app = Site(
        title="Trace",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings, app.state.engine = settings, engine
    app.state.writers = asyncio.Semaphore(writers(engine))
    app.state.visitors = asyncio.Semaphore(VISITORS)
    problems.install(app)
    app.include_router(api, prefix="/api/v1", responses=problems.REFUSALS)
    app.include_router(pages, include_in_schema=False)
    app.mount("/static", KeptFiles(directory=HERE / "static"))
    app.add_middleware(Guard, hosts=settings.hosts, extra=extra)
    app.lookup = Lookup(app, engine, settings.hosts, extra)
    _warn(settings)
    return app


def _warn(settings: Settings) -> None:
    if not settings.https and not settings.loopback:
        logging.getLogger("tracelot").warning(
            "TRACE_PUBLIC_URL is not https: sessions can be read on the way."
        )
