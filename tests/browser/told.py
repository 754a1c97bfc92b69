"""Notices of recalls whose pages are looked at: one that went to a shop without an account, one that came to a firm."""

from sqlalchemy import Engine
from sqlmodel import select

from acts import goods, new_act
from builders import new_batch, new_recall
from tracelot.operations import acts, answering, batches, contacts, forwarding, recalls
from tracelot.records.consignees import NewAnswer, NewAnswerLine, NewTarget, RecallNotice
from tracelot.records.contacts import NewContact
from tracelot.records.outbox import Task
from tracelot.records.sights import EVERYTHING
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.access import PUBLIC
from world import World, actor_of, visiting


def sell_before(engine: Engine, cast: World) -> None:
    """Goods of the batch that is recalled later go to a shop and to a stall."""
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        for name, email in (("慎水路便民店", "shop@shop.example"), ("夜市小摊", None)):
            told = NewContact(name=name, email=email, region_code="411724", phone="0396-8920009")
            to = {"contact_id": str(contacts.add_contact(visit, told).id)}
            acts.record_event(
                visit,
                new_act(
                    "ship", facility_id=cast.facility_id, to=to, lines=[goods(cast.batch_id, 60, "bottle")]
                ),
            )


def tell(engine: Engine, cast: World) -> dict[str, str]:
    """A recall of the neighbour's that concerns zhenyang, an answer of the shop, and what the addresses need."""
    with visiting(engine, actor_of(engine, cast.people["guhuai"])) as visit:
        batch = batches.register_batch(visit, new_batch(cast.elsewhere_id, code="GH-7", release=True))
        to = {"party_id": str(cast.parties["zhenyang"])}
        acts.record_event(visit, new_act("ship", to=to, lines=[goods(batch.id, 12, "case")]))
        recall = recalls.open_recall(visit, new_recall(cast.elsewhere_id, "GH-7", level=2))
        recalls.publish_recall(visit, recall.id)
    with engine.connect() as connection, ScopedSession(connection, EVERYTHING) as kernel:
        tasks = kernel.exec(select(Task).where(Task.kind == "notice-letter")).all()
        secret = next(str(link) for task in tasks if "/n/" in (link := task.payload["link"])).rpartition("/")[
            2
        ]
        came = kernel.exec(
            select(RecallNotice).where(RecallNotice.to_party_id == cast.parties["zhenyang"])
        ).one()
        shop = kernel.exec(select(RecallNotice).where(RecallNotice.name == "慎水路便民店")).one()
        ids = {"notice": secret, "notice_id": str(came.id), "told_id": str(shop.id)}
        ids["published_id"] = str(shop.recall_id)
        kernel.expunge_all()
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        line = NewAnswerLine(batch_id=cast.batch_id, on_hand="50", sold="20", unit="bottle")
        told = NewAnswer(name="王店长", phone="13900000001", stop_sale=True, lines=[line])
        answering.answer(visit, shop, told)
    firm = actor_of(engine, cast.people["zhenyang"])
    for name, notice, actor in (("named_id", shop, PUBLIC), ("customer_id", came, firm)):
        with visiting(engine, actor) as visit:
            kiosk = NewTarget(name="报亭", email=f"{name}@shop.example")
            [passed] = forwarding.forward(visit, notice, [kiosk]).notices
            ids[name] = str(passed.id)
    return ids
