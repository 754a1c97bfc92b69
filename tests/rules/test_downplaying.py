"""Words that play a danger down are found in both languages, and plain words are left alone."""

import pytest

from tracelot.rules.downplaying import downplayed
from tracelot.rules.notice_texts import Both, is_proposal, notice_texts
from tracelot.rules.recalls import REASON_CODES

PRODUCT = Both("炒花生", "Roasted peanuts")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("This is a voluntary recall.", [("voluntary", "choice")]),
        ("As a purely precautionary measure", [("purely precautionary", "precaution")]),
        ("recalled at our discretion", [("at our discretion", "choice")]),
        ("In rare situations it may harm.", [("In rare situations", "rarity")]),
        ("under specific circumstances", [("under specific circumstances", "rarity")]),
        ("No accidents have been reported.", [("No accidents have been reported", "no-accidents")]),
        ("There is no health risk.", [("no health risk", "harmless")]),
        ("仅为预防，企业决定召回", [("仅为预防", "precaution")]),
        ("出于谨慎考虑", [("出于谨慎考虑", "precaution")]),
        ("极个别产品", [("极个别", "rarity")]),
        ("目前未收到任何不良反应报告", [("目前未收到任何不良反应", "no-accidents")]),
        ("不影响食品安全", [("不影响食品安全", "harmless")]),
    ],
)
def test_what_plays_a_danger_down_is_found(text: str, found: list[tuple[str, str]]) -> None:
    told = downplayed(text)

    assert [(one.words, one.why) for one in told] == found
    assert all(text[one.start : one.start + len(one.words)] == one.words for one in told)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "Stop eating it: it can harm the liver.",
        "企业主动召回以下批次",
        "请冷藏以预防霉变",
        "Use caution when opening.",
    ],
)
def test_plain_words_are_left_alone(text: str | None) -> None:
    assert downplayed(text) == ()


@pytest.mark.parametrize("cause", REASON_CODES)
def test_the_proposed_texts_are_whole_in_both_languages_and_play_nothing_down(cause: str) -> None:
    texts = notice_texts(cause, PRODUCT)  # type: ignore[arg-type]

    assert {name for name, text in texts.items() if text} == {
        f"{part}_{language}" for part in ("reason", "harm", "remedy") for language in ("zh", "en")
    }
    assert [downplayed(text) for text in texts.values() if downplayed(text)] == []
    assert "炒花生" in texts["reason_zh"]
    assert "{" not in "".join(texts.values())


def test_a_text_that_somebody_wrote_is_no_proposal() -> None:
    proposed = notice_texts("mycotoxin", PRODUCT)["harm_zh"]

    assert is_proposal("harm_zh", proposed, PRODUCT)
    assert not is_proposal("harm_zh", proposed + "!", PRODUCT)
