"""The page behind a scanned package: verdict first, what to do, the facts; no script, few bytes."""

from datetime import datetime
from typing import Any

from fastapi import Request, Response

from tracelot.operations.lookup import Found
from tracelot.web.rendering import render


def public_page(request: Request, found: Found | None, facts: dict[str, Any], now: datetime, status: int) -> Response:
    return render(request, "public/batch.html", status, found=found, facts=facts, now=now)
