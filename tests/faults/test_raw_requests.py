"""Requests written by hand: what two servers could read differently is refused, or means one thing alone."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.test_processes import answers, running, wait_until
from tracelot.bench.servers import free_port

HOST = b"Host: 127.0.0.1\r\n"
GET = b"GET /healthz HTTP/1.1\r\n"
POST = b"POST /theme HTTP/1.1\r\n" + HOST
SMUGGLED = GET + HOST + b"\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
END = b"0\r\n\r\n"

REFUSED = {
    "no host": GET + b"\r\n",
    "two hosts": GET + HOST + b"Host: evil.example\r\n\r\n",
    "the same host twice": GET + HOST + HOST + b"\r\n",
    "another host in the target": b"GET http://evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "a user in the target": b"GET http://a@127.0.0.1/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "another port in the target": b"GET http://127.0.0.1:1/healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n",
    "no target": b"GET  HTTP/1.1\r\n" + HOST + b"\r\n",
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n",
    "bare carriage returns": b"GET /healthz HTTP/1.1\rHost: 127.0.0.1\r\r",
    "a folded header": GET + HOST + b"X-A: b\r\n c\r\n\r\n",
    "a space before the colon": GET + b"Host : 127.0.0.1\r\n\r\n",
    "NUL in a header": GET + HOST + b"X-A: a\0b\r\n\r\n",
    "a carriage return in a header": GET + HOST + b"X-A: a\rX-B: b\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n" + END + SMUGGLED,
    "chunks and length": POST + CHUNKED + b"Content-Length: 4\r\n\r\n" + END + SMUGGLED,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 36\r\n\r\n" + SMUGGLED,
    "a list of lengths": POST + b"Content-Length: 0, 0\r\n\r\n" + SMUGGLED,
    "a signed length": POST + b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "a length in hex": POST + b"Content-Length: 0x0\r\n\r\n" + SMUGGLED,
    "a length beyond counting": POST + b"Content-Length: 18446744073709551616\r\n\r\n" + SMUGGLED,
    "identity coding": POST + b"Transfer-Encoding: identity\r\n\r\n" + SMUGGLED,
    "an unknown coding": POST + b"Transfer-Encoding: xchunked\r\n\r\n" + END + SMUGGLED,
    "chunked, but not last": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n" + END + SMUGGLED,
    "two codings": POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n" + END + SMUGGLED,
    "a coding behind a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + END + SMUGGLED,
    "a coding before a space": POST + b"Transfer-Encoding : chunked\r\n\r\n" + END + SMUGGLED,
    "an empty chunk extension": POST + CHUNKED + b"\r\n0;a=\n\r\n\r\n" + SMUGGLED,
    "a negative chunk": POST + CHUNKED + b"\r\n-1\r\n\r\n" + SMUGGLED,
    "a chunk size in C's writing": POST + CHUNKED + b"\r\n0x0\r\n\r\n" + SMUGGLED,
    "a chunk beyond counting": POST + CHUNKED + b"\r\nffffffffffffffff1\r\n" + SMUGGLED,
    "a chunk longer than it says": POST + CHUNKED + b"\r\n1\r\nab\r\n" + END + SMUGGLED,
    "chunks with bare line feeds": POST + CHUNKED + b"\r\n1\na\n0\n\n" + SMUGGLED,
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version of the future": b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
    "no version": b"GET /healthz\r\n\r\n",
    "a method in small letters": b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(50) + b"\r\n\r\n",
    "requests without end": SMUGGLED * 40,
    "a head without end": GET + b"X-Long: " + b"a" * 100_000,
    "a thousand small headers": GET + HOST + b"a:\r\n" * 20_000 + b"\r\n",
}
MISDIRECTED = {
    "another host": b"evil.example",
    "a user": b"a@127.0.0.1",
    "a host as user": b"127.0.0.1@evil.example",
    "a host as port": b"127.0.0.1:evil.example",
    "a port beyond ports": b"127.0.0.1:999999",
    "a path": b"127.0.0.1/a",
    "a dot at the end": b"127.0.0.1.",
    "a number": b"2130706433",
    "two in one": b"127.0.0.1, evil.example",
    "a space": b"127.0.0.1 evil.example",
    "a percent": b"127.0.0.1%2eevil.example",
    "nothing": b"",
}
ONE_ANSWER = {
    "the same host in the target": (b"GET http://127.0.0.1/healthz HTTP/1.1\r\n" + HOST + b"\r\n", b"200"),
    "two slashes": (b"GET //evil.example/healthz HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
    "line breaks in the path": (b"GET /a%0d%0aX-A:%20b HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
    "line breaks in a parameter": (b"GET /?lang=%0d%0aX-A:%20b HTTP/1.1\r\n" + HOST + b"\r\n", b"200"),
    "a request in a body": (GET + HOST + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED, b"200"),
    "an old version": (b"GET /healthz HTTP/1.0\r\n" + HOST + b"\r\n", b"200"),
    "chunks in an old version": (POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n" + END, b"303"),
    "an upgrade": (GET + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + SMUGGLED, b"200"),
    "an unknown expectation": (POST + b"Expect: 200-ok\r\nContent-Length: 0\r\n\r\n", b"303"),
}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that believes no proxy."""
    number = free_port()
    with running(tmp_path_factory.mktemp("raw"), "serve", "--port", str(number)) as process:
        wait_until(process, lambda: answers(number))
        yield number


