"""What the law asks of supervised sampling by when: one row for each limit, its source, and whether it was compared.

A limit begins with one event of a sampling and is met by another; it is reckoned as the limits of recalls are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

GoodsScope = Literal["food", "farm", "farm_quick", "non_food"]
GOODS_SCOPES: tuple[GoodsScope, ...] = get_args(GoodsScope)
FOODS: tuple[GoodsScope, ...] = ("food", "farm", "farm_quick")

SamplingClockKind = Literal[
    "to_lab",
    "report",
    "spare",
    "tell_fail",
    "retest_apply",
    "retest_lab",
    "spare_over",
    "retest_report",
    "object_process",
    "object_sample",
    "follow_up",
    "publish",
]
SAMPLING_CLOCKS: tuple[SamplingClockKind, ...] = get_args(SamplingClockKind)
SamplingUnit = Literal["hours", "workdays", "days", "months"]
Holder = Literal["lab", "retest_lab", "office", "firm"]
SamplingEvent = Literal[
    "taken",
    "received",
    "passed",  # the day of a report that finds nothing
    "failed",
    "reported",
    "served",  # a firm has the result in hand
    "applied",
    "waived",
    "accepted",
    "lab_drawn",
    "spare_handed",
    "spare_received",
    "retested",
    "objected_process",
    "objected_sample",
    "case_opened",
    "case_finished",
    "published",
    "never",
]
KEEPING: frozenset[SamplingClockKind] = frozenset({"spare"})  # until when something is kept: nobody is late
RIGHTS: frozenset[SamplingClockKind] = frozenset(
    {"retest_apply", "object_process", "object_sample"}
)  # may lapse


@dataclass(frozen=True)
class SamplingLimit:
    """One limit: for which goods, how long, from which event to which, who is to keep it, and by which law."""

    kind: SamplingClockKind
    scopes: tuple[GoodsScope, ...]
    amount: int
    unit: SamplingUnit
    since: SamplingEvent
    until: tuple[SamplingEvent, ...]
    holder: Holder
    source_zh: str
    source_en: str
    verified: bool = False
    more: int = 0  # by so much it may be prolonged once, with the reason told

    def runs_for(self, scope: str) -> bool:
        return scope in self.scopes


_MEASURES = ("《食品安全抽样检验管理办法》第{}条", "Measures for Food Safety Sampling and Testing, art. {}")
_FSL = ("《食品安全法》第八十八条", "Food Safety Law, art. 88")
_FARM = ("《农产品质量安全法》第五十一条", "Law on the Quality and Safety of Agricultural Products, art. 51")


def _measures(zh: str, number: str) -> tuple[str, str]:
    return _MEASURES[0].format(zh), _MEASURES[1].format(number)


LIMITS: tuple[SamplingLimit, ...] = (
    SamplingLimit("to_lab", FOODS, 5, "workdays", "taken", ("received",), "office", *_measures("二十", "20")),
    SamplingLimit("report", ("food", "farm_quick"), 20, "workdays", "received", ("reported",), "lab",
                  *_measures("二十四", "24")),
    SamplingLimit("report", ("farm",), 7, "workdays", "taken", ("reported",), "lab", *_FARM, verified=True),
    SamplingLimit("spare", FOODS, 3, "months", "passed", ("never",), "lab", *_measures("二十五", "25")),
    SamplingLimit("spare", FOODS, 6, "months", "failed", ("never",), "lab", *_measures("二十五", "25")),
    SamplingLimit("tell_fail", FOODS, 2, "workdays", "failed", ("reported",), "lab", *_measures("二十六", "26")),
    SamplingLimit("retest_apply", ("food",), 7, "workdays", "served", ("applied", "waived"), "firm", *_FSL,
                  verified=True),
    SamplingLimit("retest_apply", ("farm",), 5, "workdays", "served", ("applied", "waived"), "firm", *_FARM,
                  verified=True),
    SamplingLimit("retest_apply", ("farm_quick",), 4, "hours", "served", ("applied", "waived"), "firm", *_FSL,
                  verified=True),
    SamplingLimit("retest_apply", ("non_food",), 15, "days", "served", ("applied", "waived"), "firm",
                  "《产品质量法》第十五条", "Product Quality Law, art. 15", verified=True),
    SamplingLimit("retest_lab", FOODS, 5, "workdays", "accepted", ("lab_drawn",), "office",
                  *_measures("三十二", "32"), more=5),
    SamplingLimit("spare_over", FOODS, 3, "workdays", "lab_drawn", ("spare_handed",), "lab",
                  *_measures("三十三", "33")),
    SamplingLimit("retest_report", FOODS, 10, "workdays", "spare_received", ("retested",), "retest_lab",
                  *_measures("三十五", "35")),
    SamplingLimit("object_process", FOODS, 5, "workdays", "taken", ("objected_process",), "firm",
                  *_measures("三十七、三十八", "37 and 38")),
    SamplingLimit("object_sample", FOODS, 5, "workdays", "served", ("objected_sample",), "firm",
                  *_measures("三十七、三十八", "37 and 38")),
    SamplingLimit("follow_up", FOODS, 90, "days", "case_opened", ("case_finished",), "office",
                  *_measures("四十五", "45")),
    SamplingLimit("publish", FOODS, 20, "workdays", "reported", ("published",), "office",
                  "《食品生产经营监督检查管理办法》第三十九条",
                  "Measures for the Supervision of Food Production and Trade, art. 39", verified=True),
)  # fmt: skip


def prolonged(scope: str, kind: SamplingClockKind) -> SamplingLimit | None:
    """A limit as it is once prolonged, since its own beginning; None where the law knows no prolonging."""
    found = (one for one in LIMITS if one.kind == kind and one.runs_for(scope) and one.more)
    return next((replace(one, amount=one.amount + one.more, more=0) for one in found), None)


def limits_since(scope: str, event: SamplingEvent) -> Sequence[SamplingLimit]:
    """What begins with an event."""
    return [one for one in LIMITS if one.runs_for(scope) and one.since == event]


def kinds_until(scope: str, event: SamplingEvent) -> frozenset[SamplingClockKind]:
    """What an event ends."""
    return frozenset(one.kind for one in LIMITS if one.runs_for(scope) and event in one.until)
