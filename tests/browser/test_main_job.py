"""The main job, through pages alone: from signing up to the shopper who must stop eating."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from playwright.sync_api import Page, expect

from browser.visitors import VisitPage, decoded, fill, keep_picture, press, status_of, zh
from builders import COUNTY, PASSWORD, valid_uscc
from world import World

USCC = valid_uscc(900_001)
GTIN = "9520001000034"
CODE = "L15/3.2-%a"
FIRM = "真阳镇老油坊"
RIVAL = "正阳花生油有限公司"
PRODUCT = "石磨花生油 1.8L"


@dataclass
class Goods:
    """What a firm put on record, by the paths of its own pages."""

    facility: str
    product: str
    batch: str
    party: str = ""  # as its regulator sees it
    link: str = ""
    recall: str = ""
    notice: str = ""


def path_of(page: Page, pattern: str) -> str:
    page.wait_for_url(re.compile(pattern))
    return re.sub(r"^https?://[^/]+|\?.*", "", page.url)


def choose_county(page: Page) -> None:
    page.locator("[name='region_code_text']").press_sequentially(COUNTY)
    page.locator(f"[name='region_code'][value='{COUNTY}']").check()


def sign_up(page: Page, name: str, uscc: str, login: str) -> None:
    fill(page, type="producer", name_zh=name, name_en="Old Oil Mill", uscc=uscc, address_zh="真阳大道8号")
    choose_county(page)
    fill(page, phone="0396-8920008", person="刘梅", login=login, password=PASSWORD)
    press(page, zh("Sign up"))
    page.wait_for_url("**/welcome")
    expect(page.locator("main")).to_contain_text(zh("Unverified"))


def register_goods(page: Page, gtin: str) -> Goods:
    page.goto("/app/facilities/new")
    fill(page, name_zh="一厂", address_zh="真阳大道8号")
    choose_county(page)
    press(page, zh("Save"))
    page.wait_for_url("**/app/facilities?done=*")
    page.get_by_role("link", name="一厂").click()
    facility = path_of(page, r"/app/facilities/[0-9a-f-]{36}")

    page.goto("/app/products/new")
    fill(
        page,
        name_zh=PRODUCT,
        name_en="Stone-milled peanut oil",
        gtin=gtin,
        shelf_life="18",
        shelf_life_unit="month",
    )
    press(page, zh("Save"))
    product = path_of(page, r"/app/products/[0-9a-f-]{36}")

    page.goto("/app/batches/new")
    fill(page, code=CODE, production_date="2026-09-15", quantity="800", unit="bottle")
    press(page, zh("Register"))
    return Goods(facility, product, path_of(page, r"/app/batches/[0-9a-f-]{36}"))


def release(page: Page, goods: Goods) -> None:
    page.goto(goods.batch)
    page.locator("summary").get_by_text(zh("Release"), exact=True).click()
    page.locator("form[action$='/release']").get_by_role("button").click()
    expect(page.get_by_role("heading", name=zh("Released"), exact=True)).to_be_visible()


def read_label(page: Page, goods: Goods) -> str:
    page.goto(f"{goods.batch}/label?copies=1")
    label = page.locator(".label-card")
    expect(label).to_contain_text("测试 TEST")
    expect(label).to_contain_text(CODE)
    keep_picture(page, "label")
    return decoded(label)[0]


def draft_recall(page: Page, goods: Goods) -> str:
    page.goto(goods.batch)
    page.get_by_role("link", name=zh("Recall this batch")).click()
    expect(page.locator("[name='range-0-codes']")).to_have_value(CODE)
    page.locator("[name='level'][value='1']").check()
    fill(page, reason_code="mycotoxin", reason_zh="黄曲霉毒素B1超标", harm_zh="长期食用可能损害肝脏")
    fill(page, remedy_zh="立即停止食用", contact="0396-8920008")
    expect(page.locator("details", has_text=zh("In English too (recommended)"))).to_have_attribute("open", "")
    fill(page, reason_en="Aflatoxin B1 above the limit", harm_en="Can harm the liver")
    fill(page, remedy_en="Stop eating it; return it to the shop")
    keep_picture(page, "recall-form")
    press(page, zh("Save draft and read it"))
    return path_of(page, r"/app/recalls/[0-9a-f-]{36}")


def publish(page: Page) -> str:
    page.locator("[name='read']").check()
    fill(page, sign_password=PASSWORD)
    press(page, zh("Publish now"))
    page.get_by_role("link", name=zh("Public notice")).click()
    return path_of(page, r"/recalls/ZH-")


def open_goods(visit_page: VisitPage, officers_login: str) -> tuple[Page, Goods]:
    """A new firm, confirmed by its county, with one released batch."""
    firm = visit_page("/sign-up")
    sign_up(firm, FIRM, USCC, "liumei@trace.test")
    keep_picture(firm, "welcome")
    officer = visit_page("/gov/parties")
    fill(officer, login=officers_login, password=PASSWORD)
    press(officer, zh("Sign in"))
    officer.get_by_role("link", name=FIRM).click()
    party = path_of(officer, r"/gov/parties/[0-9a-f-]{36}")
    fill(officer, sign_password=PASSWORD)
    press(officer, zh("Verify"))
    expect(officer.get_by_role("status")).to_contain_text(zh("The party is verified."))
    keep_picture(officer, "verified")

    goods = register_goods(firm, GTIN)
    goods.party = party
    release(firm, goods)
    goods.link = read_label(firm, goods)
    return firm, goods


def shoppers(visit_page: VisitPage, link: str) -> tuple[Page, Page]:
    shoppers = visit_page(link), visit_page(link, language="en")
    for page, verdict in zip(shoppers, ("暂无召回记录", "No recall on record"), strict=True):
        expect(page.get_by_role("heading", level=1)).to_have_text(verdict)
    return shoppers


def test_from_signing_up_to_the_recall_that_a_shopper_reads(
    visit_page: VisitPage, site: str, cast: World
) -> None:
    firm, goods = open_goods(visit_page, cast.logins["county"])
    assert goods.link == f"{site}/01/0{GTIN}/10/L15%2F3.2-%25a"
    chinese, english = shoppers(visit_page, goods.link)

    goods.recall = draft_recall(firm, goods)
    chinese.reload()
    expect(chinese.get_by_role("heading", level=1)).to_have_text("暂无召回记录")
    goods.notice = publish(firm)

    told = {
        chinese: ("一级召回", "立即停止食用"),
        english: ("Level I recall", "Stop eating it; return it"),
    }
    for page, (verdict, action) in told.items():
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text(verdict)
        expect(page.locator("main")).to_contain_text(action)
    regulators_find_it(visit_page, goods)
    others_see_nothing_private(visit_page, goods)


def regulators_find_it(visit_page: VisitPage, goods: Goods) -> None:
    code = goods.notice.rpartition("/")[2]
    county = visit_page("/gov/recalls", "county")
    for found in (
        {"q": "花生"},
        {"level": "1", "firm": FIRM},
        {"region": COUNTY, "from": "2026-09-01"},
        {"batch": CODE},
    ):
        county.goto("/gov/recalls")
        county.locator("summary", has_text=zh("More filters")).click()
        fill(county, **found)
        press(county, zh("Search"))
        expect(county.get_by_role("link", name=code)).to_be_visible()
    keep_picture(county, "register")
    for missed in ({"q": "芝麻"}, {"level": "3"}, {"to": "2026-01-01"}):
        county.goto("/gov/recalls")
        county.locator("summary", has_text=zh("More filters")).click()
        fill(county, **missed)
        press(county, zh("Search"))
        expect(county.get_by_role("heading", name=zh("No recall matches"))).to_be_visible()


def others_see_nothing_private(visit_page: VisitPage, goods: Goods) -> None:
    code = goods.notice.rpartition("/")[2]
    neighbour = visit_page("/gov/recalls", "neighbour")
    expect(neighbour.get_by_role("link", name=code)).to_have_count(0)
    neighbour.goto("/gov/recalls?area=all")
    expect(neighbour.get_by_role("link", name=code)).to_be_visible()
    rival = visit_page("/app", "guhuai")
    for path in ("/app/batches", "/app/products", "/app/facilities", "/app/recalls"):
        rival.goto(path)
        expect(rival.locator("main")).not_to_contain_text(re.compile(f"{re.escape(CODE)}|{PRODUCT}|{code}"))
    private = [goods.facility, goods.product, goods.batch, f"{goods.batch}/label", f"{goods.batch}/qr.svg"]
    for path in (*private, goods.recall):
        assert status_of(rival, path) == 404, path
    for path in (goods.party, goods.batch, goods.product):
        assert status_of(neighbour, path) == 404, path
    assert status_of(rival, goods.party) == 403


def test_an_impostor_with_the_rivals_names_and_codes_reaches_nobody(
    visit_page: VisitPage, site: str, cast: World
) -> None:
    """Whoever registers a firm's credit code and barcode before being confirmed speaks to nobody."""
    genuine = visit_page(f"/gov/parties/{cast.parties['zhenyang']}", "county")
    uscc = genuine.locator("[data-copy^='91']").get_attribute("data-copy")
    assert uscc

    impostor = visit_page("/sign-up")
    sign_up(impostor, RIVAL, uscc, "impostor@trace.test")
    goods = register_goods(impostor, cast.gtin)
    release(impostor, goods)
    private = read_label(impostor, goods)
    assert re.fullmatch(rf"{site}/b/\w+", private, re.IGNORECASE)

    recall = draft_recall(impostor, goods)
    expect(impostor.get_by_role("button", name=zh("Publish now"))).to_have_count(0)
    answer = impostor.request.post(f"{recall}/publish", form={"version": "1", "read": "1"})
    assert not answer.ok

    shopper = visit_page("/recalls")
    expect(shopper.locator("main")).not_to_contain_text(RIVAL)
    for link in (f"{site}/01/{cast.gtin}/10/{quote(CODE, safe='')}", private.lower()):
        assert status_of(shopper, link) == 404
        expect(shopper.get_by_role("heading", level=1)).to_have_text(zh("Not on record"))
    assert status_of(shopper, f"{site}/01/{cast.gtin}/10/{cast.code}") == 200
    expect(shopper.get_by_role("heading", level=1)).to_have_text(zh("No recall on record"))
