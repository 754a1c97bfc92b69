"""QR codes of labels and pages, as SVG and PNG."""

from io import BytesIO

from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.main import QRCode

from tracelot.rules.refusals import Unfit

LONGEST_LINK = 512
_QUIET_ZONE = 4  # modules; ISO/IEC 18004 asks for no less


def qr_svg(link: str, scale: int = 4) -> bytes:
    """A drawing of its own; `scale` is pixels per module, and it grows without loss."""
    rows = _code(link).get_matrix()
    size = len(rows)
    # The white ground is part of the drawing: on a dark page the modules would not stand out.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size * scale}" height="{size * scale}" '
        f'viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{_outline(rows)}"/></svg>'
    ).encode("ascii")


def qr_png(link: str, pixels_per_module: int = 10) -> bytes:
    image = _code(link, pixels_per_module).make_image()
    picture = BytesIO()
    image.save(picture, format="PNG")
    return picture.getvalue()


def _code(link: str, pixels_per_module: int = 1) -> QRCode[PilImage]:
    if not 0 < len(link) <= LONGEST_LINK:
        raise Unfit("bad-link", f"A QR code carries a link of 1 to {LONGEST_LINK} characters.")
    code: QRCode[PilImage] = QRCode(
        error_correction=ERROR_CORRECT_M,
        box_size=pixels_per_module,
        border=_QUIET_ZONE,
        image_factory=PilImage,
    )
    code.add_data(link)
    code.make()
    return code


def _outline(rows: list[list[bool]]) -> str:
    """One bar for each run of dark modules."""
    bars = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                bars.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return "".join(bars)
