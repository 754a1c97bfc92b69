"""What somebody may be told of as it happens, and on which ways."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from tracelot.rules.access import Actor

EventKind = Literal[
    "recall-in-territory",
    "saved-search",
    "clock",
    "answer",
    "notice-changed",
    "seller-recall",
    "tip",
    "inspection",
    "sampling",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
BY_LETTER: tuple[EventKind, ...] = ("notice-changed",)  # who is told of it gets a letter anyway
MailPace = Literal["never", "at_once", "daily"]
MAIL_PACES: tuple[MailPace, ...] = get_args(MailPace)
DIGEST_AT = time(8)


@dataclass(frozen=True)
class Ways:
    """On which ways somebody is told of one kind of event."""

    mail: bool
    in_app: bool
    webhook: bool


def usual_ways(kind: EventKind) -> Ways:
    """The ways of whoever chose none. Each saved search says by itself on which of them it is told."""
    return Ways(
        mail=kind not in ("answer", *BY_LETTER), in_app=True, webhook=kind in ("saved-search", *BY_LETTER)
    )


def kinds_for(actor: Actor) -> list[EventKind]:
    """The kinds of events that can happen to somebody: territories are regulators'; answers, notices, goods firms'."""
    unheard: set[EventKind] = (
        {"answer", "seller-recall", *BY_LETTER} if actor.regulator else {"recall-in-territory"}
    )
    return [kind for kind in EVENT_KINDS if kind not in unheard]


def next_digest(now: datetime, zone: ZoneInfo) -> datetime:
    """When the next mail of the day goes out."""
    local = now.astimezone(zone)
    today = datetime.combine(local.date(), DIGEST_AT, zone)
    return today if local < today else datetime.combine(local.date() + timedelta(days=1), DIGEST_AT, zone)
