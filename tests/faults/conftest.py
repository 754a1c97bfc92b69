"""Places for tests that break the machine under the service: their own stores, and servers as processes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from databases import KIND, Databases, Server, open_databases
from faults.serving import Serving
from world import World, populate

Serve = Callable[..., Serving]
Count = Callable[[str, object], None]  # pytest's record_property

SQLITE_ALONE = ["test_power_loss.py", "test_one_file.py"]
POSTGRESQL_ALONE = ["test_postgresql_gone.py", "test_serialization.py"]
collect_ignore = POSTGRESQL_ALONE if KIND == "sqlite" else SQLITE_ALONE


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Stores that nobody else uses: the server under them is killed."""
    opened = open_databases()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def populated(databases: Databases) -> World:
    filled = World()
    databases.prepare("world", lambda url: populate(filled, url))
    return filled


@pytest.fixture
def postgres(databases: Databases) -> Server:
    assert isinstance(databases, Server)
    return databases


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """`serve(url)`: a server on a store, to be started; whatever still runs at the end is killed."""
    made: list[Serving] = []

    def serving(url: str, *program: str, **settings: str) -> Serving:
        made.append(Serving(url, tmp_path, **({"program": program} if program else {}), **settings))  # type: ignore[arg-type]
        return made[-1]

    yield serving
    for one in made:
        one.hang_up()
        if one.alive:
            one.kill()
        said = one.said() if one.log.exists() else ""
        assert "Traceback" not in said, said[-3000:]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the tests counted, so that nobody must believe a bare dot."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        if report.when == "teardown" or not report.user_properties:
            continue
        counted = ", ".join(f"{name} {value}" for name, value in report.user_properties)
        terminalreporter.write_line(f"{report.nodeid.rpartition('/')[2]}: {counted}")
