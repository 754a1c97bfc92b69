"""Who answers for a record, as its own page shows it."""

from typing import Any
from uuid import UUID

from tracelot.operations import duties, owing
from tracelot.operations.visit import Visit
from tracelot.records.responsible import SubjectKind
from tracelot.rules.access import may


def duty_values(visit: Visit, kind: SubjectKind, subject: UUID) -> dict[str, Any]:
    """What `_duty.html` needs: both sides, and whom the reader may name."""
    names = may(visit.actor, "duty.name")
    return {
        "both": owing.both_for(visit, kind, subject),
        "people": duties.colleagues(visit) if names else [],
        "names_duty": names,
    }
