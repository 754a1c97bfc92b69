"""The HTTP server's own bounds, on a real server in this process with shorter times and smaller numbers."""

import http.client
import re
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import uvicorn
from fastapi import FastAPI

from tracelot.cli import listening, patience
from tracelot.cli.listening import BoundedProtocol

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET %s HTTP/1.1\r\n" + HOST + b"\r\n"
LARGE = b"/static/vendor/swagger/swagger-ui-bundle.js"
LOOKUP = "/01/09520001000027/10/X"


@pytest.fixture
def port(app: FastAPI) -> Iterator[int]:
    """The application behind the server that `trace serve` uses."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)  # else the kernel takes it all
    config = uvicorn.Config(
        app, http=BoundedProtocol, ws="none", log_level="critical", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield int(listener.getsockname()[1])
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()


def opened(port: int, sent: bytes = b"") -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=20)
    line.sendall(sent)
    return line


def until_closed(line: socket.socket) -> bytes:
    """All that comes until the server hangs up."""
    got = b""
    try:
        while part := line.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET / HTTP/1.1\r\nHost: 127", GET % b"/healthz" + b"\r\n", GET % b"/healthz" + b"GET / HTT"],
    ids=["nothing", "half a head", "idle after an answer", "half a second head"],
)
def test_a_head_is_not_waited_for_without_end(
    port: int, sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(patience.SECONDS, patience.HEAD, 0.5)
    with opened(port, sent) as line:
        began = time.monotonic()
        until_closed(line)
        assert time.monotonic() - began < 10


def test_a_body_that_nobody_reads_does_not_hold_the_line(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(patience.SECONDS, patience.BODY, 0.5)
    with opened(port, b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nx") as line:
        began = time.monotonic()
        assert until_closed(line).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - began < 10


@pytest.fixture
def unread(port: int) -> Iterator[socket.socket]:
    """Somebody who asks for much and reads nothing."""
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect(("127.0.0.1", port))
        line.sendall(GET % LARGE)
        yield line


def is_given_up(line: socket.socket, seconds: float) -> bool:
    poll = select.poll()
    poll.register(line, select.POLLHUP | select.POLLERR)
    return bool(poll.poll(seconds * 1000))


def test_an_answer_that_nobody_reads_is_given_up(
    unread: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS_UNREAD", 1.0)
    assert is_given_up(unread, 20)


def test_answers_that_nobody_reads_share_their_memory(
    unread: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "MOST_UNSENT", 1024)
    assert is_given_up(unread, 20)


def test_an_answer_is_waited_for_as_long_as_it_may_be(unread: socket.socket) -> None:
    assert not is_given_up(unread, 5)


def test_a_slow_reader_gets_all_of_its_answer(unread: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "SECONDS_UNREAD", 1.0)
    unread.settimeout(20)
    got = unread.recv(4096)
    head = got.partition(b"\r\n\r\n")[0]
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None
    whole = len(head) + 4 + int(length[1])
    began = time.monotonic()
    while len(got) < whole and (part := unread.recv(4096 if time.monotonic() - began < 4 else 65536)):
        got += part
        if time.monotonic() - began < 4:
            threading.Event().wait(0.02)
    assert len(got) == whole


def test_too_many_connections_leave_room_for_newcomers(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MOST_CONNECTIONS", 20)
    monkeypatch.setattr(BoundedProtocol, "_patience", None)
    with ExitStack() as lines:
        silent = [lines.enter_context(opened(port)) for _ in range(60)]
        assert status_of(port, LOOKUP) == 404
        assert status_of(port, "/healthz") == 200
        silent[0].settimeout(5)
        assert until_closed(silent[0]) == b""


@pytest.mark.parametrize(
    ("path", "media"), [(b"/recalls", b"text/plain"), (b"/api/v1/recalls", b"application/problem+json")]
)
def test_one_request_too_many_is_told_so_and_a_scan_is_not(
    port: int, path: bytes, media: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MOST_IN_WORK", 0)
    with opened(port, GET % path) as line:
        answer = until_closed(line)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in answer
    assert b"content-type: " + media in answer
    assert status_of(port, LOOKUP) == 404


def test_what_was_in_work_is_counted_down_again(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MOST_IN_WORK", 4)
    for _ in range(10):
        assert status_of(port, "/healthz") == 200
        with opened(port, b"POST /theme HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nx"):
            pass
        with opened(port, GET % b"/recalls"):
            pass
    assert status_of(port, "/healthz") == 200
