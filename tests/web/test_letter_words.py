"""A letter of a recall says the same whether its words were rendered for it alone or for many at once."""

from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import default
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tracelot.operations.delivering import Contents, Leaving
from tracelot.records.consignees import RecallNotice, RecallNoticeLine
from tracelot.records.parties import Party
from tracelot.records.recalls import Recall
from tracelot.rules.ids import new_id
from tracelot.web.letter_words import Words
from tracelot.web.rendering import mail_of

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
FIRM = Party(id=new_id(), name_zh="花生 & <油> 坊", name_en="Nut & Oil", phone="0396-1")
RECALL = Recall(id=new_id(), code="R-411724-1", kind="recall", level=1, reason_zh="黄曲霉毒素B1超标",
                reason_en="Aflatoxin B1", harm_zh="可能损害肝脏", party_id=FIRM.id)  # fmt: skip

# As they are kept: one line, no NUL, nothing around it.
texts = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=30)
names = texts.map(str.strip).filter(bool)
amounts = st.none() | st.integers(1, 10**9).map(lambda many: Decimal(many) / 1000)
goods = st.lists(
    st.builds(lambda *told: told, names, st.none() | names, names, amounts), min_size=1, max_size=3
)
letters = st.tuples(names, st.none() | names, goods, st.sampled_from(["notice", "reminder", "widened"]),
                    st.sampled_from([None, "zh", "en"]), st.booleans())  # fmt: skip


def told(name: str, name_en: str | None, lines: list[Any]) -> Contents:
    notice = RecallNotice(
        id=new_id(), name=name, name_en=name_en, retain_until=date(2030, 1, 1), recorded_at=NOW
    )
    return Contents(notice, RECALL, FIRM, [
        RecallNoticeLine(notice_id=notice.id, batch_id=new_id(), product_id=new_id(), product_zh=zh, product_en=en,
                         code=code, quantity=amount, unit="kg" if amount else None)
        for zh, en, code, amount in lines
    ])  # fmt: skip


def alone(language: str, told: Contents, kind: str, link: str) -> str:
    """The whole letter out of its template."""
    template = mail_of(language).get_template("mail/notice.txt")  # type: ignore[arg-type]
    return template.render(
        lang="zh-CN" if language == "zh" else "en", recall=told.recall, firm=told.firm, lines=told.lines,
        name=told.notice.name, name_en=told.notice.name_en, kind=kind, account="/app/" in link, link=link,
        public=f"https://trace.example/recalls/{told.recall.code}",
    )  # fmt: skip


def lines_in(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


@given(st.lists(letters, min_size=1, max_size=4))
def test_every_letter_says_what_its_template_says_of_it_alone(some: list[Any]) -> None:
    words = Words("https://trace.example", "trace@trace.example")
    for number, (name, name_en, lines, kind, language, inside) in enumerate(some):
        link = f"https://trace.example/{'app/notices' if inside else 'n'}/{number}"
        contents = told(name, name_en, lines)
        leaving = Leaving(new_id(), f"shop{number}@shop.example", language, f"<{number}@trace.example>", kind, 1, NOW,
                          contents.notice.id)  # fmt: skip

        letter = message_from_bytes(words.letter(contents, leaving, link), policy=default)

        wanted = [alone(one, contents, kind, link) for one in ([language] if language else ["zh", "en"])]
        body = [line for text in wanted for line in lines_in(text.partition("\n")[2])]
        said = [line for line in lines_in(letter.get_content()) if line != "-" * 10]
        assert said == body
        assert letter["Subject"] == " / ".join(text.partition("\n")[0].strip() for text in wanted)
        assert (letter["To"], letter["Message-ID"]) == (leaving.address, leaving.message_id)


def test_a_letter_calls_a_firm_as_it_is_called_and_changes_with_what_the_firm_says() -> None:
    words = Words("https://trace.example", "trace@trace.example")
    contents = told("A & B's", None, [("油", None, "L1", None)])
    leaving = Leaving(
        new_id(), "shop@shop.example", "zh", "<1@trace.example>", "notice", 1, NOW, contents.notice.id
    )
    before = words.text("zh", contents, leaving, "https://trace.example/n/1")[1]
    later = Contents(
        contents.notice, contents.recall, FIRM.model_copy(update={"phone": "0396-2"}), contents.lines
    )

    after = words.text("zh", later, leaving, "https://trace.example/n/1")[1]

    assert "花生 & <油> 坊" in before
    assert "A & B's" in before
    assert ("0396-1" in before, "0396-2" in after, "0396-1" in after) == (True, True, False)


def test_a_seller_s_letter_says_whose_goods_and_why_it_is_the_seller() -> None:
    words = Words("https://trace.example", "trace@trace.example")
    contents = told("A", None, [("油", "Oil", "L1", None)])
    by_seller = Contents(
        contents.notice,
        RECALL.model_copy(update={"seller_cause": "maker_gone"}),
        contents.firm,
        contents.lines,
    )
    leaving = Leaving(
        new_id(), "shop@shop.example", "en", "<1@trace.example>", "notice", 1, NOW, contents.notice.id
    )
    link = "https://trace.example/n/1"

    assert "the producer is unknown, gone, or does not act" in words.text("en", by_seller, leaving, link)[1]
    assert "该单位作为经营者召回其销售的这些批次" in words.text("zh", by_seller, leaving, link)[1]
    assert "as a seller" not in words.text("en", contents, leaving, link)[1]
