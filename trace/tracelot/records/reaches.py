"""Where recalled goods were shipped, and which offices watch over a place."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, or_, select

from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import RecallBatch
from tracelot.records.shipments import Shipment, ShipmentLine

NEVER_CAME = ("withdrawn", "rejected")


def regions_reached(session: Session, recall_id: UUID) -> list[str]:
    """The regions into which anybody shipped the batches of a recall, as far as they are known.

    Of goods that others made only where the recalling firm itself shipped them counts.
    """
    own = select(Product.id).where(
        Product.party_id == RecallBatch.party_id, col(Product.contact_id).is_(None)
    )
    query = (
        select(Shipment.to_region)
        .where(RecallBatch.recall_id == recall_id, ShipmentLine.batch_id == RecallBatch.batch_id)
        .where(or_(Shipment.party_id == RecallBatch.party_id, col(RecallBatch.product_id).in_(own)))
        .where(Shipment.id == ShipmentLine.shipment_id, col(Shipment.to_region).is_not(None))
        .where(col(Shipment.sent_back).is_(False), col(Shipment.status).not_in(NEVER_CAME))
    )
    return sorted({region for region in session.exec(query.distinct()) if region})


def offices_over(session: Session, region: str) -> Sequence[Party]:
    """The confirmed offices inside whose territory a region lies."""
    query = select(Party).where(Party.type == "regulator", Party.status == "verified")
    offices = session.exec(query.where(col(Party.archived_at).is_(None)).order_by(col(Party.id))).all()
    return [office for office in offices if any(region.startswith(area) for area in office.territory)]


def find_office(session: Session, area: str) -> Party | None:
    """The office whose territory is an area."""
    return next((one for one in offices_over(session, area) if area in one.territory), None)


def names_of(session: Session, ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    query = select(Party.id, Party.name_zh, Party.name_en).where(col(Party.id).in_(ids))
    return {row[0]: (row[1], row[2]) for row in session.exec(query)}
