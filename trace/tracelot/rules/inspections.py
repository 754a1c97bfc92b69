"""What a result means: the verdict on a finding, on a report, and what of it counts before the law."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from tracelot.rules.limits import FREE, LimitRow, Plan
from tracelot.rules.measured import Measured
from tracelot.rules.measures import convert, find_measure
from tracelot.rules.ranges import Range
from tracelot.rules.refusals import unfit

InspectionKind = Literal[
    "outgoing", "type", "incoming", "in_process", "commissioned", "supervised", "risk_monitoring",
    "evaluation", "rapid", "retest", "self_check",
]  # fmt: skip
INSPECTION_KINDS: tuple[InspectionKind, ...] = get_args(InspectionKind)
OFFICIAL: frozenset[InspectionKind] = frozenset({"supervised", "risk_monitoring", "evaluation"})
LEGAL: frozenset[InspectionKind] = frozenset({"supervised", "retest"})  # whose verdicts count before the law

INSIDE: frozenset[InspectionKind] = frozenset(
    {"outgoing", "incoming", "in_process", "self_check"}
)  # a firm's own
OF_COMMISSION: frozenset[InspectionKind] = frozenset({"commissioned", "type", "rapid"})  # what a firm orders
UNOFFICIAL: frozenset[InspectionKind] = frozenset({"rapid", "outgoing", "in_process", "self_check"})
Weight = Literal[
    0, 1, 2, 3
]  # a firm's own word, a report that it copied, a laboratory's own one, that of the law

InspectionState = Literal["draft", "issued", "superseded", "withdrawn", "undone"]
INSPECTION_STATES: tuple[InspectionState, ...] = get_args(InspectionState)
COUNTS_NOT: frozenset[InspectionState] = frozenset(
    {"draft", "undone"}
)  # what these say of goods, nobody found

ItemClass = Literal[
    "pesticide", "veterinary", "heavy_metal", "mycotoxin", "microbe", "additive", "banned", "contaminant",
    "quality", "label", "other",
]  # fmt: skip
ITEM_CLASSES: tuple[ItemClass, ...] = get_args(ItemClass)

Verdict = Literal["pass", "fail", "undecided"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
ONE = Decimal(1)
Conclusion = Literal["pass", "fail", "data_only"]
CONCLUSIONS: tuple[Conclusion, ...] = get_args(Conclusion)

Reason = Literal[
    "within", "outside", "not_detected", "detected", "plan_kept", "plan_broken", "samples_missing",
    "below_detection", "too_near", "above_range", "words", "no_limit", "limit_unknown", "unit_missing",
    "other_dimension", "said_pass", "said_fail",
]  # fmt: skip
REASONS: tuple[Reason, ...] = get_args(Reason)


class Judged(NamedTuple):
    verdict: Verdict
    reason: Reason


def range_of(measured: Measured, lod: Decimal | None, loq: Decimal | None) -> Range | None:
    """Where the value of a single result lies; None where the report does not tell."""
    if measured.value is not None:
        return Range(measured.value, high=measured.value)
    if measured.censored == "above":
        return None if measured.bound is None else Range(measured.bound, low_open=not measured.closed)
    if measured.censored == "none":
        return None
    bound = measured.bound
    if bound is None:
        bound = lod if measured.censored == "below_lod" else loq
    return None if bound is None else Range(high=bound, high_open=not measured.closed)


def judge_finding(
    measured: Measured,
    unit: str | None,
    limit: LimitRow | None,
    *,
    lod: Decimal | None = None,
    loq: Decimal | None = None,
    said: Verdict | None = None,
) -> Judged:
    """The verdict on one result. What a report itself calls a failure is one, whatever the limit says."""
    computed = _compute(measured, unit, limit, lod, loq)
    if said == "fail" and computed.verdict != "fail":
        return Judged("fail", "said_fail")
    if said == "pass" and computed.reason in ("words", "no_limit", "limit_unknown"):
        return Judged("pass", "said_pass")
    return computed


def _compute(
    measured: Measured, unit: str | None, limit: LimitRow | None, lod: Decimal | None, loq: Decimal | None
) -> Judged:
    if limit is None or limit.unknown or measured.form == "words":
        return Judged(
            "undecided", "no_limit" if limit is None else "limit_unknown" if limit.unknown else "words"
        )
    if limit.op in FREE and limit.plan is None:
        return _absent(measured, lod)
    factor = _factor(unit, limit.unit)
    if isinstance(factor, str):
        return Judged("undecided", factor)
    if limit.plan is not None:
        return _by_plan(measured, limit.plan, factor, lod, loq)
    return _by_range(measured, limit, factor, lod, loq)


def _by_range(
    measured: Measured, limit: LimitRow, factor: Decimal, lod: Decimal | None, loq: Decimal | None
) -> Judged:
    if measured.form == "count_set":
        return Judged("undecided", "samples_missing")
    told = range_of(measured, lod, loq)
    if told is None:
        return Judged("undecided", "above_range" if measured.censored == "above" else "below_detection")
    where, goal = told if factor is ONE else told.times(factor), limit.allowed
    if where.inside(goal):
        return Judged("pass", "within")
    return Judged("fail", "outside") if where.apart(goal) else Judged("undecided", "too_near")


def _absent(measured: Measured, lod: Decimal | None) -> Judged:
    """Where nothing may be there: what was measured at all is a failure, what is below detection none."""
    results = measured.counts or (measured,)
    if any((one.value or 0) > 0 or one.censored == "above" for one in results):
        return Judged("fail", "detected")
    if all(_undetected(one, lod) for one in results):
        return Judged("pass", "not_detected")
    return Judged("undecided", "below_detection")


def _undetected(one: Measured, lod: Decimal | None) -> bool:
    if one.value is not None:
        return one.value == 0
    known = one.bound is not None and lod is not None and one.bound <= lod
    return one.censored == "below_lod" or known


@lru_cache(maxsize=1024)
def _factor(unit: str | None, to: str | None) -> Decimal | Reason:
    """By what results are multiplied to stand in the limit's unit, or why they cannot."""
    if unit == to:
        return ONE
    if unit is None or to is None:
        return "unit_missing"
    ours, theirs = find_measure(unit), find_measure(to)
    if ours is None or theirs is None or ours.dimension != theirs.dimension:
        return "other_dimension"
    return convert(Decimal(1), unit, to)


