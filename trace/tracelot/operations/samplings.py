"""Taking a sample: the sheet as two people fill it at the place, with the firm's signature and the spare part."""

import base64
from hashlib import sha256
from typing import Any
from uuid import UUID

from tracelot.formats.photos import redraw
from tracelot.operations.answering import Photo
from tracelot.operations.changing import demand_same
from tracelot.operations.parties import demand_division
from tracelot.operations.sampling_tasks import find_task
from tracelot.operations.sampling_work import (
    actor_party,
    find_sampling,
    happened,
    hold_sampling,
    keep_paper,
)
from tracelot.operations.visit import Visit, origin_of
from tracelot.records.batches import Batch
from tracelot.records.counters import next_number
from tracelot.records.locking import HELD
from tracelot.records.parties import Party
from tracelot.records.sampling_plans import SamplingTask
from tracelot.records.sampling_steps import Cosigned
from tracelot.records.samplings import (
    NewSampling,
    Sampling,
    SamplingPhoto,
    list_earlier,
    list_photos,
)
from tracelot.rules.acts import demand_moment
from tracelot.rules.ids import new_id
from tracelot.rules.parties import area_level, area_prefix, covers
from tracelot.rules.refusals import Conflict, Forbidden, Unknown, unfit
from tracelot.rules.retention import TWO_YEARS, later
from tracelot.rules.sampling_plans import Earlier, sampled_above
from tracelot.rules.sampling_stages import demand_two_samplers

COUNTY_DIGITS = 6
MOST_PHOTOS = 12
Told = dict[str, Any]


def take_sample(visit: Visit, new: NewSampling) -> Sampling:
    """Put a sheet on record: a sample that was bought and sealed, or how it was refused."""
    visit.demand("sampling.take")
    origin = origin_of(new)
    known = visit.kernel().get(Sampling, new.id) if new.id else None
    if known is not None:
        return demand_same(known, origin)
    task = _open_task(visit, new)
    demand_moment(new.taken_at, visit.now)
    demand_two_samplers([(one.name, one.certificate_no) for one in new.samplers])
    batch = _batch(visit, new)
    _demand_firm(visit, task, new.firm_id)
    sampling = _row(visit, new, task, batch, origin)
    _demand_not_above(visit, sampling, new)
    kernel = visit.kernel()
    kernel.add(sampling)
    kernel.flush()
    if sampling.state == "taken":
        task.taken += 1
        task.state = "done" if task.taken >= task.wanted else "open"
        kernel.add(task)
    sampling.told = _without_drawings(visit, sampling, new.model_dump(mode="json", exclude={"id", "task_id"}))
    keep_paper(visit, sampling, "taken", sampling.told, to=sampling.firm_id)
    if sampling.state == "taken":
        happened(visit, sampling, "taken", new.taken_at)
    return sampling


def _open_task(visit: Visit, new: NewSampling) -> SamplingTask:
    """The task, held, where the actor's is the office or laboratory that carries it out, or an office above."""
    actor = visit.actor
    task = visit.kernel().get_one(SamplingTask, find_task(visit, new.task_id).id, with_for_update=HELD)
    mine = actor.party_id in (task.party_id, task.office_id, task.lab_id) or covers(
        actor.territory, task.area
    )
    if not mine:
        raise Forbidden("other-office-samples", "This task is another office's.")
    if task.state != "open":
        raise Conflict("task-closed", "This task is done or was withdrawn.")
    demand_division(visit, new.region_code)
    if not covers([area_prefix(task.region_code)], area_prefix(new.region_code)):
        raise unfit("outside-task", "The task is for another area.", "region_code")
    return task


def _batch(visit: Visit, new: NewSampling) -> Batch | None:
    if new.batch_id is None:
        return None
    batch = visit.with_published().get(Batch, new.batch_id)
    if batch is None:
        raise unfit("unknown-batch", "No such batch.", "batch_id")
    return batch


def _demand_firm(visit: Visit, task: SamplingTask, firm_id: UUID | None) -> None:
    """The sampled party, where the register has it, lies in the area of the task."""
    firm = visit.kernel().get(Party, firm_id) if firm_id else None
    if firm_id is None:
        return
    inside = firm is not None and covers([area_prefix(task.region_code)], firm.region_code)
    if firm is None or not inside or firm.type in ("regulator", "lab"):
        raise unfit("unknown-firm", "No such firm in the area of the task.", "firm_id")


def _row(visit: Visit, new: NewSampling, task: SamplingTask, batch: Batch | None, origin: str) -> Sampling:
    day = new.taken_at.astimezone(visit.place.zone).date()
    county = new.region_code[:COUNTY_DIGITS]
    number = next_number(visit.kernel(), f"sampling:{county}:{day:%Y%m%d}")
    words = (new.sample_name, new.producer_name, new.lot_no)
    kept = day + TWO_YEARS
    return Sampling(
        id=new.id or new_id(), sheet_no=f"CY{county}{day:%Y%m%d}{number:04}", task_id=task.id,
        party_id=task.party_id, area=task.area, office_id=task.office_id, lab_id=task.lab_id,
        taken_by=actor_party(visit), firm_id=new.firm_id, producer_id=batch.party_id if batch else _maker(visit, new),
        batch_id=new.batch_id, product_id=batch.product_id if batch else None,
        goods_key=_key(words), region_code=new.region_code, county=county, month=f"{day:%Y-%m}",
        category=task.category, stage=task.stage, task_type=task.task_type, scope=task.scope, form=new.form,
        spare=bool(new.spare_qty), expires_on=new.expires_on or (batch.expiry_date if batch else None),
        taken_at=new.taken_at, state="refused" if new.refused else "taken", origin_hash=origin,
        retain_until=later(kept, visit.today + TWO_YEARS), recorded_at=visit.now, recorded_by=visit.actor.id,
    )  # fmt: skip


