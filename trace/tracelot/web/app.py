"""Puts the house together: settings, store, doors."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from tracelot import __version__
from tracelot.operations.outbox import Worker
from tracelot.records.database import connect, demand_safe, writers
from tracelot.records.migrating import migrate
from tracelot.settings import Settings
from tracelot.web import problems
from tracelot.web.api import router as api
from tracelot.web.guard import Guard
from tracelot.web.lookup import Lookup
from tracelot.web.mail import mailer
from tracelot.web.pages import router as pages
from tracelot.web.files import KeptFiles

HERE = Path(__file__).parent


def build(settings: Settings | None = None) -> FastAPI:
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
        yield
        if worker:
            await asyncio.to_thread(worker.stop)
        engine.dispose()

    app = FastAPI(
        title="Trace",
        version=__version__,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings, app.state.engine = settings, engine
    app.state.writers = asyncio.Semaphore(writers(engine))
    problems.install(app)
    app.include_router(api, prefix="/api/v1")
    app.include_router(pages, include_in_schema=False)
    app.mount("/static", KeptFiles(directory=HERE / "static"))
    app.add_middleware(Lookup, engine=lambda: engine, state=app)
    app.add_middleware(Guard, hosts=settings.hosts, https=settings.https)
    if not settings.https and not settings.loopback:
        logging.getLogger("tracelot").warning("TRACE_PUBLIC_URL is not https: sessions can be read on the way.")
    return app
