"""What follows when a clock of a recall runs out: mail to its officers and to its firm's administrators, once."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tracelot.operations.clocks import DUE
from tracelot.operations.outbox import Handler, Split
from tracelot.records.accounts import list_members
from tracelot.records.clocks import RecallClock
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.records.tenancy import ScopedSession
from tracelot.settings import Settings
from tracelot.web.mail import officers_of, send
from tracelot.web.rendering import Language

LETTER = "clock-letter"


def escalations(settings: Settings) -> Mapping[str, Handler]:
    """What is done for each kind of task."""

    def look(payload: dict[str, Any], kernel: ScopedSession) -> str | Split:
        recall = kernel.get(Recall, UUID(payload["recall_id"]))
        clock = _clock(payload, kernel)
        if recall is None or clock is None or recall.state == "cancelled":
            return "the clock is gone"
        if clock.met_at is not None:
            return "met"
        if clock.ends_at != datetime.fromisoformat(payload["ends_at"]):
            return "another date holds"
        letters = [
            payload | {"to": to, "language": language, "reader": reader}
            for to, language, reader in _readers(kernel, recall)
        ]
        return Split(f"{len(letters)} people have an address", LETTER, letters)

    def tell(payload: dict[str, Any], kernel: ScopedSession) -> str:
        recall, clock = kernel.get_one(Recall, UUID(payload["recall_id"])), _clock(payload, kernel)
        firm = kernel.get_one(Party, recall.party_id)
        path = f"/app/recalls/{recall.id}" if payload["reader"] == "firm" else "/gov"
        values: dict[str, Any] = {"recall": recall, "clock": clock, "firm": firm}
        values |= {"link": settings.public_url + path, "zone": settings.zone}
        values["ends_at"] = datetime.fromisoformat(payload["ends_at"])
        return send(settings, payload["to"], "mail/clock.txt", payload["language"], values)

    return {DUE: look, LETTER: tell}


def _clock(payload: dict[str, Any], kernel: ScopedSession) -> RecallClock | None:
    return kernel.get(RecallClock, (UUID(payload["recall_id"]), payload["kind"], payload["number"]))


def _readers(kernel: ScopedSession, recall: Recall) -> Iterator[tuple[str, Language, str]]:
    """The firm's administrators; and, since a draft is its firm's alone, officers once it is published."""
    for account in list_members(kernel, recall.party_id):
        if account.role == "admin" and account.email and account.disabled_at is None:
            yield account.email, "en" if account.language == "en" else "zh", "firm"
    if recall.state == "published":
        for to, language in officers_of(kernel, recall.region_code):
            yield to, language, "office"
