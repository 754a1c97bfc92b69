"""Supervised sampling from the plan to the recall and the public table, by the people of each role at their pages."""

import re
from collections.abc import Iterator
from random import Random

import pytest
from playwright.sync_api import expect
from sqlalchemy import Engine

from browser import recalling as do
from browser.recalling import look
from browser.sampling_story import Goods, Story, make, see, staff
from browser.visitors import VisitPage, fill
from clocks import standing
from conftest import Rounds
from sampled import Way, at
from tracelot.records.database import connect
from world import World, visits

RESULTS = "/samplings"


@pytest.fixture(scope="module")
def engine(cast_store: str) -> Iterator[Engine]:
    opened = connect(cast_store)
    with standing(at("12-07 08:00")):
        yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def kinds(engine: Engine, cast: World) -> list[Goods]:
    buyer = staff(engine, cast)
    return [make(engine, cast, buyer, number) for number in (1, 2)]


def test_a_sample_fails_twice_and_leads_to_a_recall_and_into_the_public_table(
    visit_page: VisitPage, kinds: list[Goods], engine: Engine, cast: World, rounds: Rounds, random: Random
) -> None:
    """Everybody's language in the first story is the other one in the second; the short form tells one of them."""
    for swapped in random.sample([False, True], rounds(1, 2)):
        with Story(visit_page, engine, cast, swapped).told() as story:
            whole_story(story, kinds[swapped])


def whole_story(story: Story, goods: Goods) -> None:
    story.day("12-07 08:30")
    plan(story, goods)
    number, lot = take(story, goods)
    story.day("12-08 09:00")
    examine(story, number)
    goods_are_held(story, lot)
    story.day("12-11 09:00")
    the_firm_is_told(story, number)
    story.day("12-14 09:00")
    examined_again(story, number)
    story.day("12-21 09:00")
    code = recalled(story)
    published(story, number, code)


def test_a_failure_that_nobody_disputes_is_public_once_the_time_for_a_re_test_is_over(
    visit_page: VisitPage, kinds: list[Goods], engine: Engine, cast: World
) -> None:
    assert kinds
    id_, _ = Way(visits(engine, cast), cast).failed()
    with Story(visit_page, engine, cast).told() as story:
        story.day("11-18 00:00")  # the seventh working day ends
        story.goes("county", f"/gov/samplings/{id_}")
        number = refused(story, "The firm may still ask for a re-test.")
        expect(story.goes("", RESULTS).locator("main")).not_to_contain_text(number)
        story.day("11-18 00:01")
        story.goes("county", f"/gov/samplings/{id_}")
        story.step("county", "publish", bulletin_no="2026年第10号", signs=True)
        expect(story.goes("", RESULTS).locator("main")).to_contain_text(number)


def plan(story: Story, told: Goods) -> None:
    office = story.goes("county", "/gov/samplings")
    story.follows("county", "Plans")
    story.follows("county", "New plan")
    fill(office, name="2026年食用油监督抽检", draws="batch", source="2026年国家食品安全监督抽检",
         category0=told.category, wanted0="2")  # fmt: skip
    story.presses("county", "Keep the plan")
    story.presses("county", "Freeze the frame")
    fill(office, seed="2026140 03 07 12 19 22 31 08", seed_source="中国福利彩票双色球 2026140 期")
    look(office, "s-frozen")
    story.presses("county", "Draw")
    story.reads("county", "Drawn again just now from frame and seed: the same comes of it.")
    fill(office, lab_id=str(story.cast.parties["lab"]), office_id=str(story.cast.parties["county"]))
    story.presses("county", "Give out")
    story.reads("county", "Tasks given out")
    see(office, "s-drawn")


