"""Places for tests of pages: a firm with goods, and its desk."""

import pytest
from fastapi.testclient import TestClient

from acts import Firm, firm, output
from conftest import ClientOf
from world import VisitAs, World


@pytest.fixture
def maker(visit_as: VisitAs, world: World) -> Firm:
    """Zhenyang with 100 kg of paste, released."""
    made = firm(visit_as, world, "zhenyang")
    made.makes("paste", spec="500 g")
    made.does("produce", outputs=[output(made.products["paste"], "X1", 100)])
    return made


@pytest.fixture
def desk(client_as: ClientOf, world: World) -> TestClient:
    assert world.batch_id
    return client_as("zhenyang")
