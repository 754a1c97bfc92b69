"""Labels of a batch: a sheet to print, and its QR code to download."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from tracelot.formats.labels import qr_png, qr_svg
from tracelot.operations import batches, products
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch
from tracelot.records.products import Product
from tracelot.rules.identifiers import digital_link, qr_text
from tracelot.rules.refusals import Conflict
from tracelot.web.reading import read_whole
from tracelot.web.rendering import render
from tracelot.web.routers import pages
from tracelot.web.visits import OpenVisit

router = pages("/app/batches")

MOST_COPIES = 100


def link_of(request: Request, product: Product, batch: Batch) -> str:
    """What the QR code leads to: under an own GTIN its Digital Link, otherwise the private short link."""
    public_url: str = request.app.state.settings.public_url
    if product.gtin_claim:
        return digital_link(public_url, product.gtin_claim, batch.code)
    return f"{public_url}/b/{batch.short_code}"


def _labelled(visit: Visit, batch_id: UUID) -> tuple[Batch, Product]:
    batch = batches.find_batch(visit, batch_id)
    if batch.status == "void":
        raise Conflict("batch-void", "A void batch has no labels.")
    return batch, products.find_product(visit, batch.product_id)


@router.get("/{batch_id}/label")
def print_labels(request: Request, visit: OpenVisit, batch_id: UUID, copies: str = "") -> Response:
    """A sheet of labels. Where no other machine can reach this site they are for trying out, and say so."""
    batch, product = _labelled(visit, batch_id)
    asked = read_whole(copies, 4) or 0
    right = 1 <= asked <= MOST_COPIES
    return render(
        request,
        "app/label.html",
        422 if copies and not right else 200,
        batch=batch,
        product=product,
        link=link_of(request, product, batch),
        copies=asked if right else 12,
        typed=copies or "12",
        wrong=bool(copies) and not right,
        most=MOST_COPIES,
        test=request.app.state.settings.loopback,
    )


@router.get("/{batch_id}/qr.svg")
def draw_svg(request: Request, visit: OpenVisit, batch_id: UUID, download: bool = False) -> Response:
    text = _text(request, visit, batch_id)
    if download:
        _demand_address(request)
    return _picture(qr_svg(text), "image/svg+xml", _name(batch_id, "svg") if download else "")


@router.get("/{batch_id}/qr.png")
def draw_png(
    request: Request, visit: OpenVisit, batch_id: UUID, scale: Annotated[int, Query(ge=1, le=40)] = 10
) -> Response:
    text = _text(request, visit, batch_id)
    _demand_address(request)
    return _picture(qr_png(text, scale), "image/png", _name(batch_id, "png"))


def _demand_address(request: Request) -> None:
    """A code to be used elsewhere must lead somewhere from there."""
    if request.app.state.settings.loopback:
        raise Conflict(
            "no-public-address",
            "Only this computer can open the address of this site: its codes lead nowhere.",
        )


def _text(request: Request, visit: Visit, batch_id: UUID) -> str:
    batch, product = _labelled(visit, batch_id)
    return qr_text(link_of(request, product, batch))


def _name(batch_id: UUID, kind: str) -> str:
    return f"trace-{batch_id}.{kind}"


def _picture(content: bytes, media_type: str, name: str) -> Response:
    headers = {"cache-control": "private, max-age=300"}
    if name:
        headers["content-disposition"] = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers=headers)
