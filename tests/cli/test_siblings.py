"""Several processes that serve one store are one site: what one of them did, the other knows at once."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from prometheus_client.parser import text_string_to_metric_families

from builders import new_batch, new_recall
from databases import Databases
from processes import Line, Process, answer_of, answers, children, running, stop, wait_until
from tracelot.bench.servers import free_port
from world import World

TOKEN = "a-token-for-the-collector"  # noqa: S105


class Site:
    """A site of two processes, and a connection to each of them."""

    def __init__(self, port: int, process: Process, world: World) -> None:
        self.port, self.process, self.world = port, process, world

    def pids(self) -> list[int]:
        return children(self.process.pid)

    @contextmanager
    def lines(self, **headers: str) -> Iterator[list[Line]]:
        """One open connection to each process, in the order of their ids."""
        with ExitStack() as opened:
            found: dict[int, Line] = {}
            while len(found) < 2:
                line = opened.enter_context(Line(self.port, **headers))
                assert line.get("/healthz").status == 200
                found.setdefault(self._owner(line.own_port), line)
            yield [found[pid] for pid in sorted(found)]

    def _owner(self, client_port: int) -> int:
        """Which of the processes holds the other end of a connection (Linux)."""
        rows = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        ends = f"0100007F:{self.port:04X} 0100007F:{client_port:04X}"
        # 01: established; a table that changes while it is read may show a row twice
        [inode] = {row.split()[9] for row in rows if f"{ends} 01 " in row}
        for pid in self.pids():
            for file in Path(f"/proc/{pid}/fd").iterdir():
                if file.is_symlink() and os.readlink(file) == f"socket:[{inode}]":  # noqa: PTH115
                    return pid
        raise AssertionError("One of the processes holds the connection.")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, databases: Databases, cast: World) -> Iterator[Site]:
    port, store = free_port(), databases.make("world")
    settings = {"TRACE_DATABASE_URL": store, "TRACE_METRICS_TOKEN": TOKEN}
    folder = tmp_path_factory.mktemp("siblings")
    with running(folder, "serve", "--port", str(port), "--workers", "2", **settings) as process:
        wait_until(process, lambda: answers(port) and len(children(process.pid)) == 2)
        yield Site(port, process, cast)
        stop(process)
    databases.drop(store)


def figure(site: Site, name: str) -> float:
    text = answer_of(site.port, "/metrics", Authorization=f"Bearer {TOKEN}").body.decode()
    families = text_string_to_metric_families(text)
    return sum(one.value for family in families for one in family.samples if one.name == name)


def test_a_recall_shows_on_the_other_process_s_next_lookup(site: Site) -> None:
    where = f"/01/{site.world.gtin}/10/{site.world.code}"
    key = {"Authorization": f"Bearer {site.world.keys['zhenyang']}"}
    new = new_recall(site.world.product_id, site.world.code).model_dump(mode="json", exclude_none=True)
    with site.lines() as (first, second):
        for line in (first, second, first, second):
            assert line.get(where).json()["verdict"] == "no_recall"
        drafted = first.post("/api/v1/recalls", new, **key)
        assert drafted.status == 201
        assert first.post(f"/api/v1/recalls/{drafted.json()['id']}/publish", **key).status == 200

        assert second.get(where).json()["verdict"] == "recalled"
        assert first.get(where).json()["verdict"] == "recalled"


def test_a_session_that_ended_is_over_everywhere_at_once(site: Site) -> None:
    cookie = {"Cookie": f"trace={site.world.cookies['quality']}"}
    with site.lines(**cookie) as (first, second):
        assert [line.get("/app").status for line in (first, second)] == [200, 200]
        assert first.post("/sign-out", urlencode({"x": "x"})).status == 303

        assert second.get("/app").status == 401


def test_the_figures_of_all_processes_are_one_sum(site: Site) -> None:
    where = f"/01/{site.world.gtin}/10/{site.world.code}"
    before = figure(site, "trace_lookups_total")
    with site.lines() as lines:
        for line in lines * 5:
            line.get(where)
    wait_until(site.process, lambda: figure(site, "trace_lookups_total") >= before + 10)
    wait_until(site.process, lambda: figure(site, "trace_processes") == 2)


def test_a_killed_process_is_replaced_and_loses_nothing(site: Site) -> None:
    ledger = Ledger(site)
    with ledger.writing(4):
        wait_until(site.process, lambda: len(ledger.acknowledged) >= 20)
        victim, other = site.pids()
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        wait_until(site.process, lambda: victim not in site.pids() and len(site.pids()) == 2)
        with site.lines():  # both take connections again
            assert time.monotonic() - killed < 60
        reached = len(ledger.acknowledged)
        wait_until(site.process, lambda: len(ledger.acknowledged) >= reached + 20)

    assert other in site.pids()
    assert set(ledger.statuses) == {201}
    assert ledger.lost() == []
    wait_until(site.process, lambda: figure(site, "trace_processes") == 2)


class Ledger:
    """What the writers were told is recorded, kept outside the server."""

    def __init__(self, site: Site) -> None:
        self.acknowledged: list[str] = []
        self.statuses: list[int] = []
        self.broken = 0
        self._over = threading.Event()
        self._site = site
        self._key = {"Authorization": f"Bearer {site.world.keys['zhenyang']}"}

    @contextmanager
    def writing(self, many: int) -> Iterator[None]:
        """So many writers at work; they end with the block, however that ends."""
        writers = [threading.Thread(target=self._write, args=(number,)) for number in range(many)]
        for writer in writers:
            writer.start()
        try:
            yield
        finally:
            self._over.set()
            for writer in writers:
                writer.join(timeout=60)

    def _write(self, writer: int) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            code = f"W{writer}-{number}"
            new = new_batch(self._site.world.product_id, code=code).model_dump(mode="json", exclude_none=True)
            while not self._told(code, new):
                self.broken += 1
                if self._over.wait(0.05):  # the other process takes its time to take the place
                    return

    def _told(self, code: str, new: dict[str, object]) -> bool:
        """Send it once more under the same key until there is an answer."""
        try:
            with Line(self._site.port, **self._key) as line:
                answer = line.post("/api/v1/batches", new, **{"Idempotency-Key": code})
        except OSError:
            return False
        self.statuses.append(answer.status)
        self.acknowledged.append(answer.json()["id"])
        return True

    def lost(self) -> list[str]:
        with Line(self._site.port, **self._key) as line:
            return [id_ for id_ in self.acknowledged if line.get(f"/api/v1/batches/{id_}").status != 200]
