"""The scope of a recall, frozen version by version, with its lines"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010_recall_scope"
down_revision: str | Sequence[str] | None = "0009_law"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "recall_scope",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=False),
        sa.Column("excluded", sa.Integer(), nullable=False),
        sa.Column("left_open", sa.Integer(), nullable=False),
        sa.Column("others", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_scope_recall_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recall_scope_party_id")),
        sa.PrimaryKeyConstraint("recall_id", "version", name=op.f("pk_recall_scope")),
    )
    op.create_table(
        "recall_scope_line",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("product_zh", sa.String(), nullable=True),
        sa.Column("product_en", sa.String(), nullable=True),
        sa.Column("firm_zh", sa.String(), nullable=True),
        sa.Column("firm_en", sa.String(), nullable=True),
        sa.Column("registered", sa.Boolean(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.Column("distance", sa.Integer(), nullable=False),
        sa.Column("certainty", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("amounts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_scope_line_recall_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recall_scope_line_party_id")),
        sa.PrimaryKeyConstraint("recall_id", "version", "batch_id", name=op.f("pk_recall_scope_line")),
    )


def downgrade() -> None:
    op.drop_table("recall_scope_line")
    op.drop_table("recall_scope")
