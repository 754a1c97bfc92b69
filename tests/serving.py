"""The application behind a real server: a thread of the test's own, a free port, connections as they come."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest
import uvicorn
from fastapi import FastAPI

from tracelot.cli.listening import BoundedProtocol
from tracelot.rules.pacing import Pace
from tracelot.settings import Settings
from tracelot.web import pace
from tracelot.web.app import build

MANY = 1_000_000  # a test asks as fast as it can


@contextmanager
def listening(app: FastAPI, listener: socket.socket) -> Iterator[str]:
    """The address; the system holds early callers until the server takes them."""
    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", log_level="critical", timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def served(store: str) -> Iterator[str]:
    """The address of a site on the store, which knows itself by that address."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = build(Settings(database_url=store, public_url=address, worker=False, api_pace=MANY))
    unhurried = pytest.MonkeyPatch()
    unhurried.setattr(pace, "PACES", dict.fromkeys(pace.PACES, Pace(MANY, 1)))
    unhurried.setattr(pace, "SITE_PACES", {})
    with listening(app, listener) as answering:
        yield answering
    unhurried.undo()
