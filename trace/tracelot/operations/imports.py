"""Imports of files: staged, checked, committed as one act or not at all, and undone as one act."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

from tracelot.formats.tables import Table, open_table
from tracelot.operations.candidates import Candidate, Harvest, Noun
from tracelot.operations.changing import demand_version
from tracelot.operations.importing_results import Results
from tracelot.operations.spooling import Spool
from tracelot.operations.visit import Visit
from tracelot.records.filling import load_bound
from tracelot.records.imports import (
    PROBLEMS_IN_PART,
    Import,
    Problem,
    count_open,
    drop_parts,
    find_committed,
    keep_file,
    keep_ids,
    keep_problems,
    list_imports,
    lock_import,
    read_file,
    read_ids,
    read_problems,
)
from tracelot.records.journal import Place as EntryPlace
from tracelot.records.journal import append_waiting, bucket_of
from tracelot.records.paging import Page
from tracelot.rules.ids import new_id
from tracelot.rules.refusals import Conflict, Refusal, Unknown, unfit
from tracelot.rules.retention import TWO_YEARS

NOUNS: Mapping[str, Noun] = {"inspections": Results()}
MOST_BYTES = 20 << 20
MOST_OPEN = 20
AT_ONCE = 1 << 20  # unpacked bytes of a file that is read while its sender waits
CHECK, COMMIT, UNDO = "import-check", "import-commit", "import-undo"
LONGEST_NAME = 120
UNDONE_AT_ONCE = 500  # reports


def stage_import(visit: Visit, noun: str, name: str, content: bytes) -> Import:
    """Keep a file and look through it: nothing of it counts before it is committed."""
    kind = _noun(noun)
    visit.demand("import.stage")
    visit.demand(kind.act)
    party_id = _party(visit)
    if len(content) > MOST_BYTES:
        raise unfit("file-too-large", "The file is larger than 20 MiB: divide it.", "file")
    table = open_table(content, name)
    if count_open(visit.session, party_id) >= MOST_OPEN:
        raise Conflict("too-many-imports", "20 imports wait to be committed: commit or discard one first.")
    kept = Import(
        id=new_id(),
        party_id=party_id,
        noun=noun,
        file_name=_shown(name) or "-",
        digest=sha256(content).hexdigest(),
        size=len(content),
        recorded_at=visit.now,
        recorded_by=visit.actor.id,
        retain_until=visit.today + TWO_YEARS,
    )
    visit.session.add(kept)
    visit.session.flush()
    if table.weight() <= AT_ONCE:
        keep_file(visit.session, kept, content)
        _check_at_once(visit, kept, table)
    else:
        keep_file(visit.session, kept, content)
        visit.ask(CHECK, import_id=str(kept.id))
    visit.record("import.staged", kept, party_id=party_id)
    return kept


def _noun(noun: str) -> Noun:
    if noun not in NOUNS:
        raise unfit("unknown-noun", "Nothing of this kind can be imported.", "noun")
    return NOUNS[noun]


def _party(visit: Visit) -> UUID:
    if visit.actor.party_id is None:
        raise Unknown("unknown-party", "This account belongs to no party.")
    return visit.actor.party_id


def _shown(name: str) -> str:
    """The name of a file without its folder, for people to read and nothing else."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable()).strip()[-LONGEST_NAME:]


@dataclass
class Findings:
    """What a check finds: counts, problems on their way to the store, and a hash of all that is fit."""

    keep: Callable[[int, Sequence[Problem]], None]
    rows: int = 0
    reports: int = 0
    parts: int = 0
    failing: int = 0
    faulty: int = 0
    known: int = 0
    problems: int = 0
    _waiting: list[Problem] = field(default_factory=list)
    _number: int = 0
    _hash: Any = field(default_factory=sha256)

    def take(self, one: Candidate) -> None:
        self.rows += one.rows
        self._hash.update(f"{one.row} {one.known} {len(one.problems)} {one.told}\n".encode())
        if one.problems:
            self.faulty += 1
            self.problems += len(one.problems)
            self._waiting += one.problems
            if len(self._waiting) >= PROBLEMS_IN_PART:
                self.hand_on()
        elif one.known:
            self.known += 1
        else:
            self.reports += 1
            self.parts += one.parts
            self.failing += one.failing

    def hand_on(self) -> None:
        if self._waiting:
            self.keep(self._number, self._waiting)
            self._number, self._waiting = self._number + 1, []

    def digest(self) -> str:
        return str(self._hash.hexdigest())

    def note(self, kept: Import) -> None:
        """Put the counts on the import, which is ready from now on."""
        kept.rows, kept.done, kept.reports, kept.findings = self.rows, self.rows, self.reports, self.parts
        kept.failing = self.failing
        kept.faulty, kept.known, kept.problems = self.faulty, self.known, self.problems
        kept.checked, kept.state = self.digest(), "ready"


