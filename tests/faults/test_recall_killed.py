"""Kill -9 at each step of publishing a recall and of telling its customers: nothing half done, lost or sent twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import Engine, func
from sqlmodel import col, select, update

from acts import Firm, firm, output
from builders import SECRET_KEY, new_recall
from conftest import Rounds
from endpoints import Endpoint, answers, endpoint
from faults.conftest import Count, Serve
from faults.kept import Kept, losses, torn
from faults.ledger import Act, Ledger
from faults.serving import Serving, wait_until
from faults.told import half_told, taken, tellings, waiting
from faults.writers import id_by
from following import save
from reached import Postbox, new_contact, open_postbox, ship
from tracelot.operations import recalls, webhooks
from tracelot.operations.working import writing
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from world import VisitAs, World

SHOPS = 4  # customers without an account; the other firm is the fifth
STEPS = 420  # statements and commits from a request to publish to the last letter and webhook
FUSED = (str(Path(__file__).parent / "fused.py"),)


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with open_postbox() as box:
        yield box


@pytest.fixture
def hook() -> Iterator[Endpoint]:
    with endpoint(answers("204 No Content")) as there:
        yield there


def let_time_pass(engine: Engine) -> None:
    """As when the leases have run out, and what is to be tried later is due."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    soon = datetime.now(UTC) + timedelta(hours=1)  # but for the reminders of tomorrow
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        mine = col(Task.done_at).is_(None) & (col(Task.due_at) < soon)
        kernel.exec(update(Task).where(mine).values(lease_until=None, due_at=past))


def drafts(maker: Firm, world: World, count: int) -> list[UUID]:
    """Drafts of recalls, each of a batch of its own that went to the shops and to the other firm."""
    product = maker.makes("paste", spec="500 g")
    shops = [new_contact(maker, f"店{number}", email=f"{number}@shop.example") for number in range(SHOPS)]
    made = []
    for number in range(count):
        code = f"X{number}"
        maker.does("produce", outputs=[output(product, code, 100, "case")])
        for to in (*({"contact_id": shop} for shop in shops), {"party_id": world.parties["guhuai"]}):
            ship(maker, maker.batch("paste", code), 1, **to)
        with maker.visit_as("quality") as visit:
            made.append(recalls.open_recall(visit, new_recall(product, code)).id)
    return made


def follow(visit_as: VisitAs, hook: Endpoint) -> None:
    """The other firm hears of every published recall at its own endpoint."""
    with visit_as("guhuai") as visit:
        webhooks.add_webhook(visit, hook.url, plain=True)
    save(visit_as, "guhuai", webhook=True, mail="never")


def arrived(postbox: Postbox, hook: Endpoint) -> Counter[str]:
    """How often each letter and each delivery came, by the id under which the store knows it."""
    heads = [request.partition(b"\r\n\r\n")[0].decode().split("\r\n") for request in list(hook.got)]
    lines = [line.partition(": ")[2] for head in heads for line in head if line.startswith("Trace-Delivery")]
    return Counter(lines) + Counter(str(mail["Message-ID"]) for mail in list(postbox.mails) if _ours(mail))


def _ours(mail: object) -> bool:
    return "X-Priority" in mail  # type: ignore[operator]


