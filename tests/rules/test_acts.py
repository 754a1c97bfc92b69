"""Acts: what may be done with which goods, when, and what the law asks to be told with it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracelot.rules.acts import ACTS, EVENT_ACTS, STOPPED, Stopped, demand_moment, unreleased, violation
from tracelot.rules.batches import STATUSES
from tracelot.rules.key_data import JURISDICTIONS, LAWS, TOLD, missing
from tracelot.rules.refusals import Conflict, Unfit

NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)
DAY = date(2026, 11, 26)
acts, statuses = st.sampled_from(EVENT_ACTS), st.sampled_from(STATUSES)
MOVES = {
    "ship",
    "sell",
    "transform",
    "initial_packing",
    "put_back",
}  # of goods on hold, recalled, void, expired
FREE = {"return", "set_apart", "sample", "count", "destroy", "lose", "receive", "pack", "unpack"}


def test_every_act_stands_in_the_table_and_tells_its_sides() -> None:
    assert set(ACTS) == set(EVENT_ACTS)
    assert {act for act, rule in ACTS.items() if rule.takes == "no" and rule.puts == "must"} == {
        "harvest", "landing", "produce",
    }  # fmt: skip
    assert {act for act, rule in ACTS.items() if (rule.takes, rule.puts) == ("no", "no")} == {
        "cooling", "inspect", "sight", "manifest",
    }  # fmt: skip
    assert {act for act, rule in ACTS.items() if (rule.takes, rule.puts) == ("must", "no")} == {
        "sell", "sample", "lose", "destroy",
    }  # fmt: skip


@given(act=acts, status=statuses, happened=st.booleans(), hours=st.integers(-48, 48))
def test_stopped_goods_are_not_sent_used_or_sold_but_what_happened_is_flagged(
    act: str, status: str, happened: bool, hours: int
) -> None:
    since = NOW - timedelta(hours=24)
    at = since + timedelta(hours=hours)
    batch = Stopped(status, since, DAY - timedelta(days=9) if status == "expired" else None)
    stopped = status in STOPPED and act in MOVES
    before = hours < 0

    if stopped and not happened and not before:
        with pytest.raises(Conflict) as refused:
            violation(act, batch, at, DAY, happened=happened)  # type: ignore[arg-type]
        assert refused.value.kind == "goods-stopped"
    else:
        found = violation(act, batch, at, DAY, happened=happened)  # type: ignore[arg-type]
        assert (found is not None) == stopped
        assert found is None or found == f"moved-{'before' if before else 'while'}-{status}"


@pytest.mark.parametrize("act", sorted(FREE))
def test_returning_setting_apart_sampling_counting_and_destroying_stay_free(act: str) -> None:
    assert violation(act, Stopped("recalled", NOW), NOW, DAY, happened=False) is None  # type: ignore[arg-type]


def test_what_left_before_its_last_day_was_over_was_not_expired() -> None:
    batch = Stopped("expired", None, DAY - timedelta(days=1))

    assert violation("sell", batch, NOW - timedelta(days=1), DAY - timedelta(days=1), happened=False) is None
    with pytest.raises(Conflict):
        violation("sell", batch, NOW, DAY, happened=False)


@pytest.mark.parametrize(
    ("act", "leaves"), [("ship", True), ("sell", True), ("transform", False), ("sample", False)]
)
def test_what_was_not_inspected_does_not_leave(act: str, leaves: bool) -> None:
    assert unreleased(act, "released", inspects=True, happened=False) is None  # type: ignore[arg-type]
    assert unreleased(act, "pending_inspection", inspects=False, happened=False) is None  # type: ignore[arg-type]
    assert (unreleased(act, "draft", inspects=True, happened=True) == "left-unreleased") == leaves  # type: ignore[arg-type]
    if leaves:
        with pytest.raises(Conflict):
            unreleased(act, "pending_inspection", inspects=True, happened=False)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (NOW + timedelta(hours=24), None),
        (NOW + timedelta(hours=24, seconds=1), "in-the-future"),
        (datetime(2000, 1, 1, tzinfo=UTC), None),
        (datetime(1999, 12, 31, 23, 59, tzinfo=UTC), "too-long-ago"),
    ],
)
def test_an_act_is_no_more_than_a_day_ahead_and_not_before_2000(moment: datetime, kind: str | None) -> None:
    if kind is None:
        demand_moment(moment, NOW)
        return
    with pytest.raises(Unfit) as refused:
        demand_moment(moment, NOW)
    assert refused.value.kind == kind
    assert refused.value.faults[0].pointer == "#/event_time"


@given(
    act=acts,
    laws=st.sets(st.sampled_from(JURISDICTIONS)),
    told=st.sets(st.sampled_from(sorted(TOLD))),
    us=st.booleans(),
)
def test_what_is_missing_is_what_a_law_asks_for_and_nobody_told(
    act: str, laws: set[str], told: set[str], us: bool
) -> None:
    wanted = {
        name
        for law in laws
        if act in LAWS[law] and (law == "CN" or us)  # type: ignore[index]
        for name in LAWS[law][act].names  # type: ignore[index]
    }
    lacking = missing(act, laws, told, us_listed=us)  # type: ignore[arg-type]

    assert set(lacking) == wanted - told
    assert len(lacking) == len(set(lacking))
    assert missing(act, laws, TOLD, us_listed=us) == []  # type: ignore[arg-type]


def test_a_purchase_needs_what_the_food_safety_law_names() -> None:
    assert missing("receive", ["CN"], [], us_listed=True) == [
        "product_name", "quantity", "specification", "production_date_or_batch", "shelf_life", "purchase_date",
        "supplier_name", "supplier_address", "supplier_contact",
    ]  # fmt: skip
    assert missing("sell", ["CN", "US"], [], us_listed=True) == []  # consumers are not asked who they are


def test_the_us_rule_reaches_the_foods_of_its_list_alone() -> None:
    assert missing("ship", ["US"], [], us_listed=False) == []
    assert "traceability_lot_code" in missing("ship", ["US"], [], us_listed=True)