def _check_at_once(visit: Visit, kept: Import, table: Table) -> None:
    found = Findings(lambda number, some: keep_problems(visit.session, kept, number, some))
    for _ in look_through(visit, kept, table, found):
        pass
    found.note(kept)
    visit.session.add(kept)
    visit.session.flush()


def look_through(visit: Visit, kept: Import, table: Table, found: Findings) -> Iterator[Sequence[Candidate]]:
    """The candidates of a file, each counted."""
    reading = NOUNS[kept.noun].read(visit, table, kept.id)
    kept.layout, kept.unknown = reading.layout, "\n".join(one.replace("\n", " ") for one in reading.unknown)
    for some in reading.candidates:
        for one in some:
            found.take(one)
        yield some
    found.hand_on()
    if not found.rows:
        raise unfit("no-rows", "Below the titles stands nothing.", "file")


def imports(visit: Visit, limit: int, cursor: str | None = None) -> Page[Import]:
    visit.demand("import.read")
    return list_imports(visit.session, limit, cursor)


def own_import(visit: Visit, import_id: UUID) -> Import:
    visit.demand("import.read")
    kept = visit.session.get(Import, import_id)
    if kept is None:
        raise Unknown("unknown-import", "No such import.")
    return kept


def same_file(visit: Visit, kept: Import) -> Import | None:
    """An import of the very same file that counts already."""
    return find_committed(visit.session, kept.party_id, kept.digest, kept.id)


def problems_of(visit: Visit, kept: Import) -> Iterator[Problem]:
    visit.demand("import.read")
    return read_problems(visit.session, kept)


def _mine(visit: Visit, import_id: UUID, act: str, expected: int | None) -> Import:
    visit.demand(act)
    kept = lock_import(visit.session, import_id)
    if kept is None or kept.party_id != visit.actor.party_id:
        raise Unknown("unknown-import", "No such import.")
    visit.demand(NOUNS[kept.noun].act)
    demand_version(kept, expected)
    return kept


def commit_import(visit: Visit, import_id: UUID, *, only_valid: bool, expected: int | None = None) -> Import:
    """Put a file into the books: all of it, or what is fit of it. Committed already, it stays as it is."""
    kept = _mine(visit, import_id, "import.commit", expected)
    if kept.state in ("committed", "committing"):
        return kept
    if kept.state != "ready":
        raise Conflict("import-not-ready", "This import cannot be committed now.")
    if kept.faulty and not only_valid:
        raise Conflict("import-faulty", "Some rows are not fit: put them right, or commit the others alone.")
    if not kept.reports:
        raise Conflict("import-empty", "Nothing in this file is both fit and new.")
    kept.state, kept.only_valid = "committing", only_valid
    kept.committed_by = visit.actor.id
    visit.session.add(kept)
    visit.session.flush()
    table = open_table(read_file(visit.session, kept))
    if table.weight() <= AT_ONCE:
        with harvest_for(visit, kept) as harvest:
            for _ in gather(visit, kept, table, harvest):
                pass
            land(visit, kept, harvest)
    else:
        visit.ask(COMMIT, import_id=str(kept.id))
    return kept


def gather(visit: Visit, kept: Import, table: Table, harvest: Harvest) -> Iterator[int]:
    """All that was shown and nothing else: what changed meanwhile is refused. Tells how far it is, in rows."""
    found = Findings(lambda _number, _some: None)
    for some in look_through(visit, kept, table, found):
        fit = [one for one in some if not one.problems and not one.known]
        NOUNS[kept.noun].gather(visit, fit, harvest)
        yield found.rows
    if found.digest() != kept.checked:
        raise changed()


