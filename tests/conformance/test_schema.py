"""The OpenAPI document and the answers agree, whatever fits it or breaks it; in the short form, of half of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from conftest import Rounds
from databases import Databases
from serving import served
from tracelot.settings import Settings
from tracelot.web.app import build
from world import World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CALLERS = ("", "key", "cookie")
SHORT, LONG = 2, 60  # examples of each operation, as each caller, fitting the document and breaking it


@pytest.fixture
def site(databases: Databases, cast: World) -> Iterator[str]:
    store = databases.make("world")
    with served(store) as address:
        yield address
    databases.drop(store)


@pytest.fixture
def described(store: str) -> list[Any]:
    app = build(Settings(database_url=store, worker=False))
    app.state.engine.dispose()
    schema = schemathesis.openapi.from_dict(app.openapi())
    return [found.ok() for found in schema.get_all_operations()]


def heads_of(caller: str, cast: World, operation: APIOperation[Any, Any, Any, Any]) -> dict[str, str]:
    if caller == "key":
        return {"authorization": f"Bearer {cast.keys['zhenyang']}"}
    who = "county" if "decision" in operation.path else "zhenyang"
    return {"cookie": f"trace={cast.cookies[who]}"} if caller else {}


@dataclass
class Asking:
    """Sends examples of operations, and holds the answers to the document."""

    site: str
    session: requests.Session
    random: Random
    examples: int
    count: int = 0

    def ask(self, operation: Any, mode: GenerationMode, heads: dict[str, str], known: dict[str, str]) -> None:
        @seed(self.random.getrandbits(32))
        @settings(max_examples=self.examples, deadline=None, database=None,
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode, path_parameters=known or None))
        def one(case: Case) -> None:
            self.count += 1
            answer = case.call(base_url=self.site, session=self.session, headers=heads, timeout=30)
            case.validate_response(answer, checks=CHECKS)

        one()


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller or "anybody")
def test_answers_are_as_the_document_says(
    site: str,
    described: list[Any],
    cast: World,
    caller: str,
    mode: GenerationMode,
    rounds: Rounds,
    random: Random,
) -> None:
    ids = {"batch_id": cast.batch_id, "product_id": cast.product_id, "facility_id": cast.facility_id,
           "party_id": cast.parties["impostor"]} if mode is GenerationMode.POSITIVE else {}  # fmt: skip
    wrong = []
    chosen = random.sample(described, rounds(len(described) // 4, len(described)))
    with requests.Session() as session:
        session.trust_env = False
        asking = Asking(site, session, random, rounds(SHORT, LONG))
        for operation in chosen:
            known = {name: str(value) for name, value in ids.items() if "{" + name + "}" in operation.path}
            try:
                asking.ask(operation, mode, heads_of(caller, cast, operation), known)
            except FailureGroup as failures:
                wrong += [f"{operation.label}: {one}" for one in failures.exceptions]
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE  # nothing breaks what takes nothing
    print(f"{asking.count} requests as {caller or 'anybody'}, {mode.value}")
    assert not wrong, "\n".join(wrong)
    assert asking.count >= len(chosen) // 2
