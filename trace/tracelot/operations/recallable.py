"""Which goods a recall may name: those of the firm's own make; a seller's, those of others that came to it.

A drill may name both: it changes no batch and tells nobody, so that who only sold goods on can practise with them. A
seller recalls what it sold itself, where it is its own fault or nobody else does (Food Recall Measures art. 20, 21).
What came to a firm stands in its own records, or was sent to it; who else had the goods plays no part.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel, col, select

from tracelot.operations.naming import rows_of
from tracelot.operations.products import demand_own_product
from tracelot.operations.recalling import Whose
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.captures import CapturedGoods
from tracelot.records.events import Posting
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, list_recall_ranges
from tracelot.records.shelves import chunks
from tracelot.records.shipments import Shipment, ShipmentLine
from tracelot.records.sights import Sight
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.places import pooled_product
from tracelot.rules.recalls import DRILL, Range
from tracelot.rules.refusals import Conflict, unfit

Goods = dict[str, tuple[Batch, Product]]


@dataclass(frozen=True)
class HeldProduct:
    """A product of others of which goods came to the firm, with its maker where everybody may know that."""

    id: UUID
    name_zh: str
    name_en: str | None
    spec: str | None
    maker_zh: str | None
    maker_en: str | None


def own_batches(session: ScopedSession, batches: Iterable[str]) -> Goods:
    """Of batches those that the session's own party registered of products that it makes."""
    party = session.info["sight"].party_id
    found = {}
    for some in chunks(_whole(batches)):
        query = select(Batch, Product).where(col(Batch.id).in_(some), Batch.product_id == Product.id)
        for batch, product in session.exec(
            query.where(Batch.party_id == party, col(Product.contact_id).is_(None))
        ):
            found[str(batch.id)] = (batch, product)
    return found


def nameable(visit: Visit, recall: Whose, batches: Iterable[str]) -> Goods:
    """Of batches those that a recall may name."""
    some = list(batches)
    if recall.seller_cause is not None:
        return held_batches(visit, recall.party_id, some)
    own = own_batches(visit.seeing(Sight(party_id=recall.party_id)), some)
    return own | held_batches(visit, recall.party_id, set(some) - own.keys()) if recall.kind == DRILL else own


def names_others(recall: Whose) -> bool:
    """Whether it may name goods that others made."""
    return recall.kind == DRILL or recall.seller_cause is not None


def bought(visit: Visit, recall: Whose, batches: Iterable[str]) -> frozenset[str]:
    """Of batches those that a drill, or a seller's recall, may name although others made them."""
    return frozenset(held_batches(visit, recall.party_id, batches)) if names_others(recall) else frozenset()


def held_batches(visit: Visit, party_id: UUID, batches: Iterable[str]) -> Goods:
    """Of batches those of others' make that a party recorded goods of, or that were sent to it.

    What its own documents alone say of another's batch gives it no sight of that batch.
    """
    firm, kernel = visit.seeing(Sight(party_id=party_id)), visit.kernel()
    ids = _whole(batches)
    kept = _told(firm, party_id, Posting, Posting.batch_id, ids) - _observed(firm, party_id, ids)
    kept |= _told(firm, party_id, ShipmentLine, ShipmentLine.batch_id, ids)
    rows = rows_of(kernel, Batch, kept)
    products = rows_of(kernel, Product, {row.product_id for row in rows.values()})
    told = {str(id_): (row, products[row.product_id]) for id_, row in rows.items()}
    return {key: one for key, one in told.items() if of_others(one[1], party_id)}


def find_held(visit: Visit, batch_id: UUID) -> Batch | None:
    """A batch of others' make that came to the actor's party; None of any other."""
    visit.demand("recall.open")
    party = visit.actor.party_id
    found = {} if party is None else held_batches(visit, party, [str(batch_id)])
    return found[str(batch_id)][0] if found else None


def of_others(product: Product, party_id: UUID) -> bool:
    return product.party_id != party_id or product.contact_id is not None


def _whole(batches: Iterable[str]) -> set[UUID]:
    return {UUID(one) for one in batches if pooled_product(one) is None}


def _told(
    firm: ScopedSession, party_id: UUID, model: type[SQLModel], column: Any, among: Iterable[UUID]
) -> set[UUID]:
    """Which of some ids stand in a column of the party's own records, or of the lines of what was sent to it."""
    query = _of_party(select(column).distinct(), model, party_id)
    return {id_ for some in chunks(among) for id_ in firm.exec(query.where(col(column).in_(some)))}


