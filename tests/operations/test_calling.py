"""A POST to an address that somebody else named goes only where it may, and is over soon."""

import socket
import time
from collections.abc import Sequence

import pytest

from endpoints import answers, dripping, endless_body, endless_head, endpoint, silent
from tracelot.operations.calling import Address, CallFailed, call, resolve_name
from tracelot.rules.webhooks import Endpoint, read_endpoint

V4, V6 = socket.AF_INET, socket.AF_INET6


def to(url: str) -> Endpoint:
    return read_endpoint(url, plain=True)


def at(*addresses: str) -> object:
    """A resolver that knows one name, and counts how often it is asked."""

    def resolve(_: str, port: int) -> Sequence[Address]:
        resolve.asked += 1  # type: ignore[attr-defined]
        return [(V6 if ":" in one else V4, (one, port)) for one in addresses]

    resolve.asked = 0  # type: ignore[attr-defined]
    return resolve


def test_the_status_of_the_answer_is_told_and_the_request_arrives_whole() -> None:
    with endpoint(answers("202 Accepted")) as there:
        assert call(to(there.url), {"X-One": "1"}, b'{"a": 1}', anywhere=True) == 202

    [request] = there.got
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?from=trace HTTP/1.1"
    assert f"Host: 127.0.0.1:{there.port}" in lines
    assert {"X-One: 1", "Content-Type: application/json", "Content-Length: 8"} <= set(lines)
    assert body == b'{"a": 1}'


def test_an_interim_answer_is_not_the_answer() -> None:
    with endpoint(
        lambda line, _: line.sendall(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 No\r\n\r\n")
    ) as there:
        assert call(to(there.url), {}, b"{}", anywhere=True) == 500


@pytest.mark.parametrize(
    ("behave", "why", "most"),
    [(silent, "too-slow", 3.0), (dripping, "too-slow", 3.0), (endless_head, "answer-too-long", 3.0)],
)
def test_an_endpoint_that_does_not_come_to_an_end_is_left(behave: object, why: str, most: float) -> None:
    with endpoint(behave) as there:  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(CallFailed, match=why):
            call(to(there.url), {}, b"{}", anywhere=True, seconds=1.0)
        assert time.monotonic() - began < most


def test_an_endless_body_is_not_read() -> None:
    with endpoint(endless_body) as there:
        began = time.monotonic()
        assert call(to(there.url), {}, b"{}", anywhere=True, seconds=5.0) == 200
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("said", [b"", b"220 smtp.example.org ESMTP\r\n\r\n", b"HTTP/1.1 banana\r\n\r\n"])
def test_what_is_not_http_is_no_answer(said: bytes) -> None:
    with endpoint(lambda line, _: line.sendall(said)) as there:
        with pytest.raises(CallFailed, match=r"no-answer|not-http"):
            call(to(there.url), {}, b"{}", anywhere=True)


def test_nobody_listening_is_no_connection() -> None:
    with endpoint(answers("200 OK")) as there:
        pass
    with pytest.raises(CallFailed, match="no-connection"):
        call(to(there.url), {}, b"{}", anywhere=True)


def test_a_redirect_is_told_and_not_followed() -> None:
    with endpoint(answers("200 OK")) as inside:
        move = answers("307 Temporary Redirect", f"Location: {inside.url}\r\n")
        with endpoint(move) as there:
            assert call(to(there.url), {}, b"{}", anywhere=True) == 307
    assert inside.met == 0


def test_tls_is_spoken_with_who_asks_for_it() -> None:
    with endpoint(answers("200 OK")) as there:
        with pytest.raises(CallFailed, match=r"tls-failed|no-connection|too-slow"):
            call(read_endpoint(f"https://127.0.0.1:{there.port}/"), {}, b"{}", anywhere=True, seconds=2.0)
    assert not any(request.startswith(b"POST") for request in there.got)


INSIDE = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::"]  # noqa: S104


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    with endpoint(answers("200 OK")) as there:
        with pytest.raises(CallFailed, match="address-not-public"):
            call(to(f"http://evil.example:{there.port}/"), {}, b"{}", resolve=at(address))  # type: ignore[arg-type]
    assert there.met == 0


@pytest.mark.parametrize(
    "url", ["http://localhost", "http://127.1", "http://2130706433", "http://0x7f000001", "http://[::1]"]
)
def test_other_ways_to_write_this_machine_lead_nowhere(url: str) -> None:
    """By the system's own resolver, which reads them all."""
    with endpoint(answers("200 OK")) as there:
        with pytest.raises(CallFailed, match=r"address-not-public|name-unknown"):
            call(to(f"{url}:{there.port}/"), {}, b"{}")
    assert there.met == 0


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with endpoint(answers("200 OK")) as there:
        with pytest.raises(CallFailed, match="address-not-public"):
            call(to(f"http://evil.example:{there.port}/"), {}, b"{}", resolve=at("8.8.8.8", "127.0.0.1"))  # type: ignore[arg-type]
    assert there.met == 0


def test_a_name_that_changes_its_mind_is_asked_once_and_connected_to_as_it_was_checked() -> None:
    """DNS rebinding: the second answer would lead to another server of this machine."""
    with endpoint(answers("200 OK")) as checked, endpoint(answers("200 OK"), host="127.0.0.2") as other:
        asked: list[str] = []

        def resolve(host: str, port: int) -> Sequence[Address]:
            asked.append(host)
            return [(V4, ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))]

        there = to(f"http://rebound.example:{checked.port}/")
        assert call(there, {}, b"{}", anywhere=True, resolve=resolve) == 200
        assert asked == ["rebound.example"]
        assert (checked.met, other.met) == (1, 0)
        assert f"Host: rebound.example:{checked.port}".encode() in checked.got[0]


def test_a_name_that_nobody_knows_is_told() -> None:
    with pytest.raises(CallFailed, match="name-unknown"):
        call(to("http://no-such-name.invalid/"), {}, b"{}")
    assert resolve_name("no-such-name.invalid", 443) == []