def take(story: Story, told: Goods) -> tuple[str, str]:
    """The first supervisor scans and fills in, the second signs on a phone of their own."""
    phone = story.goes("first", "/gov/samplings")
    look(phone, "s-tasks")
    task = phone.locator("tr", has_text=told.category).first
    lot = task.locator("code").inner_text()
    task.get_by_role("link", name=story.word("first", "Take a sample")).click()
    expect(phone.locator("[name='firm_name']")).to_have_value("正阳花生油有限公司")  # whom the plan drew
    fill(phone, code=f"(01){told.gtin}(10){lot}")
    story.presses("first", "Look up")
    for name, text in {"lot_no": lot, "producer_address": "真阳大道1号", "packaging": "packed"}.items():
        expect(phone.locator(f"[name='{name}']")).to_have_value(text)
    fill(phone, sample_qty="6", spare_qty="2", unit="bottle", unit_price="89.90", voucher="FP-1", seal_no="F-1",
         sampler1_certificate="豫Q001", sampler1_signed="李敏", sampler2_name="王强", sampler2_certificate="豫Q002",
         firm_signed="赵厂长")  # fmt: skip
    for box in ("sampler1_acknowledged", "firm_acknowledged"):
        phone.locator(f"[name='{box}']").check()
    see(phone, "s-sheet")
    story.presses("first", "Keep the sheet")
    story.reads("first", "The sheet is on record.")
    number = phone.locator("h1").inner_text()
    other = story.goes("cosigner", "/gov/samplings")
    story.reads("cosigner", "second signature missing")
    see(other, "s-unsigned")
    story.opens("cosigner", number)
    story.step("cosigner", "cosign", typed="王强", ticks=("acknowledged",))
    look(other, "s-signed")
    phone.reload()
    story.step("first", "hand_over", condition="完好", temperature="18 ℃", way="专车", ticks=("seal_intact",))
    return number, lot


def examine(story: Story, number: str) -> None:
    lab = story.goes("lab", "/app/samplings")
    story.opens("lab", number)
    story.step("lab", "receive", condition="完好", ticks=("seal_intact", "spare_received"))
    story.day("12-10 10:00")
    lab.reload()
    report(story, "lab", "report", "SJ-2026-118", issued_on="2026-12-10", measured_text0="48.6")


def report(story: Story, who: str, step: str, number: str, **found: str) -> None:
    rows = {"analyte0": "黄曲霉毒素B1", "unit0": "µg/kg", "method0": "GB 5009.22-2016", "said0": "fail"}
    story.unfold(who, step)
    see(story.pages[who], "s-report-form")
    story.step(who, step, report_no=number, judgement_basis="GB 2761-2017", conclusion="fail",
               food_category="oil.vegetable.peanut", tester="周检", signs=True, **rows | found)  # fmt: skip
    look(story.pages[who], f"s-{step}")


def goods_are_held(story: Story, lot: str) -> None:
    """The firm's own stock at once; whoever has the rest is asked, and finds it first of all."""
    firm = story.goes("quality", "/app/batches")
    firm.locator("main").get_by_role("link", name=lot, exact=True).first.click()
    story.reads("quality", "On hold")
    look(firm, "s-held")
    shop = story.goes("wholesaler", "/app")
    look(shop, "s-asked")
    shop.locator(".urgent").get_by_role("link", name=lot).first.click()
    expect(shop.locator("main")).to_contain_text("An official sample failed")
    expect(shop.locator("main")).not_to_contain_text("48.6")
    shop.locator("[name='stop_sale']").check()
    fill(shop, on_hand="40", unit="bottle")
    story.presses("wholesaler", "Send the answer")
    shop.wait_for_url(re.compile("done=answered"))
    look(shop, "s-hold")


def the_firm_is_told(story: Story, number: str) -> None:
    story.goes("county", "/gov/samplings")
    office = story.opens("county", number)
    look(office, "s-office")
    refused(story, "The firm has not the result in hand yet.")
    story.step("county", "notify", doc_no="正市监食检〔2026〕1号", signs=True)
    firm = story.goes("quality", "/app")
    see(firm, "s-firm-home")
    firm.locator(".urgent").get_by_role("link", name=number).click()
    expect(firm.locator("main")).not_to_contain_text("48.6")
    see(firm, "s-told")
    story.step("quality", "receipt", signs=True)
    expect(firm.locator("main")).to_contain_text("48.6 µg/kg")
    office.reload()
    refused(story, "The firm may still ask for a re-test.")
    expect(story.goes("", RESULTS).locator("main")).not_to_contain_text(number)


