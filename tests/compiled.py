"""Statements are compiled once for all stores of a process: each test has its own, which would begin from nothing."""

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.util import LRUCache

COMPILED: LRUCache[Any, Any] = LRUCache(5_000)
DIALECTS: dict[type[Dialect], Dialect] = {}


@event.listens_for(Engine, "engine_connect")
def share(connection: Connection) -> None:
    """What is compiled is known by its dialect, so all connections of a kind get the one that came first."""
    own = connection.dialect
    if own.server_version_info:  # it knows its database
        connection.dialect = DIALECTS.setdefault(type(own), own)
        connection.engine._compiled_cache = COMPILED
