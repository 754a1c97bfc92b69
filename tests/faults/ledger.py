"""What was sent and what was acknowledged, kept by the client: nothing that a server or a store does reaches it."""

import json
from dataclasses import dataclass, field
from typing import Any

from faults.serving import Answer, Line


@dataclass(frozen=True)
class Act:
    """One request that changes something, as it can be sent again."""

    kind: str  # batch, release, recall, publish
    path: str
    key: str
    body: bytes = b""
    program: str = ""  # the API key it is sent with

    def send(self, line: Line) -> Answer:
        return line.ask(
            "POST", self.path, self.body or None,
            content_type="application/json", authorization=f"Bearer {self.program}", idempotency_key=self.key,
        )  # fmt: skip

    @property
    def said(self) -> dict[str, Any]:
        return dict(json.loads(self.body)) if self.body else {}


@dataclass
class Ledger:
    """By key: acts in the air, acts with their acknowledgement; and every answer that was neither."""

    open: dict[str, Act] = field(default_factory=dict)
    acked: dict[str, tuple[Act, Answer]] = field(default_factory=dict)
    busy: list[Answer] = field(default_factory=list)
    wrong: list[tuple[Act, Answer]] = field(default_factory=list)

    def send(self, act: Act, line: Line) -> Answer:
        """Send it and note what came; an act without an acknowledgement stays open."""
        self.open[act.key] = act
        answer = act.send(line)
        if answer.good:
            self.acked[act.key] = (act, answer)
            del self.open[act.key]
        elif answer.status == 503 and answer.problem:
            self.busy.append(answer)
        else:
            self.wrong.append((act, answer))
        return answer

    def kinds(self) -> set[str]:
        return {act.kind for act, _ in self.acked.values()}

    def settle(self, line: Line) -> int:
        """Send what is open again under its keys: now it must be acknowledged."""
        count = len(self.open)
        for act in list(self.open.values()):
            answer = self.send(act, line)
            assert answer.good, (act, answer)
        return count

    def replay(self, line: Line) -> None:
        """Send what was acknowledged again: byte for byte the same answer, and said to be a repeated one."""
        for act, first in self.acked.values():
            again = act.send(line)
            assert (again.status, again.body) == (first.status, first.body), act
            assert again.headers["idempotency-replayed"] == "true", act
            assert again.headers.get("etag") == first.headers.get("etag"), act
