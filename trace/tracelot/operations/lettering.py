"""Letters about a notice: to whom, with which link, and what became of each; durable before anything leaves."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from msgspec import Struct

from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.consignees import RecallLetter
from tracelot.records.filling import add_rows
from tracelot.records.outbox import Task
from tracelot.rules.ids import new_id
from tracelot.rules.reaching import LINK_LASTS, LetterKind

KIND = "notice-letter"


class Addressee(Protocol):
    """A notice that stands, or one that is about to be written."""

    @property
    def id(self) -> UUID: ...
    @property
    def party_id(self) -> UUID: ...
    @property
    def to_party_id(self) -> UUID | None: ...
    @property
    def email(self) -> str | None: ...
    @property
    def in_app(self) -> bool: ...


class Written(Struct, frozen=True):
    """A letter, and the link that stands in it: the row keeps its hash alone."""

    row: dict[str, Any]
    link: str


def letter_to(
    visit: Visit, notice: Addressee, kind: LetterKind, people: Mapping[UUID | None, Sequence[Account]]
) -> list[Written]:
    """A letter to each administrator of a party, or to the address of a contact; none where there is no address."""
    if notice.in_app:
        admins = [one for one in people.get(notice.to_party_id, ()) if one.role == "admin" and one.email]
        link = f"{visit.place.public_url}/app/notices/{notice.id}"
        found = [Written(_row(visit, notice, kind, one.email, one.language), link) for one in admins]
        if found:
            return found
    return [with_link(visit, notice, kind, notice.email)] if notice.email else []


def with_link(visit: Visit, notice: Addressee, kind: LetterKind, address: str | None) -> Written:
    """A letter for somebody without an account: its link answers in their name."""
    secret = new_secret()
    row = _row(visit, notice, kind, address, None)
    row |= {"digest": digest(secret), "link_ends_at": visit.now + LINK_LASTS}
    return Written(row, f"{visit.place.public_url}/n/{secret}")


def _row(
    visit: Visit, notice: Addressee, kind: LetterKind, address: str | None, language: str | None
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "notice_id": notice.id,
        "party_id": notice.party_id,
        "kind": kind,
        "address": address,
        "language": language,
        "state": "queued",
        "tries": 0,
        "queued_at": visit.now,
    }


def write_letters(visit: Visit, letters: Iterable[Sequence[Written]]) -> None:
    """Keep letters and the tasks that send them, all together with the act that asks for them."""
    written = [one for some in letters for one in some]
    add_rows(visit.kernel(), RecallLetter, (one.row for one in written))
    add_rows(visit.kernel(), Task, (_task(visit, one) for one in written))


def _task(visit: Visit, one: Written) -> dict[str, Any]:
    payload = {"letter_id": str(one.row["id"]), "link": one.link}
    return {
        "id": new_id(),
        "kind": KIND,
        "payload": payload,
        "due_at": visit.now,
        "attempts": 0,
        "recorded_at": visit.now,
    }


def hand_out(visit: Visit, notice: Addressee) -> str:
    """A link for whoever reaches the consignee in another way: shown once, kept as its hash."""
    written = with_link(visit, notice, "again", None)
    written.row.update(state="handed", sent_at=visit.now)
    add_rows(visit.kernel(), RecallLetter, [written.row])
    return written.link
