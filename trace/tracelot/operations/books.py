"""How a party keeps its books: under which law, what it has refused instead of flagged, what customers see."""

from tracelot.operations.goods import mine
from tracelot.operations.visit import Visit
from tracelot.records.books import BookChange, BookSetting, BookView, books_of


def own_books(visit: Visit) -> BookView:
    visit.demand("event.read")
    return BookView.model_validate(books_of(visit.session, mine(visit)), from_attributes=True)


def set_books(visit: Visit, change: BookChange) -> BookView:
    """Choose anew; what is on record already stays as it is."""
    visit.demand("books.change")
    stands = visit.session.get(BookSetting, mine(visit)) or BookSetting(party_id=mine(visit))
    stands.jurisdictions = sorted(set(change.jurisdictions))
    stands.refuse_incomplete, stands.refuse_overdrawn = change.refuse_incomplete, change.refuse_overdrawn
    stands.share_origin = change.share_origin
    visit.session.add(stands)
    visit.session.flush()
    visit.note("books.changed", mine(visit), mine(visit), stands.model_dump(exclude={"party_id"}))
    return own_books(visit)
