"""What must be true of the market at any moment: its recalls, ledgers and notices, and who sees what of them."""

from collections import Counter
from copy import deepcopy
from uuid import UUID

from sqlmodel import select

from market.books import ROW, accounted
from market.frozen import check_frozen
from market.life import Life
from market.people import FIRMS, HAND, reading
from market.store import notice_goods, notices
from market.told import Told
from tracelot.operations import effectiveness, lookup, recalls, scope_of_recall
from tracelot.records.consignees import RecallLetter, RecallNotice
from tracelot.records.effectiveness import EntryView
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import Recall
from tracelot.records.stops import list_stopped_goods
from tracelot.rules.refusals import Unknown

SUMS = ("made", "shipped", "own", "way", "way_back", "accounted")


def look(life: Life) -> None:
    """Look at whatever can have changed since the last look."""
    look_at_recalls(life)
    scopes = {
        told.id: (told.state, set(told.chosen), set(told.named), set(told.spared))
        for told in life.recalls.values()
    }
    rows, told = notices(life.engine), deepcopy(life.recalls)
    for name, grounds, at in (
        ("scopes", (scopes, len(life.books.code)), look_at_scopes),
        ("stops", (scopes, told), look_at_stops),
        ("ledgers", (scopes, life.books.clock, told), look_at_ledgers),
        ("notices", (rows, told), look_at_notices),
        ("sights", (rows, scopes), look_at_sights),
    ):
        if life.looked.get(name) != grounds:
            life.looked[name] = grounds
            at(life)


def look_at_recalls(life: Life) -> None:
    """Nothing changes by itself: state, stage and scope are as the last act on them left them."""
    assert life.seen.recalls.keys() == life.recalls.keys()
    for id_, told in life.recalls.items():
        row = life.seen.recalls[id_]
        assert (row.state, row.stage) == (told.state, told.stage)
        assert life.seen.named[id_] == told.chosen


def look_at_scopes(life: Life) -> None:
    """What a recall's goods became is in its scope, left out for a reason, or named as missing."""
    for told in life.recalls.values():
        if told.state == "cancelled":
            continue
        with reading(life.engine, life.actors[HAND[told.firm]]) as visit:
            recall = visit.session.get_one(Recall, told.id)
            missing = scope_of_recall.missed(visit, recall)
        begun = told.named | told.chosen
        known = {one.batch_id for one in missing}
        sure = {one.batch_id for one in missing if one.certainty != "possible"}
        nameable = told.may_name(life.books)
        assert told.chosen | told.spared | known >= life.books.became(begun, told.firm) & nameable
        assert sure <= life.books.became(begun | told.spared) - told.chosen - told.spared
        assert known <= nameable


def look_at_stops(life: Life) -> None:
    """What makers recall stops goods with everybody, what sellers recall with them and with those that they told."""
    with reading(life.engine, life.actors["public"]) as visit:
        for who in FIRMS:
            found = list_stopped_goods(visit.kernel(), life.market.parties[who], life.books.code)
            for by in ("maker", "seller"):
                told = [one.stops(who) for one in life.recalls.values() if one.sells == (by == "seller")]
                stopped = {id_ for id_, stops in found.items() if any(one.by == by for one in stops)}
                assert stopped == set[UUID]().union(*told)


# --- ledgers -----------------------------------------------------------------------------------------------


def look_at_ledgers(life: Life) -> None:
    """Batch by batch and customer by customer: the office reads all by name, the firm those to whom it sent goods."""
    for told in life.recalls.values():
        if told.public:
            _ledger(life, told)


def _ledger(life: Life, told: Told) -> None:
    views = {}
    for who in ("city", HAND[told.firm]):
        with reading(life.engine, life.actors[who]) as visit:
            recall = effectiveness.recall_in_work(visit, told.id)
            views[who] = {one.batch.id: one for one in effectiveness.effectiveness_of(visit, recall).figures}
    assert views["city"].keys() == views[HAND[told.firm]].keys() == told.chosen
    direct = life.books.sent_to(told.firm, told.chosen)
    for batch in told.chosen:
        if told.sells:
            sums, rows = life.books.supplied(told.firm, batch, told.answers(batch))
        else:
            sums, rows = life.books.ledger(told.firm, batch, told.since, told.answers(batch))
        whole, own = views["city"][batch], views[HAND[told.firm]][batch]
        for view in (whole, own):
            assert {name: getattr(view, name) for name in SUMS} == sums
        expected = {life.market.end(end): row for end, row in rows.items()}
        assert {entry.key: amounts(entry) for entry in whole.entries} == expected
        near = {life.market.end(end): rows[end] for end in rows if batch in direct.get(end, {})}
        assert {entry.key: amounts(entry) for entry in own.entries if entry.direct} == near
        far = [entry for entry in own.entries if not entry.direct]
        rest = [row for end, row in rows.items() if batch not in direct.get(end, {})]
        assert [amounts(entry) for entry in far] == ([_together(rest)] if rest else []), (far, rest)
        assert all((entry.consignee, entry.key) == (None, None) for entry in far)
        assert all(_left(entry) == entry.unaccounted for entry in whole.entries)


