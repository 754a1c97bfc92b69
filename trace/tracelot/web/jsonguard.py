"""JSON as evidence: what two readers could read differently, or a store could not keep, is refused."""

import json
import math
import re
from typing import Any, NoReturn

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from tracelot.rules.refusals import Unfit
from tracelot.web.bodies import is_file

DEEPEST = 32
MOST_VALUES = 10_000
LONG = 1 << 14  # what is longer is checked in a thread: the public lookup must not wait for it
LARGEST = 2**53 - 1
MARKS = re.compile(r'[\[\]{},]|"(?:[^"\\]++|\\.)*+"?+', re.DOTALL)  # strings are passed over whole


async def demand_sound_json(request: Request) -> None:
    """Read the body once, and refuse JSON that is ambiguous, too deep, or not plain UTF-8."""
    request.state.body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    path = request.url.path
    if not path.startswith("/api/") or is_file(path) or not request.state.body:
        return
    if kind != "application/json":
        raise HTTPException(415)
    if len(request.state.body) > LONG:
        await run_in_threadpool(check_json, request.state.body)
    else:
        check_json(request.state.body)


def check_json(body: bytes, most_values: int = MOST_VALUES) -> Any:
    """What the body holds, once nothing is wrong with it."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _unreadable("The body is not UTF-8.") from None
    if text.startswith("\ufeff"):
        raise _unreadable("The body begins with a byte order mark.")
    _demand_small(text, most_values)
    try:
        read = json.loads(
            text,
            parse_constant=_no_constant,
            parse_int=_bounded,
            parse_float=_finite,
            object_pairs_hook=_single,
        )
        json.dumps(read, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8
    except (ValueError, RecursionError):
        raise _unreadable("The body is not JSON.") from None
    return read


def _unreadable(reason: str) -> Unfit:
    return Unfit("unreadable-json", reason)


def _demand_small(text: str, most_values: int) -> None:
    """Bound the depth and the number of values before anything is built from them."""
    depth = values = 0
    for mark in MARKS.finditer(text):
        match mark[0][0]:
            case "[" | "{":
                depth += 1
                values += 1
            case "]" | "}":
                depth -= 1
            case ",":
                values += 1
        if depth > DEEPEST:
            raise _unreadable("The body is nested more than 32 deep.")
        if values > most_values:
            raise _unreadable("The body holds more than 10,000 values.")


def _no_constant(name: str) -> NoReturn:
    raise _unreadable("NaN and Infinity are not JSON.")


def _bounded(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST:  # noqa: PLR2004
        raise _unreadable("A whole number lies beyond ±(2^53 - 1).")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _unreadable("A number is too large.")
    return number


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _unreadable("A name stands twice in one object.")
    return read
