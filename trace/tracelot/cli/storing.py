"""Commands on the store: bring it up to date, and do the work that follows commits."""

import logging.config
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from tracelot.cli.logs import log_config, log_form

if TYPE_CHECKING:
    from sqlalchemy import Engine


@contextmanager
def ready_store(url: str) -> Iterator["Engine"]:
    """A store that is safe and has the present tables."""
    from tracelot.records.database import connect, demand_safe
    from tracelot.records.migrating import migrate as bring

    engine = connect(url)
    try:
        bring(engine)
        demand_safe(engine)
        yield engine
    finally:
        engine.dispose()


def migrate() -> None:
    """Bring the store to the present tables."""
    from tracelot.settings import Settings

    with ready_store(Settings().database_url):
        typer.echo("The store is up to date.")


def work() -> None:
    """Do the work that follows commits, such as mail, until stopped by a signal."""
    from tracelot.settings import Settings
    from tracelot.web.working import workers

    settings = Settings()
    logging.config.dictConfig(log_config(log_form(settings.log)))
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ready_store(settings.database_url) as engine:
        at_work = workers(engine, settings)
        for worker in at_work:
            worker.start()
        typer.echo("Working; stop with Ctrl-C.")
        stopped.wait()
        for worker in at_work:
            worker.stop()
    typer.echo("Stopped.")
