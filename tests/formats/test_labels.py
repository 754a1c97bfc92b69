"""QR codes read back by another program."""

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from tracelot.formats.labels import qr_png, qr_svg
from tracelot.rules.identifiers import digital_link, qr_text
from tracelot.rules.refusals import Unfit

SVG = "{http://www.w3.org/2000/svg}"
LINKS = [
    "https://trace.example/01/09520001000010/10/20260915-A",
    "https://trace.example/01/09520001000010/10/a%2FB.c-%25",
    "HTTPS://TRACE.EXAMPLE/01/09520001000010/10/A-1",
    "https://追溯.example/b/2YTYM9H9JF6",
    "https://trace.example/" + "x" * 490,
]
few = settings(max_examples=10, deadline=None)
codes = st.text("ABCxyz019/.-%_+:", min_size=1, max_size=20).filter(lambda code: code not in (".", ".."))


def decoded(image):
    [found] = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)
    return found.text


def parsed(svg):
    return ET.fromstring(svg)  # noqa: S314 drawn by the code under test


def drawn(svg, pixels=4):
    """The bars of the drawing as pixels, its only kind of mark."""
    root = parsed(svg)
    size = int(root.attrib["viewBox"].split()[2])
    image = Image.new("L", (size * pixels, size * pixels), 255)
    pen = ImageDraw.Draw(image)
    for bar in root.find(f"{SVG}path").attrib["d"].split("M")[1:]:
        corner, width = bar.split("h")[:2]
        x, y = map(int, corner.split())
        length = int(width.removesuffix("v1"))
        pen.rectangle([x * pixels, y * pixels, (x + length) * pixels - 1, (y + 1) * pixels - 1], fill=0)
    return image


@pytest.mark.parametrize("link", LINKS)
def test_a_picture_reads_back_as_its_link(link):
    assert decoded(Image.open(BytesIO(qr_png(link, 4)))) == link


@pytest.mark.parametrize("link", LINKS)
def test_a_drawing_reads_back_as_its_link(link):
    assert decoded(drawn(qr_svg(link))) == link


@few
@given(codes)
def test_awkward_batch_codes_survive_the_label(code):
    text = qr_text(digital_link("https://trace.example", "09520001000010", code))

    assert decoded(drawn(qr_svg(text))) == text


def test_a_drawing_stands_alone_on_white_with_a_quiet_zone():
    root = parsed(qr_svg(LINKS[0], scale=3))
    ground, path = root

    assert root.tag == f"{SVG}svg"
    assert root.attrib["viewBox"] == "0 0 41 41"  # 33 modules and 4 on each side
    assert root.attrib["width"] == root.attrib["height"] == "123"
    assert ground.attrib == {"width": "41", "height": "41", "fill": "#fff"}
    assert path.attrib["d"].startswith("M4 4h7v1h-7z")
    assert not any("style" in element.attrib for element in root.iter())


def test_capitals_make_a_smaller_code():
    loud = parsed(qr_svg(qr_text(LINKS[0])))

    assert loud.attrib["viewBox"] == "0 0 37 37"


def test_the_same_link_is_always_the_same_label():
    assert qr_svg(LINKS[0]) == qr_svg(LINKS[0])
    assert qr_png(LINKS[0]) == qr_png(LINKS[0])


@pytest.mark.parametrize("draw", [qr_svg, qr_png])
@pytest.mark.parametrize("link", ["", "x" * 513])
def test_a_link_that_no_label_carries_is_refused(draw, link):
    with pytest.raises(Unfit):
        draw(link)
