"""Floods and hostile clients against a real server: they are refused or harmless, and nobody else is stopped."""

import http.client
import json
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from cli.test_processes import answers, running, wait_until
from conftest import Rounds
from tracelot.bench.servers import free_port
from world import World

MOST_MEMORY = 300 << 20
LOOKUP = "/01/09520001000027/10/X"
HOST = b"Host: 127.0.0.1\r\n"
FLOODING = Path(__file__).with_name("flooding.py")


class Serving(NamedTuple):
    """A server of the test's own, and how many times slower than alone the machine is for other reasons."""

    port: int
    pid: int
    slowness: float

    @property
    def longest_wait(self) -> float:
        """A second, on a machine that is our own."""
        return 1.0 * self.slowness

    def most_memory(self) -> int:
        """The most that the process ever held, in bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10

    def opened(self, sent: bytes = b"") -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        line.sendall(sent)
        return line


@pytest.fixture
def serving(tmp_path: Path, store: str) -> Iterator[Serving]:
    """`trace serve` behind a reverse proxy: the test itself."""
    port = free_port()
    with running(
        tmp_path, "serve", "--port", str(port), "--proxy", "127.0.0.1", TRACE_DATABASE_URL=store
    ) as process:
        wait_until(process, lambda: answers(port))
        yield Serving(port, process.pid, slowness())


def slowness() -> float:
    """Time that passes for each second of work while nothing of ours is busy; 1 on an idle machine."""
    began, worked = time.monotonic(), time.process_time()
    while time.process_time() - worked < 0.3:
        pass
    return max(1.0, (time.monotonic() - began) / 0.3)


def seconds_for(port: int, path: str) -> float:
    """How long one visitor waits for one answer, over a connection of their own."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 404
    finally:
        connection.close()
    return time.monotonic() - began


@contextmanager
def scans(port: int) -> Iterator[list[float]]:
    """Somebody scans a package again and again while the block lasts; the seconds that each scan took."""
    over, taken = threading.Event(), list[float]()

    def scan() -> None:
        while not over.wait(0.02):
            taken.append(seconds_for(port, LOOKUP))

    thread = threading.Thread(target=scan)
    thread.start()
    try:
        yield taken
    finally:
        over.set()
        thread.join(120)


def told(what: str, serving: Serving, taken: list[float], **more: Any) -> float:
    """Print the figures of a run; gives the 99th percentile."""
    late = statistics.quantiles(taken, n=100, method="inclusive")[98] if len(taken) > 1 else taken[0]
    figures = {"scans": len(taken), "p50_ms": round(statistics.median(taken) * 1000, 1)}
    figures |= {"p99_ms": round(late * 1000, 1), "max_ms": round(max(taken) * 1000, 1)}
    figures |= {"slowness": round(serving.slowness, 1)}
    figures |= {"memory_mib": serving.most_memory() >> 20} | more
    sys.stdout.write(f"{what}: {json.dumps(figures)}\n")
    return late


def test_a_flood_of_sign_ins_stops_nobody(serving: Serving, rounds: Rounds, random: Random) -> None:
    seconds, rate = rounds(3, 30), 1000
    command = [sys.executable, str(FLOODING), str(serving.port), str(seconds), str(rate)]
    with scans(serving.port) as taken:
        flood = subprocess.run(
            [*command, str(random.randrange(1 << 30))], capture_output=True, check=True, timeout=seconds + 180
        )
    seen = json.loads(flood.stdout)
    late = told("flood of sign-ins", serving, taken, **seen)
    assert set(seen) <= {"200", "422", "429", "503", "offered", "not sent"}
    assert seen["offered"] >= seconds * rate * 0.9
    assert 1 <= seen["422"] <= 40 + 10 * seconds
    assert late < serving.longest_wait
    assert serving.most_memory() < MOST_MEMORY


