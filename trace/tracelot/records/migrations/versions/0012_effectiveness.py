"""Samples, effectiveness checks and disposals of recalls"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012_effectiveness"
down_revision: str | Sequence[str] | None = "0011_reach"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _samples()
    _checks()
    _disposals()


def _ends(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f(f"fk_{table}_party_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f(f"fk_{table}_recall_id")),
    ]


def _kept() -> list[sa.Column[object]]:
    return [
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
    ]


def _samples() -> None:
    op.create_table(
        "effectivenesssample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("consignees", sa.JSON(), nullable=False),
        sa.Column("drawn", sa.JSON(), nullable=False),
        sa.Column("drawn_by", sa.Uuid(), nullable=False),
        *_kept(),
        *_ends("effectivenesssample"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effectivenesssample")),
        sa.UniqueConstraint("recall_id", name=op.f("uq_effectivenesssample_recall_id")),
    )
    op.create_index("ix_effectivenesssample_party_id", "effectivenesssample", ["party_id"])


def _checks() -> None:
    op.create_table(
        "effectivenesscheck",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("consignee", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("performed_by", sa.Uuid(), nullable=True),
        sa.Column("checked_by", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        *_kept(),
        *_ends("effectivenesscheck"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_effectivenesscheck")),
    )
    op.create_index("ix_effectivenesscheck_party_id", "effectivenesscheck", ["party_id"])
    op.create_index("ix_effectivenesscheck_recall_id", "effectivenesscheck", ["recall_id"])


def _disposals() -> None:
    op.create_table(
        "disposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("consignee", sa.String(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("witness", sa.String(), nullable=True),
        sa.Column("witnessed_by", sa.Uuid(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("origin_hash", sa.String(), nullable=False),
        *_kept(),
        *_ends("disposal"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposal")),
    )
    op.create_index("ix_disposal_party_id", "disposal", ["party_id"])
    op.create_index("ix_disposal_recall_id", "disposal", ["recall_id"])


def downgrade() -> None:
    for table in ("disposal", "effectivenesscheck", "effectivenesssample"):
        op.drop_table(table)
