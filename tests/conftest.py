"""Places for tests: a store, the application on it, and people and programs that come to its doors."""

import os
import secrets
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any

import hypothesis
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import Engine

import collecting
import compiled  # noqa: F401  (from now on statements are shared)
from builders import SECRET_KEY
from databases import Databases, open_databases
from tracelot.operations import passwords
from tracelot.records.database import connect
from tracelot.settings import Settings
from tracelot.web import pace
from tracelot.web.app import build
from world import Scene, VisitAs, World, populate, visits

collecting.begin()
passwords.hasher = passwords.Hasher(
    64, 1
)  # a hash takes 36 ms at its full price, and each test asks for some
os.environ["TRACE_SECRET_KEY"] = SECRET_KEY  # no key file of the tests' own in anybody's folder
BASE = "http://127.0.0.1:8000"
MANY = 1_000_000  # hostile inputs must be told no for what they are, not for their number
ClientOf = Callable[[str], TestClient]
Rounds = Callable[[int, int], int]


unhurried = hypothesis.settings(deadline=None)  # how long one example takes hangs on the machine
hypothesis.settings.register_profile("trace", unhurried)
hypothesis.settings.register_profile("brief", unhurried, max_examples=20)
hypothesis.settings.load_profile("trace")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="the long form of the tests that have one")
    parser.addoption("--brief", action="store_true", help="fewer rounds and examples: what was shown already")
    parser.addoption(
        "--share", type=int, default=1, help="of the operations' modules one in so many, by chance"
    )
    parser.addoption("--seed", type=int, help="repeat the random choices of an earlier run")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.brief:
        hypothesis.settings.load_profile("brief")
    if hasattr(config, "workerinput"):
        config.option.seed = config.workerinput["seed"]
    elif config.option.seed is None:
        config.option.seed = secrets.randbits(32)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The processes of pytest-xdist make the same random choices."""
    node.workerinput["seed"] = node.config.option.seed


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a module makes for all its tests is made in one process, not in each of them."""
    _take_a_share(config, items)
    made = {"cast_store", "site", "port", "file", "operations"}
    for item in items:
        if made & set(getattr(item, "fixturenames", ())) or hasattr(getattr(item, "module", None), "tell"):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def _take_a_share(config: pytest.Config, items: list[pytest.Item]) -> None:
    modules = sorted({item.path for item in items if "operations" in item.path.parts})
    left = Random(config.option.seed).sample(modules, len(modules) - len(modules) // config.option.share)
    config.hook.pytest_deselected(items=[item for item in items if item.path in left])
    items[:] = [item for item in items if item.path not in left]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(f"Random choices can be repeated with --seed {config.option.seed}")


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """`rounds(3, 20)`: how often to do it, in the short form and in the long one; the brief one is a third."""
    if request.config.getoption("--long"):
        return lambda _short, long: long
    if request.config.getoption("--brief"):
        return lambda short, _long: max(short // 3, min(short, 1))
    return lambda short, _long: short


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Random:
    """Random choices of the test's own, which `--seed` repeats."""
    return Random(f"{request.config.getoption('--seed')} {request.node.name}")


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Makes stores; a server of ours ends with the session, however that ends."""
    opened = open_databases()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def populated(databases: Databases) -> World:
    """The names that `world` gives, and the template of a store that knows them."""
    filled = World()
    databases.prepare("world", lambda url: populate(filled, url))
    return filled


@pytest.fixture(scope="module")
def cast(populated: World) -> World:
    """The same names; whoever joins them is of the module's tests alone."""
    return deepcopy(populated)


@pytest.fixture(scope="session")
def scenes() -> dict[str, Scene]:
    """Those that were told already, by their templates."""
    return {}


@pytest.fixture
def scene(
    databases: Databases,
    cast: World,
    populated: World,
    scenes: dict[str, Scene],
    request: pytest.FixtureRequest,
) -> Scene:
    """The cast alone; or, where a module has a function `tell(url, world)`, what that tells once for its tests.

    Whoever joins its world is the test's alone.
    """
    tell = getattr(request.module, "tell", None)
    if tell is None:
        return deepcopy(Scene("world", cast))
    name = request.module.__name__
    if name not in scenes:
        told = scenes[name] = Scene(name, deepcopy(populated))
        databases.prepare(name, lambda url: setattr(told, "told", tell(url, told.world)), "world")
    return deepcopy(scenes[name])


@pytest.fixture
def store(databases: Databases, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a store of the test's own: migrated, and with its scene where the test asks for the world."""
    asked = "world" in request.fixturenames or "scene" in request.fixturenames
    url = databases.make(request.getfixturevalue("scene").template if asked else "bare")
    yield url
    databases.drop(url)


@pytest.fixture
def world(store: str, scene: Scene) -> World:
    """Two firms, an impostor, their regulators and the site's operator, and whom the module's scene adds."""
    assert store
    return scene.world


@pytest.fixture(scope="module")
def cast_store(databases: Databases, cast: World) -> Iterator[str]:
    """The URL of a store with the cast, for all tests of a module."""
    url = databases.make("world")
    yield url
    databases.drop(url)


@pytest.fixture
def engine(store: str) -> Iterator[Engine]:
    opened = connect(store)
    yield opened
    opened.dispose()


@pytest.fixture
def visit_as(world: World, engine: Engine) -> VisitAs:
    return visits(engine, world)


@pytest.fixture
def settings(store: str) -> Settings:
    return Settings(database_url=store, public_url=BASE, worker=False, api_pace=MANY)


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    built = build(settings)
    pace.meter.cache_clear()
    yield built
    built.state.engine.dispose()


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Somebody whom the site does not know."""
    with TestClient(app, base_url=BASE, follow_redirects=False) as opened:
        yield opened


@pytest.fixture
def client_as(app: FastAPI, client: TestClient, world: World) -> ClientOf:
    """`client_as("admin")`: one of the cast in a browser of their own."""

    def signed_in(name: str) -> TestClient:
        opened = TestClient(
            app, base_url=BASE, follow_redirects=False, cookies={"trace": world.cookies[name]}
        )
        opened.portal = client.portal  # one event loop for all, as in a server
        return opened

    return signed_in


@pytest.fixture
def program_of(app: FastAPI, client: TestClient, world: World) -> ClientOf:
    """`program_of("zhenyang")`: a firm's program with a key of every scope."""

    def keyed(name: str) -> TestClient:
        head = {"authorization": f"Bearer {world.keys[name]}"}
        opened = TestClient(app, base_url=BASE, follow_redirects=False, headers=head)
        opened.portal = client.portal
        return opened

    return keyed
