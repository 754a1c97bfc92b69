"""Words that play a danger down: GPSR (EU) 2023/988 art. 36(2) forbids them in a recall notice.

The regulation names some of them in English. The Chinese ones are their like, as notices have
them; 主动召回 is not among them, since it is the law's own word for a recall that no authority ordered.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Why = Literal["choice", "precaution", "rarity", "no-accidents", "harmless"]

# Each finds a form of words; `choice` says that the recall is a favour, `rarity` that the danger is seldom.
_ENGLISH: tuple[tuple[Why, str], ...] = (
    ("choice", r"voluntar(?:y|ily)"),
    ("choice", r"(?:at (?:our|its|their) )?(?:own )?discretion(?:ary)?"),
    ("choice", r"(?:as a )?(?:gesture of )?good ?will"),
    ("precaution", r"(?:purely |merely |only )?precaution(?:s|ary)?"),
    ("precaution", r"out of (?:an )?abundance of caution"),
    ("precaution", r"(?:just )?to be on the safe side"),
    ("rarity", r"(?:in |under )?(?:very |extremely )?(?:rare|isolated|exceptional|specific|certain|limited)"
               r" (?:situation|case|circumstance|instance|condition)s?"),
    ("rarity", r"(?:very |extremely |highly )?unlikely"),
    ("rarity", r"(?:very |extremely )(?:rare|low|small|minor)(?:ly)?"),
    ("no-accidents", r"(?:no|not any|without(?: any)?|zero)(?: known| reported| confirmed)*"
                     r" (?:accident|injur(?:y|ie)|illness(?:e)?|incident|complaint|case|harm)s?"
                     r"(?: (?:has|have|had|was|were|been|yet|so far|reported|received|known|confirmed))*"),
    ("no-accidents", r"(?:has|have) not (?:received|had) (?:any )?(?:report|complaint)s?"),
    ("harmless", r"(?:no|not a|without) (?:safety|health) (?:risk|concern|issue|problem)s?"),
    ("harmless", r"(?:do|does|will|is|are) not (?:pose|present) (?:a |any )?(?:risk|danger|threat)"),
)  # fmt: skip
_CHINESE: tuple[tuple[Why, str], ...] = (
    ("choice", "自愿(?:性)?|出于善意|酌情"),
    ("precaution", "(?:仅仅?|只是?|纯粹|纯属|出于|作为)(?:是|为了?|属于?|出于|作为)?"
                   "(?:谨慎|预防|防范|安全考虑)(?:起见|性)?(?:措施|目的|考虑)?"),
    ("precaution", "(?:谨慎|预防|防范)起见|(?:谨慎|预防|防范)性(?:召回|下架|措施)"),
    ("precaution", "以防万一|保险起见"),
    ("rarity", "极个别|个别(?:产品|情况|批次|消费者)?|极少数?|少数|罕见|偶发|(?:在)?特定(?:情况|条件|情形)下?"),
    ("rarity", "(?:概率|可能性|风险)(?:很|极|较|非常)(?:低|小)|几乎不会"),
    ("no-accidents", "(?:尚|暂|目前|迄今|至今)*(?:未|没有|无)(?:收到|接到|发生|出现|发现)(?:过|任何|相关|一起|因此)*"
                     "(?:事故|伤害|伤亡|不良反应|投诉|人员伤亡|中毒|病例|报告)"),
    ("no-accidents", "无(?:伤亡|不良反应|事故|投诉)(?:报告|记录)?"),
    ("harmless", "不(?:影响|存在|构成)(?:食品|人体|产品|消费者|任何|食用)*(?:安全|健康|危害|风险|隐患)"),
    ("harmless", "请(?:消费者)?放心"),
)  # fmt: skip
_FORMS = [(why, re.compile(rf"\b(?:{form})\b", re.IGNORECASE)) for why, form in _ENGLISH] + [
    (why, re.compile(form)) for why, form in _CHINESE
]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Words in a text that play the danger down: where they begin, what they are, and how they do it."""

    start: int
    words: str
    why: Why


def downplayed(text: str | None) -> tuple[Finding, ...]:
    """What in a text of a notice plays the danger down, in the order of reading; of words that overlap the first."""
    kept: list[Finding] = []
    end = 0
    for found in sorted(_all(text or ""), key=lambda one: (one.start, -len(one.words))):
        if found.start >= end:
            kept.append(found)
            end = found.start + len(found.words)
    return tuple(kept)


def _all(text: str) -> Iterator[Finding]:
    for why, form in _FORMS:
        for match in form.finditer(text):
            yield Finding(match.start(), match.group(), why)
