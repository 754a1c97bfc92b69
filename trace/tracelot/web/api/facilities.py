"""/facilities"""

from uuid import UUID

from fastapi import Response

from tracelot.operations import parties
from tracelot.records.facilities import FacilityChange, FacilityView, NewFacility
from tracelot.web.routers import operations
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

router = operations("facilities", "/facilities")


@router.post("", status_code=201)
def register_facility(visit: OpenVisit, new: NewFacility, answer: Response) -> FacilityView:
    """Register a place of the caller's party, with a GLN, an own code, or neither."""
    facility = parties.register_facility(visit, new)
    answer.headers["location"] = f"/api/v1/facilities/{facility.id}"
    return _view(facility, answer)


@router.get("")
def list_facilities(visit: OpenVisit) -> list[FacilityView]:
    return [FacilityView.model_validate(one, from_attributes=True) for one in parties.facilities(visit)]


@router.get("/{facility_id}")
def find_facility(visit: OpenVisit, facility_id: UUID, answer: Response) -> FacilityView:
    return _view(parties.find_facility(visit, facility_id), answer)


@router.patch("/{facility_id}")
def change_facility(
    visit: OpenVisit, facility_id: UUID, change: FacilityChange, version: ExpectedVersion, answer: Response
) -> FacilityView:
    return _view(parties.change_facility(visit, facility_id, change, version), answer)


def _view(facility: object, answer: Response) -> FacilityView:
    view = FacilityView.model_validate(facility, from_attributes=True)
    answer.headers["etag"] = etag(view.version)
    return view
