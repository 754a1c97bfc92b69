"""Forgetting who reported something: name and number at once, and the words in which they stand."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select

from tracelot.operations.visit import Visit
from tracelot.records.personal import list_personal_of
from tracelot.records.tips import Tip, TipContact, TipNote, list_notes


def forget_reporter(visit: Visit, who: str) -> int:
    """Erase somebody by name or by how they are reached, from reports of the actor's office; the operator from all."""
    visit.demand("data.forget")
    kernel = visit.kernel()
    query = select(TipContact).where(or_(col(TipContact.name) == who, col(TipContact.reach) == who))
    if visit.actor.party_id is not None:
        query = query.where(TipContact.party_id == visit.actor.party_id)
    found = kernel.exec(query).all()
    for contact in found:
        values = {one for one in (contact.name, contact.reach) if one}
        kernel.delete(contact)
        _forget_words(visit, contact.tip_id, values)
        visit.note("tip.contact-erased", contact.tip_id, contact.party_id, {"by": "office"})
    kernel.flush()
    return len(found)


def _forget_words(visit: Visit, tip_id: UUID, values: Collection[str]) -> None:
    """Free words that name somebody go as a whole, and so does what the journal holds of them."""
    kernel = visit.kernel()
    rows: list[Tip | TipNote] = [kernel.get_one(Tip, tip_id), *list_notes(kernel, tip_id)]
    for row in rows:
        _clear(row, values)
        kernel.add(row)
    for value in list_personal_of(kernel, [row.id for row in rows]):
        if any(one in value.value for one in values):
            kernel.delete(value)


def _clear(row: Any, values: Collection[str]) -> None:
    if any(one in row.words for one in values):
        row.words = ""
    if any(one in (getattr(row, "shop", None) or "") for one in values):
        row.shop = None
