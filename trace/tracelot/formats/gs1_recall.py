"""A published recall as a message between trading partners, after GS1's product recall notification.

GS1's identifiers in it (GTIN, batch as AI 10, dates as AI 11 and 17, Digital Link) are by its General Specifications.
The names of the message's own fields are not verified against GS1's schema: `verified` says so in each message, and
`MAPPING` which field holds what. What Trace does not know is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

KINDS = {
    "recall": "RECALL",
    "market_withdrawal": "MARKET_WITHDRAWAL",
    "stock_recovery": "STOCK_RECOVERY",
}
MAPPING = {
    "recallNotificationIdentification": "code",
    "recallNotificationStatus": "ORIGINAL, UPDATE once it changed after its publication, WITHDRAWN in the end",
    "recallNotificationType": "kind",
    "classification": "level",
    "withdrawal": "where it was withdrawn: when, why, and the report that overturned what was found",
    "creationDateTime": "published_at",
    "lastUpdateDateTime": "changed_at",
    "issuer": "the firm: its name in both languages, its food licence, and MAKER or SELLER",
    "recallReason": "reason_code, reason_zh, reason_en",
    "hazardDescription": "harm_zh, harm_en",
    "consumerInstruction": "remedy_zh, remedy_en",
    "contact": "contact, contact_hours",
    "noticeUrl": "the public notice",
    "recalledTradeItem": "each product: gtin, name, specification, and its batches",
    "recalledTradeItem.batch": "batchNumber (AI 10), productionDate (11), expirationDate (17), digitalLink",
    "recalledTradeItem.productionPeriod": "production dates, where all batches made between them are recalled",
}


@dataclass(frozen=True)
class TradeItem:
    """One product of a recall."""

    gtin: str | None
    name_zh: str
    name_en: str | None
    spec: str | None
    batches: Sequence[tuple[str, date | None, date | None, str | None]]  # code, made, expires, link
    periods: Sequence[tuple[date | None, date | None]]


@dataclass(frozen=True)
class Message:
    """What a recall says, whoever it is for."""

    code: str
    kind: str
    level: int
    published: datetime
    changed: datetime
    firm: tuple[str, str | None, str | None]  # names, and the food licence
    reason_code: str
    reason: tuple[str | None, str | None]
    harm: tuple[str | None, str | None]
    remedy: tuple[str | None, str | None]
    contact: tuple[str | None, str | None]
    url: str
    items: Sequence[TradeItem]
    seller: bool = False  # recalled is what the firm sold, and others made
    withdrawn: tuple[datetime, str | None, str | None] | None = None  # when, why, by which report


def write_message(one: Message) -> dict[str, Any]:
    """The message as JSON."""
    zh, en, licence = one.firm
    return _told(
        {
            "standard": "GS1 product recall notification",
            "verified": False,
            "recallNotificationIdentification": one.code,
            "recallNotificationStatus": _status(one),
            "recallNotificationType": KINDS.get(one.kind, one.kind.upper()),
            "classification": one.level,
            "withdrawal": _withdrawal(one),
            "creationDateTime": one.published.isoformat(timespec="seconds"),
            "lastUpdateDateTime": one.changed.isoformat(timespec="seconds"),
            "issuer": _told(
                {
                    "partyName": _both((zh, en)),
                    "foodLicence": licence,
                    "role": "SELLER" if one.seller else "MAKER",
                }
            ),
            "recallReason": {"code": one.reason_code, "description": _both(one.reason)},
            "hazardDescription": _both(one.harm),
            "consumerInstruction": _both(one.remedy),
            "contact": _told({"communicationValue": one.contact[0], "availability": one.contact[1]}),
            "noticeUrl": one.url,
            "recalledTradeItem": [_item(item) for item in one.items],
        }
    )


def _status(one: Message) -> str:
    if one.withdrawn:
        return "WITHDRAWN"
    return "UPDATE" if one.changed > one.published else "ORIGINAL"


def _withdrawal(one: Message) -> dict[str, Any] | None:
    if one.withdrawn is None:
        return None
    at, reason, report = one.withdrawn
    return _told({"dateTime": at.isoformat(timespec="seconds"), "reason": reason, "reportNumber": report})


def _item(item: TradeItem) -> dict[str, Any]:
    return _told(
        {
            "gtin": item.gtin,
            "tradeItemDescription": _both((item.name_zh, item.name_en)),
            "specification": item.spec,
            "batch": [
                _told(
                    {
                        "batchNumber": code,
                        "productionDate": _day(made),
                        "expirationDate": _day(ends),
                        "digitalLink": link,
                    }
                )
                for code, made, ends, link in item.batches
            ],
            "productionPeriod": [
                _told({"from": _day(first), "to": _day(last)}) for first, last in item.periods
            ],
        }
    )


def _both(pair: tuple[str | None, str | None]) -> list[dict[str, str]]:
    """A text in the languages in which it is told."""
    return [
        {"languageCode": code, "value": text} for code, text in zip(("zh", "en"), pair, strict=True) if text
    ]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields that something is known of."""
    return {name: value for name, value in fields.items() if value not in (None, [], {})}
