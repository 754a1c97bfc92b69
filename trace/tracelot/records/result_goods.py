"""Products and batches of a party under the names that tables of results give them; and which reports stand already."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, or_, select

from tracelot.records.batches import Batch
from tracelot.records.inspections import Inspection
from tracelot.records.products import Product
from tracelot.records.shelves import chunks


def find_products(session: Session, party_id: UUID, names: Collection[str]) -> Sequence[Product]:
    """The party's products that have one of the names as GTIN, own code or name."""
    found: list[Product] = []
    for some in chunks(names):
        named = or_(
            *(
                col(one).in_(some)
                for one in (Product.gtin, Product.own_code, Product.name_zh, Product.name_en)
            )
        )
        found += session.exec(select(Product).where(Product.party_id == party_id, named)).all()
    return found


def find_batches(
    session: Session, products: Collection[UUID], codes: Collection[str], days: Collection[date]
) -> Sequence[Batch]:
    """Batches of products by their code or printed text, and those made on certain days; none that is void."""
    found: dict[UUID, Batch] = {}
    of = (col(Batch.product_id).in_(products), Batch.status != "void")
    for some in chunks(codes):
        named = or_(col(Batch.code).in_(some), col(Batch.printed_text).in_(some))
        found |= {one.id: one for one in session.exec(select(Batch).where(*of, named))}
    for made in chunks(days):
        found |= {
            one.id: one
            for one in session.exec(select(Batch).where(*of, col(Batch.production_date).in_(made)))
        }
    return list(found.values())


def standing_states(session: Session, ids: Iterable[UUID]) -> dict[UUID, str]:
    """In which state reports are that stand under these ids."""
    return {
        id_: state
        for some in chunks(ids)
        for id_, state in session.exec(
            select(Inspection.id, Inspection.state).where(col(Inspection.id).in_(some))
        )
    }
