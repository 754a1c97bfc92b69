"""Until when records are kept: the date that a batch gets, and how it moves later with all that hangs on it."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select, update

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.events import Event, Posting
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall
from tracelot.records.shelves import chunks
from tracelot.rules.parties import FARMS
from tracelot.rules.retention import Kept, batch_kept, later

EACH = 500


def kept(visit: Visit, product: Product, expiry: date | None) -> Kept:
    """How long the record of a batch of this product must be kept, as of today."""
    party = visit.kernel().get_one(Party, product.party_id)
    return batch_kept(visit.today, expiry, us_ftl=product.us_ftl, farm=party.type in FARMS)


def keep_longer(visit: Visit, batches: Sequence[Batch], day: date) -> None:
    """Move the dates of batches, and of the events that moved them, to a later day; never to an earlier one."""
    for batch in batches:
        batch.retain_until = later(batch.retain_until, day)
        visit.session.add(batch)
    visit.session.flush()
    for start in range(0, len(batches), EACH):
        ids = [batch.id for batch in batches[start : start + EACH]]
        moved = select(Posting.record_id).where(col(Posting.batch_id).in_(ids))
        query = update(Event).where(col(Event.id).in_(moved), col(Event.retain_until) < day)
        visit.kernel().exec(query.values(retain_until=day))


def keep_acts(visit: Visit, batches: Iterable[UUID], recall: Recall) -> None:
    """Keep what the recalling firm itself did with goods of others as long as the recall; the goods are not its own."""
    for some in chunks(batches):
        moved = select(Posting.record_id).where(
            col(Posting.batch_id).in_(some), Posting.party_id == recall.party_id
        )
        query = update(Event).where(
            col(Event.id).in_(moved),
            col(Event.party_id) == recall.party_id,
            col(Event.retain_until) < recall.retain_until,
        )
        visit.kernel().exec(query.values(retain_until=recall.retain_until))
