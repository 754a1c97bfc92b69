"""Reading the journal."""

from collections.abc import Sequence
from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.journal import BUCKETS, JournalEntry, list_entries, position_at
from tracelot.records.paging import read_position, write_position
from tracelot.rules.refusals import Unknown


def read_journal(
    visit: Visit, since: str | None, after: UUID | None, limit: int
) -> tuple[Sequence[JournalEntry], str]:
    """The actor's own party's entries after a position, and the next position.

    `after` is the last entry that the reader has, which tells nothing of the other buckets.
    """
    visit.demand("journal.read")
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    position = read_position(since or "0", BUCKETS)
    if since is None and after is not None:
        position = position_at(visit.session, after)
    found, following = list_entries(visit.session, visit.actor.party_id, position, limit)
    return found, write_position(following)
