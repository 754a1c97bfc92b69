"""Complaints and tips as their reporters send them, without an account, and follow them by a secret address."""

import base64
import re
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from tracelot.formats.gs1 import read_code
from tracelot.operations.answering import Photo
from tracelot.operations.notifying import Event, tell_party
from tracelot.operations.passwords import digest
from tracelot.operations.visit import Visit
from tracelot.records.batches import Batch, ShortCode, find_batch_by_code
from tracelot.records.law import calendar_of
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.products import Product, find_gtin_owner
from tracelot.records.reaches import names_of, offices_over
from tracelot.records.tips import (
    Added,
    NewTip,
    Tip,
    TipContact,
    TipNote,
    TipPhoto,
    find_tip_by_digest,
    list_notes,
    list_photo_ids,
)
from tracelot.rules.calendars import nth_working_day
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown, unfit
from tracelot.rules.retention import entry_kept
from tracelot.rules.tipping import GOAL_DAYS, MOST_NOTES, MOST_PHOTOS, demand_open, handling_area

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_ALPHABET = "ABCDEFGHJKLMNPQRSTVWXYZ23456789"


@dataclass(frozen=True)
class Goods:
    """What a code on a package stands for, as far as it is on record."""

    product: Product | None = None
    batch: Batch | None = None
    maker: Party | None = None


@dataclass(frozen=True)
class Followed:
    """A report as its reporter reads it: where it stands, what was answered, and what they wrote themselves."""

    tip: Tip
    office: tuple[str, str | None]
    outcome: Tip  # the report that this one was joined to, or itself
    notes: list[TipNote]
    photos: list[UUID]
    contact: TipContact | None
    room: int  # how many photos may still come


def goods_of(visit: Visit, written: str | None) -> Goods:
    """The goods behind a code in any written form; those of a party that is not verified stay unknown."""
    kernel = visit.kernel()
    reading = read_code(written) if written else None
    if reading is None:
        return Goods()
    batch = _by_short(kernel, reading.short) if reading.short else None
    product = kernel.get(Product, batch.product_id) if batch else None
    if product is None and reading.gtin:
        product = find_gtin_owner(kernel, reading.gtin)
        if product is not None and reading.batch:
            batch = find_batch_by_code(kernel, product.id, reading.batch)
    if product is None:
        return Goods()
    maker = kernel.get_one(Party, product.party_id)
    return Goods(product, batch, maker) if maker.status == "verified" else Goods()


def _by_short(kernel: Session, code: str) -> Batch | None:
    kept = kernel.get(ShortCode, code)
    return kernel.get(Batch, kept.batch_id) if kept else None


def receive_tip(visit: Visit, new: NewTip, secret: str, photo: Photo | None = None) -> Tip:
    """Take a report in. `secret` is its reporter's address from now on; sent again under it, it is the same report."""
    visit.demand("tip.send")
    if not SECRET.fullmatch(secret):
        raise unfit("bad-address", "Open the form anew: it has lost the address that it gives you.", "key")
    kernel = visit.kernel()
    stands = find_tip_by_digest(kernel, digest(secret))
    if stands is not None:
        return stands
    goods = goods_of(visit, new.written)
    office, region = _office_for(kernel, [new.place, goods.maker.region_code if goods.maker else None])
    tip = _tip(visit, new, goods, office, region)
    tip.digest = digest(secret)
    kernel.add(tip)
    kernel.flush()
    visit.record("tip.received", tip, party_id=office.id)
    _keep_contact(visit, tip, new)
    add_note(visit, tip, TipNote(step="received", by_reporter=True, **_line(visit, tip)))
    if photo is not None:
        _keep_photo(visit, tip, photo)
    event = Event("tip", str(tip.id), {"tip": tip.code}, f"/gov/tips/{tip.id}")
    tell_party(kernel, office.id, event, visit.now, ("admin", "officer"))
    return tip


def _office_for(kernel: Session, places: list[str | None]) -> tuple[Party, str]:
    """The office that handles it, and the place for which it does."""
    if not any(places):
        raise unfit(
            "place-needed",
            "Choose the county where you bought it: nothing else tells which office to ask.",
            "place",
        )
    for place in filter(None, places):
        offices = offices_over(kernel, place)
        area = handling_area({one for office in offices for one in office.territory}, [place])
        if area is not None:
            return next(one for one in offices if area in one.territory), place
    raise unfit(
        "no-office-here",
        "No office over this place works with Trace yet. Please call 12315, the complaints line.",
        "place",
    )


