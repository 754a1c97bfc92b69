"""Forgetting the people in a recall's answers, notices, letters and disposals; the amounts that they told stay.

What names them is kept while the recall is open: somebody must be reached. After it, it serves nothing any more.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select, true, update

from tracelot.operations.forgetting_tips import forget_reporter
from tracelot.operations.visit import Visit
from tracelot.records.accounts import Account
from tracelot.records.consignees import RecallAnswer, RecallLetter, RecallNotice
from tracelot.records.contacts import list_contacts
from tracelot.records.effectiveness import Disposal
from tracelot.records.journal import JournalEntry, forget_fields
from tracelot.records.outbox import KeptAnswer
from tracelot.records.parties import Party
from tracelot.records.personal import list_personal_of
from tracelot.records.recalls import Recall
from tracelot.rules.forgetting import Basis, new_pseudonym
from tracelot.rules.refusals import Conflict, unfit
from tracelot.rules.stages import OVER

Row = RecallAnswer | RecallNotice | Disposal
ENDED = col(Recall.closed_at).is_not(None) | col(Recall.state).in_(OVER)


def forget_person(visit: Visit, who: str, basis: Basis, reason: str) -> int:
    """Forget somebody whom ended recalls of the party name, by name, telephone or e-mail; the operator all."""
    visit.demand("data.forget")
    reporters, found = forget_reporter(visit, who), _naming(visit, who)
    if not found and not reporters:
        raise unfit("nobody-named", "No answer, notice or disposal of yours names this person.", "who")
    rows = [row for row, ended in found if ended]
    if not rows and not reporters:
        raise Conflict(
            "recall-still-open", "The recall that names this person is open: somebody must be reached."
        )
    _forget(visit, rows, {who}.union(*map(_values, rows)), new_pseudonym())
    party_id = visit.actor.party_id
    facts = {"basis": basis, "erased": len(rows) + reporters}
    visit.note("people.forgotten", party_id or UUID(int=0), party_id, facts, reason)
    return len(rows) + reporters


def forget_account(visit: Visit, account: Account, names: Sequence[str]) -> None:
    """What somebody who left answered or watched stands from now on under the pseudonym of the account."""
    kernel, party = visit.kernel(), account.party_id
    answers = select(RecallAnswer).where(RecallAnswer.recorded_by == account.id)
    rows: list[Row] = [*kernel.exec(answers.where(col(RecallAnswer.name).in_(names)))]
    if party is not None:
        ours = (Disposal.party_id == party) | (Disposal.witnessed_by == party)
        rows += kernel.exec(select(Disposal).where(ours, col(Disposal.witness).in_(names))).all()
    _forget(visit, rows, set(names), account.name)
    letters = update(RecallLetter).where(col(RecallLetter.address).in_(names))
    kernel.exec(letters.values(address=None))


def former_addresses(visit: Visit, party: Party) -> list[RecallNotice]:
    """Notices of ended recalls that still hold an address or number which the party or a contact of its had."""
    kernel = visit.kernel()
    contacts: dict[UUID | None, Any] = {one.id: one for one in list_contacts(kernel, party.id)}
    to = (col(RecallNotice.to_party_id) == party.id) | col(RecallNotice.to_contact_id).in_(contacts)
    query = select(RecallNotice).where(to, RecallNotice.recall_id == Recall.id, ENDED)
    return [one for one in kernel.exec(query) if _former(one, contacts.get(one.to_contact_id, party))]


def _former(notice: RecallNotice, present: Any) -> bool:
    return notice.email not in (None, present.email) or notice.phone not in (None, present.phone)


def forget_former_addresses(visit: Visit, party: Party) -> int:
    found = former_addresses(visit, party)
    for notice in found:
        _forget_letters(visit, notice)
        notice.email = notice.phone = None
        visit.kernel().add(notice)
    visit.kernel().flush()
    return len(found)


# --- what names somebody -----------------------------------------------------------------------------------


def _naming(visit: Visit, who: str) -> list[tuple[Row, bool]]:
    """What names somebody, and whether the recall has ended: in a party's own and in what was told to or by it."""
    kernel, mine = visit.kernel(), visit.actor.party_id
    of = (RecallNotice.party_id, RecallNotice.from_party_id, RecallNotice.to_party_id)
    notices = true() if mine is None else or_(*(col(one) == mine for one in of))
    ours = (Disposal.party_id, Disposal.witnessed_by)
    disposals = true() if mine is None else or_(*(col(one) == mine for one in ours))
    told = _is(who, RecallNotice.name, RecallNotice.email, RecallNotice.phone)
    queries: tuple[Any, ...] = (
        select(RecallNotice, ENDED).where(
            told, notices, RecallNotice.recall_id == Recall.id, col(RecallNotice.to_party_id).is_(None)
        ),
        select(RecallAnswer, ENDED).where(
            _is(who, RecallAnswer.name, RecallAnswer.phone), notices,
            RecallAnswer.notice_id == RecallNotice.id, RecallNotice.recall_id == Recall.id,
        ),
        select(Disposal, ENDED).where(
            _is(who, Disposal.witness), disposals, Disposal.recall_id == Recall.id
        ),
    )  # fmt: skip
    return [(row[0], bool(row[1])) for query in queries for row in kernel.exec(query)]


