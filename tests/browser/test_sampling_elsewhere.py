"""Samples taken at whoever bought the goods: what the buyer, the maker and each of their offices does and sees."""

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from browser import recalling
from browser.recalling import DESK, PHONE, Course, look
from browser.sampled_affairs import PORK, Milled, Sampled, flour, pork
from browser.sampling_acts import everybody_at, open_sheet, report, sees_nothing, step
from browser.visitors import VisitPage, fill, zh
from builders import PASSWORD
from sampled import Way, at, labs
from tracelot.records.database import connect
from world import World, visits


@pytest.fixture(scope="module")
def engine(cast_store: str, cast: World) -> Iterator[Engine]:
    opened = connect(cast_store)
    labs(opened, cast)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def way(engine: Engine, cast: World) -> Way:
    return Way(visits(engine, cast), cast)


# --- C: flour of another county ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def milled(engine: Engine, cast: World, way: Way) -> Milled:
    return flour(engine, cast, way)


def test_flour_is_traced_from_noodles_to_mill_and_wheat_and_followed_up_where_the_mill_is(
    visit_page: VisitPage, engine: Engine, cast: World, milled: Milled
) -> None:
    people = ("lab", "county", "neighbour", "city", "noodles", "guhuai", "quality")
    with everybody_at(engine, cast, at("11-20 10:00"), *people):
        lab = visit_page(f"/app/samplings/{milled.sheet.id}", "lab", viewport=DESK)
        found = {
            "analyte": "脱氧雪腐镰刀菌烯醇",
            "measured_text": "1420",
            "unit": "µg/kg",
            "method": "GB 5009.111",
        }
        told = {"report_no": "SJ-2026-301", "issued_on": "2026-11-20", "conclusion": "fail", "tester": "周检"}
        report(lab, "grain.wheat.flour", "c-reported", found, **told)
        expect(lab.locator("main")).to_contain_text("1420 µg/kg (限值 ≤1000 µg/kg)")
        told_and_handed_over(visit_page, milled, cast.parties["neighbour"])
        traced_from_the_noodles(visit_page, milled)
        buyer = visit_page(f"/app/samplings/{milled.sheet.id}", "noodles", viewport=DESK)
        step(buyer, "receipt")
        expect(buyer.get_by_role("link", name=zh("Open a recall"))).to_have_count(0)
        look(buyer, "c-buyer")
        followed_up_at_the_mill(visit_page, milled)
        sees_nothing(visit_page, "quality", milled.sheet)


def told_and_handed_over(visit_page: VisitPage, milled: Milled, neighbour: UUID) -> None:
    """The county tells both firms; it cannot order the mill of another county, so it hands the case over."""
    office = visit_page("/gov/samplings", "county", "en", viewport=PHONE)
    open_sheet(office, milled.sheet.sheet_no)
    step(
        office, "notify", doc_no="正市监食检〔2026〕301号", firm_id=str(milled.noodles.party_id), to="sampled"
    )
    step(
        office, "notify", doc_no="正市监食检〔2026〕302号", firm_id=str(milled.maker.party_id), to="producer"
    )
    expect(office.get_by_role("link", name="Order a recall")).to_have_count(0)
    step(office, "open_case", case_no="正处〔2026〕31号")
    step(office, "transfer", office_id=str(neighbour), case_no="平处〔2026〕7号", reason="生产者在平舆县")
    look(office, "c-handed-over", judged=True)


def traced_from_the_noodles(visit_page: VisitPage, milled: Milled) -> None:
    """Factory and county read one step up; the city, in whose area all of it is, reads the wheat."""
    trace = f"/trace?batch={milled.pasta}&direction=backward"
    seen = {"noodles": ("/app", False), "county": ("/gov", False), "city": ("/gov", True)}
    for who, (base, all_of_it) in seen.items():
        page = visit_page(base + trace, who, "en", viewport=DESK if who == "noodles" else PHONE)
        look(page, f"c-trace-{who}")
        expect(page.locator("main")).to_contain_text("Wheat flour")
        for lot in ("WHEAT-1", "WHEAT-2", "Pingyu Wheat Cooperative"):
            words = expect(page.locator("main"))
            (words.to_contain_text if all_of_it else words.not_to_contain_text)(lot)


