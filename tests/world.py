"""A small cast for tests, made through the operations themselves: two firms, an impostor, their regulators."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from builders import (
    GTIN,
    SECRET_KEY,
    new_account,
    new_batch,
    new_facility,
    new_key,
    new_member,
    new_party,
    new_product,
)
from tracelot.operations import accounts, actors, batches, keys, links, parties, products, sessions
from tracelot.operations.sealing import Keyring
from tracelot.operations.sessions import SignedIn
from tracelot.operations.visit import Place, Source, Visit
from tracelot.records.accounts import Account
from tracelot.records.database import connect
from tracelot.records.parties import Party
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC, Actor

VisitAs = Callable[..., AbstractContextManager[Visit]]
KEYRING = Keyring([SECRET_KEY])
PLACE = Place("http://127.0.0.1:8000", ZoneInfo("Asia/Shanghai"), KEYRING)
OFFICES = {
    "county": ("411724", "正阳县市场监督管理局", "Zhengyang County Administration for Market Regulation"),
    "neighbour": ("411723", "平舆县市场监督管理局", "Pingyu County Administration for Market Regulation"),
    "city": ("411700", "驻马店市市场监督管理局", "Zhumadian Administration for Market Regulation"),
    "township": ("411724214", "兰青乡市场监督管理所", "Lanqing Township Office for Market Regulation"),
}


@dataclass
class World:
    """Who is there, by name: zhenyang (also its quality and recorder), guhuai, impostor, the OFFICES, site.

    `people` are accounts, `cookies` their sessions' secrets, `keys` the programs of the two firms with every
    scope. Zhenyang has one facility, and a product with one released batch.
    """

    people: dict[str, UUID] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    parties: dict[str, UUID] = field(default_factory=dict)
    facility_id: UUID = UUID(int=0)
    product_id: UUID = UUID(int=0)
    batch_id: UUID = UUID(int=0)
    code: str = "ZY20260915A"
    gtin: str = GTIN
    elsewhere_id: UUID = UUID(int=0)  # guhuai's product, without a GTIN

    def join(self, name: str, signed: SignedIn, party: Party | None = None) -> None:
        self.people[name], self.cookies[name] = signed.account.id, signed.secret
        self.logins[name] = signed.account.login
        if party:
            self.parties[name] = party.id


@dataclass
class Scene:
    """What stands on the stores of a module's tests: the cast, and what its own `tell` added and gave back."""

    template: str
    world: World
    told: Any = None


@contextmanager
def visiting(engine: Engine, actor: Actor, now: datetime | None = None) -> Iterator[Visit]:
    """A visit that commits when all went well, as a door would; its person has just shown their password."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
        visit = Visit(connection, actor, now or datetime.now(UTC), PLACE, Source("test"))
        visit.factors = frozenset({"password"})
        try:
            yield visit
            visit.settle()
            transaction.commit()
        finally:
            visit.close()


def actor_of(engine: Engine, account_id: UUID) -> Actor:
    """The person as the doors recognise them at this moment."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        return actors.actor_of(kernel, kernel.get_one(Account, account_id))


def visits(engine: Engine, cast: World) -> VisitAs:
    """Opens a visit by one of the cast or by an actor; it commits at the end of its `with`."""

    def opened(who: str | Actor = PUBLIC, now: datetime | None = None) -> AbstractContextManager[Visit]:
        actor = who if isinstance(who, Actor) else actor_of(engine, cast.people[who])
        return visiting(engine, actor, now)

    return opened


def populate(world: World, url: str) -> None:
    """Put the cast on a migrated store."""
    engine = connect(url)
    _operator(world, engine)
    for name, (region, zh, en) in OFFICES.items():
        _office(world, engine, name, new_party(type="regulator", name_zh=zh, name_en=en, region_code=region))
    _firm(
        world,
        engine,
        "zhenyang",
        new_party(name_zh="正阳花生油有限公司", name_en="Zhengyang Peanut Oil Co., Ltd."),
    )
    _firm(
        world,
        engine,
        "guhuai",
        new_party(name_zh="古槐粮油有限公司", name_en="Guhuai Grain and Oil", region_code="411723"),
    )
    _firm(world, engine, "impostor", new_party(name_zh="正阳花生油直销", name_en="Zhengyang Oil Direct"))
    for name, office in (("zhenyang", "county"), ("guhuai", "neighbour")):
        with visiting(engine, actor_of(engine, world.people[office])) as visit:
            parties.decide_party(visit, world.parties[name], "verified", "营业执照已核对")
    _colleagues(world, engine)
    _goods(world, engine)
    engine.dispose()


def _operator(world: World, engine: Engine) -> None:
    with visiting(engine, PUBLIC) as visit:
        _, link = accounts.add_operator(visit, new_member(role="site"))
    world.join("site", _joined(engine, link))


def _joined(engine: Engine, link: str) -> SignedIn:
    from builders import PASSWORD  # noqa: PLC0415

    with visiting(engine, PUBLIC) as visit:
        signed = links.use_link(visit, link.rpartition("/")[2], "invitation", PASSWORD)
        visit.kernel().flush()
        visit.kernel().refresh(signed.account)
        visit.kernel().expunge(signed.account)
    return signed


def _office(world: World, engine: Engine, name: str, new: object) -> None:
    with visiting(engine, actor_of(engine, world.people["site"])) as visit:
        party, link = parties.enrol_party(visit, new, new_member())  # type: ignore[arg-type]
        world.parties[name] = party.id
    world.join(name, _joined(engine, link))


def _firm(world: World, engine: Engine, name: str, new: object) -> None:
    with visiting(engine, PUBLIC) as visit:
        party, account = parties.sign_up(visit, new, new_account())  # type: ignore[arg-type]
        world.join(name, sessions.start_session(visit, account), party)


def _colleagues(world: World, engine: Engine) -> None:
    for role in ("quality", "recorder"):
        with visiting(engine, actor_of(engine, world.people["zhenyang"])) as visit:
            _, link = accounts.invite_member(visit, new_member(role=role))
        world.join(role, _joined(engine, link))
    for name in ("zhenyang", "guhuai"):
        with visiting(engine, actor_of(engine, world.people[name])) as visit:
            world.keys[name] = keys.issue_key(visit, new_key()).key


def _goods(world: World, engine: Engine) -> None:
    with visiting(engine, actor_of(engine, world.people["zhenyang"])) as visit:
        world.facility_id = parties.register_facility(visit, new_facility()).id
        world.product_id = products.register_product(visit, new_product(gtin=GTIN)).id
        new = new_batch(world.product_id, code=world.code, quantity="5000", unit="bottle", release=True)
        world.batch_id = batches.register_batch(visit, new).id
    with visiting(engine, actor_of(engine, world.people["guhuai"])) as visit:
        world.elsewhere_id = products.register_product(
            visit, new_product(name_zh="小磨香油", own_code="GH-1")
        ).id
