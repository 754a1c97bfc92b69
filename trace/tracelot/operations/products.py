"""Registering and changing products."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.changing import apply_change, demand_same, demand_version
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.products import (
    NewProduct,
    Product,
    ProductChange,
    find_gtin_owner,
    list_products,
)
from tracelot.records.searching import index_text
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown, unfit


def register_product(visit: Visit, new: NewProduct) -> Product:
    """Add a product of the actor's party. A verified party claims the GTIN, which has one owner."""
    visit.demand("product.register")
    stands = visit.session.get(Product, new.id) if new.id else None
    if stands is not None:
        return demand_same(stands, origin_of(new))
    _demand_free(visit, new)
    product = Product.model_validate(
        new,
        update={
            "id": new.id or new_id(),
            "party_id": visit.actor.party_id,
            "gtin_claim": new.gtin if visit.actor.verified else None,
            "origin_hash": origin_of(new),
            "recorded_at": visit.now,
            "recorded_by": visit.actor.id,
        },
    )
    visit.session.add(product)
    visit.session.flush()
    _index(visit, product)
    visit.record("product.registered", product, party_id=product.party_id)
    return product


def _demand_free(visit: Visit, new: NewProduct) -> None:
    for product in list_products(visit.session, visit.actor.party_id):  # type: ignore[arg-type]
        for field in ("gtin", "own_code"):
            if getattr(new, field) and getattr(product, field) == getattr(new, field):
                raise unfit(f"{field.replace('_', '-')}-taken", "Another of your products has it.", field)
    owner = find_gtin_owner(visit.kernel(), new.gtin) if new.gtin and visit.actor.verified else None
    if owner is not None:
        raise Conflict(
            "gtin-has-owner", "Another enterprise owns this GTIN; only its owner registers products under it."
        )


def _index(visit: Visit, product: Product) -> None:
    index_text(
        visit.kernel(),
        "product",
        product.id,
        product.name_zh,
        product.name_en,
        product.brand,
        product.own_code,
    )


def products(visit: Visit) -> Sequence[Product]:
    visit.demand("product.read")
    return list_products(visit.session, visit.actor.party_id)  # type: ignore[arg-type]


def products_of(visit: Visit, party_id: UUID) -> Sequence[Product]:
    """The products of a party that the actor watches."""
    visit.demand("party.watch")
    return list_products(visit.session, party_id)


def find_product(visit: Visit, product_id: UUID) -> Product:
    """A product that the actor may see by role."""
    visit.demand("product.read")
    product = visit.session.get(Product, product_id)
    if product is None:
        raise Unknown("unknown-product", "No such product.")
    return product


def demand_own_product(visit: Visit, product_id: UUID, field: str = "product_id") -> Product:
    """A product that the actor's own party makes, named in a field."""
    product = visit.session.get(Product, product_id)
    if product is None or product.party_id != visit.actor.party_id or product.contact_id is not None:
        raise unfit("unknown-product", "None of your products has this id.", field)
    return product


def change_product(
    visit: Visit, product_id: UUID, change: ProductChange, version: int | None = None
) -> Product:
    """Change what a product says of itself; its GTIN and own code never change."""
    visit.demand("product.change")
    product = visit.session.get(Product, product_id)
    if product is None:
        raise Unknown("unknown-product", "No such product.")
    demand_version(product, version)
    apply_change(visit, product, change)
    _index(visit, product)
    visit.record("product.changed", product, party_id=product.party_id)
    return product


def brands_of(visit: Visit, ids: Collection[UUID]) -> dict[UUID, str]:
    """The brands that products have, for papers that must name them."""
    query = select(Product.id, Product.brand).where(col(Product.id).in_(ids))
    return {id_: brand for id_, brand in visit.kernel().exec(query) if brand}
