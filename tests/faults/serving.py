"""Trace as processes of their own: started, killed, frozen in time, and asked over HTTP."""

import http.client
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, Self

from forking import Forked, fork
from tracelot.bench.servers import free_port

TRACE = ("-m", "tracelot")
SECRET_KEY = secrets.token_urlsafe(32)
PATIENCE = 60.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def problem(self) -> bool:
        """A refusal as programs are promised it, with a time to come back where it is a 503."""
        known = self.headers.get("content-type") == "application/problem+json"
        return known and (self.status != 503 or self.headers.get("retry-after", "").isdigit())


def environment(**settings: str) -> dict[str, str]:
    """A user's environment with these settings and no others of ours."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
    return inherited | {"TRACE_SECRET_KEY": SECRET_KEY} | settings


class Line:
    """One connection to a server; not to be shared between threads."""

    def __init__(self, port: int, seconds: float = PATIENCE) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask once; what breaks on the way is an OSError or an HTTPException."""
        named = {"accept": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        try:
            self._connection.request(method, path, body, named)
            answer = self._connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read())
        except BaseException:
            self._connection.close()  # it opens itself again
            raise

    def close(self) -> None:
        self._connection.close()


class Serving:
    """`trace serve` on one store and one port; it may be killed and started as often as a test likes."""

    def __init__(self, url: str, folder: Path, program: Sequence[str] = TRACE, **settings: str) -> None:
        self.port = free_port()
        self.log = folder / f"serve-{self.port}.log"
        self._program, self._command = program, ["serve", "--port", str(self.port)]
        self._environment = environment(TRACE_DATABASE_URL=url, XDG_DATA_HOME=str(folder), **settings)
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._lines: list[Line] = []

    def launch(self) -> Self:
        """Start without waiting until it answers."""
        with self.log.open("ab") as log:
            if self._program == TRACE and "LD_PRELOAD" not in self._environment:
                self._process = fork(
                    self._command, self._environment, output=log.fileno(), errors=log.fileno()
                )
            else:
                self._process = subprocess.Popen(
                    [sys.executable, *self._program, *self._command],
                    env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip
        return self

    def start(self) -> Self:
        self.launch()
        wait_until(self.answers, self)
        return self

    def answers(self) -> bool:
        line = Line(self.port, 5)
        try:
            return line.ask("GET", "/healthz").status == 200
        except OSError:
            return False
        finally:
            line.close()

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        line = Line(self.port)
        try:
            return line.ask(method, path, body, **headers)
        finally:
            line.close()

    def line(self) -> Line:
        """A connection of its own, which ends with the test at the latest."""
        self._lines.append(Line(self.port))
        return self._lines[-1]

    def hang_up(self) -> None:
        for line in self._lines:
            line.close()

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """Without a word (SIGKILL)."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None


def pause(seconds: float) -> None:
    """Let others work for a while; nothing that a test asserts hangs on how long it really was."""
    Event().wait(seconds)


def wait_until(ready: Callable[[], Any], serving: Serving | None = None, seconds: float = PATIENCE) -> float:
    """Ask again and again; how many seconds it took."""
    began = monotonic()
    while not ready():
        if serving is not None and not serving.alive:
            raise AssertionError(f"The server ended:\n{serving.said()[-2000:]}")
        if monotonic() - began > seconds:
            raise AssertionError(f"Not within {seconds} s.{serving.said()[-2000:] if serving else ''}")
        pause(0.02)
    return monotonic() - began
