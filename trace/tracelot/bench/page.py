"""The weight of the page behind a scanned package: bytes and requests, as a phone fetches them."""

import re
import tempfile
import urllib.request
from collections.abc import Iterator

from tracelot.bench.data import fill
from tracelot.bench.figures import Figure, at_most
from tracelot.bench.lookup import path
from tracelot.bench.servers import free_port, serving, trace_serve

MOST_BYTES = 15 * 1024
MOST_REQUESTS = 4
_FETCHED = re.compile(
    r"""<(?:link[^>]+rel="(?:stylesheet|icon)"[^>]*href|img[^>]+src|script[^>]+src)="([^"]+)\""""
)


def run(_: str) -> Iterator[Figure]:
    """The page and all that it makes a browser fetch, uncompressed."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        fill(url, 1000).dispose()
        port = free_port()
        environment = {"TRACE_DATABASE_URL": url, "TRACE_PUBLIC_URL": f"http://127.0.0.1:{port}"}
        with serving(trace_serve(port), port, environment):
            base = f"http://127.0.0.1:{port}"
            page = _fetch(base + path(7))
            parts = [_fetch(base + part) for part in sorted(set(_FETCHED.findall(page.decode())))]
    yield at_most("public page weight", len(page) + sum(map(len, parts)), "bytes", MOST_BYTES)
    yield at_most("public page requests", 1 + len(parts), "requests", MOST_REQUESTS)


def _fetch(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"Accept": "text/html"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body
