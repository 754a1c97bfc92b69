"""Which goods a row of results is about: the party's own products and batches, by the names that the row gives."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from tracelot.operations.inspections import Goods
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.products import Product
from tracelot.records.result_goods import find_batches, find_products
from tracelot.records.sights import sight_of
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.identifiers import gtin14
from tracelot.rules.refusals import Refusal, Unknown


@dataclass(frozen=True)
class Named:
    """How a row names its goods; `alone` where the product may stand without a batch."""

    gtin: str = ""
    code: str = ""
    name: str = ""
    batch: str = ""
    made_on: date | None = None
    alone: bool = False

    def product_names(self) -> set[str]:
        return {one for one in (_gtin(self.gtin), self.code, self.name) if one}


def _gtin(text: str) -> str:
    """A GTIN as it is kept; what is none finds nothing."""
    with suppress(Refusal):
        return str(gtin14(text)) if text else ""
    return text


@dataclass
class GoodsFinder:
    """Looks up the goods of many rows at once, in a session of its own that keeps none of them."""

    visit: Visit
    _session: ScopedSession = field(init=False)

    def __post_init__(self) -> None:
        if self.visit.actor.party_id is None:
            raise Unknown("unknown-party", "This account belongs to no party.")
        self._party_id = self.visit.actor.party_id
        self._session = ScopedSession(self.visit.connection, sight_of(self.visit.actor))

    def find(self, named: Sequence[Named]) -> list[Goods | str]:
        """The goods of each, or the kind of problem with them."""
        self._session.expunge_all()
        products = self._products(named)
        chosen = [_product(one, products) for one in named]
        ids = {one.id for one in chosen if isinstance(one, Product)}
        codes = {one.batch for one in named if one.batch}
        days = {one.made_on for one in named if one.made_on and not one.batch}
        batches = _by_name(find_batches(self._session, ids, codes, days)) if ids else {}
        return [
            product if isinstance(product, str) else _goods(one, product, batches)
            for one, product in zip(named, chosen, strict=True)
        ]

    def _products(self, named: Sequence[Named]) -> dict[str, list[Product]]:
        names = {name for one in named for name in one.product_names()}
        found = defaultdict[str, list[Product]](list)
        for product in find_products(self._session, self._party_id, names):
            for name in {product.gtin, product.own_code, product.name_zh, product.name_en} - {None}:
                found[name or ""].append(product)
        return found


def _product(one: Named, products: dict[str, list[Product]]) -> Product | str:
    """By GTIN where there is one, else by code, else by name."""
    for name, keys in (
        (_gtin(one.gtin), ("gtin",)),
        (one.code, ("own_code",)),
        (one.name, ("name_zh", "name_en")),
    ):
        if not name:
            continue
        found = [each for each in products.get(name, ()) if name in {getattr(each, key) for key in keys}]
        if len(found) == 1:
            return found[0]
        return "product-ambiguous" if found else "product-unknown"
    return "product-needed"


Batches = dict[tuple[UUID, str | date], list[Batch]]


def _by_name(batches: Sequence[Batch]) -> Batches:
    found: Batches = defaultdict(list)
    for batch in batches:
        for name in {batch.code, batch.printed_text or batch.code}:
            found[batch.product_id, name].append(batch)
        found[batch.product_id, batch.production_date].append(batch)
    return found


def _goods(one: Named, product: Product, batches: Batches) -> Goods | str:
    name = one.batch or one.made_on
    if not name:
        return Goods(product, None) if one.alone else "batch-needed"
    found = batches.get((product.id, name), [])
    if len(found) > 1:
        return "batch-ambiguous"
    return Goods(product, found[0]) if found else "batch-unknown"
