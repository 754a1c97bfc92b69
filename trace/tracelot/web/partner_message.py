"""A recall's view as the message that trading partners take in."""

from typing import Any
from uuid import UUID

from tracelot.formats.gs1_recall import Message, TradeItem, write_message
from tracelot.records.recalls import RangeView, RecalledBatch, RecallView
from tracelot.rules.identifiers import digital_link


def partner_message(view: RecallView, site: str) -> dict[str, Any]:
    """The message of a published recall."""
    lines: dict[UUID, list[RecalledBatch]] = {}
    spans: dict[UUID, list[RangeView]] = {}
    for line in view.batches:
        lines.setdefault(line.product_id, []).append(line)
    for span in view.ranges:
        spans.setdefault(span.product_id, []).append(span)
    return write_message(
        Message(
            code=view.code,
            kind=view.kind,
            level=view.level,
            published=view.published_at or view.recorded_at,
            changed=view.changed_at,
            firm=(view.firm_zh, view.firm_en, view.firm_sc_no),
            seller=view.seller_cause is not None,
            reason_code=view.reason_code,
            reason=(view.reason_zh, view.reason_en),
            harm=(view.harm_zh, view.harm_en),
            remedy=(view.remedy_zh, view.remedy_en),
            contact=(view.contact, view.contact_hours),
            url=f"{site}/recalls/{view.code}",
            withdrawn=(view.withdrawn_at, view.withdrawn_reason, view.overturned_by)
            if view.withdrawn_at
            else None,
            items=[_item(told, lines.get(product, []), site) for product, told in spans.items()],
        )
    )


def _item(told: list[RangeView], lines: list[RecalledBatch], site: str) -> TradeItem:
    first = told[0]
    gtin = next((line.gtin for line in lines if line.gtin), None)
    return TradeItem(
        gtin=gtin,
        name_zh=first.product_name_zh,
        name_en=first.product_name_en,
        spec=first.spec,
        batches=[(line.code, line.production_date, line.expiry_date, _link(line, site)) for line in lines],
        periods=[(span.made_from, span.made_to) for span in told if not span.by_code],
    )


def _link(line: RecalledBatch, site: str) -> str | None:
    if line.gtin:
        return digital_link(site, line.gtin, line.code)
    return f"{site}/b/{line.short_code}" if line.short_code else None
