"""/01/{gtin}: what a barcode alone stands for, and the recalls of that product."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from tracelot.formats.linksets import CONTEXT, MEDIA_TYPE
from tracelot.operations import lookup
from tracelot.records.public import PublicProduct
from tracelot.records.recalls import Recall
from tracelot.rules.identifiers import gtin14
from tracelot.rules.refusals import Unfit, Unknown
from tracelot.web.linking import LINKSET_HERE, leads_to, link_type, linkset
from tracelot.web.pace import demand_pace
from tracelot.web.problems import wants_json
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages()


@router.get("/01/{gtin}", dependencies=[demand_pace("search")])
def read_product(request: Request, visit: OpenVisit, gtin: str) -> Response:
    read = _read(gtin)
    if read != gtin:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/01/{read}{query}", 307)
    product, named = lookup.public_product(visit, read)
    recalls = [_told(recall, visit.place.public_url) for recall in named]
    link = f"{visit.place.public_url}/01/{read}"
    asked = link_type(request.scope["query_string"])
    accept = request.headers.get("accept", "")
    if asked is not None or "linkset+json" in accept:
        return _linked(asked or "linkset", link, product, recalls)
    status = 200 if product else 404
    if wants_json(request.scope) or request.query_params.get("format") == "json":
        told = product._asdict() if product else None
        return JSONResponse({"gtin": read, "link": link, "product": told, "recalls": recalls}, status)
    page = render(request, "public/product.html", status, gtin=read, product=product, recalls=named)
    page.headers["link"] = LINKSET_HERE
    return page


def _read(gtin: str) -> str:
    try:
        return gtin14(gtin)
    except Unfit as refusal:  # no such thing can stand at this address
        raise Unknown(refusal.kind, refusal.reason, facts=refusal.facts) from None


def _linked(asked: str, link: str, product: PublicProduct | None, recalls: list[dict[str, Any]]) -> Response:
    if product is None:
        raise Unknown("unknown-product", "No product is on record under this number.")
    if asked == "linkset":
        headers = {"link": CONTEXT, "access-control-allow-origin": "*"}
        return Response(linkset(link, product, recalls), media_type=MEDIA_TYPE, headers=headers)
    return RedirectResponse(leads_to(asked, link, [recall["link"] for recall in recalls]), 307)


def _told(recall: Recall, public_url: str) -> dict[str, Any]:
    return {
        "code": recall.code,
        "level": recall.level,
        "published_at": recall.published_at.isoformat() if recall.published_at else None,
        "reason_zh": recall.reason_zh,
        "reason_en": recall.reason_en,
        "link": f"{public_url}/recalls/{recall.code}",
    }