def test_trickling_heads_and_bodies_stop_nobody(serving: Serving, rounds: Rounds) -> None:
    """The long form waits until the server has hung up on all of them."""
    head = b"GET / HTTP/1.1\r\n" + HOST + b"X-Slow: "
    body = b"POST /theme HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\n"
    with ExitStack() as lines, scans(serving.port) as taken:
        slow = [lines.enter_context(serving.opened((head, body)[number % 2])) for number in range(500)]
        end, answered = time.monotonic() + rounds(3, 45), Counter[bytes]()
        while time.monotonic() < end and slow:
            slow = [line for line in slow if trickled(line, answered)]
            threading.Event().wait(0.5)
    late = told("500 trickling sockets", serving, taken, left=len(slow), answered=str(dict(answered)))
    assert late < serving.longest_wait
    assert serving.most_memory() < MOST_MEMORY
    assert len(slow) == rounds(500, 0)
    assert answered[b"408"] == rounds(0, 250)


def trickled(line: socket.socket, answered: Counter[bytes]) -> bool:
    """One more byte, if the server still listens; what it said at the end is counted."""
    try:
        line.setblocking(False)
        said = line.recv(1000)
        answered[said[9:12]] += 1
        return False
    except BlockingIOError:
        pass
    except OSError:
        return False
    try:
        line.send(b"a")
    except OSError:
        return False
    return True


def test_more_visitors_at_once_than_the_store_has_connections_are_all_answered(serving: Serving) -> None:
    asked = b"GET /recalls HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
    with ExitStack() as lines:
        visitors = [lines.enter_context(serving.opened()) for _ in range(110)]
        for visitor in visitors:
            visitor.sendall(asked)
        statuses = Counter(until_closed(visitor)[9:12] for visitor in visitors)
    assert statuses == {b"200": 110}


def until_closed(line: socket.socket) -> bytes:
    got = b""
    try:
        while part := line.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def test_a_body_of_a_hundred_megabytes_is_refused_and_not_kept(serving: Serving, world: World) -> None:
    head = b"POST /api/v1/batches HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n"
    head += (
        b"Content-Type: application/json\r\nAuthorization: Bearer %s\r\n\r\n"
        % world.keys["zhenyang"].encode()
    )
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    with scans(serving.port) as taken, serving.opened(head) as line:
        try:
            for _ in range(100):
                line.sendall(chunk)
            line.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = line.recv(4096)
    late = told("a body of 100 MB", serving, taken)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert late < serving.longest_wait
    assert serving.most_memory() < MOST_MEMORY


BOMBS = {
    "deep": b"[" * 500_000 + b"]" * 500_000,
    "deep objects": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    "never closed": b"[" * 1_000_000,
    "wide list": b"[" + b"1," * 500_000 + b"1]",
    "wide object": b"{" + b",".join(b'"%d":1' % number for number in range(80_000)) + b"}",
    "same name": b"{" + b'"a":1,' * 100_000 + b'"a":1}',
    "huge number": b'{"a":' + b"9" * 1_000_000 + b"}",
    "huge exponent": b'{"a":1e' + b"9" * 1_000_000 + b"}",
    "long fraction": b'{"a":0.' + b"1" * 1_000_000 + b"}",
    "quotes": b'{"a":"' + b'\\"' * 500_000 + b'"}',
    "surrogates": b'{"a":"' + b"\\ud800" * 150_000 + b'"}',
    "not UTF-8": b'{"a":"' + b"\xff" * 1_000_000 + b'"}',
}


def test_bodies_made_to_burst_stop_nobody(serving: Serving, world: World) -> None:
    head = {"content-type": "application/json", "authorization": f"Bearer {world.keys['zhenyang']}"}
    told_no = {}
    with scans(serving.port) as taken:
        for name, bomb in BOMBS.items():
            connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=60)
            connection.request("POST", "/api/v1/batches", bomb, head)
            answer = connection.getresponse()
            told_no[name] = (answer.status, answer.headers.get_content_type())
            connection.close()
    late = told("JSON bombs", serving, taken)
    assert told_no == dict.fromkeys(BOMBS, (422, "application/problem+json"))
    assert late < serving.longest_wait
    assert serving.most_memory() < MOST_MEMORY