def refused(story: Story, why: str) -> str:
    """The office would publish, and is told why not; the number of the sheet."""
    office = story.pages["county"]
    story.tries("county", "publish", bulletin_no="2026年第11号", signs=True)
    story.reads("county", why)
    see(office, "s-refused")
    number = office.locator("h1").inner_text()
    story.follows("county", "Sampling")
    story.opens("county", number)
    return number


def examined_again(story: Story, number: str) -> None:
    """The firm asks in its time; the spare part goes to a laboratory that is drawn, and it fails there too."""
    firm, office, lab = (story.pages[who] for who in ("quality", "county", "lab"))
    firm.reload()
    story.step("quality", "apply", reason="对检验结果有异议", signs=True)
    office.reload()
    story.step("county", "accept_retest", signs=True)
    story.step("county", "draw_lab")
    expect(office.locator("main")).to_contain_text(
        "检测second" if story.speaks("county") == "zh" else "Zhengyang"
    )
    see(office, "s-lab-drawn")
    lab.reload()
    story.step("lab", "hand_spare", condition="完好", ticks=("seal_intact",))
    story.goes("second", "/app/samplings")
    again = story.opens("second", number)
    story.step("second", "receive_spare", condition="完好", ticks=("seal_intact", "spare_received"))
    office.reload()
    refused(story, "A re-test is under way: the result is not final.")
    story.day("12-18 15:00")
    again.reload()
    report(story, "second", "report_retest", "FJ-2026-7", issued_on="2026-12-18", measured_text0="46.2")
    office.reload()
    story.step("county", "notify", doc_no="正市监食检〔2026〕2号", signs=True)
    firm.reload()
    story.step("quality", "receipt", signs=True)


def recalled(story: Story) -> str:
    """The office's follow-up asks for a recall; the firm opens it from the result, and it is found when published."""
    office, firm = story.pages["county"], story.pages["quality"]
    office.reload()
    story.step("county", "open_case", case_no="正处〔2026〕1号")
    story.step("county", "case_step", sealed_qty="60", sealed_unit="bottle", flow_found="true",
               ticks=("measures=seal", "measures=recall"))  # fmt: skip
    firm.reload()
    look(firm, "s-final")
    story.follows("quality", "Open a recall")
    expect(firm.locator("[name='reason_zh']")).to_have_value(re.compile("黄曲霉毒素B1 46.2 µg/kg"))
    expect(firm.locator("[name='source_of_knowledge']")).to_have_value("supervised_sampling")
    course = do.draft(firm, 1, "mycotoxin", "")
    do.publish(course)
    notice = story.goes("", f"/recalls/{course.code}")
    expect(notice.get_by_role("heading", level=1)).to_have_text(story.word("", "Level I recall"))
    return course.code


def published(story: Story, number: str, code: str) -> None:
    office = story.pages["county"]
    office.reload()
    form = story.unfold("county", "case_step")
    expect(form.locator("datalist option")).to_have_attribute("value", code)
    story.step("county", "case_step", recall_code=code, cause="原料霉变", rectification="原料逐批检验",
               accepted_on="2026-12-21")  # fmt: skip
    story.step("county", "publish", bulletin_no="2026年第11号", signs=True)
    see(office, "s-case")
    reader = story.goes("", RESULTS)
    row = reader.locator("tbody tr", has_text=number)
    for told in ("黄曲霉毒素B1║46.2 µg/kg║≤20 µg/kg", "2026年第11号", "正阳花生油有限公司"):
        expect(row).to_contain_text(told)
    see(reader, "s-public")
    story.step("county", "finish_case", signs=True)
    expect(office.get_by_role("link", name=code)).to_be_visible()
