"""Products: trade items with a GTIN, or under the enterprise's own code."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from sqlmodel import JSON, Field, Index, Session, SQLModel, UniqueConstraint, col, select

from tracelot.records.inputs import Amount, Gtin, Label, Millionths, Name, OwnCode, Shape, Unit
from tracelot.records.locking import versioned

ShelfLifeUnit = Literal["day", "month", "year"]
Packaging = Literal["prepacked", "bulk"]


class ProductFields(SQLModel):
    name_zh: Name
    name_en: Label = None
    gtin: Gtin = None
    own_code: OwnCode = None
    brand: Label = None
    spec: Label = None
    category: Label = None
    standard: Label = None
    shelf_life: int | None = Field(default=None, ge=1, le=10000)
    shelf_life_unit: ShelfLifeUnit = "month"
    storage: Label = None
    storage_en: Label = None
    packaging: Packaging = "prepacked"
    allergens: list[Name] = Field(default_factory=list, max_length=30)
    geographic_mark: Label = None
    us_ftl: bool = False
    outgoing_required: bool = False  # no batch is released without an outgoing inspection that passed


class NewProduct(ProductFields, Shape):
    id: UUID | None = None


class ProductChange(Shape):
    name_zh: Name | None = None
    name_en: Label = None
    brand: Label = None
    spec: Label = None
    category: Label = None
    standard: Label = None
    shelf_life: int | None = Field(default=None, ge=1, le=10000)
    shelf_life_unit: ShelfLifeUnit | None = None
    storage: Label = None
    storage_en: Label = None
    packaging: Packaging | None = None
    allergens: list[Name] | None = Field(default=None, max_length=30)
    geographic_mark: Label = None
    us_ftl: bool | None = None
    outgoing_required: bool | None = None


@versioned
class Product(ProductFields, table=True):
    """A product as kept. `gtin_claim` is its GTIN once its party is verified: one owner for each GTIN."""

    __table_args__ = (
        UniqueConstraint("party_id", "own_code"),
        UniqueConstraint("party_id", "gtin"),
        Index("ix_product_contact_id_supplier_code", "contact_id", "supplier_code", unique=True),
    )

    shelf_life_unit: str
    packaging: str
    allergens: list[str] = Field(default_factory=list, sa_type=JSON)
    id: UUID = Field(primary_key=True)
    version: int = 1
    party_id: UUID = Field(foreign_key="party.id", index=True)
    gtin: str | None = Field(default=None, index=True)
    gtin_claim: str | None = Field(default=None, unique=True)
    base_unit: str | None = None  # in which its stocks are counted
    contact_id: UUID | None = None  # a supplier's, as we know it
    supplier_code: str | None = None
    origin_hash: str
    recorded_at: datetime
    recorded_by: UUID | None


class ProductUnit(SQLModel, table=True):
    """How many of the product's base units one such unit holds."""

    product_id: UUID = Field(primary_key=True, foreign_key="product.id")
    unit: str = Field(primary_key=True)
    party_id: UUID = Field(foreign_key="party.id")
    factor: Decimal = Field(sa_type=Millionths)


class UnitFactor(Shape):
    unit: Unit
    factor: Amount


class ProductUnits(Shape):
    """The unit in which a product's stocks are counted, and how many of it each other unit holds."""

    base_unit: Unit | None = None
    units: list[UnitFactor] = Field(default_factory=list, max_length=20)


class ProductView(ProductFields):
    id: UUID
    version: int
    party_id: UUID
    gtin_claim: str | None
    recorded_at: datetime


def find_gtin_owner(session: Session, gtin: str) -> Product | None:
    """The one product that owns a GTIN."""
    return session.exec(select(Product).where(Product.gtin_claim == gtin)).one_or_none()


def lock_products(session: Session, ids: Iterable[UUID], *, also_names: bool = False) -> None:
    """Let nobody else decide what is recalled of these products until this transaction ends.

    Whoever publishes a recall and whoever says when a batch was made must see what the other did. On
    PostgreSQL each statement after this one sees what was committed while it waited; SQLite has one writer.
    The order keeps two who lock several products from waiting for each other. With `also_names` nobody can
    add a row that names one of them either.
    """
    query = select(Product.id).where(col(Product.id).in_(set(ids))).order_by(col(Product.id))
    session.exec(query.with_for_update(key_share=not also_names)).all()


def list_products(session: Session, party_id: UUID) -> Sequence[Product]:
    """A party's own products; those of its suppliers, as it knows them, are not among them."""
    query = select(Product).where(Product.party_id == party_id, col(Product.contact_id).is_(None))
    return session.exec(query.order_by(col(Product.name_zh), col(Product.id))).all()


def find_product_of(session: Session, contact_id: UUID, code: str) -> Product | None:
    """What a supplier makes, as its customer knows it."""
    query = select(Product).where(Product.contact_id == contact_id, Product.supplier_code == code)
    return session.exec(query).one_or_none()


def find_outside(session: Session, party_id: UUID, code: str) -> Product | None:
    """What somebody else makes, as a party knows it, whoever supplied it."""
    query = select(Product).where(
        Product.party_id == party_id, col(Product.contact_id).is_not(None), Product.supplier_code == code
    )
    return session.exec(query.order_by(col(Product.id)).limit(1)).first()


def list_factors(session: Session, product_id: UUID) -> Sequence[ProductUnit]:
    query = select(ProductUnit).where(ProductUnit.product_id == product_id)
    return session.exec(query.order_by(col(ProductUnit.unit))).all()