def _of_party(query: Any, model: type[SQLModel], party_id: UUID) -> Any:
    if model is Posting:
        return query.where(Posting.party_id == party_id)
    return query.where(ShipmentLine.shipment_id == Shipment.id, Shipment.to_party_id == party_id)


def _observed(firm: ScopedSession, party_id: UUID, among: Iterable[UUID]) -> set[UUID]:
    query: Any = select(CapturedGoods.batch_id).where(
        CapturedGoods.party_id == party_id, col(CapturedGoods.observed).is_(True)
    )
    return {
        id_ for some in chunks(among) for id_ in firm.exec(query.where(col(CapturedGoods.batch_id).in_(some)))
    }


# --- by product --------------------------------------------------------------------------------------------


def nameable_product(visit: Visit, recall: Whose, product_id: UUID) -> Product:
    """A product that a recall may name."""
    product = visit.kernel().get(Product, product_id)
    if product is None or not of_others(product, recall.party_id):
        if product is not None and recall.seller_cause is not None:
            raise _of_own_make()
        return demand_own_product(visit, product_id)
    if not batches_held(visit, recall, product_id):
        return demand_own_product(visit, product_id)
    if not names_others(recall):
        raise unfit(
            "seller-cause-needed",
            "Others made these goods: say why it is their seller who recalls them.",
            "seller_cause",
        )
    return product


def _of_own_make() -> Conflict:
    return Conflict(
        "goods-of-own",
        "A seller's recall names goods of others alone: what the firm made itself is recalled apart from them.",
    )


def batches_held(visit: Visit, recall: Whose, product_id: UUID, made: Range | None = None) -> Sequence[Batch]:
    """The batches of another's product that came to the firm, all or those that were made on some days."""
    firm = visit.seeing(Sight(party_id=recall.party_id))
    ids: set[UUID] = set()
    for model, column in ((Posting, Posting.batch_id), (ShipmentLine, ShipmentLine.batch_id)):
        query = _of_party(select(column).distinct(), model, recall.party_id)
        ids |= set(firm.exec(query.where(getattr(model, "product_id") == product_id)))  # noqa: B009
    found = [row for row, _ in held_batches(visit, recall.party_id, map(str, ids)).values()]
    return [
        row for row in found if row.status != "void" and (made is None or _made(made, row.production_date))
    ]


def _made(made: Range, day: date | None) -> bool:
    return day is not None and made.holds(day)


def held_products(visit: Visit) -> list[HeldProduct]:
    """The products of others of which goods came to the actor's own firm, to choose from."""
    return held_by(visit, visit.actor.party_id) if visit.actor.party_id else []


def held_by(visit: Visit, party_id: UUID) -> list[HeldProduct]:
    """The same of any firm; makers are named where the actor may know them."""
    firm = visit.seeing(Sight(party_id=party_id))
    ids: set[UUID | None] = set()
    for model, column in ((Posting, col(Posting.product_id)), (ShipmentLine, col(ShipmentLine.product_id))):
        ids |= set(firm.exec(_of_party(select(column).distinct(), model, party_id)))
    rows = rows_of(visit.kernel(), Product, {id_ for id_ in ids if id_ is not None})
    some = [row for row in rows.values() if of_others(row, party_id)]
    public = rows_of(visit.with_published(), Product, [row.id for row in some])
    makers = rows_of(
        visit.with_published(), Party, {public[row.id].party_id for row in some if row.id in public}
    )
    return sorted((_held(row, party_id, makers) for row in some), key=lambda one: (one.name_zh, str(one.id)))


def _held(row: Product, party_id: UUID, makers: dict[UUID, Party]) -> HeldProduct:
    maker = makers.get(row.party_id) if row.party_id != party_id else None
    return HeldProduct(
        row.id,
        row.name_zh,
        row.name_en,
        row.spec,
        maker.name_zh if maker else None,
        maker.name_en if maker else None,
    )


def demand_fit_goods(visit: Visit, recall: Recall) -> None:
    """Refuse a recall that names what others made, unless it is a seller's; and then what the firm made itself."""
    if recall.kind == DRILL:
        return
    spans = {span.product_id for span in list_recall_ranges(visit.session, recall.id)}
    own = select(Product.id).where(
        col(Product.id).in_(spans), Product.party_id == recall.party_id, col(Product.contact_id).is_(None)
    )
    mine: set[UUID] = set(visit.session.exec(own))
    if recall.seller_cause is not None and mine:
        raise _of_own_make()
    if recall.seller_cause is None and spans - mine:
        raise Conflict(
            "goods-of-others",
            "Others made some of these goods: say why their seller recalls them, or name what the firm made.",
        )