def changed() -> Conflict:
    return Conflict(
        "import-changed",
        "What the file means has changed since it was checked: check it again, and look at it.",
    )


def land(visit: Visit, kept: Import, harvest: Harvest) -> None:
    """Write all of it, or nothing; the journal's bucket is locked only at the end."""
    visit.session.flush()
    for model, rows in harvest.rows.items():
        for some in rows:
            load_bound(visit.connection, model, some)
    keep_ids(visit.session, kept, harvest.ids)
    _tell(visit, harvest.told)
    NOUNS[kept.noun].follow(visit, harvest.follow)
    kept.state, kept.committed_at, kept.done = "committed", visit.now, kept.rows
    visit.session.add(kept)
    visit.session.flush()
    visit.record("import.committed", kept, party_id=kept.party_id)


def harvest_for(visit: Visit, kept: Import) -> Harvest:
    return Harvest.of(visit, NOUNS[kept.noun].models, kept.party_id)


def _tell(visit: Visit, told: Spool) -> None:
    place = EntryPlace(visit.actor.id, bucket_of(visit.actor.party_id), visit.now)
    append_waiting(visit.kernel(), told, told.count, place)


def check_again(visit: Visit, import_id: UUID, expected: int | None = None) -> Import:
    """Look through the file anew, after something that it names was put right."""
    kept = _mine(visit, import_id, "import.stage", expected)
    if kept.state not in ("ready", "refused"):
        raise Conflict("import-not-ready", "This import cannot be committed now.")
    drop_parts(visit.session, kept.id, "problems")
    table = open_table(read_file(visit.session, kept))
    kept.state, kept.refused, kept.facts, kept.done = "checking", "", "", 0
    visit.session.add(kept)
    visit.session.flush()
    if table.weight() <= AT_ONCE:
        _check_at_once(visit, kept, table)
    else:
        visit.ask(CHECK, import_id=str(kept.id))
    return kept


def discard_import(visit: Visit, import_id: UUID, expected: int | None = None) -> Import:
    """Let go of a file that was never committed."""
    kept = _mine(visit, import_id, "import.stage", expected)
    if kept.state == "discarded":
        return kept
    if kept.state not in ("ready", "refused", "checking"):
        raise Conflict("import-over", "This import was committed: undo it instead.")
    kept.state = "discarded"
    drop_parts(visit.session, kept.id)
    visit.session.add(kept)
    visit.session.flush()
    visit.record("import.discarded", kept, party_id=kept.party_id)
    return kept


def undo_import(visit: Visit, import_id: UUID, reason: str, expected: int | None = None) -> Import:
    """Withdraw all that an import brought, as one act; nothing is deleted. Undone already, it stays as it is."""
    kept = _mine(visit, import_id, "import.undo", expected)
    if kept.state in ("undone", "undoing"):
        return kept
    if kept.state != "committed":
        raise Conflict("import-not-committed", "Only what was committed can be undone.")
    kept.undone_by, kept.undone_reason = visit.actor.id, reason
    if kept.reports <= UNDONE_AT_ONCE:
        withdraw_import(visit, kept)
        return kept
    kept.state = "undoing"
    visit.session.add(kept)
    visit.session.flush()
    visit.ask(UNDO, import_id=str(kept.id))
    return kept


def withdraw_import(visit: Visit, kept: Import) -> None:
    reason = kept.undone_reason or ""
    with Spool() as told:
        for ids in read_ids(visit.session, kept):
            told.add(NOUNS[kept.noun].withdraw(visit, ids, kept.committed_at, reason))
        _tell(visit, told)
        count = told.count
    kept.state, kept.undone_at = "undone", visit.now
    visit.session.add(kept)
    visit.session.flush()
    visit.record("import.undone", kept, party_id=kept.party_id, reason=reason, withdrawn=count)


def refuse_import(kept: Import, refusal: Refusal) -> None:
    """Note why nothing of a file could be read."""
    kept.state, kept.refused = "refused", refusal.reason
    kept.facts = ", ".join(str(value) for value in refusal.facts.values())
