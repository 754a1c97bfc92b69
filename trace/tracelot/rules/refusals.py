"""The reasons for which Trace says no.

A subclass says what kind of no it is; `kind` says which one, for machines and for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what was sent: where (a JSON pointer) and why (an English sentence)."""

    pointer: str
    detail: str


class Refusal(Exception):
    """A request that the rules do not allow."""

    def __init__(
        self, kind: str, reason: str, *, facts: Mapping[str, str] | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.facts = dict(facts or {})
        self.faults = tuple(faults)


class Unknown(Refusal):
    """Nothing that the caller may see is recorded under that name."""


class Conflict(Refusal):
    """What is recorded already stands against it."""


class Unfit(Refusal):
    """What was sent cannot be recorded as it is."""


class Unidentified(Refusal):
    """The caller has not shown who they are."""


class Forbidden(Refusal):
    """The caller is known and may not do this."""


class Stale(Refusal):
    """The record changed after the caller read it."""


class TooMany(Refusal):
    """The caller asks too often; `facts["retry_after"]` says when to come back, in seconds."""


class Unavailable(Refusal):
    """The store cannot answer now; the same request may be sent again."""


def unfit(kind: str, reason: str, field: str) -> Unfit:
    """An `Unfit` that points at one field of the body."""
    return Unfit(kind, reason, faults=[Fault(f"#/{field}", reason)])
