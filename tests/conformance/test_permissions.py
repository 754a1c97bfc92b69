"""Random callers ask for random records: the answers are those of an independent table, and nothing leaks."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest
from sqlalchemy import Engine

from conformance.parade import START, Parade, gather
from conformance.permissions import OPERATIONS, Asked, Thing, Who, expected, inside
from conformance.surface import Known, Operation, described, known_values, paged
from conftest import Rounds
from serving import served
from tracelot.records.database import connect
from tracelot.settings import Settings
from tracelot.web.app import build
from wire import Answer, Caller, Sent
from world import World

NEVER = b'"999999999"'  # a version that no record has: what may be done is found out, and not done
ALL = Thing("", "")


@pytest.fixture(scope="module")
def store(cast_store: str) -> str:
    return cast_store


@pytest.fixture(scope="module")
def parade(store: str, cast: World) -> Iterator[Parade]:
    engine: Engine = connect(store)
    yield gather(engine, cast)
    engine.dispose()


@pytest.fixture(scope="module")
def caller(store: str, parade: Parade) -> Iterator[Caller]:
    assert parade
    with served(store) as address:
        opened = Caller(address)
        yield opened
        opened.hang_up()


def told(answer: Answer) -> str:
    """The class of an answer."""
    where = answer.heads.get("location") or ""
    if answer.status == 401 or (answer.status == 303 and where.startswith("/sign-in")):
        return "who?"
    return {403: "no", 404: "absent"}.get(answer.status, "yes" if answer.status < 500 else "broken")


def request(asked: Asked, thing: Thing, who: Who) -> Sent:
    heads = (("content-type", b"application/json"), ("if-match", NEVER), *who.heads)
    body = asked.body.encode() if asked.body else None
    return Sent(asked.method, asked.path.replace("{id}", quote(thing.id)), heads, body)


def test_everybody_may_do_what_the_table_says_and_nothing_else(
    caller: Caller, parade: Parade, rounds: Rounds, random: Random
) -> None:
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for _ in range(rounds(250, 10_000)):
        asked = random.choice(OPERATIONS)
        thing = random.choice(parade.of(asked.noun)) if asked.noun else ALL
        who = random.choice(parade.callers)
        answer = caller.ask(request(asked, thing, who))
        wanted = expected(who, asked, thing)
        seen[wanted] += 1
        if told(answer) != wanted:
            wrong.append(f"{who.name}: {asked.method} {asked.path} of {thing.party or 'nobody'}: "
                         f"{answer.status}, not {wanted}")  # fmt: skip
    print(dict(seen))

    assert not wrong, "\n".join(sorted(set(wrong)))
    assert set(seen) == {"yes", "no", "absent", "who?"}


def anonymous(answer: Answer, id_: str) -> tuple[int, list[tuple[str, str]], bytes]:
    """The answer without what differs in every one: request id, time, and the id that was asked for."""
    heads = [(name.lower(), value) for name, value in answer.heads.items()]
    body = re.sub(rb"(request:|<code>)[0-9a-f]{16}\b", b"", answer.body).replace(id_.encode(), b"ID")
    return (
        answer.status,
        sorted(head for head in heads if head[0] not in ("date", "x-request-id", "ratelimit")),
        body,
    )


def test_what_is_a_stranger_s_and_what_is_not_there_look_alike(
    caller: Caller, parade: Parade, rounds: Rounds, random: Random
) -> None:
    pairs = [(who, asked, thing) for who in parade.callers for asked in OPERATIONS if asked.noun
             for thing in parade.of(asked.noun)
             if thing.party and expected(who, asked, thing) == "absent"]  # fmt: skip
    few = random.sample(pairs, min(len(pairs), rounds(60, 5000)))
    print(f"{len(few)} of {len(pairs)} pairs")
    for who, asked, thing in few:
        absent = next(one for one in parade.of(asked.noun) if not one.party)
        answers = [anonymous(caller.ask(request(asked, one, who)), one.id) for one in (thing, absent)]
        assert answers[0] == answers[1], f"{who.name}: {asked.method} {asked.path} of {thing.party}"


def may_read(who: Who, firm: str, parade: Parade) -> bool:
    """Whose words somebody may come across: a firm's own people, and the offices of its region."""
    party = next(thing for thing in parade.of("party") if thing.party == firm)
    return who.known and (who.party == firm or inside(who, party))


@pytest.fixture(scope="module")
def readable(store: str) -> list[Operation]:
    app = build(Settings(database_url=store, worker=False))
    app.state.engine.dispose()
    return [operation for operation in (*described(app), *paged()) if operation.method == "GET"]


def searches(operation: Operation, known: Known, word: str) -> Iterator[str]:
    """The address alone, and with each of its parameters asking for the word's beginning."""
    path = known.path(operation)
    yield path
    for name in {*operation.query, "q", "text", "firm", "product", "batch"}:
        yield f"{path}?{name}={word}"
    yield f"{path}?code=(10){word}&product={word}&firm={word}"


def test_a_firm_s_words_reach_nobody_else(
    caller: Caller, parade: Parade, readable: list[Operation], cast: World, rounds: Rounds, random: Random
) -> None:
    asked = []
    for who in parade.callers:
        for firm, word in parade.secrets.items():
            if may_read(who, firm, parade):
                continue
            ids = {
                f"{thing.noun}_id": thing.id
                for thing in parade.things
                if thing.party == firm and not thing.public
            }
            draft = ids.get("recall_id", "x")
            known = Known(known_values(cast, **ids) | {"code": draft, "kind": "not-found"})
            asked += [(who, firm, word, path) for operation in readable
                      for path in searches(operation, known, word[:-2])]  # fmt: skip
    few = random.sample(asked, min(len(asked), rounds(150, 15_000)))
    print(f"{len(few)} of {len(asked)} reads")
    for who, firm, word, path in few:
        answer = caller.ask(Sent("GET", path, who.heads))
        whole = answer.body + str(answer.heads).encode()
        assert word.encode() not in whole, f"{who.name} reads a word of {firm} at {path}"
        assert answer.status < 500


def test_a_firm_s_words_reach_the_firm_itself(caller: Caller, parade: Parade) -> None:
    own = next(who for who in parade.callers if who.name == "zhenyang")
    lists = ("/api/v1/products", "/api/v1/batches", "/api/v1/facilities", "/app/recalls", "/settings/members")
    seen = [caller.ask(Sent("GET", path, own.heads)).body.decode() for path in lists]

    assert all(START in body for body in seen)
    assert json.loads(seen[0])
