"""The power goes: what was not synced is gone, and yet nothing that was acknowledged."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import make_url

from conftest import Rounds
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import environment, pause, wait_until
from faults.writers import writing
from world import World

HERE = Path(__file__).parent
TOOLS = os.environ.get("TRACE_TOOLS")
pytestmark = [
    pytest.mark.skipif(not TOOLS, reason="TRACE_TOOLS names no folder with lossyfs.py"),
    pytest.mark.skipif(
        not (shutil.which("fusermount3") and find_spec("mfusepy") and os.access("/dev/fuse", os.W_OK)),
        reason="The system has no FUSE",
    ),
]


class Disk:
    """`mounted` is what programs see, `durable` what is left when the power goes."""

    def __init__(self, folder: Path) -> None:
        self.mounted, self.durable, self._live = (folder / name for name in ("mounted", "durable", "live"))
        for one in (self.mounted, self.durable, self._live):
            one.mkdir(parents=True)

    @contextmanager
    def powered(self) -> Iterator[None]:
        shutil.rmtree(self._live)
        command = [sys.executable, HERE / "forgetful.py", TOOLS, self._live, self.durable, self.mounted]
        process = subprocess.Popen(command, env=environment())
        try:
            wait_until(lambda: self.mounted.is_mount() or process.poll() is not None)
            yield
        finally:
            subprocess.run(["fusermount3", "-u", "-z", self.mounted], check=True)  # noqa: S607
            process.wait(60)

    @contextmanager
    def failing(self) -> Iterator[None]:
        sign = self.durable / ".fail"
        sign.touch()
        try:
            yield
        finally:
            sign.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "disk")


@pytest.fixture
def lost(
    disk: Disk, store: str, world: World, serve: Serve, random: Random
) -> Callable[..., tuple[Ledger, Kept]]:
    """One round: writers, the power goes, and what the disk holds then."""

    def once(*program: str) -> tuple[Ledger, Kept]:
        shutil.copyfile(make_url(store).database or "", disk.durable / "trace.db")
        ledger = Ledger()
        with disk.powered():
            server = serve(f"sqlite:///{disk.mounted}/trace.db", *program, TRACE_WORKER="false").start()
            with writing(server.port, ledger, world, random):
                wait_until(lambda: len(ledger.acked) >= 8, server)
                pause(random.uniform(0.1, 1.0))
                server.kill()
        assert ledger.wrong == []
        found = Kept(f"sqlite:///{disk.durable}/trace.db")
        for left in disk.durable.glob("trace.db*"):
            left.unlink()
        return ledger, found

    return once


def test_power_loss_takes_nothing_that_was_acknowledged(
    lost: Callable[..., tuple[Ledger, Kept]], rounds: Rounds, record_property: Count
) -> None:
    acked = 0
    for _ in range(rounds(3, 20)):
        ledger, found = lost()
        assert (faults(found), losses(found, ledger)) == ([], [])
        acked += len(ledger.acked)
    record_property("acknowledged", acked)


def test_a_store_that_syncs_less_does_lose(
    lost: Callable[..., tuple[Ledger, Kept]], rounds: Rounds, record_property: Count
) -> None:
    """A round loses nothing where the power goes right after a checkpoint; then there is another one."""
    acked = gone = losing = 0
    for number in range(rounds(9, 20)):
        if gone and number >= rounds(1, 20):
            break
        ledger, found = lost(str(HERE / "weakened.py"))
        acked, gone = acked + len(ledger.acked), gone + len(losses(found, ledger))
        losing += bool(losses(found, ledger))
    record_property("acknowledged", acked)
    record_property("lost", gone)
    record_property("rounds that lost", losing)
    assert gone


def test_a_store_in_a_folder_made_just_now_survives_power_loss_too(disk: Disk, serve: Serve) -> None:
    with disk.powered():
        server = serve(f"sqlite:///{disk.mounted}/new/deep/trace.db", TRACE_WORKER="false").start()
        server.kill()

    found = Kept(f"sqlite:///{disk.durable}/new/deep/trace.db")
    assert len(found.rows["bucket"]) == 16
    assert found.broken == []


def test_a_disk_that_fails_to_sync_is_never_told_as_success(
    disk: Disk, store: str, world: World, serve: Serve, random: Random
) -> None:
    shutil.copyfile(make_url(store).database or "", disk.durable / "trace.db")
    ledger, failing = Ledger(), Ledger()
    with disk.powered():
        server = serve(f"sqlite:///{disk.mounted}/trace.db", TRACE_WORKER="false").start()
        with writing(server.port, ledger, world, random):
            wait_until(lambda: len(ledger.acked) >= 8, server)
        with disk.failing(), writing(server.port, failing, world, random):
            wait_until(lambda: len(failing.busy) >= 8, server)
            assert server.ask("GET", "/api/v1/recalls").status == 200
        line = server.line()
        failing.settle(line)
        failing.replay(line)
        server.kill()
    found = Kept(f"sqlite:///{disk.durable}/trace.db")
    assert (ledger.wrong, failing.wrong) == ([], [])
    assert (faults(found), losses(found, ledger), losses(found, failing)) == ([], [], [])
