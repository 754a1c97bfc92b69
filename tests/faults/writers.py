"""Writers: threads that register, release and recall by the API, as programs of two firms would."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from itertools import count
from random import Random
from threading import Event, Thread
from uuid import UUID

from builders import new_recall
from faults.ledger import Act, Ledger
from faults.serving import Answer, Line, pause
from world import World

Acts = Generator[Act, Answer, None]


def id_by(random: Random) -> str:
    """A UUIDv7 that repeats with the seed; a client may make its ids as it likes."""
    number = random.getrandbits(128) & ~(0xF << 76) | 0x7 << 76
    return str(UUID(int=number & ~(0x3 << 62) | 0x2 << 62))


def acts_of(world: World, random: Random, name: str) -> Acts:
    """Batches with and without a quantity; some are released, some recalled."""
    firm, product = (
        ("zhenyang", world.product_id) if random.random() < 0.7 else ("guhuai", world.elsewhere_id)
    )
    program = world.keys[firm]

    def act(kind: str, path: str, said: dict[str, object] | None = None) -> Act:
        body = json.dumps(said).encode() if said else b""
        return Act(kind, f"/api/v1/{path}", id_by(random), body, program)

    for number in count():
        code = f"{name}-{number}"
        said: dict[str, object] = {"product_id": str(product), "code": code, "production_date": "2026-09-15"}
        if firm == "zhenyang":
            said |= {"quantity": f"{random.randint(1, 9999)}.5", "unit": "kg", "event_id": id_by(random)}
        batch = json.loads((yield act("batch", "batches", said)).body)
        if random.random() < 0.4:
            yield act("release", f"batches/{batch['id']}/release")
        if firm == "zhenyang" and random.random() < 0.25:
            recall_id = id_by(random)
            new = new_recall(product, code).model_dump(mode="json", exclude_none=True)
            new["ranges"] = [{"product_id": str(product), "codes": [code]}]
            yield act("recall", "recalls", new | {"id": recall_id})
            yield act("publish", f"recalls/{recall_id}/publish")


class Writer(Thread):
    """Sends one act after another; stubbornly, where it is told that the store cannot answer now."""

    def __init__(self, port: int, ledger: Ledger, acts: Acts) -> None:
        super().__init__(daemon=True)
        self._line, self._ledger, self._acts = Line(port), ledger, acts
        self.stopped = Event()

    def run(self) -> None:
        act = next(self._acts)
        try:
            while not self.stopped.is_set():
                answer = self._ledger.send(act, self._line)
                if answer.good:
                    act = self._acts.send(answer)
                elif answer.status == 503:
                    pause(0.1)
                else:
                    return
        except (OSError, HTTPException):
            return  # the server is gone; the act stays open
        finally:
            self._line.close()


@contextmanager
def writing(
    port: int, ledger: Ledger, world: World, random: Random, writers: int = 8
) -> Iterator[list[Writer]]:
    """Writers at work; at the end they are told to stop and waited for."""
    name = f"W{random.getrandbits(40):010X}"
    crowd = [
        Writer(port, ledger, acts_of(world, Random(random.getrandbits(64)), f"{name}-{n}"))
        for n in range(writers)
    ]
    for writer in crowd:
        writer.start()
    try:
        yield crowd
    finally:
        for writer in crowd:
            writer.stopped.set()
        for writer in crowd:
            writer.join(60)
        assert not any(writer.is_alive() for writer in crowd)
