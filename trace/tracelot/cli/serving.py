"""Commands that serve the site, and the demo that it can be tried with."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from tracelot.cli.logs import log_config, log_form
from tracelot.cli.storing import ready_store
from tracelot.cli.welcome import welcome

if TYPE_CHECKING:
    from tracelot.settings import Settings

ANYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  (compared with, not listened on)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    demo: Annotated[bool, typer.Option("--demo", help="Serve a demo from a database of its own.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer.")] = 1,
    proxy: Annotated[
        str | None, typer.Option(help="Address of the reverse proxy whose X-Forwarded-For is believed.")
    ] = None,
) -> None:
    """Serve the site."""
    from tracelot.cli.processes import listen
    from tracelot.settings import Settings

    os.environ.setdefault("TRACE_PUBLIC_URL", f"http://{_as_reached(host)}:{port}")
    if demo:
        os.environ["TRACE_DATABASE_URL"] = _demo_url()
        os.environ.pop("TRACE_SMTP_HOST", None)  # the people of the demo do not exist
        _load_demo(Settings())
    else:
        with ready_store(Settings().database_url):
            pass  # brought up to date here, once, before several processes look at it
    settings = Settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # where the server hands it on, when it has stopped
    with counting(settings):
        listen(host, port, workers, proxy, log_config(log_form(settings.log)))


@contextmanager
def counting(settings: "Settings") -> Iterator[None]:
    """A folder in which the processes that answer add up their figures, if anybody may read them."""
    if settings.metrics_token is None:
        yield
        return
    with TemporaryDirectory(prefix="trace-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def demo() -> None:
    """Load the demo into TRACE_DATABASE_URL, or into the demo's own database; show how to get in."""
    from tracelot.settings import Settings

    settings = Settings()
    if "database_url" not in settings.model_fields_set:
        settings = Settings(database_url=_demo_url())
    _load_demo(settings)


def _as_reached(host: str) -> str:
    if host in ANYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _demo_url() -> str:
    from tracelot.settings import data_folder

    return f"sqlite:///{data_folder() / 'demo.db'}"


def _load_demo(settings: "Settings") -> None:
    from tracelot.demo.loading import load
    from tracelot.operations.visit import Place

    file = _access_file(settings.database_url)
    place = Place(settings.public_url, settings.zone)
    with ready_store(settings.database_url) as engine:
        access = load(engine, place, datetime.now(UTC), file)
    typer.echo(welcome(settings.public_url, access, file))


def _access_file(database_url: str) -> Path:
    """Where the demo's password is kept: beside an SQLite file, or in the data folder."""
    from sqlalchemy import make_url

    from tracelot.settings import data_folder

    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        return Path(url.database).with_suffix(".access.json")
    return data_folder() / "demo.access.json"
