"""Batches and recalls through the HTTP API, whatever is done in whatever order, against a small model of them."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from conftest import Rounds
from serving import served
from tracelot.rules.identifiers import gs1_check_digit
from wire import Answer, Caller, Sent
from world import World

_numbers = itertools.count(1)
CODES = st.sampled_from(["A1", "B-2", "c/3", "D%4"])
DAYS = st.sampled_from(["2026-08-31", "2026-09-01", "2026-09-15", "2026-09-30", "2026-10-01"])
SPANS = st.sampled_from([("2026-09-01", "2026-09-30"), ("2026-09-30", None), (None, "2026-09-01")])
SEEN = st.sampled_from(["not said", "fresh", "stale"])
# From which states a step is possible and where it leads, as the README's words and the law have it.
MOVES = {"release": ({"pending_inspection", "held"}, "released"), "hold": ({"pending_inspection", "released"}, "held"),
         "void": ({"pending_inspection", "released", "held"}, "void")}  # fmt: skip


@dataclass
class ModelBatch:
    id: str
    made: str
    status: str
    version: int
    released: bool


@dataclass
class ModelRecall:
    id: str
    version: int
    state: str = "draft"
    codes: set[str] = field(default_factory=set)
    registered: set[str] = field(default_factory=set)
    span: tuple[str | None, str | None] | None = None

    def holds(self, made: str) -> bool:
        return self.span is not None and (self.span[0] or made) <= made <= (self.span[1] or made)


class Life(RuleBasedStateMachine):
    """One product of its own; `batches` by code and `recalls` are what must be true of it."""

    def __init__(self, site: str, key: str) -> None:
        super().__init__()
        self.caller = Caller(site)
        self.bearer = ("authorization", f"Bearer {key}".encode())
        self.batches: dict[str, ModelBatch] = {}
        self.recalls: list[ModelRecall] = []
        self.sent: list[tuple[Sent, bytes]] = []

    def teardown(self) -> None:
        self.caller.hang_up()

    def ask(
        self, method: str, path: str, body: Any = None, version: int | None = None, key: str = ""
    ) -> Answer:
        heads: tuple[tuple[str, bytes], ...] = (self.bearer, ("content-type", b"application/json"))
        heads += (("if-match", b'"%d"' % version),) if version is not None else ()
        heads += (("idempotency-key", key.encode()),) if key else ()
        sent = Sent(method, f"/api/v1{path}", heads, None if body is None else json.dumps(body).encode())
        answer = self.caller.ask(sent)
        if key and answer.status < 400:
            self.sent.append((sent, answer.body))
        return answer

    @staticmethod
    def seen(version: int, how: str) -> int | None:
        return {"not said": None, "fresh": version, "stale": version + 1}[how]

    @initialize()
    def a_product(self) -> None:
        self.name = f"Prod{next(_numbers):06d}"
        digits = f"9520{next(_numbers):08d}"
        self.gtin = f"0{digits}{gs1_check_digit(digits)}"
        answer = self.ask("POST", "/products", {"name_zh": "香油", "name_en": self.name, "gtin": self.gtin})
        assert answer.status == 201
        self.product = json.loads(answer.body)["id"]

    def covered(self, code: str, made: str) -> bool:
        published = [recall for recall in self.recalls if recall.state == "published"]
        return any(code in recall.codes or recall.holds(made) for recall in published)

    @rule(code=CODES, made=DAYS, release=st.booleans(), keyed=st.booleans())
    def register(self, code: str, made: str, release: bool, keyed: bool) -> None:
        body = {"product_id": self.product, "code": code, "production_date": made, "release": release}
        answer = self.ask("POST", "/batches", body, key=f"{self.name}-{len(self.sent)}" if keyed else "")
        if code in self.batches:
            assert answer.status == 409
            return
        told = json.loads(answer.body)
        recalled = self.covered(code, made)
        status = "recalled" if recalled else "released" if release else "pending_inspection"
        assert (answer.status, told["status"]) == (201, status)
        released = release and not recalled
        self.batches[code] = ModelBatch(told["id"], made, status, told["version"], released)
        if recalled:
            self._name(code, made)

    def _name(self, code: str, made: str) -> None:
        """A batch that a published recall did not know as registered changes what the recall says."""
        for recall in self.recalls:
            named = code in recall.codes or recall.holds(made)
            if recall.state != "published" or not named or code in recall.registered:
                continue
            recall.codes.add(code)
            recall.registered.add(code)
            told = json.loads(self.ask("GET", f"/recalls/{recall.id}").body)
            assert told["version"] > recall.version
            recall.version = told["version"]

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), act=st.sampled_from(sorted(MOVES)), how=SEEN, keyed=st.booleans())
    def move(self, data: st.DataObject, act: str, how: str, keyed: bool) -> None:
        batch = self.batches[data.draw(st.sampled_from(sorted(self.batches)))]
        possible, after = MOVES[act]
        key = f"{self.name}-{len(self.sent)}" if keyed else ""
        path = f"/batches/{batch.id}/{act}"
        answer = self.ask("POST", path, {"reason": "核对"}, self.seen(batch.version, how), key)
        if how == "stale":
            assert answer.status == 412
        elif batch.status not in possible:
            assert answer.status == 409
        else:
            told = json.loads(answer.body)
            assert (answer.status, told["status"], told["version"]) == (200, after, batch.version + 1)
            batch.status, batch.version = after, told["version"]
            batch.released = batch.released or after == "released"

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), made=DAYS, how=SEEN)
    def correct(self, data: st.DataObject, made: str, how: str) -> None:
        code = data.draw(st.sampled_from(sorted(self.batches)))
        batch = self.batches[code]
        body = {"reason": "误录", "production_date": made, "production_line": f"L{next(_numbers)}"}
        answer = self.ask("PATCH", f"/batches/{batch.id}", body, self.seen(batch.version, how))
        if how == "stale":
            assert answer.status == 412
        elif batch.status == "void":
            assert answer.status == 409
        else:
            told = json.loads(answer.body)
            recalled = batch.status == "recalled" or self.covered(code, made)
            assert (answer.status, told["production_date"]) == (200, made)
            assert told["status"] == ("recalled" if recalled else batch.status)
            assert told["version"] > batch.version
            batch.made, batch.status, batch.version = made, told["status"], told["version"]
            self._name(code, made)

    def _scope(self, span: tuple[str | None, str | None] | None, code: str) -> list[dict[str, Any]]:
        if span is None:
            return [{"product_id": self.product, "codes": [code]}]
        return [{"product_id": self.product, "made_from": span[0], "made_to": span[1]}]

    def _rescope(self, recall: ModelRecall, span: tuple[str | None, str | None] | None, code: str) -> None:
        recall.span = span
        recall.codes = {code} if span is None else {
            name for name, batch in self.batches.items() if batch.status != "void" and recall.holds(batch.made)
        }  # fmt: skip

    @rule(code=CODES, span=st.none() | SPANS, level=st.integers(1, 3), keyed=st.booleans())
    def open(self, code: str, span: tuple[str | None, str | None] | None, level: int, keyed: bool) -> None:
        told = dict.fromkeys(("reason_zh", "harm_zh", "remedy_zh", "contact"), "超标")
        body = {
            "level": level,
            "knowledge_at": "2026-09-16T08:00:00+08:00",
            "ranges": self._scope(span, code),
        } | told
        answer = self.ask("POST", "/recalls", body, key=f"{self.name}-{len(self.sent)}" if keyed else "")
        assert answer.status == 201
        opened = json.loads(answer.body)
        recall = ModelRecall(opened["id"], opened["version"])
        self._rescope(recall, span, code)
        assert {line["code"] for line in opened["batches"]} == recall.codes
        self.recalls.append(recall)

    @precondition(lambda self: self.recalls)
    @rule(data=st.data(), code=CODES, span=st.none() | SPANS, how=SEEN)
    def change(
        self, data: st.DataObject, code: str, span: tuple[str | None, str | None] | None, how: str
    ) -> None:
        recall = data.draw(st.sampled_from(self.recalls))
        body = {"contact": f"{next(_numbers)}", "ranges": self._scope(span, code)}
        answer = self.ask("PATCH", f"/recalls/{recall.id}", body, self.seen(recall.version, how))
        if self._stands(recall, answer, how):
            self._rescope(recall, span, code)
            assert {line["code"] for line in json.loads(answer.body)["batches"]} == recall.codes

    @precondition(lambda self: self.recalls)
    @rule(data=st.data(), how=SEEN, keyed=st.booleans())
    def publish(self, data: st.DataObject, how: str, keyed: bool) -> None:
        recall = data.draw(st.sampled_from(self.recalls))
        key = f"{self.name}-{len(self.sent)}" if keyed else ""
        answer = self.ask("POST", f"/recalls/{recall.id}/publish", None, self.seen(recall.version, how), key)
        if not self._stands(recall, answer, how):
            return
        recall.state = "published"
        for code, batch in self.batches.items():
            if batch.status != "void" and recall.holds(batch.made):
                recall.codes.add(code)
            if code in recall.codes and batch.status not in ("void", "recalled"):
                batch.status, batch.version = "recalled", batch.version + 1
        recall.registered = recall.codes & set(self.batches)
        assert {line["code"] for line in json.loads(answer.body)["batches"]} == recall.codes

    @precondition(lambda self: self.recalls)
    @rule(data=st.data(), how=SEEN)
    def cancel(self, data: st.DataObject, how: str) -> None:
        recall = data.draw(st.sampled_from(self.recalls))
        path = f"/recalls/{recall.id}/cancel"
        answer = self.ask("POST", path, {"reason": "误开"}, self.seen(recall.version, how))
        if self._stands(recall, answer, how):
            recall.state = "cancelled"

    def _stands(self, recall: ModelRecall, answer: Answer, how: str) -> bool:
        """Whether the act on a draft went through, as it must or must not."""
        wanted = 412 if how == "stale" else 200 if recall.state == "draft" else 409
        assert answer.status == wanted
        if wanted == 200:
            told = json.loads(answer.body)
            assert told["version"] > recall.version
            recall.version = told["version"]
        return wanted == 200

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """Whatever happened since, the same request has the same answer and no further effect."""
        sent, body = data.draw(st.sampled_from(self.sent))
        answer = self.caller.ask(sent)
        assert (answer.body, answer.heads["idempotency-replayed"]) == (body, "true")
        other = self.caller.ask(Sent(sent.method, sent.target + "?x=1", sent.heads, sent.body))
        assert (other.status, json.loads(other.body)["type"].rpartition("/")[2]) == (422, "key-reused")

    @rule(code=CODES)
    def look_up(self, code: str) -> None:
        batch = self.batches.get(code)
        named = any(recall.state == "published" and code in recall.codes for recall in self.recalls)
        status = batch.status if batch else None
        wanted = "unknown"
        if named and status in (None, "void", "recalled"):
            wanted = "recalled"
        elif batch and batch.released:
            wanted = {"held": "held", "void": "withdrawn_record"}.get(batch.status, "no_recall")
        path = f"/lookup?code=(01){self.gtin}(10){code.replace('%', '%25')}"
        answer = self.caller.ask(Sent("GET", f"/api/v1{path}"))
        assert (answer.status, json.loads(answer.body)["verdict"]) == (200, wanted)

    @invariant()
    def the_lists_count_right(self) -> None:
        if not hasattr(self, "product"):
            return
        told = json.loads(self.ask("GET", f"/batches?product={self.product}").body)
        assert told["total"] == len(self.batches)
        assert {one["code"]: (one["status"], one["version"]) for one in told["items"]} == {
            code: (batch.status, batch.version) for code, batch in self.batches.items()
        }
        for state in ("draft", "published", "cancelled"):
            found = json.loads(self.ask("GET", f"/recalls?product={self.name}&state={state}").body)
            assert found["total"] == sum(recall.state == state for recall in self.recalls)
        public = json.loads(self.caller.ask(Sent("GET", f"/api/v1/recalls?product={self.name}")).body)
        assert public["total"] == sum(recall.state == "published" for recall in self.recalls)


@pytest.fixture
def site(store: str) -> Iterator[str]:
    with served(store) as address:
        yield address


def test_whatever_is_done_the_record_is_as_the_model_says(
    site: str, world: World, rounds: Rounds, random: Random
) -> None:
    machine: Callable[[], Life] = seed(random.getrandbits(32))(lambda: Life(site, world.keys["zhenyang"]))
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=rounds(5, 300),
            stateful_step_count=rounds(15, 40),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
