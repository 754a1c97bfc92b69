"""Reading the journal, and proving that it says what was said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.journal import BUCKETS, START, JournalEntry, list_entries, position_at, proves
from tracelot.records.paging import read_position, write_position
from tracelot.records.personal import PersonalValue, list_personal
from tracelot.rules.refusals import Unknown

EACH = 500


@dataclass(frozen=True)
class Proof:
    """How many entries prove themselves, how many were forgotten, and which say something else than they did."""

    proved: int
    forgotten: int
    wrong: Sequence[UUID]


def read_journal(
    visit: Visit, since: str | None, after: UUID | None, limit: int
) -> tuple[Sequence[JournalEntry], str]:
    """The actor's own party's entries after a position, and the next position.

    `after` is the last entry that the reader has, which tells nothing of the other buckets.
    """
    visit.demand("journal.read")
    position = read_position(since or "0", BUCKETS)
    if since is None and after is not None:
        position = position_at(visit.session, after)
    found, following = list_entries(visit.session, _party_id(visit), position, limit)
    return found, write_position(following)


def personal_values(visit: Visit, entries: Sequence[JournalEntry]) -> dict[UUID, list[PersonalValue]]:
    """The personal values behind entries, where they were not erased."""
    return _by_entry(list_personal(visit.session, [entry.id for entry in entries]))


def verify_journal(visit: Visit) -> Proof:
    """Compute every commitment of the actor's own party's journal anew."""
    visit.demand("journal.read")
    proved, forgotten, wrong = 0, 0, list[UUID]()
    for entries in _pieces(visit, _party_id(visit)):
        values = personal_values(visit, entries)
        for entry in entries:
            sound = proves(entry, values.get(entry.id, ()))
            proved, forgotten = proved + (sound is True), forgotten + (sound is None)
            wrong += [entry.id] if sound is False else []
    return Proof(proved, forgotten, wrong)


def _pieces(visit: Visit, party_id: UUID) -> Iterator[Sequence[JournalEntry]]:
    entries, position = list_entries(visit.session, party_id, START, EACH)
    while entries:
        yield entries
        entries, position = list_entries(visit.session, party_id, position, EACH)


def _by_entry(values: Sequence[PersonalValue]) -> dict[UUID, list[PersonalValue]]:
    return {entry_id: list(some) for entry_id, some in groupby(values, lambda one: one.entry_id)}


def _party_id(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.party_id
