"""People of a supervised sampling at the pages of their role: where they are, on which day, and in which language."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine

from acts import WHEN, Firm, firm, goods, new_firm, output
from browser.aflatoxin import renew_sessions
from browser.recalling import DESK, PHONE, SMALL, look
from browser.visitors import VisitPage, keep_picture, zh
from builders import PASSWORD, new_member
from clocks import standing
from sampled import at, labs
from tracelot.operations import accounts, links
from tracelot.rules.identifiers import gs1_check_digit
from world import World, visits

WHOLESALER = {"name_zh": "驿城区天中粮油批发部", "name_en": "Tianzhong Grain and Oil Wholesale"}
WHERE = {"county": DESK, "first": PHONE, "cosigner": PHONE, "lab": DESK, "second": DESK, "quality": PHONE,
         "wholesaler": SMALL, "": PHONE}  # fmt: skip
SEEN: set[str] = set()
DARK = ("cosigner", "second", "")


@dataclass(frozen=True)
class Goods:
    """What can be sampled in one language's story: three lots of one oil, and how its kind is called there."""

    category: str
    gtin: str


def staff(engine: Engine, cast: World) -> Firm:
    """Two supervisors of the county, three laboratories, and a wholesaler who buys of all that is made."""
    labs(engine, cast)
    for name, called in (("first", "李敏"), ("cosigner", "王强")):
        with visits(engine, cast)("county") as visit:
            _, link = accounts.invite_member(visit, new_member(name=called, role="officer"))
        with visits(engine, cast)() as visit:
            signed = links.use_link(visit, link.rpartition("/")[2], "invitation", PASSWORD)
            visit.kernel().flush()
            cast.people[name] = signed.account.id
    return new_firm(visits(engine, cast), cast, engine, "wholesaler", "wholesaler", **WHOLESALER)


def make(engine: Engine, cast: World, buyer: Firm, number: int) -> Goods:
    """Three lots of an oil of a kind of its own; a part of each goes to the wholesaler."""
    maker = firm(visits(engine, cast), cast, "zhenyang")
    digits = f"95200020{number:04}"
    made = Goods(f"食用植物油（{number}）", f"0{digits}{gs1_check_digit(digits)}")
    oil = maker.makes(f"oil{number}", name_zh="一级压榨花生油", name_en="Peanut oil", spec="5 L/桶", brand="真阳",
                      gtin=made.gtin, own_code=f"Y-{number}",
                      category=made.category)  # fmt: skip
    codes = [f"ZY{number}-{lot}" for lot in "ABC"]
    lots = [output(oil, lot, 100, "bottle", production_date="2026-11-30") for lot in codes]
    maker.does("produce", outputs=lots)
    sent = [goods(maker.batch(f"oil{number}", lot), 40, "bottle") for lot in codes]
    to = {"party_id": str(buyer.party_id)}
    buyer.confirms(maker.does("ship", to=to, lines=sent).id)
    return made


@dataclass
class Story:
    """Everybody has one browser, in which they stay; those of odd places speak the other language."""

    visit_page: VisitPage
    engine: Engine
    cast: World
    swapped: bool = False
    now: datetime = field(default_factory=lambda: WHEN)
    days: ExitStack = field(default_factory=ExitStack)
    pages: dict[str, Page] = field(default_factory=dict)

    @contextmanager
    def told(self) -> Iterator["Story"]:
        with self.days:
            yield self

    def day(self, text: str) -> None:
        """From now on it is this moment, and whoever comes back signs in again."""
        self.now = at(text)
        self.days.enter_context(standing(self.now))
        names = tuple(name for name in WHERE if name)
        renew_sessions(visits(self.engine, self.cast), self.cast, names, self.now)
        for name, page in self.pages.items():
            if name:
                host = page.url.partition("//")[2].partition(":")[0]
                page.context.clear_cookies(name="trace")
                page.context.add_cookies(
                    [{"name": "trace", "value": self.cast.cookies[name], "domain": host, "path": "/"}]
                )

    def speaks(self, who: str) -> str:
        return ("zh", "en")[(list(WHERE).index(who) + self.swapped) % 2]

    def word(self, who: str, english: str) -> str:
        return english if self.speaks(who) == "en" else zh(english)

    def goes(self, who: str, path: str) -> Page:
        if who not in self.pages:
            look = {"color_scheme": "dark"} if who in DARK else {}
            self.pages[who] = self.visit_page(path, who, self.speaks(who), viewport=WHERE[who], **look)
        else:
            self.pages[who].goto(path)
        return self.pages[who]

    def reads(self, who: str, english: str) -> None:
        expect(self.pages[who].locator("main")).to_contain_text(self.word(who, english))

    def opens(self, who: str, number: str) -> Page:
        """The sheet of this number, from the inbox."""
        page = self.pages[who]
        page.locator("main").get_by_role("link", name=number).first.click()
        expect(page.locator("h1")).to_contain_text(number)
        return page

    def follows(self, who: str, link: str) -> Page:
        page = self.pages[who]
        page.locator("main").get_by_role("link", name=self.word(who, link), exact=True).first.click()
        return page

    def presses(self, who: str, button: str) -> Page:
        """Press it, and say yes where the page asks first."""
        page = self.pages[who]
        page.locator("main").get_by_role("button", name=self.word(who, button), exact=True).click()
        sure = page.get_by_role("dialog").get_by_role("button", name=self.word(who, "Go ahead"))
        if sure.is_visible():
            sure.click()
        return page

    def unfold(self, who: str, name: str) -> Locator:
        """The form of a step of the sheet."""
        page = self.pages[who]
        form = page.locator(f"form[action$='/steps/{name}']").first
        if not form.is_visible():
            page.locator("details", has=form).locator("summary").click()
        return form

    def tries(
        self, who: str, name: str, *, ticks: tuple[str, ...] = (), signs: bool = False, **told: str
    ) -> None:
        """Fill in a step and send it; `ticks` are boxes, by name and value."""
        form = self.unfold(who, name)
        for box in ticks:
            named, _, value = box.partition("=")
            form.locator(f"[name='{named}']" + (f"[value='{value}']" if value else "")).check()
        for field_name, text in (told | ({"sign_password": PASSWORD} if signs else {})).items():
            put(form, field_name, text)
        form.locator("button[type=submit]").click()

    def step(
        self, who: str, name: str, *, ticks: tuple[str, ...] = (), signs: bool = False, **told: str
    ) -> None:
        """The same, and it is on record."""
        page, before = self.pages[who], self.pages[who].locator(".timeline > li").count()
        self.tries(who, name, ticks=ticks, signs=signs, **told)
        expect(page.locator(".timeline > li")).to_have_count(before + 1)
        self.reads(who, "The step is on record.")


def put(form: Locator, name: str, text: str) -> None:
    box = form.locator(f"[name='{name}']")
    if box.evaluate("element => element.tagName") == "SELECT":
        box.select_option(text)
    else:
        box.fill(text)


def see(page: Page, name: str) -> None:
    """Once in all stories: everybody can use it, and it fits a phone and a small one too."""
    if name in SEEN:
        return
    SEEN.add(name)
    look(page, name, judged=True)
    own = page.viewport_size or DESK
    for size in (PHONE, SMALL):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
    keep_picture(page, f"{name}-320")
    page.set_viewport_size(own)
