"""/products"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import measuring, products
from tracelot.records.products import NewProduct, ProductChange, ProductUnits, ProductView
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("products", "/products")


@router.post("", status_code=201)
def register_product(visit: OpenVisit, new: NewProduct, answer: Response) -> ProductView:
    """Register a product under its GTIN or the enterprise's own code."""
    product = products.register_product(visit, new)
    answer.headers["location"] = f"/api/v1/products/{product.id}"
    return _view(product, answer)


@router.get("")
def list_products(visit: OpenVisit) -> list[ProductView]:
    """The caller's own products."""
    return [ProductView.model_validate(one, from_attributes=True) for one in products.products(visit)]


@router.get("/{product_id}")
def find_product(visit: OpenVisit, product_id: UUID, answer: Response) -> ProductView:
    return _view(products.find_product(visit, product_id), answer)


@router.patch("/{product_id}")
def change_product(
    visit: OpenVisit, product_id: UUID, change: ProductChange, version: ExpectedVersion, answer: Response
) -> ProductView:
    return _view(products.change_product(visit, product_id, change, version), answer)


@router.get("/{product_id}/units")
def find_units(visit: OpenVisit, product_id: UUID) -> ProductUnits:
    """The unit in which the product's stocks are counted, and how many of it the others hold."""
    return measuring.units_of(visit, product_id)


@router.put("/{product_id}/units")
def set_units(visit: OpenVisit, product_id: UUID, units: ProductUnits) -> ProductUnits:
    """Set them anew; what is recorded keeps the factors that it was recorded with."""
    return measuring.set_units(visit, product_id, units)


def _view(product: object, answer: Response) -> ProductView:
    view = ProductView.model_validate(product, from_attributes=True)
    answer.headers["etag"] = etag(view.version)
    return view
