"""The report of an inspection as a file: kept once as it came, under its hash, and read by whoever reads the report."""

import base64
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal
from uuid import UUID

from tracelot.operations.inspections import find, own_issue
from tracelot.operations.visit import Visit
from tracelot.records.inspections import Inspection, InspectionFile
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Unknown

FileKind = Literal["application/pdf", "image/jpeg"]


@dataclass(frozen=True)
class Paper:
    """A report as a file: a PDF as it came, or a picture that was drawn anew."""

    content: bytes
    media_type: FileKind

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()

    @property
    def name(self) -> str:
        return f"report-{self.sha256[:12]}.{'pdf' if self.media_type == 'application/pdf' else 'jpg'}"


def attach_paper(visit: Visit, id_: UUID, paper: Paper) -> Inspection:
    """Put the file beside a report that has none; sent again, it is the same one."""
    visit.demand("inspection.record")
    row = own_issue(visit, id_)
    if row.file_sha256 == paper.sha256:
        return row
    if row.state not in ("draft", "issued"):
        raise Conflict("inspection-replaced", "This edition was replaced or withdrawn already.")
    stands = visit.kernel().get(InspectionFile, row.file_id) if row.file_id else None
    if stands is not None and stands.inspection_id == row.id:
        raise Conflict(
            "file-stands", "This report has its file already: correct the report to bring another one."
        )
    writes = visit.session if row.party_id == visit.actor.party_id else visit.kernel()
    file = InspectionFile(
        id=new_id(),
        inspection_id=row.id,
        party_id=row.party_id,
        name=paper.name,
        media_type=paper.media_type,
        size=len(paper.content),
        sha256=paper.sha256,
        content=base64.b64encode(paper.content).decode(),
        retain_until=row.retain_until,
        recorded_at=visit.now,
    )
    row.file_id, row.file_sha256 = file.id, file.sha256
    writes.add_all([file, row])
    writes.flush()
    facts = {"file_id": file.id, "sha256": file.sha256, "media_type": file.media_type}
    visit.note("inspection.file-added", row.id, row.party_id, facts)
    return row


def paper_of(visit: Visit, id_: UUID) -> Paper:
    """The file of a report that the actor may read; a later edition has that of the former one until it has its own."""
    row = find(visit, id_)
    file = visit.session.get(InspectionFile, row.file_id) if row.file_id else None
    if file is None:
        raise Unknown("no-file", "This report has no file.")
    return Paper(base64.b64decode(file.content), file.media_type)  # type: ignore[arg-type]