def amounts(entry: EntryView) -> dict[str, int]:
    return {name: int(getattr(entry, name)) for name in ROW}


def _left(entry: EntryView) -> int:
    row = amounts(entry)
    return row["shipped"] + row["came"] - row["passed_on"] - accounted(row)


def _together(rows: list[dict[str, int]]) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in ROW}


# --- who was told, and who sees it -------------------------------------------------------------------------


def look_at_notices(life: Life) -> None:
    """Each customer is told once, of all that it got; a drill tells nobody."""
    goods = notice_goods(life.engine)
    found = {}
    for row in notices(life.engine):
        assert row.silent == life.recalls[row.recall].drill
        found[row.recall, row.end] = (row.tier, row.source, _answered(row.state), goods[row.id])
    assert found == {
        (told.id, life.market.end(end)): (one.tier, life.market.parties[one.source], one.state, one.goods)
        for told in life.recalls.values()
        for end, one in told.notices.items()
    }


def _answered(state: str) -> str:
    return state if state in ("responded", "reconciled", "discrepancy") else ""


def look_at_sights(life: Life) -> None:
    """No drill is public, and nobody sees whose customer somebody is, but who sold to it and who it is."""
    shown = {id_ for id_, told in life.recalls.items() if told.shown}
    rows = notices(life.engine)
    for who in ("public", "impostor", *FIRMS):
        firm = life.market.parties.get(who)
        own = {id_ for id_, told in life.recalls.items() if told.firm == who}
        with reading(life.engine, life.actors[who]) as visit:
            seen = set(visit.with_published().exec(select(Recall.id)))
            told = set(visit.session.exec(select(RecallNotice.id)))
            letters = Counter(visit.session.exec(select(RecallLetter.notice_id)))
        assert seen == shown | own
        mine = {
            row.id for row in rows
            if (row.recall in own and row.tier == 1) or (firm is not None and row.source == firm)
            or (who in FIRMS and row.end == life.market.end(who) and not row.silent)
        }  # fmt: skip
        assert told == mine
        assert letters.keys() <= mine


def look_at_the_public(life: Life) -> None:
    """At the end: what anybody finds by asking, and what the package says."""
    with reading(life.engine, life.actors["public"]) as visit:
        shown = {one.id for one in recalls.query_recalls(visit, RecallFilter(), limit=50).items}
        drills = recalls.query_recalls(visit, RecallFilter(kind="mock_drill")).total
        changed, _ = recalls.changed_recalls(visit, RecallFilter(), "0", 50)
        verdicts = {
            batch: lookup.look_up(visit, f"(01){life.market.gtin}(10){life.books.code[batch]}").verdict
            for batch, maker in life.books.maker.items()
            if maker == "zhenyang"
        }
    assert (
        shown == {one.id for one in changed.items} == {one.id for one in life.recalls.values() if one.shown}
    )
    assert drills == 0
    assert verdicts == {batch: _verdict(life, batch) for batch in verdicts}


def _verdict(life: Life, batch: UUID) -> str:
    if batch in life.recalled:
        return "recalled"
    if batch in life.sold_recalled:
        return "seller_recall"
    return "held" if batch in life.held else "no_recall"


def look_at_the_end(life: Life) -> None:
    """What costs more than the rest: every version of a scope proved, a rival's question, the public's."""
    for told in life.recalls.values():
        with reading(life.engine, life.actors[HAND[told.firm]]) as visit:
            recall = visit.session.get_one(Recall, told.id)
            check_frozen(visit, recall)
            _whole_history(life, told, [(one.id, one.act) for one in recalls.history(visit, recall)])
        for who in ("impostor", *(set(HAND.values()) - {HAND[told.firm]})):
            with reading(life.engine, life.actors[who]) as visit:
                assert _hidden(visit, told)
    look_at_the_public(life)


def _whole_history(life: Life, told: Told, entries: list[tuple[UUID, str]]) -> None:
    """All that was ever done to it, from the opening to where it stands."""
    known = {id_ for id_, entry in life.seen.journal.items() if entry.subject == told.id}
    assert {id_ for id_, _ in entries} == known
    acts = [act for _, act in entries]
    assert acts[0] == "recall.opened"
    out = ("recall.drill-begun" if told.drill else "recall.published") in acts
    assert out == (told.state in ("published", "withdrawn"))
    assert ("recall.withdrawn" in acts) == (told.state == "withdrawn")


def _hidden(visit: object, told: Told) -> bool:
    try:
        effectiveness.recall_in_work(visit, told.id)  # type: ignore[arg-type]
    except Unknown:
        return True
    return False
