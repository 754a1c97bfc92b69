"""Puts each hostile input into each place of an operation that can hold it."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

from conformance import corpus
from conformance.surface import Known, Operation, as_json, urlencoded
from wire import Sent

FORM = b"application/x-www-form-urlencoded"
JSON = b"application/json"
VECTORS = os.environ.get("TRACE_VECTORS")
LONG_PATHS = {"id 5000 digits": "9" * 5000, "qr 3000 chars": "a" * 3000, "long path": "a" * 70_000}

REPEATED = {
    "int 5000 digits": b'{"code":' + b"9" * 5000 + b"}",
    "deep list 1e5": b'{"code":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "any deep 1e4": b'{"a":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "10MB str": b'{"code":"' + b"x" * 10_000_000 + b'"}',
}


@dataclass(frozen=True)
class Case:
    """One request, made when it is sent; `payload` is what must not come back in a problem."""

    input: str
    place: str
    make: Callable[[], Sent]
    payload: str = ""


def kinds() -> dict[str, list[str]]:
    """The kinds of input, by their groups."""
    named = {"text": corpus.TEXTS, "escapes": corpus.ESCAPES, "json": corpus.JSONS}
    told = {group: [f"{group}: {name}" for name in values] for group, values in named.items()}
    plain = ["bodies", "heads", "queries", "columns", *(["vectors"] if VECTORS else [])]
    return told | {name: [name] for name in plain}


def cases(kind: str, operation: Operation, known: Known) -> Iterator[Case]:
    """All requests that the kind makes of an operation."""
    group, _, name = kind.partition(": ")
    one_by_one: dict[str, tuple[Callable[[Operation, Known, str], Iterator[Case]], list[str]]] = {
        "text": (_texts, corpus.TEXTS.get(name, [])),
        "escapes": (_plain_escape, corpus.ESCAPES.get(name, [])),
        "json": (_fields, corpus.JSONS.get(name, [])),
        "queries": (_queried, corpus.QUERIES),
    }
    whole = {"bodies": _bodies, "heads": _heads, "columns": _assigned, "vectors": _vectors}
    if group in whole:
        yield from whole[group](operation, known)
        return
    throw, inputs = one_by_one[group]
    for each in inputs:
        yield from throw(operation, known, each)


def _plain_escape(operation: Operation, known: Known, escape: str) -> Iterator[Case]:
    yield from _escaped(operation, known, escape, escape)


def _queried(operation: Operation, known: Known, query: str) -> Iterator[Case]:
    yield Case(query[:20], "query", partial(_sent, operation, known, query=query))


def _bodies(operation: Operation, known: Known) -> Iterator[Case]:
    for label, media, body in corpus.BODIES:
        yield from _whole(operation, known, label, media.encode("latin-1"), body)


def a_few(random: Random, told: list[str], operation: Operation, known: Known, most: int) -> list[Case]:
    """Cases of as many kinds as that, each of another one."""
    few = []
    for kind in told if len(told) >= most else told * most:
        found = list(cases(kind, operation, known)) if len(few) < most else []
        few += [random.choice(found)] if found else []
    return few


def each_input(random: Random, told: list[str], operation: Operation, known: Known) -> list[Case]:
    """Every input once, in one of the places that can hold it."""
    places: dict[str, list[Case]] = {}
    for kind in told:
        for case in cases(kind, operation, known):
            places.setdefault(case.input, []).append(case)
    return [random.choice(found) for found in places.values()]


def _sent(
    operation: Operation,
    known: Known,
    *,
    query: str = "",
    path: dict[str, str] | None = None,
    body: bytes | None = None,
    media: bytes = b"",
    heads: tuple[tuple[str, bytes], ...] = (),
) -> Sent:
    """The operation as it should be, but for what is given."""
    target = known.path(operation, **(path or {})) + (f"?{query}" if query else "")
    if operation.method == "GET":
        return Sent("GET", target, heads)
    if body is None and operation.programs and operation.body:
        body, media = as_json(known.sample(operation.body)), media or JSON
    elif body is None and not operation.programs:
        body, media = urlencoded(known.form(operation)), media or FORM
    named = {name for name, _ in heads}
    typed = (("content-type", media),) if media and "content-type" not in named else ()
    return Sent(operation.method, target, (*typed, *heads), body)


def _texts(operation: Operation, known: Known, text: str) -> Iterator[Case]:
    escaped = quote(text, safe="", errors="surrogatepass")
    yield from _escaped(operation, known, escaped, text)
    yield from _fields(operation, known, json.dumps(text), text)


def _escaped(operation: Operation, known: Known, escaped: str, payload: str) -> Iterator[Case]:
    usual = partial(_sent, operation, known)
    for name in operation.parameters:
        yield Case(escaped, f"path {name}", partial(usual, path={name: escaped or "%20"}), payload)
    for name in operation.query:
        yield Case(escaped, f"query {name}", partial(usual, query=f"{name}={escaped}"), payload)
    if operation.method != "GET" and not operation.programs:
        for name in operation.form:
            yield Case(escaped, f"form {name}", partial(_formed, operation, known, name, escaped))


def _formed(operation: Operation, known: Known, name: str, escaped: str) -> Sent:
    rest = {key: value for key, value in known.form(operation).items() if key != name}
    return _sent(operation, known, body=urlencoded(rest) + f"&{name}={escaped}".encode(), media=FORM)


def _leaves(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield way
    inner: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, one in inner:
        yield from _leaves(one, (*way, key))


def _with(value: Any, way: tuple[Any, ...], put: Any) -> Any:
    if not way:
        return put
    if isinstance(value, list) and isinstance(way[0], str):
        return [*value, {way[0]: _with(None, way[1:], put)}]  # a name, where a list is asked for
    copy = dict(value) if isinstance(value, dict) else list(value)
    inner = value[way[0]] if isinstance(value, list) else value.get(way[0])
    copy[way[0]] = _with(inner, way[1:], put)
    return copy


def _fields(operation: Operation, known: Known, written: str, payload: str = "") -> Iterator[Case]:
    """The writing in each field of a JSON body, those left out of the sample too, and in an unknown one."""
    if not operation.body:
        return
    sample = known.sample(operation.body)
    ways = [way for way in _leaves(sample) if way]
    if isinstance(sample, dict):
        ways += [(name,) for name in (*known.fields(operation.body), "unknown") if (name,) not in ways]
    for way in ways:
        yield Case(written, f"body {way}", partial(_put, operation, known, way, written), payload)
    named = written if written.startswith('"') else '""'
    for odd in (written, f'{{"reason":"ab",{named}:1}}'):
        body = odd.encode("utf-8", "surrogatepass")
        yield Case(written, "body", partial(_sent, operation, known, body=body, media=JSON), payload)


def _put(operation: Operation, known: Known, way: tuple[Any, ...], written: str) -> Sent:
    body = json.dumps(_with(known.sample(operation.body or {}), way, "HOSTILE"))
    body = body.replace('"HOSTILE"', written, 1)
    return _sent(operation, known, body=body.encode("utf-8", "surrogatepass"), media=JSON)


def _whole(operation: Operation, known: Known, label: str, media: bytes, body: bytes) -> Iterator[Case]:
    heads = (("content-type", media),) if media else ()
    if operation.method != "GET":
        yield Case(label, "whole body", partial(_sent, operation, known, body=body, heads=heads))
    else:
        yield Case(label, "body of a GET", lambda: Sent("GET", known.path(operation), heads, body))


def _heads(operation: Operation, known: Known) -> Iterator[Case]:
    for name, values in corpus.HEADS.items():
        for value in values:
            usual = partial(_sent, operation, known, heads=((name, value),))
            yield Case(f"{name}: {value[:30]!r}", "head", usual)
    for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PROPFIND", "get", "BREW"):
        yield Case(method, "method", partial(Sent, method, known.path(operation)))


def _assigned(operation: Operation, known: Known) -> Iterator[Case]:
    """Every column of every table, said by a caller."""
    for number, column in enumerate(corpus.COLUMNS):
        value = corpus.ASSIGNED[number % len(corpus.ASSIGNED)]
        yield Case(column, "query", partial(_sent, operation, known, query=f"{column}=1"))
        if operation.body:
            yield Case(column, "body", partial(_put, operation, known, (column,), json.dumps(value)))
        elif operation.method != "GET":
            yield Case(column, "form", partial(_formed, operation, known, column, quote(str(value))))


def _vectors(operation: Operation, known: Known) -> Iterator[Case]:
    """The inputs that broke other services."""
    for one in json.loads((Path(VECTORS or "") / "hostile.json").read_text(encoding="utf-8")):
        if one["method"] == "POST":
            media = one["headers"].get("content-type", "").encode()
            yield from _whole(operation, known, one["name"], media, _body(one["body"]))
            written = _value(one["body"].get("text", ""))
            if written:
                yield from _fields(operation, known, written)
            continue
        url = urlsplit(one["path"])
        value = url.query.partition("=")[2]
        for name in (*operation.query, url.query.partition("=")[0]) if url.query else ():
            yield Case(
                one["name"], f"query {name}", partial(_sent, operation, known, query=f"{name}={value}")
            )
        tail = LONG_PATHS.get(one["name"]) or url.path.rpartition("/")[2]
        for name in operation.parameters:
            yield Case(one["name"], f"path {name}", partial(_sent, operation, known, path={name: tail}))


def _body(told: dict[str, str]) -> bytes:
    if "hex" in told:
        return bytes.fromhex(told["hex"])
    return REPEATED[told["repeat"]] if "repeat" in told else told["text"].encode("utf-8", "surrogatepass")


def _value(text: str) -> str:
    """What makes the body hostile, in JSON's own writing; nothing where the whole body does."""
    for constant in ("NaN", "-Infinity", "Infinity", "1e999"):
        if f":{constant}" in text:
            return constant
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    usual = {"code": "c", "product": "p"}
    strange = (
        [value for name, value in read.items() if usual.get(name) != value] if isinstance(read, dict) else []
    )
    return json.dumps(strange[0]) if strange else ""
