"""Reading the journal."""

from collections.abc import Sequence
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.journal import JournalEntry, list_entries
from tracelot.rules.refusals import Unknown


def read_journal(visit: Visit, after: UUID | None, limit: int) -> Sequence[JournalEntry]:
    """The actor's own party's entries, in the order of their commits."""
    visit.demand("journal.read")
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return list_entries(visit.session, visit.actor.party_id, after, limit)
