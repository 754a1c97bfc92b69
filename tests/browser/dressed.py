"""A firm whose every text wants to be more than text, made through the operations themselves."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Engine

from acts import goods, new_act
from browser.payloads import CODES, LONGEST
from builders import (
    PASSWORD,
    new_account,
    new_batch,
    new_facility,
    new_key,
    new_member,
    new_party,
    new_product,
    new_recall,
)
from tracelot.operations import accounts, acts, batches, contacts, keys, parties, products, recalls, sessions
from tracelot.records.batches import BatchChange, NewBatch, StatusChange
from tracelot.records.contacts import NewContact
from tracelot.records.facilities import NewFacility
from tracelot.records.parties import NewParty
from tracelot.records.products import NewProduct
from tracelot.records.recalls import NewRecall
from tracelot.rules.access import PUBLIC
from tracelot.rules.identifiers import gs1_check_digit
from world import World, actor_of, visiting

_numbers = itertools.count(1)
Choose = Callable[[str], str]  # the text for a field
GAPS = str.maketrans("\n\t", "  ")  # control characters are refused everywhere: they never get so far


@dataclass(frozen=True)
class Dressed:
    """The firm's cookie, what its pages are about, and the paths that anybody may open."""

    cookie: str
    ids: dict[str, str]
    public: list[str]
    texts: dict[str, str]


def texts_of(shape: type[BaseModel], choose: Choose) -> dict[str, Any]:
    """A text for each field of the shape that takes any."""
    told: dict[str, Any] = {}
    for name, field in shape.model_json_schema()["properties"].items():
        kinds = [kind for kind in field.get("anyOf", [field]) if kind.get("type") == "string"]
        if kinds and not any(set(kind) & {"format", "pattern", "enum", "const"} for kind in kinds):
            told[name] = choose(f"{shape.__name__}.{name}")
        elif field.get("type") == "array" and "allergens" in name:
            told[name] = [choose(f"{shape.__name__}.{name}")]
    return told


NUMBERS = (
    "uscc",
    "gln",
    "sc_no",
    "gtin",
    "own_code",
    "code",
    "email",
    "quantity",
)  # texts with a form of their own


def _free(shape: type[BaseModel], choose: Choose) -> dict[str, Any]:
    return {name: text for name, text in texts_of(shape, choose).items() if name not in NUMBERS}


def dress(engine: Engine, world: World, choose: Choose) -> Dressed:
    used: dict[str, str] = {}

    def remembered(field: str) -> str:
        used[field] = choose(field).translate(GAPS).strip()[:LONGEST]
        return used[field]

    number = next(_numbers)
    with visiting(engine, PUBLIC) as visit:
        party, account = parties.sign_up(
            visit,
            new_party(**_free(NewParty, remembered)),
            new_account(name=remembered("account"), password=PASSWORD),
        )
        cookie = sessions.start_session(visit, account).secret
        person, party_id = account.id, party.id
    with visiting(engine, actor_of(engine, world.people["county"])) as visit:
        parties.decide_party(visit, party_id, "verified", remembered("decision"))
    with visiting(engine, actor_of(engine, person)) as visit:
        accounts.invite_member(visit, new_member(name=remembered("member"), role="recorder"))
        keys.issue_key(visit, new_key(name=remembered("key")))
        ids, public = _goods(visit, remembered, number)
    return Dressed(cookie, ids | {"party_id": str(party_id)}, public, used)


def _goods(visit: Any, text: Choose, number: int) -> tuple[dict[str, str], list[str]]:
    digits = f"9521{number:08d}"
    gtin = f"0{digits}{gs1_check_digit(digits)}"
    place = parties.register_facility(visit, new_facility(**_free(NewFacility, text)))
    product = products.register_product(visit, new_product(**_free(NewProduct, text), gtin=gtin))
    code = CODES[number % len(CODES)]
    batch = batches.register_batch(
        visit,
        new_batch(product.id, **_free(NewBatch, text), code=code, release=True, quantity="1", unit="kg"),
    )
    batches.correct_batch(
        visit, batch.id, BatchChange(reason=text("correction"), printed_text=text("printed"))
    )
    batches.hold_batch(visit, batch.id, StatusChange(reason=text("hold")))
    partner = contacts.add_contact(visit, NewContact.model_validate(_free(NewContact, text)))
    gone = acts.record_event(
        visit,
        new_act(
            "destroy",
            lines=[goods(batch.id, 1)],
            key_data={name: text(f"key data {name}") for name in ("note", "method", "witness")},
            documents=[{"type": text("paper"), "no": text("number")}],
        ),
    )
    told = _free(NewRecall, text)
    recall = recalls.open_recall(visit, new_recall(product.id, code, **told))
    notice = recalls.publish_recall(visit, recall.id).code
    draft = recalls.open_recall(visit, new_recall(product.id, code, **told))
    ids = {"facility_id": str(place.id), "product_id": str(product.id), "product": str(product.id),
           "batch_id": str(batch.id), "batch": str(batch.id), "recall_id": str(draft.id), "code": notice,
           "contact_id": str(partner.id), "event_id": str(gone.id), "act": "transform"}  # fmt: skip
    link = f"/b/{batch.short_code}"
    return ids, [
        f"/recalls/{notice}",
        link,
        f"/qr.svg?link=/recalls/{notice}",
        f"/recalls/{notice}?batch=%3Cb%3E",
    ]
