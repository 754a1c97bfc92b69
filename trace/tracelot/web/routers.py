"""Where the two doors open: each route is whole where it is declared, so that none is looked for in nested routers."""

from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute

from tracelot.web.deprecating import tell_deprecated
from tracelot.web.problems import REFUSALS
from tracelot.web.visits import VisitRoute

API = "/api/v1"


def operations(tag: str, prefix: str = "", route_class: type[APIRoute] = VisitRoute) -> APIRouter:
    """For operations of the JSON door."""
    return APIRouter(
        prefix=API + prefix,
        tags=[tag],
        dependencies=[Depends(tell_deprecated)],
        responses=REFUSALS,
        route_class=route_class,
    )


def pages(prefix: str = "", route_class: type[APIRoute] = VisitRoute) -> APIRouter:
    """For pages of the HTML door."""
    return APIRouter(prefix=prefix, route_class=route_class, include_in_schema=False)
