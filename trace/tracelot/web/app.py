"""Puts the house together: settings, store, doors."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from tracelot import __version__
from tracelot.operations.memory import Memory
from tracelot.operations.readiness import demand_ready
from tracelot.records.database import connect, demand_safe, in_use
from tracelot.records.migrating import migrate
from tracelot.settings import Settings
from tracelot.web import problems
from tracelot.web.api import routes as operations
from tracelot.web.caching import Caching
from tracelot.web.deprecating import mark_deprecated
from tracelot.web.guard import Guard
from tracelot.web.lookup import Lookup, is_of_a_batch
from tracelot.web.metrics import Metrics
from tracelot.web.pages import routes as pages
from tracelot.web.places import set_places
from tracelot.web.readiness import Readiness
from tracelot.web.running import life
from tracelot.web.watch import Watch
from tracelot.web.working import workers

HERE = Path(__file__).parent


class Site(FastAPI):
    """The application, with the public lookup ahead of all its layers."""

    lookup: Lookup
    watch: Watch

    def openapi(self) -> dict[str, Any]:
        return mark_deprecated(super().openapi())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif is_of_a_batch(scope["path"]):
            await self.lookup(scope, receive, send)
        else:
            await self.watch(scope, receive, send)


def build(settings: Settings | None = None) -> Site:
    """The application on a store that is migrated and safe."""
    settings = settings or Settings()
    engine = connect(settings.database_url)
    migrate(engine)
    demand_safe(engine)
    at_work = workers(engine, settings) if settings.worker else []

    def close() -> None:
        app.lookup.close()
        app.state.memory.close()
        engine.dispose()

    extra = {"strict-transport-security": "max-age=31536000"} if settings.https else {}
    app = Site(
        title="Trace",
        version=__version__,
        lifespan=life(at_work, close),
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings, app.state.engine, app.state.keyring = settings, engine, settings.keyring()
    app.state.memory = Memory(engine, settings.index_postings)
    set_places(app, engine)
    problems.install(app)
    app.router.routes += [*operations, *pages]
    app.mount("/static", StaticFiles(directory=HERE / "static"))
    app.add_middleware(Caching)
    app.add_middleware(Guard, hosts=settings.hosts, extra=extra)
    app.lookup = Lookup(app, engine, settings.hosts, extra)
    _observe(app)
    _warn(settings)
    return app


def _observe(app: Site) -> None:
    """What lets an operator see how the site does."""
    state = app.state
    counted = state.settings.metrics_token is not None
    state.readiness = Readiness(partial(demand_ready, state.engine))
    state.metrics = Metrics(app.lookup.answers, partial(in_use, state.engine)) if counted else None
    app.watch = Watch(super(Site, app).__call__, state.metrics)


def _warn(settings: Settings) -> None:
    if not settings.https and not settings.loopback:
        logging.getLogger("tracelot").warning(
            "TRACE_PUBLIC_URL is not https: sessions can be read on the way."
        )
