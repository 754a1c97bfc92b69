"""The table of recall laws, working days, clocks of recalls and their extensions"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracelot.records.law import seed_days, seeds

revision: str = "0009_law"
down_revision: str | Sequence[str] | None = "0008_captures"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("clockextension", "recallclock", "calendarday", "rulelimit", "rulepack")
COLUMNS = ("rule_pack", "planned_end", "jurisdiction")


def upgrade() -> None:
    op.add_column("recall", sa.Column("jurisdiction", sa.String(), nullable=False, server_default="CN"))
    op.add_column("recall", sa.Column("planned_end", sa.Date(), nullable=True))
    op.add_column("recall", sa.Column("rule_pack", sa.String(), nullable=True))
    _law()
    _clocks()


def _law() -> None:
    packs = op.create_table(
        "rulepack",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("jurisdiction", sa.String(), nullable=False),
        sa.Column("product_scope", sa.String(), nullable=False),
        sa.Column("legal_ref_zh", sa.String(), nullable=False),
        sa.Column("legal_ref_en", sa.String(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("source_note_zh", sa.String(), nullable=False),
        sa.Column("source_note_en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rulepack")),
    )
    limits = op.create_table(
        "rulelimit",
        sa.Column("start_within_hours", sa.Integer(), nullable=True),
        sa.Column("complete_within_workdays", sa.Integer(), nullable=True),
        sa.Column("report_after_close_workdays", sa.Integer(), nullable=True),
        sa.Column("status_every_days_least", sa.Integer(), nullable=True),
        sa.Column("status_every_days_most", sa.Integer(), nullable=True),
        sa.Column("record_retention_years", sa.Integer(), nullable=True),
        sa.Column("pack_id", sa.String(), nullable=False),
        sa.Column("level_code", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("to_check", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["rulepack.id"], name=op.f("fk_rulelimit_pack_id")),
        sa.PrimaryKeyConstraint("pack_id", "level_code", name=op.f("pk_rulelimit")),
    )
    days = op.create_table(
        "calendarday",
        sa.Column("jurisdiction", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("arranged", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction", "day", name=op.f("pk_calendarday")),
    )
    law, allowed = seeds()
    op.bulk_insert(packs, law)
    op.bulk_insert(limits, allowed)
    op.bulk_insert(days, list(seed_days()))


def _clocks() -> None:
    op.create_table(
        "recallclock",
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("source_zh", sa.String(), nullable=False),
        sa.Column("source_en", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_recallclock_party_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recallclock_recall_id")),
        sa.PrimaryKeyConstraint("recall_id", "kind", "number", name=op.f("pk_recallclock")),
    )
    op.create_index("ix_recallclock_met_at_due_at", "recallclock", ["met_at", "due_at"])
    op.create_table(
        "clockextension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recall_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("was_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("office_id", sa.Uuid(), nullable=True),
        sa.Column("office_zh", sa.String(), nullable=True),
        sa.Column("office_en", sa.String(), nullable=True),
        sa.Column("decision_note", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_clockextension_party_id")),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_clockextension_recall_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clockextension")),
    )
    op.create_index(op.f("ix_clockextension_recall_id"), "clockextension", ["recall_id"])
    op.create_index(op.f("ix_clockextension_state"), "clockextension", ["state"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    for column in COLUMNS:
        op.drop_column("recall", column)