def answered(port: int, sent: bytes) -> tuple[bytes, bool]:
    """All that the server says, and whether it hangs up then."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        try:
            line.sendall(sent)
            while part := line.recv(65536):
                got += part
                line.settimeout(0.5)
        except TimeoutError:
            return got, False
        except (BrokenPipeError, ConnectionResetError):
            pass
    return got, True


def statuses(answer: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_and_the_line_closed(port: int, sent: bytes) -> None:
    answer, closed = answered(port, sent)
    assert statuses(answer) in ([b"400"], [])  # a reset may overtake the answer to what was not read
    assert closed


@pytest.mark.parametrize("host", MISDIRECTED.values(), ids=MISDIRECTED)
@pytest.mark.parametrize("path", [b"/healthz", b"/01/09520001000027/10/X"], ids=["site", "lookup"])
def test_only_our_own_names_are_answered_under(port: int, host: bytes, path: bytes) -> None:
    answer, _ = answered(port, b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (path, host))
    assert statuses(answer) == [b"421"]
    assert b"evil.example" not in answer


@pytest.mark.parametrize(("sent", "status"), ONE_ANSWER.values(), ids=ONE_ANSWER)
def test_what_is_unusual_gets_one_answer(port: int, sent: bytes, status: bytes) -> None:
    answer, _ = answered(port, sent)
    assert statuses(answer) == [status]
    assert b"\r\nX-A:" not in answer
    assert b"//evil.example" not in answer.partition(b"\r\n\r\n")[0]


FORWARDED = (
    b"X-Forwarded-For: %s\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\n"
    b"Forwarded: for=%s;host=evil.example\r\nX-Real-IP: %s\r\n"
)


def guesses(port: int, addresses: list[bytes]) -> list[bytes]:
    """The answers to one sign-in from each address that the headers name."""
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n"
    found = []
    for address in addresses:
        names = FORWARDED % (address, address, address)
        answer, _ = answered(
            port, b"POST /sign-in HTTP/1.1\r\n" + HOST + names + b"Connection: close\r\n" + form
        )
        assert b"evil.example" not in answer
        found += statuses(answer)
    return found


@pytest.mark.parametrize("trusted", [True, False])
def test_only_a_trusted_proxy_names_the_address(tmp_path: Path, trusted: bool) -> None:
    number = free_port()
    with running(
        tmp_path, "serve", "--port", str(number), *(["--proxy", "127.0.0.1"] if trusted else [])
    ) as process:
        wait_until(process, lambda: answers(number))
        same = guesses(number, [b"203.0.113.1"] * 60)
        assert b"429" in same
        fresh = (b"203.0.114.%d" % place for place in range(1, 250))
        if trusted:
            for _ in range(5):  # as soon as the pace of the whole site lets somebody in again
                wait_until(process, lambda: guesses(number, [next(fresh)]) == [b"422"])
        else:
            assert guesses(number, [next(fresh) for _ in range(30)]).count(b"422") <= 2
