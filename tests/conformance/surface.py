"""Everything that the site answers to: the operations of the OpenAPI document and the routes of the pages."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from builders import PASSWORD, valid_uscc
from tracelot.web.pages import routes as pages
from world import World

_numbers = itertools.count(100_000)
LEFT_OUT = frozenset(
    {"id", "event_id", "gtin", "gln", "sc_no", "jy_no", "mobile", "after", "cursor", "prefix"}
    | {
        "sscc",
        "product_gtin",
        "contact_id",
        "shipment_id",
        "replacement",
        "joins",
        "into",
        "loss",
        "loss_unit",
    }
    | {"base_unit", "units"}
)


@dataclass(frozen=True)
class Operation:
    """A method at a path, with the names of its query and of its form, and the schema of its JSON body."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    body: dict[str, Any] | None = None
    form: tuple[str, ...] = ()

    @property
    def programs(self) -> bool:
        return self.path.startswith("/api/v1")

    @property
    def parameters(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


@dataclass
class Known:
    """Values that are right, by the names of parameters and fields."""

    values: dict[str, Any]
    schemas: dict[str, Any] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """A right value; what must be unique is another one each time."""
        number = next(_numbers)
        match name:
            case "code":
                return f"H{number}"
            case "own_code":
                return f"OWN-{number}"
            case "email" | "login":
                return f"p{number}@trace.test"
            case "ranges":
                return [{"product_id": self.values["product_id"], "codes": [f"R{number}"]}]
            case _:
                return self.values.get(name)

    def path(self, operation: Operation, **other: str) -> str:
        written = operation.path
        for name in operation.parameters:
            value = other.get(name) or quote(str(self.values.get(name, "x")), safe="")
            written = written.replace("{" + name + "}", value)
        return written

    def sample(self, schema: dict[str, Any], name: str = "") -> Any:
        """A value that fits the schema, and the rules behind it where its name is known."""
        if "$ref" in schema:
            return self.sample(self.schemas[schema["$ref"].rpartition("/")[2]], name)
        known = self.value(name)
        if known is not None and not (schema.get("enum") and known not in schema["enum"]):
            return known
        for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            if choice.get("type") != "null":
                return self.sample(choice, name)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                return {key: self.sample(inner, key) for key, inner in self.fields(schema).items()
                        if key not in LEFT_OUT}  # fmt: skip
            case "array":
                return [self.sample(schema["items"], name)]
            case "integer" | "number":
                return 1
            case "boolean":
                return False
            case _:
                return "甲乙"

    def fields(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema or "anyOf" in schema:
            schema = (
                self.schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema["anyOf"][0]
            )
        return dict(schema.get("properties", {}))

    def form(self, operation: Operation) -> dict[str, str]:
        told = {name: self.value(name) for name in operation.form if name not in LEFT_OUT}
        return {name: str(value) if isinstance(value, str) else "1" for name, value in told.items()}


def known_values(world: World, **more: str) -> dict[str, Any]:
    bottle = {"quantity": "1", "unit": "bottle"}
    return {
        "product_id": str(world.product_id), "product": str(world.product_id), "facility_id": str(world.facility_id),
        "batch_id": str(world.batch_id), "batch": str(world.batch_id), "party_id": str(world.parties["impostor"]),
        "member_id": str(world.people["recorder"]), "region_code": "411724", "origin_region_code": "411724",
        "uscc": valid_uscc(654_321),
        "production_date": "2026-09-15", "expiry_date": "2027-09-15", "knowledge_at": "2026-09-16T08:00:00+08:00",
        "licence_expiry": "2030-01-01", "quantity": "1", "unit": "kg", "reason": "核对原始记录", "note": "已核对",
        "decision": "verified", "password": PASSWORD, "old": PASSWORD, "new": PASSWORD, "phone": "0396-8920001",
        "name_zh": "香油", "name": "李敏", "role": "recorder", "level": 2, "kind": None, "type": "producer", "days": 30,
        "scopes": ["read"], "longitude": 114.3, "latitude": 32.6, "allergens": ["芝麻"], "shelf_life": 18,
        "contact": "0396-8920001", "reason_zh": "超标", "harm_zh": "有害", "remedy_zh": "退货", "language": "zh",
        "version": "1", "back": "/", "theme": "dark", "made_from": "2026-09-01", "made_to": "2026-09-30", "codes": "R1",
        "event_time": "2026-09-20T08:00:00+08:00", "lines": [{"batch_id": str(world.batch_id), **bottle}],
        "inputs": [{"batch_id": str(world.batch_id), **bottle}], "key_data": {}, "documents": [], "joins": None,
        "outputs": [{"product_id": str(world.product_id), "code": "OUT-1", **bottle}], "carrier": {"code": "P-1"},
        "to": {"party_id": str(world.parties["guhuai"])}, "replacement": None, "units": [],
        "gtin_claim": None, "status": None, "closed": False, "release": False, "kind_of_problem": "not-found",
    } | more  # fmt: skip


def described(app: FastAPI) -> Iterator[Operation]:
    """The operations of the OpenAPI document."""
    for path, methods in app.openapi()["paths"].items():
        for method, told in methods.items():
            content = told.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            names = tuple(each["name"] for each in told.get("parameters", []) if each["in"] == "query")
            for body in (schema or {}).get("oneOf", [schema]):  # each of several shapes is thrown at
                yield Operation(method.upper(), path, names, body)


def paged() -> Iterator[Operation]:
    """The pages, files and small answers that the document leaves out, and the routes ahead of them all."""
    for context in iter_route_contexts(pages):
        for method in sorted((context.methods or set()) - {"HEAD"}):
            yield Operation(method, str(context.path), tuple(_queried(context.dependant)))
    for path in (
        "/01/{gtin}/10/{code}",
        "/b/{short}",
        "/static/{file}",
        "/api/v1/openapi.json",
        "/{nowhere}",
    ):
        yield Operation("GET", path, ("format", "lang"))


def _queried(dependant: Dependant) -> Iterator[str]:
    for each in dependant.query_params:
        yield str(each.alias)
    for inner in dependant.dependencies:
        yield from _queried(inner)


class Forms(HTMLParser):
    """The forms of a page: for each action the names of its fields."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._action = ""
        self.found: dict[str, set[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "form":
            self._action = (told.get("action") or self._path) if told.get("method") == "post" else ""
            if self._action:
                self.found.setdefault(self._action.partition("?")[0], set())
        elif tag in ("input", "select", "textarea", "button") and self._action and told.get("name"):
            self.found[self._action.partition("?")[0]].add(str(told["name"]))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._action = ""


def urlencoded(fields: dict[str, str]) -> bytes:
    return urlencode(fields, errors="surrogatepass").encode()


def as_json(body: Any) -> bytes:
    return json.dumps(body).encode()
