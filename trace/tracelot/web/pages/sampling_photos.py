"""/gov/samplings/{id}/photos and /app/samplings/{id}/photos: photos of the place, the goods and the seal."""

import base64
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from tracelot.operations import sampling_views, samplings
from tracelot.rules.refusals import unfit
from tracelot.web.forms import SentForm
from tracelot.web.pages.sampling_sheet import sheet_page
from tracelot.web.pages.sampling_work import base_of
from tracelot.web.photos import PhotoRoute, photo_of
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages(route_class=PhotoRoute)


@router.post("/{sampling_id}/photos")
def add_photo(request: Request, visit: OpenVisit, sampling_id: UUID, form: SentForm) -> Response:
    """It is drawn anew, without place, time or device."""
    view = sampling_views.sampling_of(visit, sampling_id)
    photo = photo_of(form)
    if photo is None and not form.errors:
        form.note(unfit("missing", "Choose a photo first.", "photo"))
    if photo and form.attempt(lambda: samplings.add_photo(visit, view.id, photo)):
        return RedirectResponse(f"{base_of(visit)}/{sampling_id}?done=photo#photos", 303)
    return sheet_page(request, visit, view, form, 422)


@router.get("/{sampling_id}/photos/{photo_id}.jpg")
def show_photo(visit: OpenVisit, sampling_id: UUID, photo_id: UUID) -> Response:
    photo = samplings.photo_of(visit, sampling_id, photo_id)
    return Response(base64.b64decode(photo.content), media_type="image/jpeg")
