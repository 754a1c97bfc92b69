"""Certificates of laboratories, as an office or the operator read them; and which laboratories there are."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from tracelot.operations.visit import Visit
from tracelot.records.laboratories import LaboratoryView, LabScope, NewScope, list_scopes
from tracelot.records.parties import Party
from tracelot.rules.access import may
from tracelot.rules.ids import new_id
from tracelot.rules.parties import covers
from tracelot.rules.refusals import Unknown, unfit


def laboratories(visit: Visit) -> Sequence[Party]:
    """The confirmed laboratories of the site, for whoever commissions one."""
    visit.demand("party.read")
    query = select(Party).where(
        Party.type == "lab", Party.status == "verified", col(Party.archived_at).is_(None)
    )
    return visit.with_published().exec(query.order_by(col(Party.name_zh), col(Party.id))).all()


def certificates(visit: Visit) -> list[LaboratoryView]:
    """The confirmed laboratories with all certificates that were recorded of them, the latest first."""
    return [
        LaboratoryView.model_validate(
            lab.model_dump(include=set(LaboratoryView.model_fields))
            | {"scopes": [one.model_dump() for one in scopes_of(visit, lab.id)]}
        )
        for lab in laboratories(visit)
    ]


def confirms(visit: Visit, lab: Party) -> bool:
    """Whether the actor may record a certificate of this laboratory: its office, one above, or the operator."""
    over = visit.actor.role == "site" or covers(visit.actor.territory, lab.region_code)
    return over and may(visit.actor, "scope.record")


def scopes_of(visit: Visit, lab_id: UUID) -> Sequence[LabScope]:
    visit.demand("lookup")
    return list_scopes(visit.session, lab_id)


def find_laboratory(visit: Visit, lab_id: UUID) -> Party:
    """A laboratory whose certificates the actor records."""
    visit.demand("scope.record")
    lab = visit.kernel().get(Party, lab_id)
    if lab is None or lab.type != "lab" or not confirms(visit, lab):
        raise Unknown("unknown-laboratory", "No such laboratory.")
    return lab


def record_scope(visit: Visit, lab_id: UUID, new: NewScope) -> LabScope:
    """Record a certificate of a laboratory. Reports issued while it held count as those of a certified laboratory."""
    find_laboratory(visit, lab_id)
    if new.valid_to is not None and new.valid_to < new.valid_from:
        raise unfit("ends-before-it-begins", "The last day lies before the first one.", "valid_to")
    row = LabScope(
        **new.model_dump(exclude={"reason"}),
        id=new_id(),
        party_id=lab_id,
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
    )
    visit.kernel().add(row)
    visit.kernel().flush()
    visit.record("laboratory.certified", row, party_id=lab_id, reason=new.reason)
    return row
