"""Tells callers of what is on its way out, in the headers and in the OpenAPI document; both from one table."""

import re
from typing import Any

from fastapi import Request, Response

from tracelot.web.changes import DEPRECATED, Deprecation


def tell_deprecated(request: Request, answer: Response) -> None:
    """A dependency of every operation of the API."""
    for one in DEPRECATED:
        if _used(one, request):
            for name, value in one.headers(request.app.state.settings.public_url).items():
                answer.headers.append(name, value)


def _used(one: Deprecation, request: Request) -> bool:
    address = re.sub(r"\{[^}]+\}", "[^/]+", one.path)
    if one.method != request.method or not re.fullmatch(address, request.url.path):
        return False
    return one.parameter is None or one.parameter in request.query_params


def mark_deprecated(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with its deprecated operations and parameters marked."""
    for one in DEPRECATED:
        operation = document["paths"][one.path][one.method.lower()]
        named = [each for each in operation.get("parameters", ()) if each["name"] == one.parameter]
        for marked in named if one.parameter else [operation]:
            marked["deprecated"] = True
    return document
