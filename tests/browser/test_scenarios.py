"""Recalls from the finding to the end, by the people of each role at their own pages, under both laws."""

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from browser import recalling as do
from browser.aflatoxin import CANTEENS, OIL, Affair, Mislabelled, mislabel, renew_sessions, stage
from browser.recalling import DESK, PHONE, SMALL, Course, look
from browser.visitors import VisitPage, status_of, zh
from clocks import standing
from tracelot.records.database import connect
from world import World, visits

BOUNDARY = datetime(2026, 12, 1, tzinfo=ZoneInfo("Asia/Shanghai"))  # from here on the Measures of 2026 hold
NOW = BOUNDARY.replace(minute=20)
PEOPLE = ("zhenyang", "quality", "county", "city", "neighbour", "guhuai", "wholesaler", "supermarket")
BEFORE, AFTER = "2026-11-30T23:59", "2026-12-01T00:00"  # the last minute of the old law, the first of the new


@pytest.fixture(scope="module")
def engine(cast_store: str) -> Iterator[Engine]:
    opened = connect(cast_store)
    with standing(NOW):
        yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def affair(engine: Engine, cast: World) -> Affair:
    staged = stage(engine, cast)
    renew_sessions(visits(engine, cast), cast, PEOPLE, NOW)
    return staged


@pytest.fixture(scope="module")
def mislabelled(engine: Engine, cast: World, affair: Affair) -> Mislabelled:
    assert affair.lot
    return mislabel(engine, cast)


def clocks(page: Page, *told: str) -> None:
    for words in told:
        expect(page.locator("#clocks")).to_contain_text(words)


# --- A: aflatoxin in peanuts -------------------------------------------------------------------------------


def test_aflatoxin_is_traced_recalled_and_recovered_to_the_last_case(
    visit_page: VisitPage, affair: Affair
) -> None:
    county = visit_page(
        f"/gov/trace?batch={affair.finding}&direction=backward", "county", "en", viewport=DESK
    )
    for lot in ("F1", "F2", "F3"):
        expect(county.locator("main")).to_contain_text(lot)
    maker = visit_page(f"/app/batches/{affair.lot}", "quality", viewport=DESK)
    course = recalled_under_the_new_law(maker)
    board = visit_page(course.own, "zhenyang", viewport=PHONE)
    county.goto(course.office)
    look(county, "a-office-before")
    for page in (board, county):
        expect(page.locator("#reach")).to_contain_text(re.compile(r"0\s*/ 3"))
        expect(do.goods_row(page, "花生油" if page is board else "Peanut oil")).to_contain_text("16.67%")

    told_and_answered(visit_page, course, affair)
    do.confirm_what_came_back(maker)

    for page, oil, cases in ((board, "花生油", "箱"), (county, "Peanut oil", "cases")):
        row = do.goods_row(page, oil)
        for figure in (f"120 {cases}", f"100 {cases}", f"98 {cases}", "100%", "81.67%", "78%"):
            expect(row).to_contain_text(figure, timeout=15_000)  # nobody loads the page anew
        expect(page.locator("#reach")).to_contain_text(re.compile(r"3\s*/ 3"), timeout=15_000)
    look(board, "a-board-phone", judged=True)
    look(county, "a-office-after", judged=True)
    work_to_its_end(visit_page, course, affair, county)
    do.passers_by(visit_page, f"/01/{OIL}/10/X1", {"zh": "一级召回", "en": "Level I recall"}, "a-shopper")
    do.passers_by(
        visit_page, f"/recalls/{course.code}", {"zh": "一级召回", "en": "Level I recall"}, "a-notice"
    )


def recalled_under_the_new_law(maker: Page) -> Course:
    maker.get_by_role("link", name=zh("Recall this batch")).click()
    expect(maker.locator("[name='planned_end']")).to_have_value("2026-12-15")  # ten working days, proposed
    expect(maker.locator("[name='chosen']")).to_have_count(8)
    course = do.draft(maker, 1, "mycotoxin", AFTER)
    clocks(maker, "2026", "24 小时", "2026-12-01 24:00", zh("To be checked"), "还剩 23 小时 40 分钟")
    look(maker, "a-draft", judged=True)
    do.publish(course)
    clocks(maker, zh("Done in time"), "2026-12-15 24:00", zh("Planned by the firm"))
    look(maker, "a-published", judged=True)
    return course


def told_and_answered(visit_page: VisitPage, course: Course, affair: Affair) -> None:
    """The canteens by a link on a small phone, wholesaler and supermarket in their own books."""
    link = do.link_for(course, CANTEENS)
    shop = visit_page(link, language="en", viewport=SMALL, color_scheme="dark")
    do.answer(shop, "a-link", **{"line-0-on_hand": "30", "line-0-sold": "10"})
    firms = (("wholesaler", "zh", DESK, "15", "45"), ("supermarket", "en", PHONE, "7", "33"))
    for who, language, size, sold, back in firms:
        page = visit_page("/app", who, language, viewport=size)
        look(page, f"a-{who}-home")
        do.open_notice(page, course.code)
        do.answer(page, f"a-{who}-notice")
        do.record(page, "sell", affair.oil, sold, event_time="2026-11-28T10:00")
        do.record(page, "return", affair.oil, back, to_text="正阳花生油有限公司")
        look(page, f"a-{who}-returned")


