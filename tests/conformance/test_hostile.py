"""Hostile inputs at every place of every operation, for programs and in pages, over a real connection.

Each answer is a refusal or a success where the input is legal: never a 5xx, never a dropped connection, never
an echo of the input in a problem; and afterwards every list still answers, so nothing poisonous was kept (in the
short form each kind of input looks at some of the lists).
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine

from builders import new_key, new_recall
from conformance import corpus
from conformance.cases import Case, a_few, each_input, kinds
from conformance.surface import Forms, Known, Operation, described, known_values, paged
from conftest import Rounds
from databases import Databases
from serving import served
from tracelot.operations import actors, keys, recalls, sessions
from tracelot.records.database import connect
from tracelot.settings import Settings
from tracelot.web.app import build
from wire import DROPPED, Answer, Caller, Sent
from world import World, actor_of, visiting

PEOPLE = ("zhenyang", "county", "site")
SHORT = 1  # case of one group for one operation; the long form sends every input
FEWER, OTHERS = 20, 0.5  # of so many cases one is sent by somebody else, too; in the short form, at so many
MET = 0.15  # of the operations meets each group, in the short form
LONGEST_ECHO = 8  # what is shorter may stand in a sentence by chance
PLAIN = re.compile(r"#?[\w/-]*", re.ASCII)
OWN_SHAPE = "/api/v1/openfda/"  # answers as openFDA does, and with 404 where nothing is found
MEMBERS = {"type", "title", "status", "detail", "instance"}


@dataclass
class Arena:
    """A site, who may come to it, and what was found wrong with it."""

    address: str
    engine: Engine
    world: World
    known: Known
    caller: Caller
    cookies: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    count: int = 0

    def heads(self, who: str) -> tuple[tuple[str, bytes], ...]:
        if who == "program":
            return (("authorization", f"Bearer {self.world.keys['zhenyang']}".encode()),)
        return (("cookie", f"trace={self.cookies[who]}".encode()),) if who else ()

    def ask(self, sent: Sent, who: str) -> Answer:
        named = {name for name, _ in sent.heads}
        more = tuple(head for head in self.heads(who) if head[0] not in named)
        return self.caller.ask(Sent(sent.method, sent.target, (*more, *sent.heads), sent.body))

    def sign_in(self) -> None:
        """Sessions that earlier requests have ended begin again."""
        for who in PEOPLE:
            if who in self.cookies and self.ask(Sent("GET", "/settings"), who).status == 200:
                continue
            with visiting(self.engine, actor_of(self.engine, self.world.people[who])) as visit:
                account = actors.own_account(visit)
                self.cookies[who] = sessions.start_session(visit, account).secret


@contextmanager
def an_arena(store: str, world: World) -> Iterator[Arena]:
    engine = connect(store)
    with visiting(engine, actor_of(engine, world.people["zhenyang"])) as visit:
        draft = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id
        spare = keys.issue_key(visit, new_key()).id
    ids = {"recall_id": str(draft), "key_id": str(spare), "kind": "not-found", "file": "trace.css"}
    known = Known(known_values(world, **ids))
    with served(store) as address:
        arena = Arena(address, engine, world, known, Caller(address))
        arena.sign_in()
        yield arena
        arena.caller.hang_up()
    engine.dispose()


@pytest.fixture(scope="session")
def operations(databases: Databases, populated: World) -> list[Operation]:
    """All operations; the fields of the pages' forms are read from the pages."""
    store = databases.make("world")
    app = build(Settings(database_url=store, worker=False))
    found = list(described(app))
    app.state.engine.dispose()
    Surface.schemas = app.openapi()["components"]["schemas"]
    with an_arena(store, populated) as arena:
        fields: dict[str, set[str]] = {}
        for operation in paged():
            if operation.method == "GET":
                _read_forms(arena, operation, fields)
        found += [_filled(one, arena.known, fields) for one in paged()]
        Surface.answers = lists(arena, found)
    databases.drop(store)
    return found


class Surface:
    """What the OpenAPI document says of bodies, and how all that can be read answers before anything was thrown."""

    schemas: dict[str, object]
    answers: dict[tuple[str, str], int]


def _read_forms(arena: Arena, operation: Operation, fields: dict[str, set[str]]) -> None:
    path = arena.known.path(operation)
    for who in PEOPLE:
        answer = arena.ask(Sent("GET", path, (("accept", b"text/html"),)), who)
        if answer.status == 200 and answer.kind == "text/html":
            forms = Forms(path)
            forms.feed(answer.body.decode())
            for action, names in forms.found.items():
                fields.setdefault(action, set()).update(names)


def _filled(operation: Operation, known: Known, fields: dict[str, set[str]]) -> Operation:
    names = fields.get(known.path(operation), {"reason", "name", "code"})
    form = tuple(sorted(names)) if operation.method != "GET" else ()
    return Operation(operation.method, operation.path, operation.query, None, form)


def who_may(operation: Operation) -> str:
    if "/gov" in operation.path or "decision" in operation.path:
        return "site" if operation.path.endswith("/new") else "county"
    return "program" if operation.programs else "zhenyang"


