"""The JSON door."""

from fastapi import APIRouter, Depends

from tracelot.web.api import (
    batches,
    contacts,
    duties,
    effectiveness,
    events,
    extensions,
    facilities,
    imports,
    inspections,
    leaving,
    lookup,
    notices,
    openfda,
    parties,
    proceedings,
    products,
    reach,
    recalls,
    sampling_cases,
    sampling_plans,
    samplings,
    shipments,
    traces,
)
from tracelot.web.api.deprecating import tell_deprecated

router = APIRouter(dependencies=[Depends(tell_deprecated)])
for door in (
    lookup, parties, facilities, products, batches, events, traces, shipments, contacts, effectiveness, proceedings,
    recalls, notices, reach, extensions, duties, leaving, openfda, inspections, imports,
    sampling_plans, sampling_cases, samplings,
):  # fmt: skip
    router.include_router(door.router)
router.include_router(reach.photos)
router.include_router(inspections.papers)
router.include_router(samplings.photos)