def quiet(engine: Engine) -> bool:
    """Whether nothing is left to be sent now."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        soon = datetime.now(UTC) + timedelta(hours=1)
        query = (
            select(func.count()).select_from(Task).where(col(Task.done_at).is_(None), col(Task.due_at) < soon)
        )
        return kernel.exec(query).one() == 0


def dies_at(server: Serving, folder: Path, step: int, ask: Callable[[], None], engine: Engine) -> bool:
    """The server dies at its so many-th statement after it was asked; or at last, when nothing is left to do."""
    (folder / "fuse").write_text(str(step), encoding="ascii")
    asking = Thread(target=ask)
    asking.start()
    wait_until(lambda: not server.alive or (not asking.is_alive() and quiet(engine)), seconds=600)
    died = not server.alive
    server.kill()
    asking.join()
    return died


@dataclass
class Trial:
    """A server that is killed again and again, and what whoever asked it and whoever it told have got."""

    store: str
    engine: Engine
    server: Serving
    program: str
    postbox: Postbox
    hook: Endpoint
    ledger: Ledger = field(default_factory=Ledger)
    taken: list[tuple[set[str], Counter[str]]] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)

    def publish(self, recall: UUID, key: str) -> None:
        """As a program would; where the server dies, the act stays open."""
        act = Act("publish", f"/api/v1/recalls/{recall}/publish", key, program=self.program)
        with suppress(OSError, HTTPException):
            self.ledger.send(act, self.server.line())

    def killed(self, recall: UUID, key: str, step: int, fuse: Path) -> None:
        """The server dies at its so many-th statement after it was asked; or at last, when nothing is left to do."""
        self.server.start()
        fuse.write_text(str(step), encoding="ascii")
        asking = Thread(target=self.publish, args=(recall, key))
        asking.start()
        over = partial(quiet, self.engine)
        wait_until(lambda: not self.server.alive or (not asking.is_alive() and over()), seconds=600)
        self.counted["killed"] += not self.server.alive
        self.server.kill()
        asking.join()
        found = self.look()
        self.counted["before it was published"] += not tellings(found)[str(recall)].published
        self.counted["with something to send"] += bool(waiting(found))
        self.taken.append((taken(found), arrived(self.postbox, self.hook)))

    def look(self) -> Kept:
        found = Kept(self.store)
        assert (torn(found), losses(found, self.ledger), half_told(found, SHOPS + 1)) == ([], [], [])
        return found

    def settle(self) -> None:
        """What is in the air is sent again, and everything that waits is sent."""
        self.server.start()
        line = self.server.line()
        self.counted["in the air"] = self.ledger.settle(line)
        self.ledger.replay(line)
        wait_until(partial(quiet, self.engine), self.server, 600)
        assert self.ledger.wrong == []


@pytest.fixture
def trial(
    visit_as: VisitAs,
    world: World,
    store: str,
    engine: Engine,
    serve: Serve,
    postbox: Postbox,
    hook: Endpoint,
) -> Trial:
    follow(visit_as, hook)
    server = serve(
        store, *FUSED, TRACE_SECRET_KEY=SECRET_KEY, TRACE_SMTP_HOST="127.0.0.1", TRACE_SMTP_TLS="none",
        TRACE_SMTP_PORT=str(postbox.port), TRACE_WEBHOOKS_ANYWHERE="true",
    )  # fmt: skip
    return Trial(store, engine, server, world.keys["zhenyang"], postbox, hook)


def test_a_server_killed_at_any_step_of_a_recall_tells_each_customer_of_all_of_it_once(
    trial: Trial, visit_as: VisitAs, world: World, tmp_path: Path, rounds: Rounds, random: Random,
    record_property: Count,
) -> None:  # fmt: skip
    kills, counted = rounds(3, 20), trial.counted
    for number, recall in enumerate(drafts(firm(visit_as, world, "zhenyang"), world, kills)):
        step = random.randint(number * STEPS // kills + 1, (number + 1) * STEPS // kills)
        trial.killed(recall, id_by(random), step, tmp_path / "fuse")
        let_time_pass(trial.engine)
    trial.settle()

    found, came = trial.look(), arrived(trial.postbox, trial.hook)
    assert all(whole.published for whole in tellings(found).values())
    assert set(came) == taken(found)  # each came, under the one id that was kept
    assert len(came) == kills * (SHOPS + 2)
    for ids, before in trial.taken:
        assert {id_: came[id_] for id_ in ids} == {id_: before[id_] for id_ in ids}
    counted["repeated after an unknown outcome"] = came.total() - len(came)
    assert (
        came.total() - len(came) <= (SHOPS + 2) * counted["killed"]
    )  # the letters of a recall go out together
    for name, count in counted.items():
        record_property(name, count)
    assert counted["killed"] >= kills // 3  # a late step may come to nothing: all was done by then
