"""A receiver that is slow holds up no other, and each receiver gets its messages one by one in their order."""

import json
import socket
from datetime import UTC, datetime
from threading import Event as Signal
from threading import Lock

import pytest
from sqlalchemy import Engine

from endpoints import endpoint
from following import kernel_of, rows
from tracelot.operations import webhooks
from tracelot.operations.notifying import Event, deliver_to
from tracelot.records.following import WebhookDelivery
from tracelot.records.outbox import Task
from tracelot.settings import Settings
from tracelot.web.working import AT_ONCE, workers
from world import VisitAs, World

SECONDS = 60
MESSAGES = 5


class Receiver:
    """Takes messages once it is let, and notes their order and how many came while another was open."""

    def __init__(self, wanted: int = MESSAGES) -> None:
        self.let, self.all, self.first = Signal(), Signal(), Signal()
        self.numbers: list[int] = []
        self.open = self.most = 0
        self._wanted, self._lock = wanted, Lock()

    def __call__(self, line: socket.socket, request: bytes) -> None:
        with self._lock:
            self.open += 1
            self.most = max(self.most, self.open)
            self.numbers.append(int(json.loads(request.partition(b"\r\n\r\n")[2])["number"]))
        self.first.set()
        assert self.let.wait(SECONDS)
        with self._lock:
            self.open -= 1
        line.sendall(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        if len(self.numbers) == self._wanted:
            self.all.set()


@pytest.fixture
def here(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhooks_anywhere": True})


def send_to(engine: Engine, world: World, *parties: str) -> None:
    """Put five messages for each party into the outbox, one after the other."""
    for number in range(MESSAGES):
        with kernel_of(engine) as kernel:
            for party in parties:
                event = Event("answer", f"{party} {number}", {"number": str(number)}, "/")
                deliver_to(kernel, world.parties[party], event, datetime.now(UTC))


def test_who_waits_for_a_slow_receiver_is_the_slow_receiver_alone(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    slow, quick = Receiver(), Receiver()
    quick.let.set()
    with endpoint(slow) as first, endpoint(quick) as second:
        for who, there in (("zhenyang", first), ("guhuai", second)):
            with visit_as(who) as visit:
                webhooks.add_webhook(visit, there.url, plain=True)
        send_to(engine, world, "zhenyang", "guhuai")
        at_work = workers(engine, here)
        for worker in at_work:
            worker.start()
        try:
            assert slow.first.wait(SECONDS)
            assert quick.all.wait(SECONDS)
            assert slow.numbers == [0]  # the others wait behind it, and hold up nobody
            slow.let.set()
            assert slow.all.wait(SECONDS)
        finally:
            slow.let.set()
            for worker in at_work:
                worker.stop()

    assert quick.numbers == slow.numbers == list(range(MESSAGES))
    assert (quick.most, slow.most) == (1, 1)
    assert len(at_work) == 2 + AT_ONCE  # and one for letters
    assert {one.state for one in rows(engine, WebhookDelivery)} == {"delivered"}


def test_what_is_to_be_tried_again_lets_those_behind_it_pass(
    visit_as: VisitAs, world: World, engine: Engine, here: Settings
) -> None:
    def fails_once(line: socket.socket, request: bytes) -> None:
        number = json.loads(request.partition(b"\r\n\r\n")[2])["number"]
        status = b"500 No" if number == "0" else b"204 No Content"
        line.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with endpoint(fails_once) as there:
        with visit_as("guhuai") as visit:
            webhooks.add_webhook(visit, there.url, plain=True)
        send_to(engine, world, "guhuai")
        at_work = workers(engine, here)
        while sum(worker.drain() for worker in at_work):
            pass

    states = {json.loads(one.body)["number"]: one.state for one in rows(engine, WebhookDelivery)}
    assert states == {"0": "failed"} | {str(number): "delivered" for number in range(1, MESSAGES)}
    assert len({one.lane for one in rows(engine, Task) if one.kind == "webhook"}) == 1
