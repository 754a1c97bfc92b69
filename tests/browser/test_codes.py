"""Codes on paper and on the way back: labels are printed and read, pictures of them lead to the batch."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, expect

from browser.stock import Stock
from browser.visitors import Visitors, VisitPage, decoded, keep_picture, launched, zh
from tracelot.formats.labels import qr_png
from tracelot.rules.identifiers import qr_text
from world import World

CAMERA = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
A4_HEIGHT = 1123  # pixels of 1/96 inch


def test_every_label_of_a_sheet_leads_to_the_batch(visit_page: VisitPage, site: str, stock: Stock) -> None:
    page = visit_page(stock.path("/app/batches/{batch_id}/label?copies=5"), "zhenyang")
    page.emulate_media(media="print")
    labels = page.locator(".label-card").all()
    keep_picture(page, "label-sheet")

    codes = [decoded(label) for label in labels]

    assert codes == [[qr_text(site + stock.recalled)]] * 5


@pytest.mark.parametrize(("name", "word"), [("notice", ".verdict-word"), ("label", ".label-card")])
def test_what_counts_is_on_the_first_sheet_of_paper(
    visit_page: VisitPage, stock: Stock, name: str, word: str
) -> None:
    template = "/app/batches/{batch_id}/label" if name == "label" else name
    page = visit_page(stock.path(template), "zhenyang", color_scheme="dark")
    page.emulate_media(media="print")

    place = page.locator(word).first.bounding_box()

    assert place is not None
    assert place["y"] + place["height"] < A4_HEIGHT
    assert page.pdf(format="A4").startswith(b"%PDF")
    keep_picture(page, f"print-{name}")


def test_the_code_on_a_public_page_leads_back_to_it(visit_page: VisitPage, site: str, stock: Stock) -> None:
    page = visit_page(stock.clear)
    picture = page.locator("img.qr")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", value=True)
    assert decoded(picture) == [qr_text(site + stock.clear)]


def test_a_picture_of_a_code_leads_to_the_batch(visit_page: VisitPage, site: str, stock: Stock) -> None:
    page = visit_page("/scan")
    expect(page.locator("[data-scan][data-ready]")).to_be_visible()
    page.locator("input[type='file']").set_input_files(png(qr_png(qr_text(site + stock.recalled))))
    page.wait_for_url(f"**{stock.recalled}")
    expect(page.get_by_role("heading", level=1)).to_have_text(zh("Level I recall"))


def test_a_picture_without_a_code_says_so(visit_page: VisitPage) -> None:
    page = visit_page("/scan")
    expect(page.locator("[data-scan][data-ready]")).to_be_visible()
    page.locator("input[type='file']").set_input_files(png(b"no picture"))
    expect(page.get_by_role("status")).to_have_text(zh("This file cannot be read as a picture."))


def test_the_camera_reads_a_code_and_leads_to_the_batch(
    chromium: Browser, site: str, cast: World, stock: Stock, tmp_path: Path
) -> None:
    film = tmp_path / "label.y4m"
    film.write_bytes(filmed(qr_png(qr_text(site + stock.recalled), 8)))
    with launched(chromium.browser_type, *CAMERA, f"--use-file-for-fake-video-capture={film}") as browser:
        visitors = Visitors(browser, site, cast)
        page = visitors.open("/scan")
        page.get_by_role("button", name=zh("Start the camera")).click()
        page.wait_for_url(f"**{stock.recalled}")
        expect(page.get_by_role("heading", level=1)).to_have_text(zh("Level I recall"))
        assert visitors.leave() == []


def png(content: bytes) -> FilePayload:
    return {"name": "label.png", "mimeType": "image/png", "buffer": content}


def filmed(png: bytes) -> bytes:
    """One grey frame with the picture in its middle, as a YUV4MPEG2 stream."""
    frame = Image.new("L", (640, 480), 200)
    code = Image.open(io.BytesIO(png)).convert("L")
    frame.paste(code, ((frame.width - code.width) // 2, (frame.height - code.height) // 2))
    colours = bytes([128]) * (frame.width * frame.height // 2)
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\nFRAME\n" + frame.tobytes() + colours
