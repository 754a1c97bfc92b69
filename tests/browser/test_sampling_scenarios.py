"""Samples that failed, from the laboratory's report to what follows, by the people of each role at their own pages."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from browser import recalling
from browser.aflatoxin import Affair, stage
from browser.recalling import DESK, PHONE, Course, look
from browser.sampled_affairs import SESAME, TANKER, Sampled, failed_in_public, sesame
from browser.sampling_acts import at_the_laboratory, everybody_at, open_sheet, report, sees_nothing, step
from browser.visitors import VisitPage, fill, zh
from builders import PASSWORD
from sampled import Way, at, labs
from tracelot.records.database import connect
from tracelot.records.samplings import Sampling
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


# --- A: aflatoxin in peanuts, from its sample --------------------------------------------------------------


@pytest.fixture(scope="module")
def affair(engine: Engine, cast: World) -> Affair:
    return stage(engine, cast)


@pytest.fixture(scope="module")
def peanuts(way: Way, affair: Affair) -> Sampling:
    """Roasted peanuts of the county's task, at the laboratory since the 17th."""
    now = at("11-16 09:00")
    task = way.task(now=now, category="炒货食品及坚果制品", wanted=1)
    goods = {"batch_id": affair.finding, "sample_name": "炒花生", "lot_no": "X1", "spec": "500 g/袋"}
    return at_the_laboratory(way, task, now, unit="bag", **goods)


def test_aflatoxin_that_a_county_found_opens_the_firm_s_recall_of_both_products(
    visit_page: VisitPage, engine: Engine, cast: World, affair: Affair, peanuts: Sampling
) -> None:
    with everybody_at(engine, cast, at("11-20 10:00"), "lab", "county"):
        lab = visit_page("/app/samplings", "lab", "en", viewport=DESK)
        open_sheet(lab, peanuts.sheet_no)
        found = {
            "analyte": "黄曲霉毒素B1",
            "measured_text": "48.6",
            "unit": "µg/kg",
            "method": "GB 5009.22-2016",
        }
        told = {"report_no": "SJ-2026-117", "issued_on": "2026-11-20", "conclusion": "fail", "tester": "周检"}
        look(lab, "a-sheet-lab", judged=True)
        report(lab, "nuts.peanut.roasted", "a-reported", found, **told)
        expect(lab.locator("main")).to_contain_text("48.6 µg/kg (limit ≤20 µg/kg)")
        county = visit_page("/gov/samplings", "county", viewport=PHONE)
        look(county, "a-inbox-office")
        open_sheet(county, peanuts.sheet_no)
        step(
            county,
            "notify",
            doc_no="正市监食检〔2026〕117号",
            firm_id=str(affair.maker.party_id),
            to="producer",
        )
        look(county, "a-told")
    firm_opens_the_recall(visit_page, engine, cast, affair, peanuts)
    with everybody_at(engine, cast, at("11-30 10:00"), "guhuai", "neighbour", "second"):
        for who in ("guhuai", "neighbour", "second"):
            sees_nothing(visit_page, who, peanuts)
    public = visit_page("/samplings")
    expect(public.locator("main")).not_to_contain_text(peanuts.sheet_no)


def firm_opens_the_recall(
    visit_page: VisitPage, engine: Engine, cast: World, affair: Affair, peanuts: Sampling
) -> None:
    with everybody_at(engine, cast, at("11-30 09:00"), "quality"):
        firm = visit_page("/app", "quality", viewport=DESK)
        look(firm, "a-home")
        open_sheet(firm, peanuts.sheet_no)
        step(firm, "receipt")
        expect(firm.locator("section", has_text=zh("The result, as you were told"))).to_contain_text(
            "48.6 µg/kg"
        )
        look(firm, "a-signed")
        firm.get_by_role("link", name=zh("Open a recall")).click()
        told = {"knowledge_at": "2026-11-30T09:00", "reason_code": "mycotoxin", "range-0-codes": "X1",
                "source_of_knowledge": "supervised_sampling"}  # fmt: skip
        for name, value in told.items():
            expect(firm.locator(f"[name='{name}']")).to_have_value(value)
        expect(firm.locator("[name='reason_zh']")).to_have_value(
            re.compile("SJ-2026-117.*48.6 µg/kg.*20 µg/kg")
        )
        expect(firm.locator("[name='reason_en']")).to_have_value(re.compile("Aflatoxin B1 48.6 µg/kg"))
        look(firm, "a-recall-form")
        firm.locator("button[name='more']").click()
        firm.locator("[name='range-1-product']").select_option(str(affair.maker.products["raw"]))
        firm.locator("[name='range-1-codes']").fill("F2")
        firm.locator("button[name='look']").click()
        expect(firm.locator("[name='chosen']")).to_have_count(8)
        course = recalling.draft(firm, 1, "mycotoxin", "")
        for told in ("24 小时", "2026-12-01 09:00"):
            expect(firm.locator("#clocks")).to_contain_text(told)
        look(firm, "a-opened")
        assert course.code


