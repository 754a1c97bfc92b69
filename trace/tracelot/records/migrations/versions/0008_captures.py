"""EPCIS events as captured, what they empty, their goods; where a unit came from, where that is told"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008_captures"
down_revision: str | Sequence[str] | None = "0007_kernel"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("unitstop", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(), nullable=True))
    _events()
    _goods()


def _events() -> None:
    op.create_table(
        "capturedevent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("declared_by", sa.Uuid(), nullable=True),
        sa.Column("transformation", sa.String(), nullable=True),
        sa.Column("hub_id", sa.Uuid(), nullable=True),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_capturedevent_party_id")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_capturedevent_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capturedevent")),
    )
    op.create_index("ix_capturedevent_event_id", "capturedevent", ["event_id"])
    op.create_index("ix_capturedevent_party_id_name", "capturedevent", ["party_id", "name"])
    op.create_index(
        "ix_capturedevent_party_id_transformation", "capturedevent", ["party_id", "transformation"]
    )


def _goods() -> None:
    op.create_table(
        "capturedemptying",
        sa.Column("captured_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["captured_id"], ["capturedevent.id"], name=op.f("fk_capturedemptying_captured_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_capturedemptying_party_id")),
        sa.PrimaryKeyConstraint("captured_id", "number", name=op.f("pk_capturedemptying")),
    )
    op.create_index("ix_capturedemptying_place", "capturedemptying", ["place"])
    op.create_table(
        "capturedgoods",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("observed", sa.Boolean(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_capturedgoods_party_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_capturedgoods_product_id")),
        sa.PrimaryKeyConstraint("party_id", "batch_id", name=op.f("pk_capturedgoods")),
    )
    op.create_index("ix_capturedgoods_name", "capturedgoods", ["name"])


def downgrade() -> None:
    for table in ("capturedgoods", "capturedemptying", "capturedevent"):
        op.drop_table(table)
    with op.batch_alter_table("unitstop", schema=None) as batch_op:
        batch_op.drop_column("source")
