"""Until when records are kept: the date that a batch gets, and how it moves later with all that hangs on it."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select, update

from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.database import one_of
from tracelot.records.events import Event, Posting
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall
from tracelot.records.shelves import chunks
from tracelot.rules.parties import FARMS
from tracelot.rules.retention import Kept, batch_kept, later


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
    for some in chunks(batch.id for batch in batches):
        moved = select(Posting.record_id).where(col(Posting.batch_id).in_(some))
        _keep_events(visit, moved, day)


def keep_acts(visit: Visit, batches: Iterable[UUID], recall: Recall) -> None:
    """Keep what the recalling firm itself did with goods of others as long as the recall; the goods are not its own."""
    for some in chunks(batches):
        moved = select(Posting.record_id).where(
            col(Posting.batch_id).in_(some), Posting.party_id == recall.party_id
        )
        _keep_events(visit, moved, recall.retain_until, col(Event.party_id) == recall.party_id)


def _keep_events(visit: Visit, chosen: Any, day: date, *more: Any) -> None:
    """Move the dates of events by their keys: in one statement with the choice, PostgreSQL reads the whole table."""
    kernel = visit.kernel()
    for some in chunks(kernel.exec(chosen.distinct())):
        query = update(Event).where(one_of(kernel, col(Event.id), some), col(Event.retain_until) < day, *more)
        kernel.exec(query.values(retain_until=day))
