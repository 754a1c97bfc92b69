"""/app/events/import: an EPCIS document is looked at, and then captured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from starlette.datastructures import UploadFile

from tracelot.operations.capturing import capture
from tracelot.operations.documents import preview
from tracelot.rules.refusals import Fault, Forbidden, Refusal, Unfit
from tracelot.web.jsonguard import check_json
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit
from tracelot.web.wording import N_

router = pages("/app/events/import")

SHOWN = 100  # events of a document on one page
PAGE = "app/import.html"
FLAGS: Mapping[str, str] = {
    "same-id-other-content": N_("Another event with other content stands under the same id."),
    "malformed-epc": N_("This is no GS1 key that can be read; it is kept as it is written."),
    "place-unknown": N_("The document does not say where."),
    "void-of-other-content": N_("It declares an error, but the event under its id says something else."),
    "observed-only": N_(
        "The GTIN is another party's: its batch is observed here, and registered by its owner."
    ),
}


@dataclass(frozen=True)
class Sent:
    """What was uploaded, or what stood on the page that asked once more."""

    text: str
    confirmed: bool


async def read_sent(request: Request) -> Sent:
    async with request.form(max_files=1, max_fields=5) as form:
        file, kept = form.get("file"), form.get("document")
        if isinstance(kept, str) and kept:
            return Sent(kept, form.get("confirm") == "1")
        body = await file.read() if isinstance(file, UploadFile) else b""
        return Sent(body.decode("utf-8", "replace").removeprefix("\ufeff"), confirmed=False)


@router.get("")
def new_import(request: Request, visit: OpenVisit) -> Response:
    visit.demand("event.record")
    return render(request, PAGE)


@router.post("")
def import_document(
    request: Request, visit: OpenVisit, sent: Annotated[Sent, Depends(read_sent)]
) -> Response:
    """Shows what would be recorded; confirmed, it records that."""
    visit.demand("event.record")
    try:
        if not sent.text.strip():
            raise Unfit("file-needed", "Choose a file first.")
        document: Any = check_json(sent.text.encode())
        if not sent.confirmed:
            rows = preview(visit, document)
            return render(
                request, PAGE, rows=rows[:SHOWN], more=len(rows[SHOWN:]), document=sent.text, flags=FLAGS,
                fresh=sum(not row.known for row in rows),
            )  # fmt: skip
        return render(request, PAGE, view=capture(visit, document), flags=FLAGS)
    except (Unfit, Forbidden) as refusal:
        return _refused(request, refusal)


def _refused(request: Request, refusal: Refusal) -> Response:
    request.state.refused = refusal.kind
    faults = refusal.faults or (Fault("", refusal.reason),)
    return render(request, PAGE, 422, faults=faults)