def _tip(visit: Visit, new: NewTip, goods: Goods, office: Party, region: str) -> Tip:
    due, _ = nth_working_day(visit.today, GOAL_DAYS, calendar_of(visit.kernel(), "CN"))
    said = new.model_dump(exclude={"place", "name", "reach", "product", "maker"})
    return Tip(
        **said,
        id=new_id(),
        code=f"T{visit.today:%y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(6))}",
        digest="",
        party_id=office.id,
        region_code=region,
        product=goods.product.name_zh if goods.product else new.product,
        maker=goods.maker.name_zh if goods.maker else new.maker,
        product_id=goods.product.id if goods.product else None,
        batch_id=goods.batch.id if goods.batch else None,
        maker_id=goods.maker.id if goods.maker else None,
        due_on=due,
        retain_until=entry_kept("tip.received", visit.today).until,
        recorded_at=visit.now,
    )


def _line(visit: Visit, tip: Tip) -> dict[str, Any]:
    return {
        "id": new_id(),
        "tip_id": tip.id,
        "party_id": tip.party_id,
        "retain_until": tip.retain_until,
        "recorded_at": visit.now,
        "recorded_by": visit.actor.id,
    }


def add_note(visit: Visit, tip: Tip, note: TipNote) -> TipNote:
    """A line of the history, and what the journal of the office says of it."""
    visit.kernel().add(note)
    visit.kernel().flush()
    if note.step != "received":
        visit.record(f"tip.{note.step}", note, party_id=note.party_id)
    return note


def _keep_contact(visit: Visit, tip: Tip, new: NewTip) -> None:
    """Apart from the report, and in no journal."""
    if new.name or new.reach:
        visit.kernel().add(
            TipContact(
                tip_id=tip.id, party_id=tip.party_id, name=new.name, reach=new.reach, recorded_at=visit.now
            )
        )
        visit.kernel().flush()


def _keep_photo(visit: Visit, tip: Tip, photo: Photo) -> None:
    """The same photo sent again is kept once."""
    kernel = visit.kernel()
    kept = kernel.exec(select(TipPhoto.sha256).where(TipPhoto.tip_id == tip.id)).all()
    if photo.sha256 in kept:
        return
    if len(kept) >= MOST_PHOTOS:
        raise unfit("too-many-photos", "A report has at most eight photos.", "photo")
    kernel.add(
        TipPhoto(
            id=new_id(),
            tip_id=tip.id,
            party_id=tip.party_id,
            width=photo.width,
            height=photo.height,
            sha256=photo.sha256,
            content=base64.b64encode(photo.content).decode(),
            recorded_at=visit.now,
        )
    )
    kernel.flush()


# --- following it ------------------------------------------------------------------------------------------


def find_followed(visit: Visit, secret: str) -> Tip:
    """The report behind a secret address; guessed ones are refused alike."""
    tip = find_tip_by_digest(visit.kernel(), digest(secret))
    if tip is None:
        raise Unknown("unknown-report", "No report is at this address.")
    return tip


def followed(visit: Visit, tip: Tip) -> Followed:
    kernel = visit.kernel()
    notes = [one for one in list_notes(kernel, tip.id) if one.by_reporter or one.told]
    photos = list(list_photo_ids(kernel, tip.id))
    outcome = kernel.get_one(Tip, tip.duplicate_of) if tip.duplicate_of else tip
    office = names_of(kernel, [outcome.party_id])[outcome.party_id]
    contact = kernel.get(TipContact, tip.id)
    return Followed(tip, office, outcome, notes, photos, contact, MOST_PHOTOS - len(photos))


def add_to_tip(visit: Visit, tip: Tip, added: Added, photo: Photo | None = None) -> Tip:
    """More words or a photo from its reporter; what was said last already is not said twice."""
    kernel = visit.kernel()
    tip = kernel.get_one(Tip, tip.id, with_for_update=HELD, populate_existing=True)
    demand_open(tip.state)
    own = [one for one in list_notes(kernel, tip.id) if one.by_reporter]
    if added.words is None and photo is None:
        raise unfit("nothing-said", "Write something, or choose a photo.", "words")
    if len(own) > MOST_NOTES:
        raise Conflict(
            "too-many-notes", "You have written fifty times to this report: please call the office."
        )
    if added.words is not None and added.words != own[-1].words:
        note = TipNote(step="written", by_reporter=True, words=added.words, **_line(visit, tip))
        add_note(visit, tip, note)
    if photo is not None:
        _keep_photo(visit, tip, photo)
    return tip


def withdraw_contact(visit: Visit, tip: Tip) -> None:
    """Its reporter no longer wants to be known; the report stays."""
    kernel = visit.kernel()
    contact = kernel.get(TipContact, tip.id)
    if contact is not None:
        kernel.delete(contact)
        kernel.flush()
        visit.note("tip.contact-erased", tip.id, tip.party_id, {"by": "reporter"})


def photo_of(visit: Visit, tip: Tip, photo_id: UUID) -> bytes:
    photo = visit.kernel().get(TipPhoto, photo_id)
    if photo is None or photo.tip_id != tip.id:
        raise Unknown("unknown-photo", "No such photo.")
    return base64.b64decode(photo.content)
