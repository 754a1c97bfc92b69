"""/export"""

from typing import Any

from fastapi import Request, Response

from tracelot.web.leaving import export_answer
from tracelot.web.routers import operations
from tracelot.web.visits import OpenVisit

ZIP: dict[int | str, dict[str, Any]] = {200: {"content": {"application/zip": {}}}}

router = operations("leaving")


@router.get("/export", response_class=Response, responses=ZIP)
def export(request: Request, visit: OpenVisit) -> Response:
    """All that is the caller's party's own, as a ZIP with a README; for its administrators, signed in."""
    return export_answer(request, visit)
