"""From the feed of changes to those who follow it: each change reaches each follower once, and none is lost.

How far a search was read moves in the very transaction that writes what was found: a worker that dies in between
has done nothing, and one that comes after it begins where the last one ended.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from tracelot.operations.following import read_filter
from tracelot.operations.notifying import Event, ask, tell, tell_party
from tracelot.operations.working import writing
from tracelot.records.accounts import Account, list_officers
from tracelot.records.following import SavedSearch, list_search_ids, ways_of
from tracelot.records.journal import BUCKETS
from tracelot.records.locking import HELD
from tracelot.records.paging import read_position, write_position
from tracelot.records.parties import Party
from tracelot.records.recall_feed import search_changed
from tracelot.records.recalls import Recall, RecallSummary, list_recall_batches
from tracelot.records.sights import EVERYTHING, PUBLIC
from tracelot.records.sources import sources_of
from tracelot.records.tenancy import ScopedSession
from tracelot.rules.notifying import Ways, next_digest
from tracelot.rules.parties import covers

CHUNK = 50
MOST_IN_A_MAIL = 200
DRILL = "mock_drill"


def follow_change(engine: Engine, recall_id: UUID, zone: ZoneInfo, now: datetime) -> str:
    """Tell all who follow the register, the officers in whose territory the recall is, and a seller's sources."""
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        told = _tell_officers(kernel, recall_id, now)
        _tell_sources(kernel, kernel.get_one(Recall, recall_id), now)
    after: UUID | None = None
    while True:
        with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
            ids = list_search_ids(kernel, after, CHUNK)
            for id_ in ids:
                told += _follow(kernel, id_, zone, now)
            kernel.flush()
        if len(ids) < CHUNK:
            return f"told {told}"
        after = ids[-1]


def _tell_officers(kernel: ScopedSession, recall_id: UUID, now: datetime) -> int:
    """Mail goes out as a letter of its own, which was there before anybody could choose."""
    recall = kernel.get_one(Recall, recall_id)
    if recall.published_at is None or recall.kind == DRILL:
        return 0
    place = f"{recall.id} {recall.bucket}.{recall.seq}"
    facts = {"recall": recall.code, "level": str(recall.level), "state": recall.state}
    event = Event("recall-in-territory", place, facts, f"/recalls/{recall.code}")
    officers = [one for one, territory in list_officers(kernel) if covers(territory, recall.region_code)]
    for account in officers:
        chosen = ways_of(kernel, account.id, "recall-in-territory")
        tell(kernel, account, event, Ways(False, chosen.in_app, chosen.webhook), now)
    return len(officers)


def _tell_sources(kernel: ScopedSession, recall: Recall, now: datetime) -> None:
    """Who made or supplied what a seller recalls hears of it (Food Recall Measures art. 20), and of nobody it sold to.

    Nobody hears twice of a recall that stands as it stood: its state, its level, and how many batches it names.
    """
    if recall.seller_cause is None or recall.published_at is None:
        return
    firm = kernel.get_one(Party, recall.party_id)
    facts = {"recall": recall.code, "level": str(recall.level), "state": recall.state, "firm": firm.name_zh}
    named = len(list_recall_batches(kernel, [recall.id]))
    about, more = (
        f"{recall.id} {recall.state} {recall.level} {named}",
        {"firm_en": firm.name_en or firm.name_zh},
    )
    event = Event("seller-recall", about, facts | more, f"/recalls/{recall.code}")
    for party_id in sorted(sources_of(kernel, recall)):
        tell_party(kernel, party_id, event, now)


def _follow(kernel: ScopedSession, search_id: UUID, zone: ZoneInfo, now: datetime) -> int:
    search = kernel.get(SavedSearch, search_id, with_for_update=HELD, populate_existing=True)
    if search is None:
        return 0
    account = kernel.get_one(Account, search.account_id)
    usual = ways_of(kernel, account.id, "saved-search")
    ways = Ways(False, usual.in_app and search.in_app, usual.webhook and search.webhook)
    found, search.position = _changed(kernel, search, search.position, zone)
    for one in found:
        tell(kernel, account, _event(kernel, search, one), ways, now)
    if search.mail == "at_once" and usual.mail:
        _mail(kernel, search, zone, now)
    elif search.mail == "daily" and usual.mail and found and search.digest_due_at is None:
        search.digest_due_at = next_digest(now, zone)
        ask(kernel, "search-digest", {"search_id": str(search.id)}, now, search.digest_due_at)
    kernel.add(search)
    return len(found)


def _event(kernel: ScopedSession, search: SavedSearch, one: RecallSummary) -> Event:
    recall = kernel.get_one(Recall, one.id)
    facts = {
        "recall": one.code,
        "level": str(one.level),
        "state": one.state,
        "search": search.name,
        "search_id": str(search.id),
    }
    about = f"{search.id} {one.id} {recall.bucket}.{recall.seq}"
    return Event("saved-search", about, facts, f"/recalls/{one.code}")


def _changed(
    kernel: ScopedSession, search: SavedSearch, since: str, zone: ZoneInfo
) -> tuple[list[RecallSummary], str]:
    """All that changed and fits, and the position after it."""
    found: list[RecallSummary] = []
    position = read_position(since, BUCKETS)
    kernel.flush()
    with ScopedSession(kernel.connection(), PUBLIC) as public:
        for page, following in _pages(public, search, position, zone):
            found += [one for one in page if one.kind != DRILL]
            position = following
    return found, write_position(position)


def _pages(
    public: ScopedSession, search: SavedSearch, position: tuple[int, ...], zone: ZoneInfo
) -> Iterator[tuple[list[RecallSummary], tuple[int, ...]]]:
    asked, left = read_filter(search.asked), True
    while left:
        page, position = search_changed(public, asked, zone, position, CHUNK)
        yield list(page.items), position
        left = page.total > len(page.items)


def send_digest(engine: Engine, search_id: UUID, zone: ZoneInfo, now: datetime) -> str:
    """The mail of the day: what changed since the last one."""
    with writing(engine) as connection, ScopedSession(connection, EVERYTHING) as kernel:
        search = kernel.get(SavedSearch, search_id, with_for_update=HELD)
        if search is None or search.digest_due_at is None:
            return "nothing to send"
        search.digest_due_at = None
        count = _mail(kernel, search, zone, now)
        kernel.add(search)
        kernel.flush()
    return f"{count} changes"


def _mail(kernel: ScopedSession, search: SavedSearch, zone: ZoneInfo, now: datetime) -> int:
    account = kernel.get_one(Account, search.account_id)
    found, search.mailed = _changed(kernel, search, search.mailed, zone)
    wanted = search.mail != "never" and ways_of(kernel, account.id, "saved-search").mail
    if found and wanted and account.email and not _closed(kernel, account):
        codes = [one.code for one in found]
        payload = {"search_id": str(search.id), "codes": codes[:MOST_IN_A_MAIL], "count": len(codes)}
        ask(kernel, "search-mail", payload | {"account_id": str(account.id), "name": search.name}, now)
    return len(found)


def _closed(kernel: ScopedSession, account: Account) -> bool:
    party = kernel.get(Party, account.party_id)
    return account.disabled_at is not None or (party is not None and party.archived_at is not None)
