"""Which office supervises a recall, through which channels it must be told, when it may close, and what a drill is."""

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from acts import Firm, firm, goods, new_firm
from builders import new_recall
from peanuts import deliver_all, produce, recover
from pursued import action, acts, moves, opened, reports, seen, whole_plan
from tracelot.operations import contacts, drills, effectiveness, ordering, planning, recalls
from tracelot.operations.proceedings import sign_of
from tracelot.records.contacts import NewContact
from tracelot.records.gathering import Budget
from tracelot.records.journal import JournalEntry
from tracelot.records.proceedings import RegulatorAction
from tracelot.records.recall_search import RecallFilter
from tracelot.records.recalls import Recall
from tracelot.records.signatures import Signature
from tracelot.rules.refusals import Conflict, Forbidden, Unfit, Unknown
from tracelot.rules.signing import GRAVE
from tracelot.rules.supervising import POWERS
from world import VisitAs, World

# Where goods went, the area that supervises among a county's and a city's office, and the channel of the notice.
REACHES = [
    ((), "411724", "provincial"),
    (("411724",), "411724", "provincial"),
    (("411702",), "411724", "provincial"),
    (("411702", "411723001"), "4117", "provincial"),
    (("411702", "410105"), "4117", "provincial"),  # the province has no office here: the widest that there is
    (("411702", "320102"), "4117", "national"),
]


def recalled(sold: Firm, name: str) -> Recall:
    with sold.visit_as("zhenyang") as visit:
        draft = recalls.open_recall(visit, new_recall(sold.products[name], "X1"))
        return Recall(**recalls.publish_recall(visit, draft.id).model_dump())


@pytest.mark.parametrize(("regions", "area", "channel"), REACHES, ids=lambda one: "-".join(one) or "nowhere")
def test_how_far_goods_went_says_who_supervises_and_where_the_notice_must_stand(
    visit_as: VisitAs, world: World, regions: tuple[str, ...], area: str, channel: str
) -> None:
    sold = firm(visit_as, world, "zhenyang")
    produce(sold)
    for number, region in enumerate(regions):
        with visit_as("zhenyang") as visit:
            new = NewContact.model_validate({"name": f"客户{number}", "region_code": region})
            to = {"contact_id": str(contacts.add_contact(visit, new).id)}
        sold.does("ship", to=to, lines=[goods(sold.batch("bottled"), 1, "case")])
    recall = recalled(sold, "bottled")

    view = seen(visit_as, "county", recall)

    assert (view.supervised_area, view.required_channel) == (area, channel)
    assert view.reached_areas == sorted({region[:6] for region in regions})
    judging = {"stronger_measures", "supervise"}
    assert (judging <= set(view.allowed)) == (area == "411724")
    assert judging <= set(seen(visit_as, "city", recall).allowed)


