"""Many callers at once over connections of their own: one effect for a key, one winner for a version."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier, local
from typing import Any
from uuid import UUID

import pytest

from conftest import Rounds
from serving import served
from tracelot.operations import recalls
from wire import Answer, Caller, Sent
from world import VisitAs, World

CALLERS = 50
OPENERS = 10  # each of them traces what it names, and one writes after the other
TYPE = ("content-type", b"application/json")
Ask = Callable[[Sent], Answer]
Races = Callable[[list[Sent]], list[Answer]]


@pytest.fixture
def site(store: str) -> Iterator[str]:
    with served(store) as address:
        yield address


@pytest.fixture
def ask(site: str) -> Iterator[Ask]:
    caller = Caller(site)
    yield caller.ask
    caller.hang_up()


@pytest.fixture
def race(site: str) -> Iterator[Races]:
    """Sends all at the same moment, each over a connection that stands already."""
    mine = local()
    callers: list[Caller] = []

    def go(sent: Sent, barrier: Barrier) -> Answer:
        if not hasattr(mine, "caller"):
            mine.caller = Caller(site)
            callers.append(mine.caller)
        mine.caller.ask(Sent("GET", "/healthz"))
        barrier.wait()
        answer: Answer = mine.caller.ask(sent)
        return answer

    with ThreadPoolExecutor(CALLERS) as pool:

        def together(requests: list[Sent]) -> list[Answer]:
            barrier = Barrier(len(requests))
            return list(pool.map(go, requests, [barrier] * len(requests)))

        yield together
    for caller in callers:
        caller.hang_up()


@pytest.fixture
def send(world: World) -> Callable[..., Sent]:
    """`send("POST", "/batches", {...}, key="k")` as the firm's program."""
    bearer = ("authorization", f"Bearer {world.keys['zhenyang']}".encode())

    def made(method: str, path: str, body: Any = None, *, key: str = "", version: str = "") -> Sent:
        heads = (TYPE, bearer, *((("idempotency-key", key.encode()),) if key else ()))
        heads += (("if-match", version.encode()),) if version else ()
        return Sent(method, f"/api/v1{path}", heads, None if body is None else json.dumps(body).encode())

    return made


def read(answer: Answer) -> Any:
    return json.loads(answer.body)


def statuses(answers: list[Answer]) -> Counter[int]:
    return Counter(answer.status for answer in answers)


def registrations(world: World, number: int) -> dict[str, tuple[str, dict[str, Any]]]:
    """A list and what is added to it, by nouns."""
    ranges = [{"product_id": str(world.product_id), "codes": [f"R{number}"]}]
    batch = {"product_id": str(world.product_id), "code": f"K{number}", "production_date": "2026-09-15"}
    return {
        "batch": ("/batches", batch),
        "product": ("/products", {"name_zh": f"香油{number}", "own_code": f"K-{number}"}),
        "facility": ("/facilities", {"name_zh": f"厂{number}", "address_zh": "路1号", "region_code": "411724"}),
        "recall": ("/recalls", {"level": 2, "knowledge_at": "2026-09-16T08:00:00+08:00", "ranges": ranges}),
    }  # fmt: skip


def total(ask: Ask, send: Callable[..., Sent], path: str) -> int:
    told = read(ask(send("GET", "/recalls?state=draft" if path == "/recalls" else path)))
    return int(told["total"]) if isinstance(told, dict) else len(told)


@pytest.mark.parametrize("noun", ["batch", "product", "facility", "recall"])
def test_fifty_with_one_key_have_one_effect(
    world: World, ask: Ask, race: Races, send: Callable[..., Sent], noun: str, rounds: Rounds
) -> None:
    for number in range(rounds(1, 50)):
        path, body = registrations(world, number)[noun]
        before = total(ask, send, path)
        answers = race([send("POST", path, body, key=f"{noun}-{number}")] * CALLERS)

        assert statuses(answers) == {201: CALLERS}
        assert len({answer.body for answer in answers}) == 1
        assert total(ask, send, path) == before + 1
        replayed = sum(answer.heads["idempotency-replayed"] == "true" for answer in answers)
        assert replayed == CALLERS - 1


