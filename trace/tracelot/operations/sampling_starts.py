"""What a sheet begins with as the register has it, and what its follow-up can lead to: nobody types it again."""

from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.inspections import Inspection
from tracelot.records.parties import Party
from tracelot.records.products import Product
from tracelot.records.recalls import list_recalls_of, list_seller_recalls_of
from tracelot.records.sampling_plans import SamplingTask
from tracelot.records.sampling_views import SamplingView
from tracelot.records.samplings import SheetFields

CHOSEN = ("sample_type", "origin", "attribute", "date_kind", "packaging", "storage")


def sheet_start(visit: Visit, task: SamplingTask) -> dict[str, str]:
    """What is usual, and the firm that the plan drew."""
    usual = {name: str(SheetFields.model_fields[name].default) for name in CHOSEN}
    firm = visit.kernel().get(Party, task.firm_id) if task.firm_id else None
    if firm is None:
        return usual
    licence = firm.sc_no or firm.jy_no
    return usual | _told("firm", _known(visit, firm) | {"uscc": firm.uscc, "licence": licence})


def maker_start(visit: Visit, product_id: UUID) -> dict[str, str]:
    """The maker of a product that is on record."""
    kernel = visit.kernel()
    maker = kernel.get_one(Party, kernel.get_one(Product, product_id).party_id)
    return _told("producer", _known(visit, maker))


def _known(visit: Visit, party: Party) -> dict[str, str | None]:
    """Telephones are for offices alone."""
    phone = party.phone if visit.actor.regulator else None
    return {"name": party.name_zh, "address": party.address_zh, "phone": phone}


def _told(whose: str, known: dict[str, str | None]) -> dict[str, str]:
    return {f"{whose}_{name}": text for name, text in known.items() if text}


def recalls_of(visit: Visit, sheet: SamplingView) -> list[str]:
    """The numbers of the published recalls of the batch that was sampled."""
    if sheet.batch_id is None:
        return []
    session = visit.with_published()
    found = list_recalls_of(session, sheet.batch_id), list_seller_recalls_of(session, sheet.batch_id)
    return [one.code for some in found for one in some]


def report_of(visit: Visit, sheet: SamplingView) -> UUID | None:
    """The last report on the sample that the actor may read as a record of its own."""
    for id_ in (sheet.retest_inspection_id, sheet.inspection_id):
        if id_ is not None and visit.session.get(Inspection, id_) is not None:
            return id_
    return None