def followed_up_at_the_mill(visit_page: VisitPage, milled: Milled) -> None:
    """The mill's own county goes on; the mill finds its flour, and in whose noodles it is."""
    office = visit_page("/gov/samplings", "neighbour", viewport=PHONE)
    open_sheet(office, milled.sheet.sheet_no)
    step(office, "case_step", measures=["seal", "stop_production"], sealed_qty="21000", sealed_unit="kg")
    expect(office.locator("section", has_text="平处〔2026〕7号").last).to_contain_text("21000 kg")
    expect(office.get_by_role("link", name=zh("Order a recall"))).to_have_count(1)
    look(office, "c-followed-up")
    mill = visit_page(f"/app/samplings/{milled.sheet.id}", "guhuai", "en", viewport=DESK)
    step(mill, "receipt")
    mill.get_by_role("link", name="Open a recall").click()
    expect(mill.locator("[name='reason_code']")).to_have_value("mycotoxin")
    expect(mill.locator("[name='reason_en']")).to_have_value(re.compile("1420 µg/kg.*1000 µg/kg"))
    expect(mill.locator("[name='chosen']")).to_have_count(1)
    look(mill, "c-recall-form")


# --- E: pork at a market -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def carcass(engine: Engine, cast: World, way: Way) -> Sampled:
    return pork(engine, cast, way)


def test_pork_that_failed_at_a_market_stops_there_and_its_maker_recalls_it(
    visit_page: VisitPage, engine: Engine, cast: World, carcass: Sampled
) -> None:
    with everybody_at(engine, cast, at("11-20 10:00"), "lab", "county", "market", "meat", "quality"):
        lab = visit_page(f"/app/samplings/{carcass.sheet.id}", "lab", "en", viewport=DESK)
        found = {
            "analyte": "磺胺类（总量）",
            "measured_text": "180",
            "unit": "µg/kg",
            "method": "GB 31658.17-2021",
        }
        told = {"report_no": "SJ-2026-401", "issued_on": "2026-11-20", "conclusion": "fail", "tester": "周检"}
        report(lab, "meat.pork", "e-reported", found, **told)
        expect(lab.locator("main")).to_contain_text("180 µg/kg (limit ≤100 µg/kg)")
        office = visit_page(f"/gov/samplings/{carcass.sheet.id}", "county", viewport=PHONE)
        for number, (to, firm) in enumerate(
            (("sampled", carcass.sheet.firm_id), ("producer", carcass.maker.party_id))
        ):
            step(office, "notify", doc_no=f"正市监食检〔2026〕40{number}号", firm_id=str(firm), to=to)
        stopped_at_the_market(visit_page, carcass)
        course = recalled_by_its_maker(visit_page, carcass)
        on_site(office, course)
        office.goto(f"/gov/trace?batch={carcass.batch}&direction=backward")
        expect(office.locator("main")).to_contain_text("PIG-7")
        sees_nothing(visit_page, "quality", carcass.sheet)
    told = {"zh": "二级召回", "en": "Level II recall"}
    recalling.passers_by(visit_page, f"/01/{PORK}/10/X1", told, "e-shopper")


def stopped_at_the_market(visit_page: VisitPage, carcass: Sampled) -> None:
    """Whoever was sampled is told of the result and asked to hold; to recall is its maker's."""
    market = visit_page("/app", "market", viewport=DESK)
    look(market, "e-home")
    open_sheet(market, carcass.sheet.sheet_no)
    step(market, "receipt")
    expect(market.get_by_role("link", name=zh("Open a recall"))).to_have_count(0)
    look(market, "e-market")
    market.goto("/app")
    market.locator(".urgent a[href*='/app/holds/']").first.click()
    market.locator("[name='stop_sale']").check()
    fill(market, on_hand="40", unit="kg")
    look(market, "e-hold")
    market.locator("main form button.primary").click()
    market.wait_for_url(re.compile("done="))


def recalled_by_its_maker(visit_page: VisitPage, carcass: Sampled) -> Course:
    maker = visit_page("/app", "meat", "en", viewport=DESK)
    open_sheet(maker, carcass.sheet.sheet_no)
    step(maker, "receipt")
    maker.get_by_role("link", name="Open a recall").click()
    expect(maker.locator("[name='reason_code']")).to_have_value("veterinary_residue")
    course = recalling.draft(maker, 2, "veterinary_residue", "")
    recalling.publish(course)
    look(maker, "e-published")
    return course


def on_site(office: Page, course: Course) -> None:
    """At the stall an officer looks the package up and notes what there is to see."""
    office.goto(f"/gov/site?code=(01){PORK}(10)X1")
    look(office, "e-site")
    office.get_by_role("link", name=re.compile(course.code)).first.click()
    office.locator("details:has(form[action$='/acts']) summary").click()
    note = office.locator("form[action$='/acts']")
    note.locator("[name='text']").fill("肉铺已停售，40公斤单独存放")
    note.locator("[name='sign_password']").fill(PASSWORD)
    note.locator("button.primary").click()
    office.wait_for_url(re.compile("done="))
    look(office, "e-noted")
