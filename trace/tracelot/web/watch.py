"""What is noted of every request: one log line and one count, by the route's template and never by its path."""

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracelot.rules.access import PUBLIC, Actor
from tracelot.web.metrics import Metrics

log = logging.getLogger("tracelot.request")
FAILED = 500


class Watch:
    """An ASGI layer around all others. One-time links carry their secret in the path, so no path is noted."""

    def __init__(self, app: ASGIApp, metrics: Metrics | None) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        status: int | None = None
        size = 0

        async def noted(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        failure: BaseException | None = None
        try:
            await self._app(scope, receive, noted)
        except BaseException as error:
            failure = error
            raise
        finally:
            self._note(scope, status, size, time.perf_counter() - began, failure)

    def _note(
        self, scope: Scope, status: int | None, size: int, seconds: float, failure: BaseException | None
    ) -> None:
        state: dict[str, Any] = scope.get("state", {})
        route = (
            getattr(scope.get("route"), "path", None) or scope.get("root_path") or None
        )  # a mount's own path
        refused = state.get("refused")
        actor = _actor(state)
        told = {
            "request": state.get("request_id"),
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "bytes": size,
            "actor": _kind(actor),
            "actor_id": str(actor.id) if actor.id else None,
            "refused": refused,
        }
        level = logging.ERROR if failure or status is None or status >= FAILED else logging.INFO
        log.log(level, "request", extra={"told": told}, exc_info=failure)
        if self._metrics:
            self._metrics.count(route, scope["method"], status, seconds, refused)


def _actor(state: dict[str, Any]) -> Actor:
    visit = state.get("visit")
    return visit.actor if visit else PUBLIC


def _kind(actor: Actor) -> str:
    if actor.id is None:
        return "public"
    return "person" if actor.scopes is None else "program"
