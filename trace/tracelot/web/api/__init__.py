"""The JSON door."""

from starlette.routing import BaseRoute

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
    tips,
    traces,
)

routes: list[BaseRoute] = [
    route
    for door in (
        lookup,
        parties,
        facilities,
        products,
        batches,
        events,
        traces,
        shipments,
        contacts,
        effectiveness,
        proceedings,
        recalls,
        notices,
        reach,
        extensions,
        duties,
        leaving,
        openfda,
        inspections,
        imports,
        sampling_plans,
        sampling_cases,
        samplings,
        tips,
    )
    for route in door.router.routes
]
routes += [*reach.photos.routes, *inspections.papers.routes, *samplings.photos.routes]
