"""The `trace` command as a process of its own: started with nothing but its settings, stopped by its id."""

import http.client
import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from forking import Forked as Process
from forking import fork


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@contextmanager
def running(folder: Path, *arguments: str, **settings: str) -> Iterator[Process]:
    """A `trace` of a user who has nothing but `settings`; what it logs goes to `log` in the folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
    environment |= {"XDG_DATA_HOME": str(folder)} | settings
    with (folder / "log").open("a", encoding="utf-8") as log:
        process = fork(arguments, environment, output=None, errors=log.fileno())
    try:
        yield process
    finally:
        for child in children(process.pid):
            os.kill(child, signal.SIGKILL)
        if process.poll() is None:
            process.kill()
        process.communicate()


def children(pid: int) -> list[int]:
    """The server processes that a parent started (Linux); not its resource tracker."""
    listed = [file.read_text(encoding="ascii") for file in Path("/proc").glob(f"{pid}/task/*/children")]
    return sorted(int(child) for child in " ".join(listed).split() if b"spawn_main" in _command(child))


def _command(pid: str) -> bytes:
    try:
        return (Path("/proc") / pid / "cmdline").read_bytes()
    except OSError:  # ended meanwhile
        return b""


def wait_until(process: Process, ready: Callable[[], bool], seconds: float = 120) -> None:
    """Ask again and again while the process lives."""
    end = monotonic() + seconds
    while not ready():
        assert monotonic() < end, f"Not within {seconds} s."
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError("The process ended too early.")


def stop(process: Process) -> str:
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=180)[0]


class Line:
    """One connection to a server, kept open."""

    def __init__(self, port: int, **headers: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Accept": "application/json", "Host": f"127.0.0.1:{port}"} | headers

    def __enter__(self) -> "Line":
        self._connection.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def own_port(self) -> int:
        return int(self._connection.sock.getsockname()[1])

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """JSON for a dict or a list; text goes as a form."""
        kind = "application/x-www-form-urlencoded" if isinstance(body, str) else "application/json"
        sent = body if isinstance(body, str) or body is None else json.dumps(body, default=str)
        return self.ask("POST", path, sent, {"Content-Type": kind} | headers)

    def ask(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> Answer:
        sent = body.encode() if body is not None else None
        self._connection.request(method, path, sent, self._headers | headers)
        answer = self._connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, named, answer.read())


def answer_of(port: int, path: str, **headers: str) -> Answer:
    with Line(port) as line:
        return line.get(path, **headers)


def answers(port: int) -> bool:
    try:
        return answer_of(port, "/readyz").status == 200
    except OSError:
        return False
