"""What the cast has on record when its pages are looked at, and the addresses of the pages about it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from acts import goods, new_act
from browser.followed import follow
from browser.importing import send
from browser.inspecting import inspect
from browser.sampling_stock import put_samplings
from browser.told import sell_before, tell
from browser.traffic import put_on_the_way
from builders import new_batch, new_member, new_recall
from reports import send_tip
from tracelot.operations import accounts, acts, batches, duties, extensions, recalls, tip_work
from tracelot.records.batches import StatusChange
from tracelot.records.clocks import AskedExtension
from tracelot.records.database import connect
from tracelot.records.tips import Assigned, Shared
from world import World, actor_of, visiting, visits

SECRETS = {"/reset": "reset", "/app/partners/claim": "claim", "/n/": "notice", "/t/": "tip"}


@dataclass(frozen=True)
class Stock:
    """Public pages by their verdict, and values for the parameters of the other pages' addresses."""

    recalled: str
    held: str
    clear: str
    notice: str
    ids: dict[str, str]

    def path(self, name: str) -> str:
        """The address of a public page by its verdict, or of any page by its template in the route table."""
        if hasattr(self, name):
            return str(getattr(self, name))
        secret = self.ids[next((kind for start, kind in SECRETS.items() if name.startswith(start)), "join")]
        return name.format(**self.ids, secret=secret)


def put_in_stock(store: str, cast: World) -> Stock:
    """A published recall and a draft, a batch on hold and one without a recall, one-time links, goods on the way."""
    engine = connect(store)
    try:
        sell_before(engine, cast)
        recall, draft = _recalls(engine, cast)
        asked = _more_time(engine, cast, recall)
        _batches(engine, cast)
        sold = _sold(engine, cast)
        links: dict[str, str] = {}
        for put in (_links, put_on_the_way, follow, tell, _reported, inspect, put_samplings, send):
            links |= put(engine, cast)
    finally:
        engine.dispose()
    ids = {
        "year": "2027",
        "pack_id": "CN-FOOD-2026",
        "level": "2",
        "extension_id": asked,
        "act": "transform",
        "event_id": sold,
        "batch_id": str(cast.batch_id),
        "product_id": str(cast.product_id),
        "facility_id": str(cast.facility_id),
        "party_id": str(cast.parties["zhenyang"]),
        "recall_id": draft,
        "code": recall,
        "gtin": cast.gtin,
        "kind": "bad-check-digit",
        "member_id": str(cast.people["recorder"]),
    }
    base = f"/01/{cast.gtin}/10"
    return Stock(
        recalled=f"{base}/{cast.code}",
        held=f"{base}/H2%2F026",
        clear=f"{base}/ZY20260916B",
        notice=f"/recalls/{recall}",
        ids=ids | links,
    )


def _recalls(engine: Engine, cast: World) -> tuple[str, str]:
    with visiting(engine, actor_of(engine, cast.people["quality"])) as visit:
        told = new_recall(cast.product_id, cast.code, remedy_en="Stop eating it; return it to the shop")
        opened = recalls.open_recall(visit, told)
        code = recalls.publish_recall(visit, opened.id).code
        draft = recalls.open_recall(visit, new_recall(cast.product_id, level=2)).id
    return code, str(draft)


def _more_time(engine: Engine, cast: World, code: str) -> str:
    with visiting(engine, actor_of(engine, cast.people["quality"])) as visit:
        recall = recalls.find_recall(visit, code)
        asked = AskedExtension(until=visit.today + timedelta(days=40), reason="涉及门店众多，退货仍在途中")
        return str(extensions.ask_extension(visit, recall.id, asked).id)


def _batches(engine: Engine, cast: World) -> None:
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        batches.register_batch(visit, new_batch(cast.product_id, code="ZY20260916B", release=True))
        batches.register_batch(visit, new_batch(cast.product_id, code="PENDING-1", printed_text="17日甲班"))
        held = batches.register_batch(visit, new_batch(cast.product_id, code="H2/026", release=True))
        batches.hold_batch(visit, held.id, StatusChange(reason="复检中"))


def _sold(engine: Engine, cast: World) -> str:
    """An act on the batch before it was recalled, of which some data are missing."""
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        return str(acts.record_event(visit, new_act("sell", lines=[goods(cast.batch_id, 20, "bottle")])).id)


def _reported(engine: Engine, cast: World) -> dict[str, str]:
    """A report of the public that its office works on and told the firm of, and who answers for the product."""
    tip_id, secret = send_tip(visits(engine, cast), cast)
    with visiting(engine, actor_of(engine, cast.people["county"])) as visit:
        tip_work.assign_tip(visit, tip_id, Assigned(account_id=cast.people["county"]))
        tip_work.share_tip(visit, tip_id, Shared(words="瓶底有黑色颗粒，请自查并回复。"))
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        duties.name_responsible(visit, "product", str(cast.product_id), cast.people["quality"])
    named = {"subject_kind": "product", "subject": str(cast.product_id)}
    return {"tip_id": str(tip_id), "tip": secret} | named


def _links(engine: Engine, cast: World) -> dict[str, str]:
    """The secrets of an invitation and of a forgotten password."""
    with visiting(engine, actor_of(engine, cast.people["zhenyang"])) as visit:
        _, join = accounts.invite_member(visit, new_member(role="recorder"))
        reset = accounts.reset_member(visit, cast.people["recorder"])
    return {"join": join.rpartition("/")[2], "reset": reset.rpartition("/")[2]}
