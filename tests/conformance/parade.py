"""Everybody who may come, and the records that they ask for, each with a word that only its owner may read."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Engine

from acts import new_act
from builders import (
    new_account,
    new_batch,
    new_facility,
    new_key,
    new_member,
    new_party,
    new_product,
    new_recall,
)
from conformance.permissions import Thing, Who
from tracelot.operations import (
    accounts,
    acts,
    batches,
    contacts,
    keys,
    links,
    parties,
    products,
    recalls,
    sessions,
)
from tracelot.operations.visit import Visit
from tracelot.records.batches import StatusChange
from tracelot.records.contacts import NewContact
from tracelot.rules.access import PUBLIC
from world import OFFICES, World, actor_of, visiting

FIRMS = {"zhenyang": "411724", "guhuai": "411723", "impostor": "411724", "lab": "411724"}
SCOPES = ("read", "products:write", "batches:write", "recalls:write")
START = "Canary"  # what all those words begin with


@dataclass
class Parade:
    callers: list[Who] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)  # the word of each firm

    def of(self, noun: str) -> list[Thing]:
        return [thing for thing in self.things if thing.noun == noun]


def cookie(secret: str) -> tuple[tuple[str, bytes], ...]:
    return (("cookie", f"trace={secret}".encode()),)


def gather(engine: Engine, world: World) -> Parade:
    parade = Parade()
    _lab(engine, world)
    for firm, region in FIRMS.items():
        parade.secrets[firm] = f"{START}{secrets.token_hex(6)}"
        parade.things.append(Thing("party", str(world.parties[firm]), firm, region))
        if firm != "lab":
            parade.things += _goods(engine, world, firm, region, parade.secrets[firm])
    for office, (region, _, _) in OFFICES.items():
        parade.things.append(Thing("party", str(world.parties[office]), office, region, office=True))
    for noun in ("party", "product", "facility", "batch", "recall", "event", "shipment", "contact"):
        parade.things.append(Thing(noun, str(uuid4())))
    parade.callers = [*_people(world), *_programs(engine, world)]
    parade.callers.append(_disabled(engine, world))
    return parade


def _lab(engine: Engine, world: World) -> None:
    with visiting(engine, PUBLIC) as visit:
        party, account = parties.sign_up(
            visit, new_party(type="lab", name_zh="驻马店检测中心"), new_account()
        )
        world.join("lab", sessions.start_session(visit, account), party)
    with visiting(engine, actor_of(engine, world.people["county"])) as visit:
        parties.decide_party(visit, world.parties["lab"], "verified", "核对")


def _goods(engine: Engine, world: World, firm: str, region: str, word: str) -> list[Thing]:
    """Records that nobody outside may read, each with the word of the firm in all its text."""
    with visiting(engine, actor_of(engine, world.people[firm])) as visit:
        place = parties.register_facility(
            visit, new_facility(name_zh=word, address_zh=word, phone=word, region_code=region)
        )
        product = products.register_product(
            visit,
            new_product(name_zh=word, name_en=word, brand=word, spec=word, storage=word, own_code="TAKEN"),
        )
        told = {"printed_text": word, "production_line": word, "certificate_no": word}
        pending = batches.register_batch(visit, new_batch(product.id, **told))
        batches.hold_batch(visit, pending.id, StatusChange(reason=word))
        draft = recalls.open_recall(
            visit, new_recall(product.id, pending.code, reason_zh=word, harm_en=word, contact=word)
        )
        accounts.invite_member(visit, new_member(name=word, role="recorder"))
        keys.issue_key(visit, new_key(name=word))
        ids = {"facility": place.id, "product": product.id, "batch": pending.id, "recall": draft.id}
        ids |= _books(visit, place.id, product.id, word)
        found = [Thing(noun, str(id_), firm, region) for noun, id_ in ids.items()]
    if firm != "impostor":
        with visiting(engine, actor_of(engine, world.people[firm])) as visit:
            open_product = products.register_product(visit, new_product(own_code="OPEN"))
            recall = recalls.open_recall(visit, new_recall(open_product.id, "OPEN1"))
            recalls.publish_recall(visit, recall.id)
            found.append(Thing("recall", str(recall.id), firm, region, public=True))
    return found


def _books(visit: Visit, facility_id: UUID, product_id: UUID, word: str) -> dict[str, UUID]:
    """A contact, and goods that were sent to it."""
    contact = contacts.add_contact(visit, NewContact(name=word, address=word, phone=word, licence_no=word))
    output = {"product_id": str(product_id), "code": "SENT", "quantity": "9", "unit": "kg", "release": True}
    at = {"facility_id": str(facility_id), "key_data": {"note": word}}
    made = new_act("produce", outputs=[output | {"printed_text": word, "release": False}], **at)
    acts.record_event(visit, made)
    line = {"product_id": str(product_id), "quantity": "1", "unit": "kg"}
    sent = acts.record_event(visit, new_act("ship", to={"contact_id": str(contact.id)}, lines=[line], **at))
    return {"event": sent.id, "shipment": sent.id, "contact": contact.id}


def _people(world: World) -> list[Who]:
    found = [Who("anybody"), Who("operator", role="site", heads=cookie(world.cookies["site"]))]
    colleagues = ("quality", "recorder")
    found += [Who(name, "zhenyang", "firm", name, heads=cookie(world.cookies[name])) for name in colleagues]
    for name in FIRMS:
        kind = "lab" if name == "lab" else "firm"
        verified = name != "impostor"
        found.append(Who(name, name, kind, "admin", verified, heads=cookie(world.cookies[name])))
    for name, (region, _, _) in OFFICES.items():
        area = region.removesuffix("00") if len(region) == 6 else region
        found.append(Who(name, name, "office", "admin", areas=(area,), heads=cookie(world.cookies[name])))
    return found


def _programs(engine: Engine, world: World) -> list[Who]:
    """A key of every set of scopes, one that has expired, one that was revoked, and one of another firm."""
    found = []
    for number in range(1, 16):
        scopes = [scope for bit, scope in enumerate(SCOPES) if number >> bit & 1]
        found.append(
            _program(engine, world, "zhenyang", f"key {' '.join(scopes)}", scopes, datetime.now(UTC))
        )
    found.append(_program(engine, world, "guhuai", "guhuai's key", list(SCOPES), datetime.now(UTC)))
    found.append(_program(engine, world, "impostor", "impostor's key", list(SCOPES), datetime.now(UTC)))
    past = datetime.now(UTC) - timedelta(days=2)
    old = _program(engine, world, "zhenyang", "expired key", list(SCOPES), past, days=1)
    gone = _program(engine, world, "zhenyang", "revoked key", list(SCOPES), datetime.now(UTC), revoke=True)
    return [*found, replace(old, known=False), replace(gone, known=False)]


def _program(
    engine: Engine, world: World, firm: str, name: str, scopes: list[str], when: datetime, *, days: int = 30,
    revoke: bool = False,
) -> Who:  # fmt: skip
    with visiting(engine, actor_of(engine, world.people[firm]), when) as visit:
        issued = keys.issue_key(visit, new_key(scopes=scopes, days=days))
        if revoke:
            keys.revoke_key(visit, issued.id, "不再使用")
    heads = (("authorization", f"Bearer {issued.key}".encode()),)
    return Who(name, firm, "firm", "quality", firm != "impostor", (), frozenset(scopes), heads=heads)


def _disabled(engine: Engine, world: World) -> Who:
    with visiting(engine, actor_of(engine, world.people["zhenyang"])) as visit:
        person, link = accounts.invite_member(visit, new_member(role="admin"))
    with visiting(engine, PUBLIC) as visit:
        signed = links.use_link(visit, link.rpartition("/")[2], "invitation", "rapeseed-and-peanut-42")
        secret = signed.secret
    with visiting(engine, actor_of(engine, world.people["zhenyang"])) as visit:
        accounts.disable_member(visit, person.id, "离职")
    return Who("disabled", heads=cookie(secret))  # their session has ended: they are anybody