def judged(case: Case, sent: Sent, answer: Answer, *, for_programs: bool) -> str | None:
    """What is wrong with the answer."""
    if answer is DROPPED:
        return "hung up"
    if answer.status >= 500:
        return str(answer.status)
    if answer.heads.get("x-evil") or "x=1" in (answer.heads.get("set-cookie") or ""):
        return "a head was smuggled in"
    where = urlsplit((answer.heads.get("location") or "/").replace("\\", "/"))
    if where.netloc and not where.netloc.startswith("127.0.0.1:"):
        return f"leads away to {where.netloc}"
    if answer.status < 400 or sent.method == "HEAD":
        return None
    return _misworded(case, answer) if answer.kind == "application/problem+json" else (
        None if not for_programs or _by_the_server(answer) else f"{answer.status} as {answer.kind}"
    )  # fmt: skip


def _by_the_server(answer: Answer) -> bool:
    """Refused before the application saw it: the request was no HTTP, or its head too long."""
    return answer.status == 400 and answer.heads.get("x-request-id") is None


def _misworded(case: Case, answer: Answer) -> str | None:
    problem = json.loads(answer.body)
    if not set(problem) >= MEMBERS or problem["status"] != answer.status:
        return "no problem of RFC 9457"
    # A batch code that cannot be one gets a suggestion made of its own characters; plain names are pointed at.
    problem["errors"] = [
        one["detail"] for one in problem.get("errors", []) if "code" not in one["pointer"]
    ] + [one["pointer"] for one in problem.get("errors", []) if not PLAIN.fullmatch(one["pointer"])]
    if len(case.payload) >= LONGEST_ECHO and case.payload in json.dumps(problem, ensure_ascii=False):
        return "echoes the input"
    return None


def throw(arena: Arena, operation: Operation, thrown: list[Case], who: str) -> None:
    for case in thrown:
        sent = case.make()
        answer = arena.ask(sent, who)
        arena.count += 1
        problems = operation.programs and not operation.path.startswith(OWN_SHAPE)
        fault = judged(case, sent, answer, for_programs=problems)
        if fault:
            what = (
                f"{operation.method} {operation.path} as {who or 'anybody'}, {case.place} {case.input[:60]!r}"
            )
            arena.faults.append(f"{what}: {fault}; {sent.target[:200]!r} {(sent.body or b'')[:300]!r}")


def lists(arena: Arena, operations: list[Operation]) -> dict[tuple[str, str], int]:
    """How everything that can be read answers to those who may, and to anybody."""
    told = {}
    for operation in operations:
        if operation.method == "GET" and not operation.path.startswith(OWN_SHAPE):
            query = "?code=H1" if operation.path.endswith("/lookup") else ""
            for who in ("", who_may(operation)):
                sent = Sent("GET", arena.known.path(operation) + query)
                told[operation.path, who] = arena.ask(sent, who).status
    return told


def stand(arena: Arena, operations: list[Operation], told: list[str], random: Random, *, long: bool) -> None:
    """Throw what the kinds make at operations: as one who may, and a few as somebody else."""
    for operation in operations if long else random.sample(operations, int(len(operations) * MET)):
        may = who_may(operation)
        mixed = random.sample(told, len(told))
        thrown = (each_input(random, told, operation, arena.known) if long
                  else a_few(random, mixed, operation, arena.known, SHORT))  # fmt: skip
        throw(arena, operation, thrown, may)
        other = random.choice([who for who in ("", "program", *PEOPLE) if who != may])
        throw(arena, operation, thrown[::FEWER] if long or random.random() < OTHERS else [], other)
        if operation.method != "GET" and not operation.programs:
            arena.sign_in()
    looked_at = operations if long else random.sample(operations, len(operations) // len(kinds()))
    for key, status in lists(arena, looked_at).items():
        if status >= 500 or (status != Surface.answers[key] and "{" not in key[0]):
            arena.faults.append(f"{key[0]} answers {status} to {key[1] or 'anybody'} afterwards")


@pytest.fixture(scope="module")
def arena(databases: Databases, populated: World) -> Iterator[Arena]:
    """One for all groups, in the short form; in the long one each kind has its own."""
    store = databases.make("world")
    with an_arena(store, populated) as opened:
        yield opened
    databases.drop(store)


def all_stood(
    arena: Arena, operations: list[Operation], told: list[str], random: Random, *, long: bool
) -> None:
    arena.known.schemas, arena.count, arena.faults = dict(Surface.schemas), 0, []
    stand(arena, operations, told, random, long=long)
    print(f"{', '.join(told)}: {arena.count} requests, {len(arena.faults)} faults", flush=True)
    assert not arena.faults, "\n".join(arena.faults[:40])


@pytest.mark.parametrize("group", kinds())
def test_every_operation_stands_what_is_thrown_at_it(
    group: str, databases: Databases, populated: World, operations: list[Operation],
    rounds: Rounds, random: Random, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    told = kinds()[group]
    if not rounds(0, 1):
        all_stood(request.getfixturevalue("arena"), operations, told, random, long=False)
        return
    for kind in told:
        store = databases.make("world")
        with an_arena(store, populated) as arena:
            all_stood(arena, operations, [kind], random, long=True)
        databases.drop(store)


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert corpus.how_many() >= 900
