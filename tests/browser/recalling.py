"""What people do about a recall at the pages of their role, step by step."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from browser.visitors import VisitPage, fill, keep_picture, press, violations, zh
from builders import PASSWORD

DESK, PHONE, SMALL = ({"width": w, "height": h} for w, h in ((1440, 900), (390, 844), (320, 640)))
PLAN = {
    "person": "李质量", "process": "当日通知收货方，三日内退回", "ends_on": "2026-12-15", "channels": "省局网站",
    "duties": "停止销售并封存", "disposal": "县处理厂集中销毁", "cost_bearer": "本企业", "expected_effect": "全部追回",
}  # fmt: skip


@dataclass
class Course:
    """A recall as it goes on: the page of its firm, and what others find it by."""

    firm: Page
    own: str = ""
    code: str = ""

    @property
    def office(self) -> str:
        return f"/gov/recalls/{self.code}"


JUDGED: set[str] = set()  # kinds of pages: a picture is called by its scenario and its kind


def look(page: Page, name: str, *, judged: bool = False) -> None:
    """It fits its screen and is kept for eyes; where it is judged, once in all scenarios, everybody can use it."""
    page.wait_for_load_state()  # its styles too
    keep_picture(page, name)
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    kind = name.partition("-")[2]
    if judged and kind not in JUDGED:
        JUDGED.add(kind)
        assert violations(page) == []


def go_on(page: Page, button: str) -> None:
    """Press it, and say yes where the page asks first."""
    press(page, button)
    sure = page.get_by_role("dialog").get_by_role("button", name=re.compile("Go ahead|" + zh("Go ahead")))
    if sure.is_visible():
        sure.click()


# --- the firm that recalls ---------------------------------------------------------------------------------


def draft(page: Page, level: int, cause: str, known: str, **more: str) -> Course:
    page.locator(f"[name='level'][value='{level}']").check()
    page.locator("[name='reason_code']").select_option(cause)
    page.locator("button[name='fill']").click()
    expect(page.locator("[name='reason_en']")).not_to_have_value("")
    fill(page, **({"knowledge_at": known} if known else {}), **more)
    look(page, f"form-{level}", judged=True)
    page.locator("form.sheet .actions button.primary").click()
    page.wait_for_url(re.compile(r"/app/recalls/[0-9a-f-]{36}"))
    course = Course(page, re.sub(r"^https?://[^/]+|\?.*", "", page.url))
    course.code = page.locator("h1").inner_text().split()[-1]
    return course


def publish(course: Course) -> None:
    page = course.firm
    page.locator("[name='read']").check()
    fill(page, sign_password=PASSWORD)
    page.locator("form[action$='/publish'] button.primary").click()
    page.wait_for_url(re.compile("done=(published|drill)"))


def hand_in_plan(course: Course, **parts: str) -> None:
    course.firm.goto(f"{course.own}/plan")
    fill(course.firm, **PLAN | parts)
    go_on(course.firm, zh("Hand in to the office"))
    expect(course.firm.get_by_role("status").first).to_be_visible()


def step(course: Course, button: str, note: str = "") -> None:
    course.firm.goto(course.own)
    if note:
        fill(course.firm, note=note)
    go_on(course.firm, zh(button))
    expect(course.firm.get_by_role("status").first).to_be_visible()


def report(course: Course, text: str) -> None:
    course.firm.goto(f"{course.own}/reports/new?kind=final")
    fill(course.firm, text=text)
    go_on(course.firm, zh("Hand in the report"))
    course.firm.wait_for_url(re.compile(r"done="))


def link_for(course: Course, name: str) -> str:
    """The one-time link for somebody without an account, to be handed over."""
    page = course.firm
    page.goto(f"{course.own}/reach")
    page.get_by_role("link", name=name).click()
    press(page, zh("Write to them again"))
    look(page, "link")
    return page.locator(".once code").inner_text()


def confirm_what_came_back(page: Page) -> None:
    page.goto("/app/shipments")
    for box in page.locator("[name='chosen']").all():
        box.check()
    press(page, zh("Confirm chosen as sent"))
    expect(page.locator("section[aria-labelledby='outcomes']")).to_be_visible()


def announce(course: Course, told: dict[str, str], picture: str) -> None:
    page = course.firm
    page.goto(f"{course.own}/effectiveness")
    page.locator("summary", has_text=zh("Announce a disposal")).click()
    form = page.locator("form[action$='/disposals']")
    for name, value in told.items():
        field = form.locator(f"[name='{name}']")
        if name in ("batch_id", "unit", "method"):
            field.select_option(value)
        else:
            field.fill(value)
    form.locator("button.primary").click()
    page.wait_for_url(re.compile("done=announced"))
    look(page, picture, judged=True)


def ask_again(course: Course, picture: str) -> None:
    """Draw all consignees, and find one of them not at home."""
    page = course.firm
    page.goto(f"{course.own}/effectiveness")
    page.locator("form[action$='/checks'] button.primary").click()
    page.wait_for_url(re.compile("done=drawn"))
    page.locator("#checks ~ .table-frame summary").first.click()
    look(page, picture, judged=True)
    form = page.locator("form[action*='/checks/']").first
    form.locator("[name='outcome']").select_option("unreachable")
    form.get_by_role("button").click()
    page.wait_for_url(re.compile("done=checked"))


def carry_out(course: Course) -> None:
    page = course.firm
    page.goto(f"{course.own}/effectiveness")
    page.locator("summary", has_text=zh("It is done")).click()
    form = page.locator("form[action$='/perform']")
    options = form.locator("[name='event_id'] option")
    if options.count() > 1:
        form.locator("[name='event_id']").select_option(index=1)
    form.get_by_role("button").click()
    page.wait_for_url(re.compile("done=performed"))


# --- whoever has the goods ---------------------------------------------------------------------------------


def answer(page: Page, picture: str, **amounts: str) -> None:
    """Tick what was done, say how much became what, and send it."""
    look(page, picture, judged=True)
    for tick in ("stop_sale", "sealed", "posted"):
        page.locator(f"[name='{tick}']").check()
    fill(page, name="王店长", **amounts)
    page.locator("form[enctype] button.primary").click()
    page.wait_for_url(re.compile("done=answered"))
    look(page, f"{picture}-sent")


def open_notice(page: Page, code: str) -> None:
    """From the first page that a firm sees to the recall that waits for its answer."""
    page.locator(".urgent").get_by_role("link", name=code).click()
    page.wait_for_url(re.compile("/app/notices/"))


def record(page: Page, act: str, batch: object, quantity: str, **typed: str) -> None:
    page.goto(f"/app/events/new/{act}?batch={batch}")
    fill(page, **{"goods-0-quantity": quantity, "goods-0-unit": "case"}, **typed)
    if "to_text" in typed:
        page.locator("main button[name='find']").click()
        expect(page.locator("[name='to']")).to_have_value(re.compile("party:"))
    page.locator("main button[name='record']").click()
    page.wait_for_url(re.compile("done=recorded"))


# --- the offices -------------------------------------------------------------------------------------------


def act_of_office(page: Page, course: Course, type_: str, text: str, **more: str) -> None:
    page.goto(course.office)
    form = page.locator(f"form:has(input[name='type'][value='{type_}'])")
    if not form.is_visible():
        page.locator("details.office-act", has=form).locator("summary").click()
    for name, value in {"text": text, "sign_password": PASSWORD, **more}.items():
        form.locator(f"[name='{name}']").fill(value)
    form.get_by_role("button").click()
    page.wait_for_url(re.compile("done=acted"))


def watch_disposal(page: Page, course: Course, picture: str) -> None:
    page.goto(f"{course.office}/effectiveness")
    page.locator("details:has(form[action$='/witness']) summary").click()
    form = page.locator("form[action$='/witness']")
    form.locator("[name='sign_password']").fill(PASSWORD)
    form.get_by_role("button").click()
    page.wait_for_url(re.compile("done=to-watch"))
    look(page, picture, judged=True)


def goods_row(page: Page, product: str) -> Locator:
    return page.locator("#ledger tbody tr", has_text=product)


def passers_by(visit_page: VisitPage, path: str, told: dict[str, str], name: str) -> None:
    """What somebody reads who scans a package, in each language."""
    for language, verdict in told.items():
        page = visit_page(path, language=language, viewport=PHONE, color_scheme="dark")
        expect(page.get_by_role("heading", level=1)).to_have_text(verdict)
        look(page, f"{name}-{language}")
