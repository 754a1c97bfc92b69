"""One POST to an address that somebody else named: checked, then connected to as checked, and soon over.

The name is resolved once, every address that it has must be public, and the connection goes to such an address
itself: a name that leads elsewhere a moment later leads nowhere. Nothing is followed and no body is read.
"""

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue

from tracelot.rules.addresses import is_public
from tracelot.rules.webhooks import Endpoint

SECONDS = 10.0
SECONDS_TO_RESOLVE = 5.0
MOST_HEAD = 16_384
MOST_ADDRESSES = 3
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")
_INTERIM = range(100, 200)
Address = tuple[socket.AddressFamily, tuple[str, int]]
Resolve = Callable[[str, int], Sequence[Address]]


class CallFailed(Exception):
    """No answer that counts; the word says why, and is shown to whoever named the address."""


def resolve_name(host: str, port: int) -> Sequence[Address]:
    """The addresses of a name; a resolver that is silent is not waited for."""
    answers: SimpleQueue[Sequence[Address]] = SimpleQueue()

    def ask() -> None:
        found: list[Address] = []
        with suppress(OSError, UnicodeError):
            for family, _, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
                found.append((family, (str(place[0]), port)))
        answers.put(found)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    try:
        return answers.get(timeout=SECONDS_TO_RESOLVE)
    except Empty:
        return []


def call(
    endpoint: Endpoint,
    headers: Mapping[str, str],
    body: bytes,
    *,
    anywhere: bool = False,
    resolve: Resolve = resolve_name,
    seconds: float = SECONDS,
) -> int:
    """Post the body; says the status of the answer. `anywhere` lets it go to addresses that are not public."""
    addresses = resolve(endpoint.host, endpoint.port)
    if not addresses:
        raise CallFailed("name-unknown")
    if not anywhere and not all(is_public(place[0]) for _, place in addresses):
        raise CallFailed("address-not-public")
    deadline = time.monotonic() + seconds
    try:
        with _connected(endpoint, addresses, deadline) as line:
            line.sendall(_request(endpoint, headers, body))
            return _status(line, deadline)
    except ssl.SSLError:
        raise CallFailed("tls-failed") from None
    except TimeoutError:
        raise CallFailed("too-slow") from None
    except OSError:
        raise CallFailed("too-slow" if time.monotonic() >= deadline else "no-connection") from None


@contextmanager
def _connected(endpoint: Endpoint, addresses: Sequence[Address], deadline: float) -> Iterator[socket.socket]:
    """A connection that is cut at the deadline, however slowly the other side talks."""
    line = _dialled(addresses, deadline)
    try:
        if endpoint.secure:
            context = ssl.create_default_context()
            line = context.wrap_socket(line, server_hostname=endpoint.host, do_handshake_on_connect=False)
        cut = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [line])
        cut.daemon = True
        cut.start()
        try:
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            yield line
        finally:
            cut.cancel()
    finally:
        line.close()


def _dialled(addresses: Sequence[Address], deadline: float) -> socket.socket:
    failure: OSError = TimeoutError()
    for family, place in addresses[:MOST_ADDRESSES]:
        line = socket.socket(family, socket.SOCK_STREAM)
        try:
            line.settimeout(max(0.001, deadline - time.monotonic()))
            line.connect(place)
        except OSError as error:
            line.close()
            failure = error
        else:
            return line
    raise failure


def _cut(line: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(line, socket.SHUT_RDWR)


def _request(endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> bytes:
    told = {
        "Host": endpoint.authority,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "User-Agent": "Trace",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"POST {endpoint.target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _status(line: socket.socket, deadline: float) -> int:
    """The status of the final answer. Its head is read up to a bound, and its body not at all."""
    head = b""
    while True:
        while b"\r\n\r\n" not in head:
            if time.monotonic() >= deadline:
                raise TimeoutError
            part = line.recv(4096)
            if not part:
                raise CallFailed("too-slow" if time.monotonic() >= deadline else "no-answer")
            head += part
            if len(head) > MOST_HEAD:
                raise CallFailed("answer-too-long")
        written = _STATUS.match(head)
        if written is None:
            raise CallFailed("not-http")
        if int(written[1]) not in _INTERIM:
            return int(written[1])
        head = head.partition(b"\r\n\r\n")[2]
