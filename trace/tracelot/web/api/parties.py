"""/parties, /divisions, /journal"""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from tracelot.operations import archiving, books, journal, parties
from tracelot.operations.parties import Decision
from tracelot.records.accounts import AccountView, NewAccount
from tracelot.records.books import BookChange, BookView
from tracelot.records.divisions import DivisionView
from tracelot.records.inputs import Label, Note, Reason, Shape
from tracelot.records.journal import EntryView
from tracelot.records.parties import NewParty, PartyChange, PartyView
from tracelot.rules.parties import PartyStatus
from tracelot.web.api.shapes import Limit, SearchText
from tracelot.web.routers import operations
from tracelot.web.signatures import GivenSignature, sign
from tracelot.web.visits import ExpectedVersion, OpenVisit, etag

SINCE = "The position from the link to the next entries; 0 is the beginning."

router = operations("parties")


class SignUp(Shape):
    party: NewParty
    account: NewAccount


class SignedUp(Shape):
    party: PartyView
    account: AccountView


class PartyDecision(Shape):
    decision: Decision
    note: Note = ""
    signature: GivenSignature | None = None


class Archive(Shape):
    reason: Reason
    successor: Label = None
    signature: GivenSignature | None = None


class Reopening(Shape):
    reason: Reason
    signature: GivenSignature | None = None


class WatchedParty(PartyView):
    """A party for its regulator, with what to look at before confirming it."""

    doubts: list[str]


@router.post("/parties", status_code=201)
def sign_up(visit: OpenVisit, new: SignUp) -> SignedUp:
    """Join as an unverified party with its first administrator."""
    party, account = parties.sign_up(visit, new.party, new.account)
    return SignedUp(
        party=PartyView.model_validate(party, from_attributes=True),
        account=AccountView.model_validate(account, from_attributes=True),
    )


@router.get("/parties")
def list_parties(visit: OpenVisit, status: PartyStatus | None = None, limit: Limit = 200) -> list[PartyView]:
    """The parties of the caller's territory, those waiting longest first."""
    found = parties.waiting_parties(visit, status, limit)
    return [PartyView.model_validate(party, from_attributes=True) for party in found]


@router.get("/parties/me")
def own_party(visit: OpenVisit, answer: Response) -> PartyView:
    return _view(parties.own_party(visit), answer)


@router.patch("/parties/me")
def change_party(
    visit: OpenVisit, change: PartyChange, version: ExpectedVersion, answer: Response
) -> PartyView:
    return _view(parties.change_party(visit, change, version), answer)


@router.get("/parties/me/books")
def own_books(visit: OpenVisit) -> BookView:
    """Under which law the books are kept, and what is refused instead of flagged."""
    return books.own_books(visit)


@router.put("/parties/me/books")
def set_books(visit: OpenVisit, change: BookChange) -> BookView:
    return books.set_books(visit, change)


@router.get("/parties/{party_id}")
def find_party(visit: OpenVisit, party_id: UUID, answer: Response) -> WatchedParty:
    party = parties.find_party(visit, party_id)
    view = _view(party, answer)
    return WatchedParty(**view.model_dump(), doubts=parties.doubts(visit, party))


@router.post("/parties/{party_id}/decision")
def decide_party(
    visit: OpenVisit, party_id: UUID, decided: PartyDecision, version: ExpectedVersion, answer: Response
) -> PartyView:
    """Confirm a party's identity, or refuse it; either needs a signature."""
    sign(visit, decided.signature)
    return _view(parties.decide_party(visit, party_id, decided.decision, decided.note, version), answer)


@router.post("/parties/{party_id}/archive")
def archive_party(
    visit: OpenVisit, party_id: UUID, asked: Archive, version: ExpectedVersion, answer: Response
) -> PartyView:
    """Archive a party that closed down or was merged, by a signature: nobody acts for it any more."""
    sign(visit, asked.signature)
    return _view(archiving.archive_party(visit, party_id, asked.reason, asked.successor, version), answer)


@router.post("/parties/{party_id}/reopen")
def reopen_party(
    visit: OpenVisit, party_id: UUID, asked: Reopening, version: ExpectedVersion, answer: Response
) -> PartyView:
    """Open an archived party again, by a signature."""
    sign(visit, asked.signature)
    return _view(archiving.reopen_party(visit, party_id, asked.reason, version), answer)


@router.get("/divisions")
def search_divisions(visit: OpenVisit, text: SearchText = None, limit: Limit = 20) -> list[DivisionView]:
    """China's divisions from province to township, by name or code."""
    found = parties.divisions(visit, text or "", limit)
    return [DivisionView.model_validate(division, from_attributes=True) for division in found]


@router.get("/journal")
def read_journal(
    visit: OpenVisit,
    answer: Response,
    since: Annotated[str | None, Query(max_length=400, description=SINCE)] = None,
    after: Annotated[UUID | None, Query(description="The id of the last entry that you have.")] = None,
    limit: Limit = 100,
) -> list[EntryView]:
    """The caller's own journal in the order of the commits, with each record's salted commitment.

    What comes next stands behind the header `Link: <…>; rel="next"`, also when there is nothing yet.
    """
    found, following = journal.read_journal(visit, since, after, limit)
    answer.headers.append("link", f'</api/v1/journal?since={following}&limit={limit}>; rel="next"')
    personal = journal.personal_values(visit, found)
    return [
        EntryView.model_validate(entry, from_attributes=True, update={"personal": personal.get(entry.id, [])})
        for entry in found
    ]


def _view(party: object, answer: Response) -> PartyView:
    view = PartyView.model_validate(party, from_attributes=True)
    answer.headers["etag"] = etag(view.version)
    return view
