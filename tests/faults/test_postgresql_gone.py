"""PostgreSQL goes away under load and comes back, or the wire to it is cut in the moment of a COMMIT."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import get_args

import pytest

from conftest import Rounds
from databases import Server
from faults.conftest import Count, Serve
from faults.cutting import Cut, Wire
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import Serving, pause, wait_until
from faults.writers import acts_of, writing
from world import World

SECONDS_TO_RECOVER = 5.0
READS = ("/api/v1/recalls", "/recalls", "/01/{gtin}/10/{code}", "/api/v1/lookup?code={code}", "/readyz")


def wrong_reads(server: Serving, world: World) -> list[tuple[str, int]]:
    """Reads of a store that is gone, and what they got instead of a 503 that says when to come back."""
    asked = [
        (path.format(gtin=world.gtin, code=world.code), accept)
        for path in READS for accept in ("application/json", "text/html")
    ]  # fmt: skip
    answers = [(path, server.ask("GET", path, accept=accept)) for path, accept in asked]
    return [
        (path, answer.status) for path, answer in answers
        if answer.status != 503 or not answer.headers.get("retry-after")
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["crash", "stop"])
def test_a_database_that_dies_under_load_loses_nothing_and_is_found_again(
    store: str, world: World, serve: Serve, postgres: Server, rounds: Rounds, random: Random, how: str,
    record_property: Count,
) -> None:  # fmt: skip
    server = serve(store).start()
    whole, slowest = Ledger(), 0.0
    for _ in range(rounds(3, 20)):
        with writing(server.port, whole, world, random):
            before = len(whole.acked)
            wait_until(lambda: len(whole.acked) >= before + 8, server)  # noqa: B023
            pause(random.uniform(0.1, 1.0))
            getattr(postgres.server, how)()
            try:
                assert wrong_reads(server, world) == []
            finally:
                postgres.server.start()
            before = len(whole.acked)
            slowest = max(slowest, wait_until(lambda: len(whole.acked) > before, server))  # noqa: B023
        assert [(act.kind, answer) for act, answer in whole.wrong] == []
    in_the_air = len(whole.open)
    line = server.line()
    whole.settle(line)
    whole.replay(line)
    found = Kept(store)
    assert (faults(found), losses(found, whole)) == ([], [])
    for name, value in {"acknowledged": len(whole.acked), "answered 503": len(whole.busy),
                        "in the air": in_the_air, "slowest recovery": f"{slowest:.2f} s"}.items():  # fmt: skip
        record_property(name, value)
    assert whole.busy
    assert slowest <= SECONDS_TO_RECOVER


@pytest.fixture
def wire(store: str, tmp_path: Path) -> Iterator[Wire]:
    opened = Wire(tmp_path, store)
    yield opened
    opened.close()


def test_a_commit_whose_answer_was_lost_is_told_as_unknown_and_told_truly_to_the_retry(
    store: str, world: World, serve: Serve, wire: Wire, rounds: Rounds, random: Random, record_property: Count
) -> None:
    alone = {"TRACE_WORKER": "false", "TRACE_INDEX_POSTINGS": "0"}  # no COMMIT but that of the act
    server = serve(wire.url, **alone).start()
    ledger, line = Ledger(), server.line()
    acts = acts_of(world, random, "CUT")
    act = next(acts)
    replayed = 0
    for number in range(rounds(6, 100)):
        cut: Cut = get_args(Cut)[number % 3]
        wire.cut = cut
        lost = ledger.send(act, line)
        assert lost.status == 503, lost
        assert json.loads(lost.body)["type"].endswith("/problems/outcome-unknown"), lost
        told = ledger.send(act, line)
        assert told.good, told
        again = told.headers.get("idempotency-replayed") == "true"
        assert again or cut != "after"
        assert not (again and cut == "before")
        replayed += again
        act = acts.send(told)
    ledger.replay(line)
    found = Kept(store)
    assert (faults(found), losses(found, ledger)) == ([], [])
    record_property("commits cut", wire.cuts)
    record_property("of them carried out", replayed)
    assert 0 < replayed < wire.cuts