def work_to_its_end(visit_page: VisitPage, course: Course, affair: Affair, county: Page) -> None:
    """Goods went into two counties, so the city supervises; the county watches the destruction."""
    city = visit_page("/gov", "city", "en", viewport=PHONE)
    expect(city.locator("main")).to_contain_text(course.code)
    look(city, "a-city-overview", judged=True)
    do.hand_in_plan(course)
    do.act_of_office(city, course, "accept_plan", "八项齐全")
    do.step(course, "The goods are back: disposal begins")
    told = {"batch_id": str(affair.oil), "quantity": "78", "unit": "case", "method": "destroy_central",
            "planned_at": "2026-12-02T09:00", "place": "县处理厂"}  # fmt: skip
    do.ask_again(course, "a-checks")
    do.announce(course, told, "a-announced")
    do.watch_disposal(county, course, "a-watched")
    maker = course.firm
    maker.goto(f"/app/events/new/destroy?batch={affair.oil}")
    maker.locator("[name='goods-0-quantity']").fill("78")
    maker.locator("[name='goods-0-unit']").select_option("case")
    maker.locator("[name='goods-0-apart']").check()
    maker.locator("main button[name='record']").click()
    maker.wait_for_url(re.compile("done=recorded"))
    do.carry_out(course)
    do.step(course, "All goods are disposed of")
    do.report(course, "油已退回78箱并销毁")
    do.act_of_office(city, course, "evaluate", "处置彻底")
    do.act_of_office(city, course, "close", "可以终止", variance="炒花生已售予消费者")
    expect(city.locator("main")).to_contain_text("The work was closed")
    look(city, "a-closed-city")
    maker.goto(course.own)
    expect(do.goods_row(maker, "花生油")).to_contain_text("81.67%")
    look(maker, "a-closed-maker")


# --- D: a wrong shelf life on the label --------------------------------------------------------------------


def test_a_wrong_label_is_recalled_relabelled_and_closed_under_the_old_law(
    visit_page: VisitPage, mislabelled: Mislabelled
) -> None:
    mill = visit_page(f"/app/batches/{mislabelled.batch}", "guhuai", viewport=PHONE)
    mill.get_by_role("link", name=zh("Recall this batch")).click()
    course = do.draft(mill, 3, "labelling", BEFORE, planned_end="")
    clocks(mill, "2015", "72 小时", "2026-12-03 23:59", "30 个工作日", "还剩 2 天 23 小时")
    look(mill, "d-draft", judged=True)
    do.publish(course)
    clocks(mill, zh("Provisional"))  # thirty working days lead into a year whose days off nobody knows
    link = do.link_for(course, mislabelled.shop)
    shop = visit_page(link, viewport=SMALL)
    do.answer(shop, "d-link", **{"line-0-on_hand": "8", "line-0-sold": "4"})
    told = {"batch_id": str(mislabelled.batch), "quantity": "30", "unit": "case", "method": "remediate_relabel",
            "planned_at": "2026-12-02T09:00", "place": "本厂"}  # fmt: skip
    office = visit_page(course.office, "neighbour", "en", viewport=PHONE, color_scheme="dark")
    look(office, "d-office", judged=True)
    do.hand_in_plan(course, disposal="换贴标签后继续销售")
    do.act_of_office(office, course, "accept_plan", "八项齐全")
    do.step(course, "The goods are back: disposal begins", "4箱已售出")
    do.announce(course, told, "d-announced")
    do.watch_disposal(office, course, "d-watched")
    do.carry_out(course)
    do.step(course, "All goods are disposed of")
    do.report(course, "标签已更换")
    do.act_of_office(office, course, "evaluate", "标签已更正")
    do.act_of_office(office, course, "close", "可以终止", variance="无")
    do.passers_by(
        visit_page, f"/recalls/{course.code}", {"zh": "三级召回", "en": "Level III recall"}, "d-notice"
    )


# --- F: a drill --------------------------------------------------------------------------------------------


def test_a_drill_goes_to_its_end_and_nobody_else_hears_of_it(visit_page: VisitPage, affair: Affair) -> None:
    maker = visit_page("/app/drills", "quality", viewport=DESK)
    maker.get_by_role("link", name=zh("New drill")).first.click()
    maker.locator("[name='range-0-product']").select_option(str(affair.maker.products["packs"]))
    maker.locator("[name='range-0-codes']").fill("X1")
    course = do.draft(maker, 1, "mycotoxin", "")
    look(maker, "f-draft", judged=True)
    do.publish(course)
    look(maker, "f-begun", judged=True)
    county = visit_page(course.office, "county", "en", viewport=PHONE)
    expect(county.get_by_role("heading", level=1)).to_have_text(f"Recall drill {course.code}")
    expect(county.get_by_role("link", name="Public notice")).to_have_count(0)
    look(county, "f-office", judged=True)
    for who in ("city", "wholesaler", ""):
        assert status_of(visit_page("/recalls", who), f"/recalls/{course.code}") == 404
    customer = visit_page("/app/notices", "wholesaler")
    expect(customer.locator("main")).not_to_contain_text(course.code)
    for button in ("The goods are back: disposal begins", "All goods are disposed of"):
        do.step(course, button)
    do.report(course, "演练完成")
    do.step(course, "The drill is evaluated", "收货方电话须更新")
    do.step(course, "Close the drill", "演练中未实际退货")
    maker.goto("/app/drills")
    expect(maker.locator("tbody tr", has_text=course.code)).to_contain_text(zh("Work closed"))
    look(maker, "f-board", judged=True)