def _values(row: Row) -> set[str]:
    """Who asks by telephone has a name there too."""
    names = (getattr(row, name, None) for name in ("name", "phone", "email", "witness"))
    return {text for text in names if text}


def _is(who: str, *fields: Any) -> ColumnElement[bool]:
    return or_(*(col(field) == who for field in fields))


# --- letting go --------------------------------------------------------------------------------------------


def _forget(visit: Visit, rows: Sequence[Row], values: Collection[str], pseudonym: str) -> None:
    kernel = visit.kernel()
    for row in rows:
        match row:
            case RecallAnswer():
                row.name, row.phone, row.origin_hash = pseudonym, None, ""  # an unsalted hash over both
                row.note = _without(row.note, values) or ""
            case RecallNotice():
                _forget_letters(visit, row)
                row.name, row.name_en, row.email, row.phone = pseudonym, None, None, None
            case Disposal():
                row.witness, row.origin_hash = pseudonym, ""
                row.note = _without(row.note, values)
        kernel.add(row)
    kernel.flush()
    _forget_entries(visit, rows, values)


def _without(text: str | None, values: Collection[str]) -> str | None:
    """Free words that name somebody go as a whole."""
    return None if text and any(value in text for value in values) else text


def _forget_letters(visit: Visit, notice: RecallNotice) -> None:
    of = update(RecallLetter).where(col(RecallLetter.notice_id) == notice.id)
    visit.kernel().exec(of.values(address=None))


def _forget_entries(visit: Visit, rows: Sequence[Row], values: Collection[str]) -> None:
    """What the journal says of them: values that stand beside it, records of before that hold them, kept answers."""
    kernel = visit.kernel()
    ids = {row.notice_id if isinstance(row, RecallAnswer) else row.id for row in rows} | {
        row.id for row in rows
    }
    for value in list_personal_of(kernel, ids):
        if any(one in value.value for one in values):
            kernel.delete(value)
    entries = kernel.exec(select(JournalEntry).where(col(JournalEntry.subject_id).in_(ids))).all()
    for entry in entries:
        fields = _in_clear(entry, values)
        if fields:
            forget_fields(entry, fields, visit.now)
            kernel.add(entry)
    actors = {entry.actor_id for entry in entries} | {row.recorded_by for row in rows}
    for one in values:
        kept = update(KeptAnswer).where(col(KeptAnswer.actor_id).in_(actors - {None}))
        told = col(KeptAnswer.body).contains(json.dumps(one, ensure_ascii=False), autoescape=True)
        kernel.exec(kept.where(told).values(body=""))
    kernel.flush()


def _in_clear(entry: JournalEntry, values: Collection[str]) -> list[str]:
    record = json.loads(entry.record) if entry.record else {}
    texts = {name: told for name, told in record.items() if isinstance(told, str) and told}
    return sorted(name for name, told in texts.items() if _without(told, values) is None)
