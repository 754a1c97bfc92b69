"""What a regulator sees is what lies inside its region, found by brute force over generated parties."""

import json
from collections.abc import Iterator
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from builders import new_account, new_batch, new_member, new_party, new_product
from conftest import Rounds
from databases import Databases
from serving import served
from tracelot.operations import batches, links, parties, products
from tracelot.records.database import connect
from tracelot.records.divisions import Division
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from wire import Caller, Sent
from world import World, actor_of, visiting

ENOUGH = 4  # characters of a code that its neighbours share: the tree has branches and not only leaves


@pytest.fixture
def fresh(databases: Databases, cast: World) -> Iterator[str]:
    url = databases.make("world")
    yield url
    databases.drop(url)


def grown(engine: Engine, random: Random, number: int) -> list[str]:
    """Regions of every level, near one another and far away."""
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as session:
        codes = sorted(code for code in session.exec(select(Division.code)) if len(code) in (6, 9))
    near = [code for code in codes if code.startswith(random.choice(codes)[:ENOUGH])]
    return [random.choice(near if random.random() < 0.7 else codes) for _ in range(number)]


def area(code: str) -> str:
    """The part of a code that its whole area shares: 411700 is a city, 410000 a province."""
    if len(code) == 6 and code.endswith("0000"):
        return code[:2]
    return code[:4] if len(code) == 6 and code.endswith("00") else code


def settle(engine: Engine, world: World, regions: list[str]) -> dict[UUID, tuple[str, UUID]]:
    """A firm in each region, with a batch that nobody has released; by party, its region and its batch."""
    made = {}
    for region in regions:
        with visiting(engine, PUBLIC) as visit:
            party, account = parties.sign_up(visit, new_party(region_code=region), new_account())
            party_id, person = party.id, account.id
        with visiting(engine, actor_of(engine, person)) as visit:
            product = products.register_product(visit, new_product(own_code="P"))
            made[party_id] = (region, batches.register_batch(visit, new_batch(product.id)).id)
    assert world.people
    return made


def office_in(engine: Engine, world: World, region: str) -> str:
    with visiting(engine, actor_of(engine, world.people["site"])) as visit:
        _, link = parties.enrol_party(visit, new_party(type="regulator", region_code=region), new_member())
    with visiting(engine, PUBLIC) as visit:
        secret = link.rpartition("/")[2]
        return links.use_link(visit, secret, "invitation", "rapeseed-and-peanut-42").secret


def test_an_office_sees_exactly_what_lies_inside_its_region(
    fresh: str, cast: World, rounds: Rounds, random: Random
) -> None:
    engine = connect(fresh)
    checks = 0
    with served(fresh) as address:
        caller = Caller(address)
        made: dict[UUID, tuple[str, UUID]] = {}
        for _ in range(rounds(1, 15)):
            regions = grown(engine, random, 10)
            made |= settle(engine, cast, regions)
            for region in random.sample(regions, 4):
                heads = (
                    (
                        "cookie",
                        f"trace={office_in(engine, cast, random.choice([region, region[:6]]))}".encode(),
                    ),
                )
                own = json.loads(caller.ask(Sent("GET", "/api/v1/parties/me", heads)).body)["region_code"]
                for party, (place, batch) in made.items():
                    inside = place.startswith(area(own))
                    wanted = 200 if inside else 404
                    for path in (f"parties/{party}", f"batches/{batch}", f"batches/{batch}/history"):
                        assert caller.ask(Sent("GET", f"/api/v1/{path}", heads)).status == wanted, (
                            own,
                            place,
                        )
                        checks += 1
                listed = json.loads(caller.ask(Sent("GET", "/api/v1/parties?limit=200", heads)).body)
                assert {UUID(one["id"]) for one in listed} & set(made) == {
                    party for party, (place, _) in made.items() if place.startswith(area(own))
                }
        caller.hang_up()
    engine.dispose()
    print(f"{checks} checks")
    assert checks
