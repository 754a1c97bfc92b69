"""Who sees which rows: every table has its rule, and no shape of query gets around it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, Table, exists, func, inspect, text, union
from sqlalchemy.orm import aliased
from sqlalchemy.sql.visitors import iterate
from sqlmodel import Session, SQLModel, col, delete, select, update

from builders import new_batch, new_product, new_recall
from tracelot.operations import batches, products, recalls
from tracelot.records.batches import Batch
from tracelot.records.database import connect
from tracelot.records.facilities import Facility
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import Recall, RecallBatch
from tracelot.records.sights import EVERYTHING, PUBLIC, Sight, sight_of
from tracelot.records.tenancy import RULES, OutOfSight, ScopedSession, tables_in
from tracelot.rules.access import Actor
from world import VisitAs, World, visits

Shape = Callable[[Session, World], object]


def tell(url: str, world: World) -> None:
    """Guhuai has goods too: a batch that was never released, and a recall that is a draft."""
    engine = connect(url)
    with visits(engine, world)("guhuai") as visit:
        batches.register_batch(visit, new_batch(world.elsewhere_id, code="GH1"))
        recalls.open_recall(visit, new_recall(world.elsewhere_id, "GH1"))
    engine.dispose()


@pytest.fixture
def seeing(engine: Engine, world: World) -> Iterator[Callable[[Sight], ScopedSession]]:
    assert world
    with engine.connect().execution_options(writes=True) as connection:
        connection.begin()
        opened: list[ScopedSession] = []

        def session(sight: Sight) -> ScopedSession:
            opened.append(ScopedSession(connection, sight))
            return opened[-1]

        yield session
        for one in opened:
            one.close()


def test_every_table_has_a_rule() -> None:
    mapped = {mapper.class_ for mapper in SQLModel._sa_registry.mappers}

    assert mapped == set(RULES)


def test_a_session_without_sight_does_nothing(engine: Engine) -> None:
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        session.info.clear()
        with pytest.raises(KeyError):
            session.exec(select(Batch)).all()


# Each asks zhenyang's session for guhuai's rows in another way; nothing of them may come back.
SHAPES: dict[str, Shape] = {
    "get": lambda session, world: session.get(Product, world.elsewhere_id),
    "select": lambda session, world: session.exec(select(Batch).where(Batch.code == "GH1")).all(),
    "columns": lambda session, world: session.exec(select(Batch.code).where(Batch.code == "GH1")).all(),
    "join": lambda session, world: session.exec(
        select(Batch, Product).where(Batch.product_id == Product.id, Product.id == world.elsewhere_id)
    ).all(),
    "join the other way": lambda session, world: session.exec(
        select(Party).join(Product, col(Product.party_id) == Party.id).where(Product.id == world.elsewhere_id)
    ).all(),
    "outer join": lambda session, world: [
        row[1]
        for row in session.exec(select(Facility, Batch).join(Batch, col(Batch.code) == "GH1", isouter=True))
        if row[1]
    ],
    "alias": lambda session, world: session.exec(
        select(other := aliased(Batch)).where(other.code == "GH1")
    ).all(),
    "count": lambda session, world: session.exec(
        select(func.count()).select_from(Batch).where(Batch.code == "GH1")
    ).one(),
    "group": lambda session, world: session.exec(
        select(Batch.party_id, func.count()).where(Batch.code == "GH1").group_by(col(Batch.party_id))
    ).all(),
    "exists": lambda session, world: session.exec(
        select(exists(select(Batch.id).where(Batch.code == "GH1")))
    ).one(),
    "subquery": lambda session, world: session.exec(
        select(Facility).where(
            col(Facility.party_id).in_([world.parties["zhenyang"]]),
            exists(select(Recall.id).where(Recall.party_id == world.parties["guhuai"])),
        )
    ).all(),
    "derived table": lambda session, world: session.execute(
        select(func.count()).select_from(select(Batch.id).where(Batch.code == "GH1").subquery())
    ).scalar_one(),
    "common table": lambda session, world: session.execute(
        select(select(Batch.code).where(Batch.code == "GH1").cte().c.code)
    ).all(),
    "union": lambda session, world: session.execute(
        union(
            select(Batch.code).where(Batch.code == "GH1"),
            select(RecallBatch.code).where(RecallBatch.code == "GH1"),
        )
    ).all(),
    "update": lambda session, world: (
        session.exec(update(Batch).where(col(Batch.code) == "GH1").values(status="released")).rowcount
    ),
    "delete": lambda session, world: (
        session.exec(delete(RecallBatch).where(col(RecallBatch.code) == "GH1")).rowcount
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_shape_of_query_leaks(seeing: Callable[[Sight], ScopedSession], world: World, shape: str) -> None:
    own = seeing(Sight(party_id=world.parties["zhenyang"]))

    assert not SHAPES[shape](own, world)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_of_these_queries_would_find_the_rows_for_their_owner(
    seeing: Callable[[Sight], ScopedSession], world: World, shape: str
) -> None:
    assert SHAPES[shape](seeing(EVERYTHING), world)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_public_sees_none_of_it_either(
    seeing: Callable[[Sight], ScopedSession], world: World, shape: str
) -> None:
    found = SHAPES[shape](seeing(PUBLIC), world)

    assert not found or shape in ("get", "join the other way")  # a verified firm and its product are public


@pytest.mark.parametrize(
    "model", sorted(RULES, key=lambda model: model.__name__), ids=lambda model: model.__name__
)
def test_a_blind_session_sees_only_what_is_shared(
    seeing: Callable[[Sight], ScopedSession], world: World, model: type[SQLModel]
) -> None:
    rows = seeing(Sight()).exec(select(model).limit(1)).all()

    assert not rows or model.__name__ in (
        "Bucket",
        "Division",
        "RulePack",
        "RuleLimit",
        "CalendarDay",
        "FoodLimit",
        "Analyte",
        "SearchTerm",
        "ShortCode",
        "Counter",
        "KeptAnswer",
    )


def test_rows_of_one_session_do_not_reach_another(
    seeing: Callable[[Sight], ScopedSession], world: World
) -> None:
    assert seeing(EVERYTHING).get(Product, world.elsewhere_id)
    assert seeing(Sight(party_id=world.parties["zhenyang"])).get(Product, world.elsewhere_id) is None


@pytest.mark.parametrize("model", [Product, Facility, Party])
def test_a_row_is_not_added_for_somebody_else(
    seeing: Callable[[Sight], ScopedSession], world: World, model: Any
) -> None:
    everything = seeing(EVERYTHING)
    row = everything.exec(select(model)).first()
    values = row.model_dump() | {"id": UUID(int=3), "gtin": None, "gtin_claim": None, "own_code": None}
    copy = model(**values)
    if hasattr(copy, "party_id"):
        copy.party_id = world.parties["guhuai"]
    own = seeing(Sight(party_id=world.parties["zhenyang"]))
    own.add(copy)

    with pytest.raises(OutOfSight):
        own.flush()


def test_a_row_seen_as_a_regulator_cannot_be_written(
    seeing: Callable[[Sight], ScopedSession], world: World
) -> None:
    office = seeing(Sight(world.parties["county"], ("411724",)))
    batch = office.get(Batch, world.batch_id)
    assert batch is not None
    batch.status = "held"
    office.add(batch)

    with pytest.raises(OutOfSight):
        office.flush()


@pytest.mark.parametrize(
    ("who", "sees"),
    [("county", True), ("city", True), ("neighbour", False), ("township", False), ("site", False)],
)
def test_a_regulator_sees_the_unreleased_batches_of_its_territory(
    visit_as: VisitAs, world: World, who: str, sees: bool
) -> None:
    with visit_as("recorder") as visit:
        secret = batches.register_batch(visit, new_batch(world.product_id, code="NOT-YET")).id
    with visit_as(who) as visit:
        assert (visit.session.get(Batch, secret) is not None) == sees


def test_an_unverified_regulator_watches_nothing() -> None:
    office = Actor(UUID(int=1), "admin", UUID(int=2), "regulator", False, "county", ("411724",))

    assert sight_of(office) == Sight(UUID(int=2))


def test_what_an_unverified_firm_releases_is_not_public(visit_as: VisitAs, world: World) -> None:
    with visit_as("impostor") as visit:
        product = products.register_product(visit, new_product(own_code="X"))
        hidden = batches.register_batch(visit, new_batch(product.id, release=True)).id
    with visit_as() as visit:
        assert visit.session.get(Batch, world.batch_id) is not None
        assert visit.session.get(Batch, hidden) is None


def test_every_owned_table_names_its_party() -> None:
    shared = {
        "Bucket",
        "Division",
        "RulePack",
        "RuleLimit",
        "CalendarDay",
        "FoodLimit",
        "Analyte",
        "SearchTerm",
        "Counter",
        "ShortCode",
        "KeptAnswer",
        "Task",
        "SignInSession",
        "OneTimeLink",
        "SecondFactor",
        "RecoveryCode",
        "Attempt",
    }
    without = {model.__name__ for model in RULES if "party_id" not in inspect(model).columns} - {"Party"}

    assert without <= shared


@pytest.mark.parametrize("model", RULES)
def test_a_rule_asks_bare_tables_so_that_it_needs_no_other_rule(model: type[SQLModel]) -> None:
    """Statements get the rules of the tables that they name; what a rule reads for itself is not limited again."""
    for sight in (PUBLIC, Sight(UUID(int=1)), Sight(territory=("4117",))):
        read = [part for part in iterate(RULES[model](sight)) if isinstance(part, Table)]

        assert [part.name for part in read if "parententity" in part._annotations] == []


OUTER, INNER = aliased(Batch), select(Recall.id).where(col(Recall.party_id) == col(Batch.party_id))


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        (select(Batch), ["batch"]),
        (select(func.count()).select_from(Batch), ["batch"]),
        (select(OUTER.id), ["batch"]),
        (select(Product).join(OUTER, OUTER.product_id == col(Product.id)), ["batch", "product"]),
        (select(Product).order_by(OUTER.code), ["batch", "product"]),
        (select(Product).where(INNER.exists()), ["batch", "product", "recall"]),
        (select(Product, INNER.scalar_subquery()), ["batch", "product", "recall"]),
        (select(select(Batch.id).cte("c").c.id), ["batch"]),
        (union(select(Batch.id), select(Recall.id)), ["batch", "recall"]),
        (update(Batch).where(col(Batch.id).in_(INNER)), ["batch", "recall"]),
        (delete(Recall), ["recall"]),
    ],
)
def test_a_statement_tells_every_table_that_it_names(statement: Any, tables: list[str]) -> None:
    assert tables_in(statement) == tables


def test_of_raw_sql_nothing_is_known_so_that_every_rule_is_added() -> None:
    assert len(tables_in(select(Batch).where(text("1 = 1")))) == len(RULES)
