"""How long a list of 10,000 codes takes, against as many single lookups of the same codes."""

import json
import random
import time
import urllib.request
from collections.abc import Iterator
from statistics import median
from urllib.parse import urlencode

from tracelot.bench.chains import code
from tracelot.bench.data import gtin
from tracelot.bench.figures import Figure, at_most
from tracelot.bench.servers import Server

CODES = 10_000
SINGLE = 60  # with what was asked about publications no more than a stranger may ask for in a minute
ROUNDS = 5
GOAL_SECONDS, GOAL_RATIO = 1.0, 5.0


def list_figures(name: str, server: Server, batches: int) -> Iterator[Figure]:
    """Each round takes codes of its own; the first, which warms up, does not count."""
    chance = random.Random(20261126)  # noqa: S311
    seconds, lists, codes = [], [], list[str]()
    for _ in range(ROUNDS + 1):
        numbers = [chance.randrange(batches) for _ in range(CODES)]
        codes = [f"(01){gtin(0)}(10){code(number)}" for number in numbers]
        began, before = time.monotonic(), server.cpu_seconds()
        _demand_found(_post(server, codes))
        seconds.append(time.monotonic() - began)
        lists.append(server.cpu_seconds() - before)
    before = server.cpu_seconds()
    for one in codes[:SINGLE]:
        _get(server, one)
    singles = (server.cpu_seconds() - before) * CODES / SINGLE
    yield at_most(f"{name}: list of 10,000 codes checked", median(seconds[1:]), "s", GOAL_SECONDS)
    cost = median(lists[1:])
    told, unit = f"{name}: list of 10,000 codes, against as many single lookups", "CPU seconds"
    ratio = singles / cost
    yield Figure(told, cost, unit, singles, ratio, f"ratio >= {GOAL_RATIO}", ratio >= GOAL_RATIO)


def _post(server: Server, codes: list[str]) -> bytes:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}/api/v1/lookup",
        json.dumps(codes).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return bytes(answer.read())


def _demand_found(body: bytes) -> None:
    answers = json.loads(body)["answers"]
    if any(one["answer"]["verdict"] != "no_recall" for one in answers):
        raise RuntimeError("A batch of the store was not found.")


def _get(server: Server, one: str) -> None:
    query = urlencode({"code": one})
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/api/v1/lookup?{query}") as answer:
        answer.read()
