"""Looks at every connection once a second, and hangs up on those that hold the server up."""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Any, Protocol

HEAD, BODY, WORK = "head", "body", "work"  # waiting for a request's head, for its body, for our answer
SECONDS = {HEAD: 20.0, BODY: 60.0}  # a body that comes too slowly was answered with a 408 long before
SECONDS_UNREAD = 20.0
LEAST_READ = 20 * 1024  # bytes of an answer that must be taken in that time
MOST_UNSENT = 64 << 20  # of answers that nobody reads, over all connections


class Watched(Protocol):
    stage: str
    since: float
    progress: tuple[float, int]
    wire: Any  # a Corked


class Patience:
    """One for a server; it sleeps while there are no connections."""

    def __init__(self, loop: asyncio.AbstractEventLoop, connections: AbstractSet[Any], most: int) -> None:
        self.connections = connections
        self.in_work = 0
        self._loop = loop
        self._most = most
        self._asleep = True

    def greet(self) -> None:
        """A new connection: where there are too many, those go that wait longest for their client."""
        if self._asleep:
            self._asleep = False
            self._loop.call_later(1.0, self._look)
        if len(self.connections) > self._most:
            waiting = [each for each in self.connections if each.stage != WORK]
            for each in sorted(waiting, key=lambda each: each.since)[: max(1, self._most // 10)]:
                each.wire.abort()

    def _look(self) -> None:
        now, unread = self._loop.time(), []
        for each in list(self.connections):
            if each.wire.unsent:
                unread.append(each)
                self._look_at_reader(each, now)
                continue
            each.progress = (now, each.wire.sent)
            if now - each.since > SECONDS.get(each.stage, now):
                each.wire.close()
        self._bound(unread)
        self._asleep = not self.connections
        if not self._asleep:
            self._loop.call_later(1.0, self._look)

    def _look_at_reader(self, each: Watched, now: float) -> None:
        """An answer must be read, however slowly; one that is not is memory that somebody else lacks."""
        began, before = each.progress
        if now - began < SECONDS_UNREAD:
            return
        if each.wire.sent - before < LEAST_READ:
            each.wire.abort()
        each.progress = (now, each.wire.sent)

    def _bound(self, unsent: list[Any]) -> None:
        held = sum(each.wire.unsent for each in unsent)
        for each in sorted(unsent, key=lambda each: -each.wire.unsent):
            if held <= MOST_UNSENT:
                return
            held -= each.wire.unsent
            each.wire.abort()
