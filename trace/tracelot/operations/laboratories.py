"""Certificates of laboratories, as an office or the operator read them; and which laboratories there are."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.laboratories import LabScope, NewScope, list_scopes
from tracelot.records.parties import Party
from tracelot.rules.ids import new_id
from tracelot.rules.parties import covers
from tracelot.rules.refusals import Unknown, unfit


def laboratories(visit: Visit) -> Sequence[Party]:
    """The confirmed laboratories of the site, for whoever commissions one."""
    visit.demand("inspection.read")
    query = select(Party).where(
        Party.type == "lab", Party.status == "verified", col(Party.archived_at).is_(None)
    )
    return visit.with_published().exec(query.order_by(col(Party.name_zh), col(Party.id))).all()


def scopes_of(visit: Visit, lab_id: UUID) -> Sequence[LabScope]:
    visit.demand("lookup")
    return list_scopes(visit.session, lab_id)


def record_scope(visit: Visit, lab_id: UUID, new: NewScope) -> LabScope:
    """Record a certificate of a laboratory. Reports issued while it held count as those of a certified laboratory."""
    visit.demand("scope.record")
    kernel = visit.kernel()
    lab = kernel.get(Party, lab_id)
    seen = lab is not None and (visit.actor.role == "site" or covers(visit.actor.territory, lab.region_code))
    if lab is None or lab.type != "lab" or not seen:
        raise Unknown("unknown-laboratory", "No such laboratory.")
    if new.valid_to is not None and new.valid_to < new.valid_from:
        raise unfit("ends-before-it-begins", "The last day lies before the first one.", "valid_to")
    row = LabScope(
        **new.model_dump(exclude={"reason"}),
        id=new_id(),
        party_id=lab_id,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    kernel.add(row)
    kernel.flush()
    visit.record("laboratory.certified", row, party_id=lab_id, reason=new.reason)
    return row
