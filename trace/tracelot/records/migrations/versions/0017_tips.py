"""complaints and tips of the public, and who answers for what"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0017_tips"
down_revision: str | Sequence[str] | None = "0016_withdrawing"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("tip", "tipcontact", "tipnote", "tipphoto", "tipshare", "responsible")
INDEXED = {
    "tip": ("party_id", "product_id", "batch_id", "maker_id", "state"),
    "tipcontact": ("erase_on",),
    "tipnote": ("tip_id", "party_id", "to_party_id"),
    "tipphoto": ("tip_id",),
    "tipshare": ("party_id", "office_id", "batch_id"),
    "responsible": ("party_id", "account_id"),
}


def upgrade() -> None:
    _table("tip", *_tip())
    _table("tipcontact", *_contact(), key="tip_id")
    _table("tipnote", *_note())
    _table("tipphoto", *_photo())
    _table("tipshare", *_share())
    _table("responsible", *_responsible())
    op.create_index("ix_responsible_subject", "responsible", ["subject_kind", "subject_id", "side"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _table(name: str, *columns: Any, key: str = "id") -> None:
    op.create_table(
        name,
        sa.Column(key, sa.Uuid(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{name}")),
    )
    for column in INDEXED[name]:
        op.create_index(f"ix_{name}_{column}", name, [column])


def _text(name: str, *, needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=not needed)


def _uuid(name: str, *, needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=not needed)


def _moment(name: str, *, needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not needed)


def _day(name: str, *, needed: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Date(), nullable=not needed)


def _names(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _tip() -> list[Any]:
    needed = ("code", "digest", "region_code", "kind", "words", "state")
    return [
        sa.Column("version", sa.Integer(), nullable=False),
        _uuid("party_id", needed=True),
        *(_text(name, needed=True) for name in needed),
        *(_text(name) for name in ("written", "product", "maker", "shop", "closing", "answer")),
        *(
            _uuid(name)
            for name in ("product_id", "batch_id", "maker_id", "duplicate_of", "recall_id", "sampling_id")
        ),
        _day("bought_on"),
        _day("due_on", needed=True),
        _moment("closed_at"),
        _day("retain_until", needed=True),
        _moment("recorded_at", needed=True),
        _names("tip", "party_id", "party"),
        sa.UniqueConstraint("code", name=op.f("uq_tip_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_tip_digest")),
    ]


def _contact() -> list[Any]:
    return [
        _uuid("party_id", needed=True),
        _text("name"),
        _text("reach"),
        _day("erase_on"),
        _moment("recorded_at", needed=True),
        _names("tipcontact", "tip_id", "tip"),
        _names("tipcontact", "party_id", "party"),
    ]


def _note() -> list[Any]:
    return [
        _uuid("tip_id", needed=True),
        _uuid("party_id", needed=True),
        _uuid("to_party_id"),
        _text("step", needed=True),
        sa.Column("by_reporter", sa.Boolean(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        _text("words", needed=True),
        _day("retain_until", needed=True),
        _moment("recorded_at", needed=True),
        _uuid("recorded_by"),
        _names("tipnote", "tip_id", "tip"),
        _names("tipnote", "party_id", "party"),
        _names("tipnote", "to_party_id", "party"),
    ]


def _photo() -> list[Any]:
    return [
        _uuid("tip_id", needed=True),
        _uuid("party_id", needed=True),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        _text("sha256", needed=True),
        _text("content", needed=True),
        _moment("recorded_at", needed=True),
        _names("tipphoto", "tip_id", "tip"),
        _names("tipphoto", "party_id", "party"),
    ]


def _share() -> list[Any]:
    return [
        _uuid("party_id", needed=True),
        _uuid("office_id", needed=True),
        _uuid("product_id"),
        _uuid("batch_id"),
        _text("kind", needed=True),
        _text("words", needed=True),
        _day("retain_until", needed=True),
        _moment("recorded_at", needed=True),
        _uuid("recorded_by"),
        _names("tipshare", "party_id", "party"),
        _names("tipshare", "office_id", "party"),
    ]


def _responsible() -> list[Any]:
    return [
        *(_text(name, needed=True) for name in ("subject_kind", "subject_id", "side")),
        _uuid("party_id", needed=True),
        _uuid("account_id"),
        _moment("since", needed=True),
        _moment("until"),
        _uuid("recorded_by"),
        _names("responsible", "party_id", "party"),
    ]
