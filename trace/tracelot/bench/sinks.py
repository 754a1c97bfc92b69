"""A mail server in a process of its own, which counts what it takes and may fail half-way.

Run as `python -m tracelot.bench.sinks PORT`; a line on its input is answered with how many mails came, and how many
different ones. Of a line `fail N`, `stall N` or `die N` it takes N more, and then refuses all, answers nobody, or is
gone.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from tracelot.bench.servers import free_port

HEADER = b"\nMessage-ID:"


@dataclass(frozen=True)
class Sink:
    """What the bench sees of it."""

    port: int
    process: "subprocess.Popen[str]"

    def ask(self, line: str = "") -> tuple[int, int]:
        """So many mails, and so many different ones."""
        told, answers = _pipes(self.process)
        told.write(f"{line}\n")
        told.flush()
        count, different = json.loads(answers.readline())
        return count, different


def _pipes(process: "subprocess.Popen[str]") -> tuple[IO[str], IO[str]]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("The sink has no pipes.")
    return process.stdin, process.stdout


@contextmanager
def sink() -> Iterator[Sink]:
    """One on the loopback address, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "tracelot.bench.sinks", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        opened = Sink(port, process)
        opened.ask()
        yield opened
        _pipes(process)[0].close()


class _Taken:
    """Takes mails; of each only its Message-ID is kept."""

    def __init__(self) -> None:
        self.count = 0
        self.different: set[bytes] = set()
        self.left: int | None = None
        self.end = ""

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        if self.left == 0 and self.end == "die":
            os._exit(0)
        if self.left == 0 and self.end == "fail":
            return "550 no"
        content = bytes(getattr(envelope, "content"))  # noqa: B009
        begin = content.index(HEADER)
        self.count += 1
        self.different.add(content[begin : content.index(b"\r", begin)])
        if self.left == 0:
            await asyncio.sleep(3600)
        self.left = None if self.left is None else self.left - 1
        return "250 kept"


def _serve(port: int) -> None:
    from aiosmtpd.controller import Controller  # noqa: PLC0415  (the extra `bench` alone has it)

    taken = _Taken()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    for line in sys.stdin:
        if line.strip():
            taken.end, _, left = line.strip().partition(" ")
            taken.left = int(left)
        sys.stdout.write(json.dumps([taken.count, len(taken.different)]) + "\n")
        sys.stdout.flush()
    threading.Timer(0, os._exit, (0,)).start()  # whoever is stalled is not waited for


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
