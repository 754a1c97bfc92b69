"""Where a webhook may lead, and how what goes there is signed."""

import hashlib
import hmac
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.addresses import is_public
from tracelot.rules.refusals import Unfit
from tracelot.rules.webhooks import read_endpoint, signature

REFUSED = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "name",
    "1",
    "8.8.8",
    "8.8.8.8/32",
]


@pytest.mark.parametrize("address", REFUSED)
def test_no_address_inside_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "223.5.5.5", "2606:4700:4700::1111", "2400:3200::1"]
)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_whatever_python_calls_private_is_not_public(address: object) -> None:
    assert not (ip_address(str(address)).is_private and is_public(str(address)))


@pytest.mark.parametrize(
    "url",
    ["http://a.example/", "ftp://a.example", "https://", "https://u:p@a.example/", "https://u@a.example/",
     "//a.example",
     "https://a.example/#x", "https://a.example/ b", "https://a.example/\r\nX: y", "https://a.example:22/",
     "https://a.example:99999/", "https://a.example:x/", "https://\u00e9.example/", "https://a.example\\@b.example/",
     "https://[::1/", "javascript:alert(1)", "", "https://a.example/" + "a" * 500],
)  # fmt: skip
def test_an_endpoint_is_a_plain_https_address(url: str) -> None:
    with pytest.raises(Unfit):
        read_endpoint(url)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [("https://a.example", "a.example", "/"), ("https://a.example:8443/b?c=d", "a.example:8443", "/b?c=d"),
     ("https://[2606:4700::1]/x", "[2606:4700::1]", "/x")],
)  # fmt: skip
def test_an_endpoint_is_read(url: str, authority: str, target: str) -> None:
    read = read_endpoint(url)
    assert (read.secure, read.authority, read.target) == (True, authority, target)


def test_the_signature_is_the_one_that_the_documentation_describes() -> None:
    body = '{"event": "saved-search", "search": "花生"}'.encode()
    expected = hmac.new(b"whsec_x", b"1764150000." + body, hashlib.sha256).hexdigest()
    assert signature("whsec_x", 1764150000, body) == f"v1={expected}"
