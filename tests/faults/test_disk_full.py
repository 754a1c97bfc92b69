"""The disk is full: refused in words, nothing lost, everything read, and writing goes on when there is room again."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import make_url

from conftest import Rounds
from databases import KIND, Databases, Server
from faults.conftest import Count, Serve
from faults.kept import Kept, faults, losses
from faults.ledger import Ledger
from faults.serving import Serving, wait_until
from faults.writers import writing
from tracelot.bench.postgresql import SERVER_USER
from world import World

MEBIBYTES = 96
LEFT = 300 * 1024  # what the ballast leaves free
SECONDS_TO_RESUME = 5.0
MAKE = shutil.which("mkfs.ext4", path=f"{os.defpath}:/usr/sbin:/sbin")
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="Only root mounts a file system"),
    pytest.mark.skipif(MAKE is None, reason="mkfs.ext4 is not installed"),
]


class SmallDisk:
    """A file system of its own, with ballast to fill it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._image = folder / "small", folder / "small.img"
        self.folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(MEBIBYTES << 20)
        subprocess.run([str(MAKE), "-q", "-m", "0", self._image], check=True)
        mounted = subprocess.run(["mount", "-o", "loop", self._image, self.folder], check=False)  # noqa: S607
        if mounted.returncode:
            pytest.skip("The system mounts no images")

    def fill(self) -> None:
        free = shutil.disk_usage(self.folder).free
        with (self.folder / "ballast").open("wb") as ballast:
            os.posix_fallocate(ballast.fileno(), 0, max(free - LEFT, 1))

    def empty(self) -> None:
        (self.folder / "ballast").unlink()

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)  # noqa: S607


@pytest.fixture
def disk(tmp_path: Path, databases: Databases) -> Iterator[SmallDisk]:
    disk = SmallDisk(databases.server.folder if isinstance(databases, Server) else tmp_path)
    yield disk
    disk.unmount()


@pytest.fixture
def cramped(disk: SmallDisk, store: str, databases: Databases) -> Iterator[str]:
    """A copy of the store on the small disk: the file itself, or a tablespace, so that the log has room."""
    if not isinstance(databases, Server):
        shutil.copyfile(make_url(store).database or "", disk.folder / "trace.db")
        yield f"sqlite:///{disk.folder}/trace.db"
        return
    space = disk.folder / "space"
    space.mkdir()
    shutil.chown(space, SERVER_USER)
    databases.say(f"CREATE TABLESPACE cramped LOCATION '{space}'")
    databases.say(f"ALTER DATABASE {make_url(store).database} SET TABLESPACE cramped")
    yield store
    databases.say(f"ALTER DATABASE {make_url(store).database} SET TABLESPACE pg_default")
    databases.say("DROP TABLESPACE cramped")


def kinds(ledger: Ledger) -> set[str]:
    return {json.loads(answer.body)["type"].rpartition("/")[2] for answer in ledger.busy}


def unread(server: Serving, world: World) -> list[tuple[str, int]]:
    """Reads that do not answer although nothing must be written for them."""
    key = f"Bearer {world.keys['zhenyang']}"
    answers = {
        path: server.ask("GET", path, authorization=key)
        for path in (
            "/api/v1/recalls",
            "/api/v1/batches",
            f"/api/v1/batches/{world.batch_id}",
            "/api/v1/journal",
        )
    } | {path: server.ask("GET", path) for path in (f"/01/{world.gtin}/10/{world.code}", "/recalls")}
    return [(path, answer.status) for path, answer in answers.items() if answer.status != 200]


def test_a_full_disk_refuses_and_loses_nothing_and_goes_on(
    cramped: str,
    disk: SmallDisk,
    world: World,
    serve: Serve,
    rounds: Rounds,
    random: Random,
    record_property: Count,
) -> None:
    server = serve(cramped, TRACE_WORKER="false").start()
    ledger, longest = Ledger(), 0.0
    for _ in range(rounds(2, 10)):
        with writing(server.port, ledger, world, random):
            before = len(ledger.acked)
            wait_until(lambda: len(ledger.acked) >= before + 8, server)  # noqa: B023
            disk.fill()
            refused = len(ledger.busy)
            wait_until(lambda: len(ledger.busy) >= refused + 16, server)  # noqa: B023
            assert unread(server, world) == []
            disk.empty()
            before = len(ledger.acked)
            longest = max(longest, wait_until(lambda: len(ledger.acked) > before, server))  # noqa: B023
    assert ledger.wrong == []
    assert "store-full" in kinds(ledger) <= {"store-full", "store-busy"}

    line = server.line()
    ledger.settle(line)
    ledger.replay(line)
    found = Kept(cramped)
    assert (faults(found), losses(found, ledger)) == ([], [])
    server.stop()
    for name, value in {"store": KIND, "acknowledged": len(ledger.acked), "refused": len(ledger.busy),
                        "slowest to resume": f"{longest:.2f} s"}.items():  # fmt: skip
        record_property(name, value)
    assert longest <= SECONDS_TO_RESUME
