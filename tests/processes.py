"""`trace` as a process of its own, for tests: started, waited for, asked, stopped by its id."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(folder: Path, *arguments: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A `trace` of a user who has nothing but `settings`; stopped by its id."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRACE_")}
    environment |= {"XDG_DATA_HOME": str(folder)} | settings
    process = subprocess.Popen(
        [sys.executable, "-m", "tracelot", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Ask again and again while the process lives."""
    while not ready():
        try:
            process.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError("The process ended too early.")


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    return process.communicate(timeout=60)[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answer_of(port: int, path: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def answers(port: int) -> bool:
    try:
        return bool(answer_of(port, "/api/v1/openapi.json"))
    except OSError:
        return False
