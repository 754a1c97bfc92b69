"""Whether recalls in a store are told whole or not at all: judged row by row, as `kept` reads them."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from faults.kept import Kept, payload

Row = dict[str, Any]


class Whole(NamedTuple):
    """All that a publication writes, counted; and what of it there is before."""

    published: bool
    notices: int = 0
    goods: int = 0
    letters: int = 0
    sendings: int = 0  # tasks that send a letter
    reminders: int = 0
    announced: int = 0  # tasks that tell offices, and followers
    scopes: int = 0
    begun: int = 0  # clocks that run, or ran
    placed: bool = False  # in the feed
    recalled: int = 0
    journal: int = 0
    signed: int = 0


def tellings(kept: Kept) -> dict[str, Whole]:
    """What stands of each recall's publication."""
    notices, letters = kept.by("recallnotice", "recall_id"), kept.by("recallletter", "notice_id")
    goods, named = kept.by("recallnoticeline", "notice_id"), kept.by("recallbatch", "recall_id")
    scopes, clocks = kept.by("recall_scope", "recall_id"), kept.by("recallclock", "recall_id")
    batches = {row["id"]: row for row in kept.rows["batch"]}
    tasks = Counter((row["kind"], payload(row).get("recall_id") or payload(row).get("letter_id"))
                    for row in kept.rows["task"])  # fmt: skip
    signed = Counter(row["subject_id"] for row in kept.rows["signature"] if row["act"] == "recall.published")
    found = {}
    for row in kept.rows["recall"]:
        id_, mine = row["id"], notices[row["id"]]
        first = [one for notice in mine for one in letters[notice["id"]] if one["kind"] == "notice"]
        found[id_] = Whole(
            row["state"] == "published",
            len(mine),
            sum(len(goods[notice["id"]]) for notice in mine),
            len(first),
            sum(tasks["notice-letter", letter["id"]] for letter in first),
            tasks["notice-reminder", id_],
            tasks["recall-published", id_] + tasks["recall-changed", id_],
            sum(one["act"] == "published" for one in scopes[id_]),
            sum(one["kind"] != "start" and one["begun_at"] is not None for one in clocks[id_]),
            row["seq"] is not None,
            sum(batches[one["batch_id"]]["status"] == "recalled" for one in named[id_]),
            kept.journal["recall.published", id_] + kept.journal["recall.told", id_]
            + sum(kept.journal["batch.recalled", one["batch_id"]] for one in named[id_]),
            signed[id_],
        )  # fmt: skip
    return found


def half_told(kept: Kept, customers: int) -> list[str]:
    """Recalls of one batch that went to so many customers, each with an address, of which only a part was written."""
    said = Whole(True, customers, customers, customers, customers, 1, 2, 1, 1, True, 1, 3, 1)
    return [
        f"recall {id_}: {whole}" for id_, whole in tellings(kept).items() if whole not in (said, Whole(False))
    ]


def taken(kept: Kept) -> set[str]:
    """The Message-IDs of letters, and the ids of deliveries, of which the store knows that they were taken."""
    letters = {row["message_id"] for row in kept.rows["recallletter"] if row["state"] == "sent"}
    return letters | {row["id"] for row in kept.rows["webhookdelivery"] if row["state"] == "delivered"}


def waiting(kept: Kept) -> Mapping[str, int]:
    """What is still to be sent, by kind."""
    kinds = ("notice-letter", "webhook", "recall-changed", "recall-published")
    return Counter(
        row["kind"] for row in kept.rows["task"] if row["kind"] in kinds and row["done_at"] is None
    )