# --- B: ethyl maltol in sesame oil -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def oil(engine: Engine, cast: World, way: Way) -> Sampled:
    return sesame(engine, cast, way)


def test_adulterated_oil_is_ordered_back_and_traced_to_the_tanker(
    visit_page: VisitPage, engine: Engine, cast: World, oil: Sampled
) -> None:
    now = at("11-20 10:00")
    with everybody_at(engine, cast, now, "lab", "neighbour", "guhuai", "city", "quality", "county"):
        lab = visit_page(f"/app/samplings/{oil.sheet.id}", "lab", viewport=DESK)
        found = {"analyte": "乙基麦芽酚", "measured_text": "85.2", "unit": "µg/kg", "method": "BJS 201708"}
        told = {"report_no": "SJ-2026-201", "issued_on": "2026-11-20", "conclusion": "fail", "tester": "周检"}
        report(lab, "oil.vegetable.sesame", "b-reported", found, **told)
        expect(lab.locator("main")).to_contain_text("乙基麦芽酚 85.2 µg/kg (限值 不得使用)")
        course = ordered_by_the_office(visit_page, oil)
        look(course.firm, "b-draft")
        expect(course.firm.locator("main")).to_contain_text(
            "Ethyl maltol 85.2 µg/kg (must not be used, GB 2760-2024)"
        )
        expect(course.firm.locator("main")).not_to_contain_text("Cancel this draft")
        expect(course.firm.locator("main")).to_contain_text("It cannot be dropped")
        complete(course)
        recalling.publish(course)
        traced_to_the_tanker(visit_page, oil)
        sees_nothing(visit_page, "quality", oil.sheet)
        sees_nothing(visit_page, "county", oil.sheet, "en")
    told = {"zh": "一级召回", "en": "Level I recall"}
    recalling.passers_by(visit_page, f"/01/{SESAME}/10/X1", told, "b-shopper")


def ordered_by_the_office(visit_page: VisitPage, oil: Sampled) -> Course:
    """From the sheet to the order, on the phone; and the firm finds what it must act on."""
    office = visit_page(f"/gov/samplings/{oil.sheet.id}", "neighbour", viewport=PHONE)
    step(office, "notify", doc_no="平市监食检〔2026〕9号", firm_id=str(oil.maker.party_id), to="producer")
    office.get_by_role("link", name=zh("Order a recall")).click()
    for name, value in {"codes": "X1", "reason_code": "illegal_substance"}.items():
        expect(office.locator(f"[name='{name}']")).to_have_value(value)
    expect(office.locator("[name='reason_zh']")).to_have_value(
        re.compile("SJ-2026-201.*乙基麦芽酚 85.2 µg/kg")
    )
    office.locator("[name='level'][value='1']").check()
    fill(
        office, order_no="平市监责召〔2026〕2号", text="检出乙基麦芽酚，涉嫌掺假掺杂", sign_password=PASSWORD
    )
    look(office, "b-order", judged=True)
    recalling.go_on(office, zh("Order this recall"))
    office.wait_for_url(re.compile("done=ordered"))
    look(office, "b-ordered")
    firm = visit_page("/app", "guhuai", "en", viewport=DESK)
    look(firm, "b-home")
    step_in = firm.locator("main a", has_text=re.compile(r"^[A-Z]+-\d{6}-")).first
    step_in.click()
    firm.wait_for_url(re.compile(r"/app/recalls/[0-9a-f-]{36}"))
    course = Course(firm, re.sub(r"^https?://[^/]+|[?#].*", "", firm.url))
    course.code = firm.locator("h1").inner_text().split()[-1]
    return course


def complete(course: Course) -> None:
    """The firm adds to the ordered draft what a notice must say."""
    page = course.firm
    page.goto(f"{course.own}/edit")
    page.locator("button[name='fill']").click()
    expect(page.locator("[name='remedy_en']")).not_to_have_value("")
    page.locator("form.sheet .actions button.primary").click()
    page.wait_for_url(re.compile("done=saved"))


def traced_to_the_tanker(visit_page: VisitPage, oil: Sampled) -> None:
    """The city reads the way of the crude oil; the county of the bottler that it came, and from whom."""
    trace = f"/gov/trace?batch={oil.batch}&direction=backward"
    city = visit_page(trace, "city", "en", viewport=PHONE)
    look(city, "b-trace-city")
    for told in ("CR-0915", "Zhengyang Press"):
        expect(city.locator("main")).to_contain_text(told)
    city.get_by_role("link", name="Page of batch CR-0915").click()
    city.get_by_role("link", name="Tanker manifest").click()
    look(city, "b-manifest", judged=True)
    for told in TANKER.values():
        expect(city.locator("main")).to_contain_text(told)
    neighbour = visit_page(trace, "neighbour", viewport=PHONE)
    look(neighbour, "b-trace-neighbour")
    expect(neighbour.locator("main")).to_contain_text("CR-0915")