def test_of_two_bodies_with_one_key_one_stands(
    world: World, ask: Ask, race: Races, send: Callable[..., Sent], rounds: Rounds, random: Random
) -> None:
    for number in range(rounds(2, 50)):
        bodies = [registrations(world, 2 * number + each)["batch"] for each in (0, 1)]
        before = total(ask, send, "/batches")
        requests = [send("POST", *bodies[each % 2], key=f"two-{number}") for each in range(CALLERS)]
        random.shuffle(requests)
        answers = race(requests)

        assert statuses(answers) == {201: CALLERS // 2, 422: CALLERS // 2}
        assert len({answer.body for answer in answers if answer.status == 201}) == 1
        refused = {read(answer)["type"].rpartition("/")[2] for answer in answers if answer.status == 422}
        assert refused == {"key-reused"}
        assert total(ask, send, "/batches") == before + 1


def test_fifty_without_a_key_register_one_batch(
    world: World, race: Races, send: Callable[..., Sent], rounds: Rounds
) -> None:
    for number in range(rounds(2, 50)):
        answers = race([send("POST", *registrations(world, number)["batch"])] * CALLERS)

        assert statuses(answers) == {201: 1, 409: CALLERS - 1}


def test_recalls_that_are_opened_at_once_get_codes_of_their_own(
    world: World, race: Races, send: Callable[..., Sent], rounds: Rounds
) -> None:
    codes: list[str] = []
    for _ in range(rounds(1, 10)):
        answers = race([send("POST", *registrations(world, each)["recall"]) for each in range(OPENERS)])
        assert statuses(answers) == {201: OPENERS}
        codes += [read(answer)["code"] for answer in answers]

    assert len(set(codes)) == len(codes)


def versioned(
    world: World, ask: Ask, send: Callable[..., Sent]
) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Every record with a version: where it is read and changed, the field that changes, what else is said."""
    recall = read(ask(send("POST", *registrations(world, 1)["recall"])))["id"]
    return {
        "batch": (f"/batches/{world.batch_id}", "production_line", {"reason": "核对"}),
        "product": (f"/products/{world.product_id}", "brand", {}),
        "facility": (f"/facilities/{world.facility_id}", "name_zh", {}),
        "recall": (f"/recalls/{recall}", "contact", {}),
    }


@pytest.mark.parametrize("noun", ["batch", "product", "facility", "recall"])
def test_of_those_who_read_the_same_version_one_changes_it(
    world: World, ask: Ask, race: Races, send: Callable[..., Sent], noun: str, rounds: Rounds
) -> None:
    path, name, more = versioned(world, ask, send)[noun]
    for turn in range(rounds(2, 50)):
        seen = ask(send("GET", path))
        tag = seen.heads["etag"]
        requests = [send("PATCH", path, {name: f"{turn}-{each}"} | more, version=tag) for each in range(20)]
        answers = race(requests)

        assert statuses(answers)[200] == 1
        assert {answer.status for answer in answers} <= {200, 409, 412}
        won = next(each for each, answer in enumerate(answers) if answer.status == 200)
        now = read(ask(send("GET", path)))
        assert now[name] == f"{turn}-{won}"
        assert now["version"] == read(seen)["version"] + 1


@pytest.mark.parametrize("noun", ["batch", "product", "facility", "recall"])
def test_no_change_that_was_confirmed_is_lost(
    world: World, ask: Ask, race: Races, send: Callable[..., Sent], noun: str, rounds: Rounds
) -> None:
    path, name, more = versioned(world, ask, send)[noun]
    for turn in range(rounds(2, 50)):
        before = read(ask(send("GET", path)))["version"]
        answers = race([send("PATCH", path, {name: f"{turn}-{each}"} | more) for each in range(20)])

        assert {answer.status for answer in answers} <= {200, 409}
        told = sorted(read(answer)["version"] for answer in answers if answer.status == 200)
        assert told == list(range(before + 1, before + 1 + len(told)))
        last = next(
            answer for answer in answers if answer.status == 200 and read(answer)["version"] == told[-1]
        )
        assert read(ask(send("GET", path)))[name] == read(last)[name]


STEPS = {
    "pending_inspection": {"release": "released", "hold": "held", "void": "void"},
    "released": {"hold": "held", "void": "void"},
    "held": {"release": "released", "void": "void"},
    "void": {},
}
PAST = {"released": "released", "held": "held", "voided": "void"}


def test_a_batch_takes_no_step_that_its_state_forbids(
    world: World, ask: Ask, race: Races, send: Callable[..., Sent], rounds: Rounds, random: Random
) -> None:
    for number in range(rounds(3, 100)):
        made = read(ask(send("POST", *registrations(world, number)["batch"])))
        path = f"/batches/{made['id']}"
        acts = [random.choice(["release", "hold", "hold", "release", "void"]) for _ in range(12)]
        answers = race([send("POST", f"{path}/{act}", {"reason": "核对"}) for act in acts])
        entries = read(ask(send("GET", f"{path}/history")))
        state = "pending_inspection"
        for entry in entries[1:]:
            after = PAST[entry["act"].removeprefix("batch.")]
            assert after in STEPS[state].values()
            state = after

        assert {answer.status for answer in answers} <= {200, 409}
        assert len(entries) - 1 == statuses(answers)[200]
        assert read(ask(send("GET", path)))["status"] == state


def test_a_draft_is_published_or_cancelled_and_never_both(
    world: World, ask: Ask, race: Races, send: Callable[..., Sent], rounds: Rounds
) -> None:
    for number in range(rounds(3, 100)):
        path, body = registrations(world, number)["recall"]
        told = dict.fromkeys(("reason_zh", "harm_zh", "remedy_zh", "contact"), "黄曲霉毒素超标")
        draft = read(ask(send("POST", path, body | told)))
        place = f"/recalls/{draft['id']}"
        requests = [
            send("POST", f"{place}/publish"),
            send("POST", f"{place}/cancel", {"reason": "误开"}),
            send("PATCH", place, {"level": 1}),
        ] * 4
        answers = race(requests)
        ends = [read(answer)["state"] for answer, sent in zip(answers, requests, strict=True)
                if answer.status == 200 and sent.method == "POST"]  # fmt: skip

        assert {answer.status for answer in answers} <= {200, 409}
        now = read(ask(send("GET", place)))
        assert len(ends) <= 1  # none where a change came between reading and writing, each time
        assert now["state"] == (ends or ["draft"])[0]
        batch = ask(Sent("GET", f"/01/{world.gtin}/10/R{number}?format=json"))
        assert (read(batch)["verdict"] == "recalled") == (ends == ["published"])


@pytest.mark.parametrize("seen", [False, True])
def test_a_recall_that_is_published_and_withdrawn_at_once_has_one_story(
    world: World,
    visit_as: VisitAs,
    ask: Ask,
    race: Races,
    send: Callable[..., Sent],
    rounds: Rounds,
    random: Random,
    seen: bool,
) -> None:
    for number in range(rounds(3, 30)):
        path, body = registrations(world, number)["recall"]
        words = dict.fromkeys(("reason_zh", "harm_zh", "remedy_zh", "contact"), "黄曲霉毒素超标")
        opened = ask(send("POST", path, body | words))
        place, tag = f"/recalls/{read(opened)['id']}", opened.heads["etag"] if seen else ""
        requests = [
            send("POST", f"{place}/publish", version=tag),
            send("POST", f"{place}/withdraw", {"reason": "误发"}, version=tag),
        ] * 4
        random.shuffle(requests)
        answers = race(requests)
        won = [read(answer)["state"] for answer in answers if answer.status == 200]

        assert {answer.status for answer in answers} <= {200, 409, *((412,) if seen else ())}
        assert sorted(won) in ([["published"]] if seen else [["published"], ["published", "withdrawn"]])
        with visit_as("quality") as visit:
            recall = recalls.find_own_recall(visit, UUID(read(opened)["id"]))
            acts = [one.act for one in recalls.history(visit, recall)]
        steps = [act for act in acts if act in ("recall.opened", "recall.published", "recall.withdrawn")]
        assert steps == ["recall.opened", "recall.published", *["recall.withdrawn"] * (len(won) - 1)]
        assert read(ask(send("GET", place)))["state"] == max(won)
        batch = ask(Sent("GET", f"/01/{world.gtin}/10/R{number}?format=json"))
        assert (read(batch)["verdict"] == "recalled") == (len(won) == 1)
