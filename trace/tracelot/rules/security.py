"""What people are told of their account's safety, and how exactly: kinds of event, and coarse addresses."""

from ipaddress import ip_address, ip_network
from typing import Literal

NETWORKS = {4: 24, 6: 48}  # so much of an address tells a city from another, and no household

EventKind = Literal[
    "signed-in",
    "sign-in-failed",
    "code-failed",
    "signature-failed",
    "recovery-used",
    "password-changed",
    "factor-enabled",
    "factor-disabled",
    "factor-reset",
    "recovery-renewed",
    "session-ended",
    "sessions-ended",
    "key-issued",
    "key-rotated",
    "key-revoked",
    "invited",
    "link-made",
    "disabled",
    "party-secured",
]


def coarse(address: str) -> str:
    """The network of an address, or nothing where it is none."""
    try:
        plain = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(plain, "ipv4_mapped", None) or plain
    return str(ip_network(f"{mapped}/{NETWORKS[mapped.version]}", strict=False))
