"""Inputs that broke other services, bent to every operation of our own over a real connection.

Each answer is a problem of the 4xx kind, or a success where the input is legal; never a 5xx, never a dropped
connection; and afterwards every list still answers, so nothing poisonous was kept.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import uvicorn
from fastapi import FastAPI

from builders import new_batch, new_recall
from conftest import VisitAs
from tracelot.operations import batches, recalls
from world import World

FOLDER = os.environ.get("TRACE_VECTORS")
if not FOLDER:
    pytest.skip("TRACE_VECTORS names no folder with hostile.json.", allow_module_level=True)
INPUTS: list[dict[str, Any]] = json.loads((Path(FOLDER) / "hostile.json").read_text(encoding="utf-8"))
REPEATED = {
    "int 5000 digits": b'{"code":' + b"9" * 5000 + b"}",
    "deep list 1e5": b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "any deep 1e4": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "10MB str": b'{"code":"' + b"x" * 10_000_000 + b'"}',
}
LONG_PATHS = {"id 5000 digits": "9" * 5000, "qr 3000 chars": "a" * 3000, "long path": "a" * 70_000}
LONGEST_LINE = 60_000  # what is longer, the HTTP server refuses before the application sees it
Sent = tuple[str, str, dict[str, str], bytes | None]


@pytest.fixture
def address(app: FastAPI) -> Iterator[tuple[str, int]]:
    """The application behind a real server."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield listener.getsockname()[:2]
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()


