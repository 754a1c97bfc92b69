"""where the work on a recall stands, its plans and reports, and what offices do about it"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0013_proceedings"
down_revision: str | Sequence[str] | None = "0012_effectiveness"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENTS = ("ordered_at", "told_at", "started_at", "closed_at")
WORDS = ("order_no", "depth", "effectiveness_level", "cost_bearer", "expected_effect", "supervised_area")


def upgrade() -> None:
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.add_column(sa.Column("area_codes", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("stage", sa.String(), nullable=False, server_default="assessing"))
        batch_op.add_column(sa.Column("mode", sa.String(), nullable=False, server_default="voluntary"))
        batch_op.add_column(
            sa.Column("initiator_role", sa.String(), nullable=False, server_default="producer")
        )
        batch_op.add_column(sa.Column("ordered_by", sa.Uuid(), nullable=True))
        for name in ("starts_on", "ends_on"):
            batch_op.add_column(sa.Column(name, sa.Date(), nullable=True))
        for name in MOMENTS:
            batch_op.add_column(sa.Column(name, sa.DateTime(timezone=True), nullable=True))
        for name in WORDS:
            batch_op.add_column(sa.Column(name, sa.String(), nullable=True))
        batch_op.create_index("ix_recall_stage", ["stage"])
    op.execute(
        "UPDATE recall SET stage = 'recovering', started_at = published_at WHERE published_at IS NOT NULL"
    )
    _table("recallplan", *_plan())
    _table("recallreport", *_report())
    _table("regulatoraction", *_action())
    op.create_index("ix_regulatoraction_office_id", "regulatoraction", ["office_id"])


def _table(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        *columns,
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f(f"fk_{name}_recall_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f(f"fk_{name}_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("recall_id", "number", name=op.f(f"uq_{name}_recall_id_number")),
    )
    op.create_index(f"ix_{name}_recall_id", name, ["recall_id"])
    op.create_index(f"ix_{name}_party_id", name, ["party_id"])


def _plan() -> list[sa.Column[Any]]:
    return [
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
    ]


def _report() -> list[sa.Column[Any]]:
    return [
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
    ]


def _action() -> list[sa.Column[Any]]:
    return [
        sa.Column(
            "office_id",
            sa.Uuid(),
            sa.ForeignKey("party.id", name=op.f("fk_regulatoraction_office_id")),
            nullable=False,
        ),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("doc_no", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("variance", sa.String(), nullable=True),
        sa.Column("plan_number", sa.Integer(), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=True),
    ]


def downgrade() -> None:
    for table in ("regulatoraction", "recallreport", "recallplan"):
        op.drop_table(table)
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.drop_index("ix_recall_stage")
        columns = ("area_codes", "stage", "mode", "initiator_role", "ordered_by", "starts_on", "ends_on")
        for name in (*columns, *MOMENTS, *WORDS):
            batch_op.drop_column(name)