def _by_plan(
    measured: Measured, plan: Plan, factor: Decimal, lod: Decimal | None, loq: Decimal | None
) -> Judged:
    """Microbes: how many units of sample lie above m for certain, and how many may; above M none may lie."""
    over = maybe = 0
    unsure = False
    results = measured.counts or (measured,)
    good, most = Range(high=plan.m), Range(high=plan.m if plan.M is None else plan.M)
    for one in results:
        told = range_of(one, lod, loq)
        where = Range() if told is None else told.times(factor)
        if plan.M is not None and where.apart(most):
            return Judged("fail", "plan_broken")
        unsure = unsure or (plan.M is not None and not where.inside(most))
        over += where.apart(good)
        maybe += not where.inside(good)
    if over > plan.c:
        return Judged("fail", "plan_broken")
    if len(results) < plan.n:
        return Judged("undecided", "samples_missing")
    if maybe > plan.c or unsure:
        return Judged("undecided", "too_near")
    return Judged("pass", "plan_kept")


def judge_report(findings: Iterable[Verdict], conclusion: Conclusion | None) -> Verdict:
    """One failing finding fails the whole; what the report calls a failure is one."""
    verdicts = set(findings)
    if "fail" in verdicts or conclusion == "fail":
        return "fail"
    return "pass" if verdicts == {"pass"} else "undecided"


def certified_on(day: date | None, number: str | None, first: date | None, last: date | None) -> bool:
    """Whether a laboratory was certified (CMA) on the day on which it issued its report."""
    return bool(day and number) and (first is None or first <= day) and (last is None or day <= last)  # type: ignore[operator]


def counts_before_law(kind: str, *, certified: bool, official: bool) -> bool:
    """Only supervised inspections and re-tests of official samples, by a certified laboratory; never a rapid test."""
    return kind in LEGAL and certified and official


def demand_kind_of_commission(kind: str, asked: str) -> None:
    """Refuse a laboratory's report on a firm's commission that calls itself a firm's own, or an office's.

    An official report is of an official sample alone; a re-test only what the firm itself asked for as one.
    """
    if kind in INSIDE:
        raise unfit("kind-not-yours", "This kind of inspection is the firm's own.", "kind")
    if kind not in OF_COMMISSION and not kind == asked == "retest":
        raise unfit(
            "kind-not-asked", "On a commission nobody reports what an office or a re-test asks for.", "kind"
        )


def weight_of(kind: str, *, certified: bool, by_laboratory: bool, legal: bool) -> Weight:
    """How much a report weighs: what weighs less takes nothing back.

    A certified laboratory's report weighs more where its own people recorded it than where a firm copied it.
    """
    if legal:
        return 3
    if not certified or kind in UNOFFICIAL:
        return 0
    return 2 if by_laboratory else 1


def overturns(kind: str, verdict: str, *, weight: Weight, failed: Weight, same_laboratory: bool) -> bool:
    """Whether a re-test takes back what failed.

    It passed, weighs no less, and what was found by a certified laboratory falls by another laboratory only
    (Food Safety Law art. 88).
    """
    if kind != "retest" or verdict != "pass" or weight < failed:
        return False
    return failed == 0 or not same_laboratory


def contradicting(verdicts: Collection[Verdict]) -> bool:
    """Whether reports on one sample say both: pass and fail."""
    return {"pass", "fail"} <= set(verdicts)


def demand_order(received: date | None, first: date | None, last: date | None, issued: date | None) -> None:
    """A sample is received, tested, and then reported on."""
    told = (
        ("received_on", received),
        ("tested_from", first),
        ("tested_to", last),
        ("issued_on", issued),
    )
    before: date | None = None
    for name, day in told:
        if day is not None and before is not None and day < before:
            raise unfit("before-it-began", "This day lies before the step that comes first.", name)
        before = day or before
