"""From whom a firm has the goods of others that it recalls or drills with: makers and direct suppliers.

Only those who are parties here.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from tracelot.records.contacts import Contact
from tracelot.records.products import Product
from tracelot.records.reaches import NEVER_CAME
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.rules.recalls import DRILL


def sources_of(session: Session, recall: Recall) -> set[UUID]:
    """Who makes what the recall names, who shipped it to the seller, and who showed that it is that supplier."""
    products = _products(session, recall)
    makers = {one.party_id for one in products if one.contact_id is None}
    contacts = [one.contact_id for one in products if one.contact_id]
    claimed = session.exec(select(Contact.claimed_by).where(col(Contact.id).in_(contacts)))
    supplied = session.exec(_moved(recall, Shipment.party_id).where(Shipment.to_party_id == recall.party_id))
    return makers | {one for one in (*claimed, *supplied) if one is not None and one != recall.party_id}


def given_back(session: Session, recall: Recall) -> set[tuple[str, UUID]]:
    """What a firm sent to its sources only back, by their keys as consignees: of that they are none.

    A maker's recall names no goods that came to it from others; a drill may.
    """
    if recall.seller_cause is None and recall.kind != DRILL:
        return set()
    sources, contacts = sources_of(session, recall), _contacts(session, recall)
    query: Any = select(
        Shipment.to_party_id, Shipment.to_contact_id, ShipmentLine.batch_id, Shipment.sent_back
    )
    query = query.where(ShipmentLine.shipment_id == Shipment.id, Shipment.party_id == recall.party_id)
    query = query.where(col(ShipmentLine.product_id).in_([one.id for one in _products(session, recall)]))
    query = query.where(
        or_(col(Shipment.to_party_id).in_(sources), col(Shipment.to_contact_id).in_(contacts))
    )
    sent: dict[bool, set[tuple[str, UUID]]] = {True: set(), False: set()}
    for party, contact, batch, back in session.exec(
        query.where(col(Shipment.status).not_in(NEVER_CAME)).distinct()
    ):
        sent[back].add((f"party:{party}" if party else contacts[contact], batch))
    return sent[True] - sent[False]


def _contacts(session: Session, recall: Recall) -> dict[UUID, str]:
    """Suppliers outside as keys of consignees; one that a party claimed is that party."""
    outside = [one.contact_id for one in _products(session, recall) if one.contact_id]
    rows = session.exec(select(Contact).where(col(Contact.id).in_(outside)))
    return {one.id: f"party:{one.claimed_by}" if one.claimed_by else f"contact:{one.id}" for one in rows}


def _products(session: Session, recall: Recall) -> Sequence[Product]:
    named = select(RecallBatch.product_id).where(RecallBatch.recall_id == recall.id)
    return session.exec(select(Product).where(col(Product.id).in_(named))).all()


def _moved(recall: Recall, end: Any) -> SelectOfScalar[UUID | None]:
    """One end of the shipments of what the recall names; what went back was no supply, nor what never came."""
    named = select(RecallBatch.batch_id).where(RecallBatch.recall_id == recall.id)
    query: SelectOfScalar[UUID | None] = select(end)
    return (
        query.where(ShipmentLine.shipment_id == Shipment.id, col(ShipmentLine.batch_id).in_(named))
        .where(col(Shipment.sent_back).is_(False), col(Shipment.status).not_in(NEVER_CAME))
        .distinct()
    )
