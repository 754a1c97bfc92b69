"""The clock is wrong: it jumps back or ahead, or stands still, while the server runs."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from builders import new_recall
from faults.conftest import Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import Serving
from faults.writers import acts_of
from tracelot.rules import ids
from world import World

LIBRARY = next((str(found) for found in Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
faked = pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed")
SetClock = Callable[[str], None]


@pytest.fixture
def clock(tmp_path: Path) -> SetClock:
    """`clock("-3600")`: seconds before or after the true time, from now on."""

    def set_to(offset: str) -> None:
        fresh = tmp_path / "clock.new"
        fresh.write_text(offset)
        os.replace(fresh, tmp_path / "clock")  # noqa: PTH105

    set_to("+0")
    return set_to


@pytest.fixture
def server(store: str, serve: Serve, clock: SetClock, tmp_path: Path) -> Serving:
    return serve(
        store, LD_PRELOAD=LIBRARY or "", FAKETIME_TIMESTAMP_FILE=str(tmp_path / "clock"), FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1", TRACE_WORKER="false",
    ).start()  # fmt: skip


@faked
def test_sessions_keys_and_the_order_of_records_outlive_a_clock_that_jumps(
    store: str, world: World, server: Serving, clock: SetClock
) -> None:
    ledger, line = Ledger(), server.line()
    acts = acts_of(world, Random(4), "CLOCK")
    act, shown = next(acts), []
    for offset in ("+0", "-86400", "+7200", "-3600", "-4000000", "+0"):
        clock(offset)
        for _ in range(4):
            answer = ledger.send(act, line)
            line.close()  # a server may hang up on a connection that seems idle for a day
            assert answer.good, (offset, act, answer)
            act = acts.send(answer)
        shown.append(json.loads(server.ask("GET", f"/01/{world.gtin}/10/{world.code}").body)["as_of"])
        page = server.ask("GET", "/app", accept="text/html", cookie=f"trace={world.cookies['quality']}")
        assert page.status == 200, (offset, page)
    found = Kept(store)

    assert (faults(found), losses(found, ledger)) == ([], [])
    assert shown != sorted(shown)  # the clock did jump, back and forth
    entries = sorted(found.rows["journalentry"], key=lambda row: (row["bucket"], row["seq"]))
    times = [str(entry["recorded_at"]) for entry in entries if entry["act"] == "batch.registered"]
    assert times != sorted(times)


@faked
def test_a_history_is_told_in_the_order_of_its_commits(
    world: World, server: Serving, clock: SetClock
) -> None:
    line, key = server.line(), f"Bearer {world.keys['zhenyang']}"
    path = f"/api/v1/batches/{world.batch_id}"
    for number, offset in enumerate(("+0", "-7200", "-3600", "-10800")):
        clock(offset)
        act = ("hold", "release")[number % 2]
        answer = line.ask(
            "POST",
            f"{path}/{act}",
            b'{"reason":"r%d"}' % number,
            authorization=key,
            content_type="application/json",
        )
        line.close()
        assert answer.good, answer
    told = json.loads(line.ask("GET", f"{path}/history", authorization=key).body)
    line.close()

    acts = [entry["act"] for entry in (told["items"] if isinstance(told, dict) else told)]
    assert acts[-4:] == ["batch.held", "batch.released", "batch.held", "batch.released"]


@faked
def test_what_is_claimed_of_the_future_is_refused(world: World, server: Serving, clock: SetClock) -> None:
    key = f"Bearer {world.keys['zhenyang']}"
    said = new_recall(world.product_id, world.code).model_dump(mode="json", exclude_none=True)
    clock("-31536000")  # a year back: the time of knowledge lies ahead now
    answer = server.ask(
        "POST",
        "/api/v1/recalls",
        json.dumps(said).encode(),
        authorization=key,
        content_type="application/json",
    )

    assert answer.status == 422
    assert json.loads(answer.body)["type"].endswith("/in-the-future")


@pytest.mark.parametrize("step", [0, -1_000_000])
def test_ids_made_by_a_clock_that_stands_still_or_goes_back_are_unique(
    monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    now = [1_790_000_000_000_000_000]

    def told() -> int:
        now[0] += step
        return now[0]

    monkeypatch.setattr(ids.time, "time_ns", told)
    with ThreadPoolExecutor(8) as crowd:
        made = list(crowd.map(lambda _: ids.new_id(), range(20_000)))

    assert len(set(made)) == 20_000
    assert {one.version for one in made} == {7}
