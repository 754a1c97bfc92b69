"""A webhook: where it may lead, how a delivery is signed, and when it is given up."""

import hmac
import re
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from tracelot.rules.refusals import unfit

DeliveryState = Literal["waiting", "delivered", "failed", "given_up"]
DELIVERY_STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)

LONGEST_URL = 500
MOST_FAILURES = 24  # in a row: three deliveries that were tried to the end
OK = range(200, 300)
_PLAIN = re.compile(r"[!-~]+")
_OPEN_PORTS = (80, 443)
_FIRST_FREE_PORT = 1024


@dataclass(frozen=True)
class Endpoint:
    """Where a delivery goes: `host` is what the certificate names, `target` what the request line says."""

    secure: bool
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The Host header."""
        named = f"[{self.host}]" if ":" in self.host else self.host
        return named if self.port == (443 if self.secure else 80) else f"{named}:{self.port}"


def read_endpoint(url: str, *, plain: bool = False) -> Endpoint:
    """An https address (http too where `plain` is allowed) without a name, a password or a fragment in it."""
    if not _PLAIN.fullmatch(url) or len(url) > LONGEST_URL:
        raise unfit("bad-endpoint", "An address has at most 500 visible ASCII characters.", "url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise unfit(
            "bad-endpoint", "This is no address such as https://erp.example.org/trace.", "url"
        ) from None
    if parts.scheme != "https" and not (plain and parts.scheme == "http"):
        raise unfit("endpoint-not-https", "The address must begin with https://.", "url")
    if not host or "@" in parts.netloc or "#" in url or "\\" in url:
        raise unfit("bad-endpoint", "This is no address such as https://erp.example.org/trace.", "url")
    secure = parts.scheme == "https"
    port = port if port is not None else 443 if secure else 80
    if port not in _OPEN_PORTS and port < _FIRST_FREE_PORT:
        raise unfit("bad-port", "The port must be 443, 80, or 1024 and above.", "url")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(secure, host, port, target)


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `timestamp.body` in hexadecimal, with the version of this way of signing before it."""
    return "v1=" + hmac.digest(secret.encode(), b"%d." % timestamp + body, "sha256").hex()