# --- G: a re-test that overturns a failure -----------------------------------------------------------------


@pytest.fixture(scope="module")
def overturned(engine: Engine, cast: World, way: Way) -> Sampled:
    return failed_in_public(engine, cast, way)


def test_a_re_test_frees_goods_and_holders_and_clears_the_public_table(
    visit_page: VisitPage, engine: Engine, cast: World, overturned: Sampled
) -> None:
    number = overturned.sheet.sheet_no
    with everybody_at(engine, cast, at("11-09 10:00"), "quality", "county", "lab", "second", "corner"):
        public = visit_page("/samplings", language="en", viewport=PHONE)
        expect(public.locator("main")).to_contain_text(number)
        look(public, "g-public")
        shop = visit_page("/app", "corner", "en", viewport=DESK)
        shop.locator(".urgent a[href*='/app/holds/']").first.click()
        expect(shop.locator("main")).to_contain_text("Stop selling and using this batch now")
        firm = visit_page(f"/app/samplings/{overturned.sheet.id}", "quality", "en", viewport=DESK)
        step(firm, "apply", reason="对结论有异议")
        expect(firm.locator("form[action$='/steps/waive']")).to_have_count(0)
        look(firm, "g-applied")
        examined_again(visit_page, overturned)
        public.reload()
        expect(public.locator("main")).not_to_contain_text(number)
        lifted_by_the_firm(firm, overturned)
        shop.reload()
        expect(shop.locator("main")).to_contain_text("You need not hold these goods any more")
        look(shop, "g-cleared")


def examined_again(visit_page: VisitPage, overturned: Sampled) -> None:
    """The office accepts and draws by lot, one laboratory hands over, the other examines."""
    sheet = overturned.sheet.id
    office = visit_page(f"/gov/samplings/{sheet}", "county", viewport=PHONE)
    look(office, "g-office-before")
    step(office, "accept_retest")
    step(office, "draw_lab")
    first = visit_page(f"/app/samplings/{sheet}", "lab", viewport=DESK)
    step(first, "hand_spare", condition="完好", seal_intact=True)
    second = visit_page(f"/app/samplings/{sheet}", "second", viewport=DESK)
    step(second, "receive_spare", condition="完好", seal_intact=True)
    found = {"analyte": "黄曲霉毒素B1", "measured_text": "3.0", "unit": "µg/kg", "method": "GB 5009.22-2016"}
    told = {"report_no": "FJ-2026-1", "issued_on": "2026-11-09", "conclusion": "pass", "tester": "吴检"}
    report(second, "oil.vegetable.peanut", "g-retested", found, **told)
    office.reload()
    step(
        office,
        "notify",
        doc_no="正市监食检〔2026〕2号",
        firm_id=str(overturned.maker.party_id),
        to="producer",
    )
    look(office, "g-office-after")
    expect(office.locator("main")).to_contain_text(zh("final after the re-test"))
    expect(office.get_by_role("link", name=zh("Order a recall"))).to_have_count(0)


def lifted_by_the_firm(firm: Page, overturned: Sampled) -> None:
    """By the number of the re-test alone; the failure stays in the history."""
    firm.reload()
    step(firm, "receipt")
    look(firm, "g-firm-after")
    expect(firm.locator("main")).to_contain_text("The re-test overturned this result.")
    expect(firm.get_by_role("link", name="Open a recall")).to_have_count(0)
    firm.goto(f"/app/batches/{overturned.batch}")
    firm.locator("details.act summary", has_text="Lift the hold").click()
    lift = firm.locator("form[action$='/lift']")
    for name, value in {"report_no": "SJ-1", "reason": "复检合格", "sign_password": PASSWORD}.items():
        lift.locator(f"[name='{name}']").fill(value)
    lift.locator("button.primary").click()
    expect(firm.locator("#field-report_no, [name='report_no']").first).to_be_visible()
    expect(firm.locator("main")).to_contain_text("Name the report of the re-test")
    lift.locator("[name='report_no']").fill("FJ-2026-1")
    lift.locator("[name='sign_password']").fill(PASSWORD)
    lift.locator("button.primary").click()
    firm.wait_for_url(re.compile("done="))
    look(firm, "g-lifted")
    for told in ("overturned by a re-test", "An official sample failed", "FJ-2026-1"):
        expect(firm.locator("main")).to_contain_text(told)