def asked(address: tuple[str, int], sent: Sent, key: str) -> tuple[int, str]:
    """Status and media type of the answer; the path goes out as it is written."""
    method, path, headers, body = sent
    connection = HTTPConnection(*address, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {"host": "127.0.0.1", "authorization": f"Bearer {key}", **headers}.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("content-length", str(len(body)))
        with suppress(BrokenPipeError, ConnectionResetError):  # refused before the whole body was read
            connection.endheaders(body)
        answer = connection.getresponse()
        answer.read()
        return answer.status, answer.headers.get_content_type()
    finally:
        connection.close()


def body_of(one: dict[str, Any]) -> bytes | None:
    match one["body"]:
        case None:
            return None
        case {"text": text}:
            return str(text).encode("utf-8", "surrogatepass")
        case {"hex": digits}:
            return bytes.fromhex(digits)
        case {"repeat": name}:
            return REPEATED[name]
        case other:
            raise AssertionError(f"A body of an unknown kind: {other}")


def hostile_value(one: dict[str, Any]) -> str | None:
    """The value that makes a JSON body hostile, in JSON's own writing; None where the whole body is."""
    text = (one["body"] or {}).get("text", "") if one["method"] == "POST" else ""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        constants = [each for each in ("NaN", "-Infinity", "Infinity", "1e999") if each in text]
        return constants[0] if constants and text.startswith("{") else None
    if not isinstance(read, dict):
        return text
    strange = {
        name: value for name, value in read.items() if (name, value) not in (("code", "c"), ("product", "p"))
    }
    return json.dumps(next(iter(strange.values()))) if strange else None


def bodies(valid: dict[str, Any], one: dict[str, Any]) -> Iterator[bytes]:
    """The hostile value in the place of each field of a valid body in turn."""
    value = hostile_value(one)
    if value is None:
        whole = body_of(one)
        if whole is not None:
            yield whole
        return
    for name in valid:
        bent: dict[str, Any] = deepcopy(valid)
        bent[name] = "HOSTILE"
        yield json.dumps(bent).replace('"HOSTILE"', value, 1).encode()
    yield json.dumps(valid | {"unknown": "HOSTILE"}).replace('"HOSTILE"', value, 1).encode()


def filled(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


def sent_to(
    path: str, method: str, operation: dict[str, Any], known: dict[str, Any], one: dict[str, Any]
) -> Iterator[Sent]:
    """One hostile input, bent to one operation."""
    place = filled(path, known["path"])
    if one["method"] == "POST" and method in ("post", "patch"):
        for body in bodies(known["bodies"].get(path, {"reason": "送检"}), one):
            yield method.upper(), place, {"content-type": "application/json"} | one["headers"], body
    query = urlsplit(one["path"]).query
    if one["method"] == "GET" and method == "get" and query:
        value = query.partition("=")[2]
        names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
        for name in [*names, query.partition("=")[0]]:
            yield "GET", f"{place}?{name}={value}", dict(one["headers"]), None
    tail = LONG_PATHS.get(one["name"]) or urlsplit(one["path"]).path.rpartition("/")[2].removesuffix(
        "batches"
    )
    if one["method"] == "GET" and tail:
        for name in known["path"]:
            if "{" + name + "}" in path:
                yield method.upper(), path.replace("{" + name + "}", tail), dict(one["headers"]), None


@pytest.fixture
def known(visit_as: VisitAs, world: World) -> dict[str, Any]:
    """Valid paths and bodies of every operation."""
    with visit_as("quality") as visit:
        recall = recalls.open_recall(visit, new_recall(world.product_id, world.code)).id
        batch = batches.register_batch(visit, new_batch(world.product_id, code="FREE")).id
    new = new_recall(world.product_id, world.code).model_dump(mode="json", exclude_none=True)
    return {
        "path": {
            "batch_id": str(batch), "product_id": str(world.product_id), "facility_id": str(world.facility_id),
            "party_id": str(world.parties["zhenyang"]), "recall_id": str(recall), "code": str(recall),
        },
        "bodies": {
            "/api/v1/batches": new_batch(world.product_id, code="H1", quantity="1", unit="kg").model_dump(
                mode="json", exclude_none=True),
            "/api/v1/products": {"name_zh": "香油", "name_en": "Oil", "own_code": "H-1", "shelf_life": 18,
                                 "allergens": ["芝麻"], "us_ftl": False},
            "/api/v1/facilities": {"name_zh": "二厂", "address_zh": "路1号", "region_code": "411724",
                                   "longitude": 114.3, "latitude": 32.6},
            "/api/v1/recalls": new,
            "/api/v1/parties": {"party": {}, "account": {}},
            "/api/v1/parties/{party_id}/decision": {"decision": "verified", "note": "核对"},
            "/api/v1/products/{product_id}": {"name_zh": "香油", "shelf_life": 18},
            "/api/v1/facilities/{facility_id}": {"name_zh": "二厂", "longitude": 114.3},
            "/api/v1/recalls/{recall_id}": {"level": 2, "reason_zh": "超标", "knowledge_at": new["knowledge_at"]},
            "/api/v1/parties/me": {"phone": "1", "longitude": 114.3},
            "/api/v1/batches/{batch_id}": {"reason": "核对", "quantity": "1", "expiry_date": "2027-09-15"},
        },
    }  # fmt: skip


@pytest.fixture
def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize("one", INPUTS, ids=lambda one: one["name"])
def test_a_hostile_input_is_told_no_by_every_operation(
    one: dict[str, Any],
    address: tuple[str, int],
    known: dict[str, Any],
    operations: list[tuple[str, str, dict[str, Any]]],
    world: World,
) -> None:
    wrong = []
    for path, method, operation in operations:
        for sent in sent_to(path, method, operation, known, one):
            status, media = asked(address, sent, world.keys["zhenyang"])
            by_the_server = len(sent[1]) > LONGEST_LINE and status in (400, 414, 431)
            problem = 400 <= status < 500 and (media == "application/problem+json" or by_the_server)
            if not (problem or 200 <= status < 300):
                wrong.append((sent[0], sent[1], status, media, (sent[3] or b"")[:120]))
    assert wrong == []

    for path, method, _ in operations:
        if method == "get" and "{" not in path:
            query = "?code=H1" if path.endswith("/lookup") else ""
            answer = asked(address, ("GET", path + query, {}, None), world.keys["zhenyang"])
            assert answer == (200, "application/json") or path.endswith("/parties")


def test_the_list_holds_all_that_is_known_to_break_services() -> None:
    assert len(INPUTS) == 52
