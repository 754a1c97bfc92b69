"""The page behind a scanned package: verdict first, what to do, the facts; no script, few bytes."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response

from tracelot.operations.lookup import Found
from tracelot.rules.identifiers import read_canonical_path
from tracelot.web.rendering import render

STATES = {"seller_recall": "seller", "held": "hold", "expired": "expired", "no_recall": "clear"}


def state_of(verdict: str, level: int | None) -> str:
    """The look of a verdict; what is recalled without a level is shown as the gravest."""
    if verdict == "recalled":
        return f"level-{level or 1}"
    return STATES.get(verdict, "unknown")


def public_page(
    request: Request, found: Found | None, facts: dict[str, Any], now: datetime, status: int
) -> Response:
    return render(
        request,
        "public/batch.html",
        status,
        found=found,
        verdict=facts["verdict"],
        state=state_of(facts["verdict"], facts["level"]),
        recalls=facts["recalls"],
        asked=_asked(request, found),
        here=urlsplit(facts["link"]).path if found else "",
        now=now,
    )


def _asked(request: Request, found: Found | None) -> tuple[str | None, str]:
    """GTIN and batch code as the address has them, to compare an unknown one with the package."""
    if found is not None:
        return found.product.gtin, found.batch.code
    return read_canonical_path(request.scope["raw_path"]) or (None, "")
