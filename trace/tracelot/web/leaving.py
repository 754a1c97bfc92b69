"""The answer that carries all data of a party away, for both doors."""

from fastapi import Request
from fastapi.responses import StreamingResponse

from tracelot.operations.exporting import export_party, remember_export
from tracelot.web.pace import keep_pace
from tracelot.web.visits import OpenVisit


def export_answer(request: Request, visit: OpenVisit) -> StreamingResponse:
    """A ZIP that is made while it is sent; that it was asked for is committed before."""
    party_id = remember_export(visit)
    keep_pace("export", str(party_id))
    name = f"trace-{visit.today.isoformat()}.zip"
    return StreamingResponse(
        export_party(request.app.state.engine, party_id, visit.now),
        media_type="application/zip",
        headers={"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"},
    )
