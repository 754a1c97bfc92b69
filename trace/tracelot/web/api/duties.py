"""/responsible: who answers for a record, on the firm's side and on the office's"""

from uuid import UUID

from tracelot.operations import owing
from tracelot.records.responsible import BothView, SubjectKind
from tracelot.web.routers import operations
from tracelot.web.visits import OpenVisit

router = operations("parties", "/responsible")


@router.get("/{kind}/{subject}")
def read_responsible(visit: OpenVisit, kind: SubjectKind, subject: UUID) -> BothView:
    """Who answers for a batch, product, recall or party, and for offices for a report of the public.

    The nearest who is named counts: for the record itself, for its goods, for the place, for the whole party.
    """
    return owing.both_for(visit, kind, subject)
