"""What a firm asked a laboratory for, as the laboratory's form begins with it."""

from uuid import UUID

from tracelot.operations.visit import Visit
from tracelot.records.inspections import Inspection


def asked_kind(visit: Visit, commission: UUID) -> str:
    """A re-test is one only where the firm asked for it as such."""
    visit.demand("inspection.read")
    asked = visit.session.get(Inspection, commission)
    return "retest" if asked is not None and asked.kind == "retest" else "commissioned"