def test_an_office_above_lays_down_who_supervises(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = Recall(**recalls.publish_recall(visit, opened(visit, world).id).model_dump())
    acts(visit_as, "city", recall, action("supervise", area="411700", text="影响面广"))

    with pytest.raises(Forbidden, match="Another office"):
        acts(visit_as, "county", recall, action("stronger_measures"))
    for area, refusal in (("411723", Unfit), ("411724214", Unfit), ("410000", Forbidden)):
        with pytest.raises(refusal):
            acts(visit_as, "city", recall, action("supervise", area=area))
    acts(visit_as, "city", recall, action("supervise", area="411724", text="交由县局"))
    assert "stronger_measures" in seen(visit_as, "county", recall).allowed


def test_a_recall_closes_when_all_is_accounted_for_or_somebody_says_why_not(
    visit_as: VisitAs, world: World, engine: Engine
) -> None:
    sold = firm(visit_as, world, "zhenyang")
    produce(sold)
    kinds = ("wholesaler", "retailer", "caterer")
    customers = [new_firm(visit_as, world, engine, f"customer-{kind}", kind) for kind in kinds]
    deliver_all(sold, customers)
    oil, packs = recalled(sold, "bottled"), recalled(sold, "packs")
    recover(sold, customers)
    for recall in (oil, packs):
        moves(visit_as, recall, "dispose", "complete")
        reports(visit_as, recall, "final")
        acts(visit_as, "county", recall, action("evaluate"))

    figures = seen(visit_as, "county", oil).figures
    assert figures is not None
    assert figures.accounted == 1
    assert [(line.unit, str(line.total), str(line.shipped)) for line in figures.lines] == [
        ("case", "120", "100")
    ]
    acts(visit_as, "county", oil, action("close"))
    with pytest.raises(Unfit, match="accounted"):
        acts(visit_as, "county", packs, action("close"))
    acts(visit_as, "county", packs, action("close", variance="下游门店散称销售，无法逐件核对"))

    assert seen(visit_as, "zhenyang", packs).actions[-1].variance == "下游门店散称销售，无法逐件核对"
    with pytest.raises(Conflict, match="over"):
        reports(visit_as, packs, "status")


def test_a_trace_that_says_it_is_incomplete_accounts_for_nothing_without_a_word(
    visit_as: VisitAs, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = firm(visit_as, world, "zhenyang")
    produce(sold)
    recall = recalled(sold, "bottled")
    moves(visit_as, recall, "dispose", "complete")
    reports(visit_as, recall, "final")
    acts(visit_as, "county", recall, action("evaluate"))
    whole = seen(visit_as, "county", recall).figures
    assert whole is not None
    assert (whole.complete, whole.accounted) == (True, 1)

    monkeypatch.setattr(effectiveness, "RECALL", Budget(postings=0))
    with pytest.raises(Unfit) as refused:
        acts(visit_as, "county", recall, action("close"))
    assert refused.value.kind == "trace-incomplete"
    acts(visit_as, "county", recall, action("close", variance="其余批次逐件核对过"))

    kept = seen(visit_as, "zhenyang", recall)
    assert kept.stage == "closed"
    assert kept.actions[-1].variance == "其余批次逐件核对过"
    with visit_as("zhenyang") as visit:
        score = drills.drill_view(visit, recall.id)
        assert (score.accounted, score.goals["accounted"]) == (None, None)


def test_a_drill_goes_its_way_unseen(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        drill = Recall(**opened(visit, world, "mock_drill").model_dump())
    with visit_as("quality") as visit:
        planning.submit_plan(visit, drill.id, whole_plan())
    moves(visit_as, drill, "start")
    with visit_as("quality") as visit:
        recalls.publish_recall(visit, drill.id)
    moves(visit_as, drill, "dispose", "complete")
    reports(visit_as, drill, "final")
    for who in ("city", "guhuai"):
        with pytest.raises(Unknown):
            seen(visit_as, who, drill)
    moves(visit_as, drill, "evaluate", "close")  # all of it is still there, so all is accounted for

    for who in ("county", "public"):
        with visit_as(*(() if who == "public" else (who,))) as visit:
            assert recalls.query_recalls(visit, RecallFilter()).total == 0
            assert sum(recalls.recall_facets(visit, RecallFilter())["stage"].values()) == 0


def test_each_act_is_signed_and_on_the_firm_s_record(visit_as: VisitAs, world: World) -> None:
    with visit_as("quality") as visit:
        recall = Recall(**recalls.publish_recall(visit, opened(visit, world).id).model_dump())
    acts(visit_as, "county", recall, action("warning"))

    with visit_as("quality") as visit:
        kept = visit.session.exec(select(RegulatorAction).where(RegulatorAction.recall_id == recall.id)).one()
        signed = visit.session.exec(select(Signature).where(Signature.subject_id == kept.id)).one()
        entry = visit.session.exec(select(JournalEntry).where(JournalEntry.act == "office.warning")).one()
    assert {sign_of(type_) for type_ in POWERS} == {act for act in GRAVE if act.startswith("office.")}
    assert signed.actor_party_id == kept.office_id == world.parties["county"]
    assert signed.meaning_zh.startswith("本人以本机关名义")
    assert entry.subject_id == kept.id
    with visit_as("county") as visit:
        visit.factors = frozenset()
        with pytest.raises(Forbidden, match="signature"):
            ordering.act_on(visit, recall.code, action("warning"))
