"""Letters about a notice: to whom, with which link, and what became of each; durable before anything leaves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tracelot.operations.passwords import digest, new_secret
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.consignees import RecallLetter, RecallNotice
from tracelot.records.outbox import Task
from tracelot.rules.ids import new_id
from tracelot.rules.reaching import LINK_LASTS, LetterKind

KIND = "notice-letter"


@dataclass(frozen=True)
class Written:
    """A letter, and the link that stands in it: the row keeps its hash alone."""

    row: RecallLetter
    link: str


def letter_to(
    visit: Visit, notice: RecallNotice, kind: LetterKind, people: Mapping[UUID | None, Sequence[Account]]
) -> list[Written]:
    """A letter to each administrator of a party, or to the address of a contact; none where there is no address."""
    if notice.in_app:
        admins = [one for one in people.get(notice.to_party_id, ()) if one.role == "admin" and one.email]
        link = f"{visit.place.public_url}/app/notices/{notice.id}"
        found = [Written(_row(visit, notice, kind, one.email, one.language), link) for one in admins]
        if found:
            return found
    return [with_link(visit, notice, kind, notice.email)] if notice.email else []


def with_link(visit: Visit, notice: RecallNotice, kind: LetterKind, address: str | None) -> Written:
    """A letter for somebody without an account: its link answers in their name."""
    secret = new_secret()
    row = _row(visit, notice, kind, address, None)
    row.digest, row.link_ends_at = digest(secret), visit.now + LINK_LASTS
    return Written(row, f"{visit.place.public_url}/n/{secret}")


def _row(
    visit: Visit, notice: RecallNotice, kind: LetterKind, address: str | None, language: str | None
) -> RecallLetter:
    return RecallLetter(
        id=new_id(),
        notice_id=notice.id,
        party_id=notice.party_id,
        kind=kind,
        address=address,
        language=language,
        queued_at=visit.now,
    )


def write_letters(visit: Visit, letters: Iterable[Sequence[Written]]) -> None:
    """Keep letters and the tasks that send them, all together with the act that asks for them."""
    written = [one for some in letters for one in some]
    kernel = visit.kernel()
    kernel.add_all([one.row for one in written])
    kernel.flush()
    kernel.add_all(
        Task(id=new_id(), kind=KIND, payload={"letter_id": str(one.row.id), "link": one.link},
             due_at=visit.now, recorded_at=visit.now)
        for one in written
    )  # fmt: skip
    kernel.flush()


def hand_out(visit: Visit, notice: RecallNotice) -> str:
    """A link for whoever reaches the consignee in another way: shown once, kept as its hash."""
    written = with_link(visit, notice, "again", None)
    written.row.state, written.row.sent_at = "handed", visit.now
    visit.kernel().add(written.row)
    visit.kernel().flush()
    return written.link
