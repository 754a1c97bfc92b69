"""Amounts in the unit in which a stock is counted, and the conversions that a product has."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlmodel import select

from tracelot.operations.posting import Amount
from tracelot.operations.products import demand_own_product
from tracelot.operations.visit import Visit
from tracelot.records.events import Posting
from tracelot.records.products import Product, ProductUnit, ProductUnits, UnitFactor, list_factors
from tracelot.records.stocks import base_unit_of
from tracelot.rules.quantities import factor_between, in_base, usual_base
from tracelot.rules.refusals import Conflict, unfit


def measure(
    visit: Visit, product: Product, batch_id: UUID, quantity: Decimal | None, unit: str | None, field: str
) -> Amount:
    """An amount of a batch as it is counted, or a refusal that points at the unit or the quantity."""
    if quantity is None or unit is None:
        return Amount()
    kernel = visit.kernel()
    base = product.base_unit or base_unit_of(kernel, batch_id) or usual_base(unit)
    factor = factor_between(unit, base, {})
    if factor is None:
        factor = factor_between(
            unit, base, {one.unit: one.factor for one in list_factors(kernel, product.id)}
        )
    if factor is None:
        raise unfit("unit-mismatch", "This product is not counted in this unit, and nothing says how many of its"
                    " own unit it holds.", f"{field}unit")  # fmt: skip
    counted = in_base(quantity, factor)
    if counted is None:
        raise unfit("too-fine", "This amount is finer or larger than can be counted in the product's unit.",
                    f"{field}quantity")  # fmt: skip
    return Amount(quantity, unit, factor, counted, base)


def units_of(visit: Visit, product_id: UUID) -> ProductUnits:
    visit.demand("product.read")
    product = demand_own_product(visit, product_id)
    return _view(product, list_factors(visit.session, product.id))


def _view(product: Product, factors: Sequence[ProductUnit]) -> ProductUnits:
    units = [UnitFactor.model_validate({"unit": one.unit, "factor": one.factor}) for one in factors]
    return ProductUnits.model_validate({"base_unit": product.base_unit, "units": units})


def set_units(visit: Visit, product_id: UUID, units: ProductUnits) -> ProductUnits:
    """Say in which unit a product is counted and what others hold; what is recorded keeps its factors."""
    visit.demand("product.change")
    product = demand_own_product(visit, product_id)
    names = [one.unit for one in units.units]
    if len(names) != len(set(names)) or units.base_unit in names:
        raise unfit("unit-twice", "A unit stands here twice.", "units")
    if names and units.base_unit is None:
        raise unfit("base-unit-needed", "Say of which unit the others hold how many.", "base_unit")
    if product.base_unit != units.base_unit and _counted(visit, product, units.base_unit):
        raise Conflict("counted-already", "Stocks of this product are counted in another unit already.")
    for old in list_factors(visit.session, product.id):
        visit.session.delete(old)
    visit.session.flush()
    product.base_unit = units.base_unit
    made = [
        ProductUnit(product_id=product.id, unit=one.unit, party_id=product.party_id, factor=one.factor)
        for one in units.units
    ]
    visit.session.add_all([product, *made])
    visit.session.flush()
    factors = {one.unit: one.factor for one in units.units}
    visit.record("product.changed", product, party_id=product.party_id, factors=factors)
    return _view(product, list_factors(visit.session, product.id))


def _counted(visit: Visit, product: Product, unit: str | None) -> bool:
    query = select(Posting.id).where(Posting.product_id == product.id, Posting.base_unit != unit)
    return visit.kernel().exec(query.limit(1)).first() is not None
