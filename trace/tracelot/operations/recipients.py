"""To whom goods may be sent: verified parties, found by credit code or by name."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import col, or_, select

from tracelot.operations.visit import Visit
from tracelot.records.parties import Party
from tracelot.records.searching import holds_all
from tracelot.records.sights import PUBLIC
from tracelot.rules.searching import query_terms

MOST = 10


def find_recipients(visit: Visit, text: str) -> Sequence[Party]:
    """Verified firms by the credit code or by words of their names, as everybody may see them."""
    visit.demand("event.record")
    named = col(Party.uscc_claim) == text.strip().upper()
    if query_terms(text):
        named = or_(named, and_(*holds_all("party", col(Party.id), text)))
    query = select(Party).where(
        named, Party.status == "verified", col(Party.archived_at).is_(None), Party.type != "regulator",
        Party.id != visit.actor.party_id,
    )  # fmt: skip
    return visit.seeing(PUBLIC).exec(query.order_by(col(Party.name_zh), col(Party.id)).limit(MOST)).all()


def find_recipient(visit: Visit, party_id: UUID) -> Party | None:
    visit.demand("event.record")
    party = visit.seeing(PUBLIC).get(Party, party_id)
    return party if party is not None and party.status == "verified" else None
