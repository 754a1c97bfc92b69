"""What follows when a clock of a recall runs out: mail to its officers and to its firm's administrators, once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tracelot.operations.clocks import DUE
from tracelot.operations.notifying import Event
from tracelot.operations.outbox import Handler, Split
from tracelot.records.accounts import Account, list_members, list_officers
from tracelot.records.clocks import RecallClock
from tracelot.records.following import ways_of
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.parties import covers
from tracelot.rules.recalls import DRILL
from tracelot.rules.stages import OVER
from tracelot.settings import Settings
from tracelot.web.mail import language_of, send

LETTER = "clock-letter"


Beside = Callable[[Iterable[UUID], Event, datetime], None]


def escalations(settings: Settings, tell_beside: Beside) -> Mapping[str, Handler]:
    """What is done for each kind of task; `tell_beside` tells people on the ways that are no mail."""

    def look(payload: dict[str, Any], kernel: ScopedSession) -> str | Split:
        recall = kernel.get(Recall, UUID(payload["recall_id"]))
        clock = _clock(payload, kernel)
        if recall is None or clock is None or recall.state in OVER:
            return "the clock is gone"
        if clock.met_at is not None:
            return "met"
        if clock.ends_at != datetime.fromisoformat(payload["ends_at"]):
            return "another date holds"
        people = list(_readers(kernel, recall))
        for side in ("firm", "office"):
            told = [account.id for account, reader in people if reader == side]
            tell_beside(told, _event(recall, clock, payload["ends_at"], side), datetime.now(UTC))
        letters = [
            payload | {"to": account.email, "language": language_of(account), "reader": reader}
            for account, reader in people
            if account.email and ways_of(kernel, account.id, "clock").mail
        ]
        return Split(f"{len(letters)} people have an address", LETTER, letters)

    def tell(payload: dict[str, Any], kernel: ScopedSession) -> str:
        recall, clock = kernel.get_one(Recall, UUID(payload["recall_id"])), _clock(payload, kernel)
        if recall.state in OVER:
            return "the clock is gone"
        firm = kernel.get_one(Party, recall.party_id)
        values: dict[str, Any] = {"recall": recall, "clock": clock, "firm": firm}
        values |= {"link": settings.public_url + _page(recall, payload["reader"]), "zone": settings.zone}
        values["ends_at"] = datetime.fromisoformat(payload["ends_at"])
        return send(settings, payload["to"], "mail/clock.txt", payload["language"], values)

    return {DUE: look, LETTER: tell}


def _clock(payload: dict[str, Any], kernel: ScopedSession) -> RecallClock | None:
    return kernel.get(RecallClock, (UUID(payload["recall_id"]), payload["kind"], payload["number"]))


def _event(recall: Recall, clock: RecallClock, ends_at: str, reader: str) -> Event:
    about = f"{recall.id} {clock.kind} {clock.number} {ends_at}"
    return Event("clock", about, {"recall": recall.code, "clock": clock.kind}, _page(recall, reader))


def _page(recall: Recall, reader: str) -> str:
    return f"/app/recalls/{recall.id}" if reader == "firm" else f"/gov/recalls/{recall.code}"


def _readers(kernel: ScopedSession, recall: Recall) -> Iterator[tuple[Account, str]]:
    """The firm's administrators; and officers, once it is published, or they ordered it or were handed its plan.

    A drill is the firm's alone.
    """
    for account in list_members(kernel, recall.party_id):
        if account.role == "admin" and account.disabled_at is None:
            yield account, "firm"
    if recall.kind != DRILL and (recall.state == "published" or recall.told_at is not None):
        for account, territory in list_officers(kernel):
            if covers(territory, recall.region_code):
                yield account, "office"