def _maker(visit: Visit, new: NewSampling) -> UUID | None:
    """The labelled producer, where it is a party of the register."""
    maker = visit.kernel().get(Party, new.producer_id) if new.producer_id else None
    if new.producer_id and (
        maker is None or maker.status != "verified" or maker.type in ("regulator", "lab")
    ):
        raise unfit("unknown-firm", "No such firm.", "producer_id")
    return new.producer_id


def _key(words: tuple[str | None, ...]) -> str:
    told = "\0".join("".join((word or "").split()).casefold() for word in words)
    return sha256(told.encode()).hexdigest()


def _demand_not_above(visit: Visit, sampling: Sampling, new: NewSampling) -> None:
    """Product Quality Law art. 15: what a higher level sampled is not sampled again, unless there is a reason."""
    if sampling.state == "refused" or new.despite:
        return
    above = earlier_above(visit, sampling)
    if above is not None:
        raise Conflict(
            "sampled-above",
            "A higher office sampled this batch or product already: say why it is sampled again.",
            facts={"day": f"{above.day}", "level": above.level, "batch": str(above.same_batch).lower()},
        )


def earlier_above(visit: Visit, sampling: Sampling) -> Earlier | None:
    rows = list_earlier(visit.kernel(), sampling.batch_id, sampling.product_id, sampling.goods_key)
    zone = visit.place.zone
    earlier = [
        Earlier(
            area_level(row.area),
            row.taken_at.astimezone(zone).date(),
            same_batch=row.goods_key == sampling.goods_key or (row.batch_id or row.id) == sampling.batch_id,
        )
        for row in rows
        if row.id != sampling.id
    ]
    return sampled_above(area_level(sampling.area), earlier, visit.today)


# --- signatures and photos ---------------------------------------------------------------------------------


def _without_drawings(visit: Visit, sampling: Sampling, told: Told) -> Told:
    """Drawn signatures become pictures of their own; the sheet names them."""
    for one in told["samplers"]:
        _keep_drawing(visit, sampling, one.get("signature"), f"signature:{one['name']}")
    _keep_drawing(visit, sampling, told.get("firm_signature"), "signature:firm")
    return told


def _keep_drawing(visit: Visit, sampling: Sampling, signature: Told | None, kind: str) -> None:
    if not signature or not signature.get("drawn"):
        return
    content = base64.b64decode(signature["drawn"].partition(",")[2] + "==")
    photo = _photo(visit, sampling, Photo(*redraw(content)), kind)
    signature["drawn"] = str(photo.id)


def _photo(visit: Visit, sampling: Sampling, photo: Photo, kind: str) -> SamplingPhoto:
    kept = SamplingPhoto(
        id=new_id(),
        sampling_id=sampling.id,
        party_id=sampling.party_id,
        kind=kind,
        width=photo.width,
        height=photo.height,
        sha256=sha256(photo.content).hexdigest(),
        content=base64.b64encode(photo.content).decode(),
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.kernel().add(kept)
    visit.kernel().flush()
    return kept


def add_photo(visit: Visit, named: str | UUID, photo: Photo) -> SamplingPhoto:
    """A photo of the place, the goods or the seal, by whoever took the sample."""
    visit.demand("sampling.take")
    sampling = hold_sampling(visit, named)
    _demand_taker(visit, sampling)
    taken = [one for one in list_photos(visit.kernel(), sampling.id) if one.kind == "photo"]
    if len(taken) >= MOST_PHOTOS:
        raise Conflict("too-many-photos", "A sheet takes twelve photos at most.")
    kept = _photo(visit, sampling, photo, "photo")
    facts = {"photo_id": kept.id, "sha256": kept.sha256}
    visit.note("sampling.photo-added", sampling.id, sampling.party_id, facts)
    return kept


def _demand_taker(visit: Visit, sampling: Sampling) -> None:
    if visit.actor.party_id not in (sampling.taken_by, sampling.office_id, sampling.party_id):
        raise Forbidden("other-office-samples", "This task is another office's.")


def photo_of(visit: Visit, named: str | UUID, photo_id: UUID) -> SamplingPhoto:
    sampling = find_sampling(visit, named)
    photo = visit.session.get(SamplingPhoto, photo_id)
    if photo is None or photo.sampling_id != sampling.id:
        raise Unknown("unknown-photo", "No such photo.")
    return photo


def cosign(visit: Visit, named: str | UUID, new: Cosigned) -> Sampling:
    """The second person signs, from an account of their own: of the office, the laboratory or the township."""
    visit.demand("sampling.cosign")
    sampling = hold_sampling(visit, named)
    told = dict(sampling.told)
    waiting = next((one for one in told["samplers"] if not one.get("signature")), None)
    if sampling.state != "taken" or waiting is None:
        raise Conflict("signed-already", "Both samplers have signed this sheet.")
    if visit.actor.id == sampling.recorded_by:
        raise Conflict("same-person", "The second sampler signs from an account of their own.")
    signature = new.signature.model_dump(mode="json")
    _keep_drawing(visit, sampling, signature, f"signature:{waiting['name']}")
    told["samplers"] = [one | {"signature": signature} if one is waiting else one for one in told["samplers"]]
    sampling.told = told
    keep_paper(visit, sampling, "cosigned", {"name": waiting["name"], "signature": signature})
    return sampling


def signed_by_two(sampling: Sampling) -> bool:
    return all(one.get("signature") for one in sampling.told["samplers"])
