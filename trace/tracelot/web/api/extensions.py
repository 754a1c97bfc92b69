"""/extensions: more time for a recall, asked for by its firm, granted or refused by an office"""

from uuid import UUID

from pydantic import BaseModel

from tracelot.operations import extensions
from tracelot.operations.extensions import Request
from tracelot.records.clocks import AskedExtension, DecidedExtension, ExtensionView
from tracelot.web.api.shapes import Limit
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import OpenVisit

router = operations("recalls")


class SignedDecision(DecidedExtension):
    signature: GivenSignature | None = None


class RequestView(BaseModel):
    """An extension that a firm of the territory asks for."""

    code: str
    firm_id: UUID
    firm_zh: str
    firm_en: str | None
    extension: ExtensionView


@router.post("/recalls/{recall_id}/extensions", status_code=201)
def ask_extension(visit: OpenVisit, recall_id: UUID, asked: AskedExtension) -> ExtensionView:
    """Ask the office for more time, to the end of a day; one request at a time."""
    return ExtensionView.model_validate(
        extensions.ask_extension(visit, recall_id, asked), from_attributes=True
    )


@router.get("/extensions")
def list_requests(visit: OpenVisit, limit: Limit = 50) -> list[RequestView]:
    """The requests of the caller's territory that wait for an answer, the longest first; for offices."""
    return [_view(one) for one in extensions.requests(visit, limit)]


@router.get("/extensions/{extension_id}")
def read_request(visit: OpenVisit, extension_id: UUID) -> RequestView:
    return _view(extensions.find_request(visit, extension_id))


@router.post("/extensions/{extension_id}/decision")
def decide_extension(visit: OpenVisit, extension_id: UUID, new: SignedDecision) -> ExtensionView:
    """Grant more time, or refuse it with the reason. Only people, under their signature; what is granted is public."""
    sign(visit, new.signature)
    decided = extensions.decide_extension(visit, extension_id, new.granted, new.note)
    return ExtensionView.model_validate(decided, from_attributes=True)


def _view(one: Request) -> RequestView:
    return RequestView(
        code=one.recall.code,
        firm_id=one.firm.id,
        firm_zh=one.firm.name_zh,
        firm_en=one.firm.name_en,
        extension=ExtensionView.model_validate(one.extension, from_attributes=True),
    )
