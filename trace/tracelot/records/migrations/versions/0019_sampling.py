"""Supervised sampling: plans, tasks, sheets and what follows them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019_sampling"
down_revision: str | Sequence[str] | None = "0018_inspections"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("samplingresult", "samplingcase", "samplingclock", "samplingpaper", "samplingphoto", "sampling",
          "samplingtask", "samplingcandidate", "samplingplan")  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "samplingplan",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("task_type", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("draws", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.Column("frame_hash", sa.String(), nullable=True),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.String(), nullable=True),
        sa.Column("seed_source", sa.String(), nullable=True),
        sa.Column("result_hash", sa.String(), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingplan_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samplingplan")),
    )
    op.create_index("ix_samplingplan_party_id", "samplingplan", ["party_id"])
    op.create_table(
        "samplingcandidate",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("drawn", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["samplingplan.id"], name=op.f("fk_samplingcandidate_plan_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingcandidate_party_id")),
        sa.PrimaryKeyConstraint("plan_id", "stratum", "key", name=op.f("pk_samplingcandidate")),
    )
    op.create_table(
        "samplingtask",
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("task_type", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("lab_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("firm_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["samplingplan.id"], name=op.f("fk_samplingtask_plan_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingtask_party_id")),
        sa.ForeignKeyConstraint(["office_id"], ["party.id"], name=op.f("fk_samplingtask_office_id")),
        sa.ForeignKeyConstraint(["lab_id"], ["party.id"], name=op.f("fk_samplingtask_lab_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samplingtask")),
    )
    op.create_index("ix_samplingtask_lab_id", "samplingtask", ["lab_id"])
    op.create_index("ix_samplingtask_office_id_state", "samplingtask", ["office_id", "state"])
    op.create_index("ix_samplingtask_party_id", "samplingtask", ["party_id"])
    op.create_index("ix_samplingtask_plan_id", "samplingtask", ["plan_id"])
    op.create_index("ix_samplingtask_region_code", "samplingtask", ["region_code"])
    op.create_table(
        "sampling",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sheet_no", sa.String(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("lab_id", sa.Uuid(), nullable=False),
        sa.Column("taken_by", sa.Uuid(), nullable=False),
        sa.Column("retest_lab_id", sa.Uuid(), nullable=True),
        sa.Column("firm_id", sa.Uuid(), nullable=True),
        sa.Column("producer_id", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("goods_key", sa.String(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("county", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("task_type", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("origin_hash", sa.String(), nullable=False),
        sa.Column("spare", sa.Boolean(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("retest", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("inspection_id", sa.Uuid(), nullable=True),
        sa.Column("retest_inspection_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["samplingtask.id"], name=op.f("fk_sampling_task_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_sampling_party_id")),
        sa.ForeignKeyConstraint(["office_id"], ["party.id"], name=op.f("fk_sampling_office_id")),
        sa.ForeignKeyConstraint(["lab_id"], ["party.id"], name=op.f("fk_sampling_lab_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["party.id"], name=op.f("fk_sampling_taken_by")),
        sa.ForeignKeyConstraint(["retest_lab_id"], ["party.id"], name=op.f("fk_sampling_retest_lab_id")),
        sa.ForeignKeyConstraint(["firm_id"], ["party.id"], name=op.f("fk_sampling_firm_id")),
        sa.ForeignKeyConstraint(["producer_id"], ["party.id"], name=op.f("fk_sampling_producer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sampling")),
        sa.UniqueConstraint("sheet_no", name=op.f("uq_sampling_sheet_no")),
    )
    op.create_index("ix_sampling_batch_id", "sampling", ["batch_id"])
    op.create_index("ix_sampling_category_county_month", "sampling", ["category", "county", "month"])
    op.create_index("ix_sampling_firm_id", "sampling", ["firm_id"])
    op.create_index("ix_sampling_goods_key", "sampling", ["goods_key"])
    op.create_index("ix_sampling_lab_id", "sampling", ["lab_id"])
    op.create_index("ix_sampling_office_id", "sampling", ["office_id"])
    op.create_index("ix_sampling_party_id_state", "sampling", ["party_id", "state"])
    op.create_index("ix_sampling_producer_id", "sampling", ["producer_id"])
    op.create_index("ix_sampling_product_id", "sampling", ["product_id"])
    op.create_index("ix_sampling_region_code", "sampling", ["region_code"])
    op.create_index("ix_sampling_retest_lab_id", "sampling", ["retest_lab_id"])
    op.create_index("ix_sampling_state", "sampling", ["state"])
    op.create_index("ix_sampling_task_id", "sampling", ["task_id"])
    op.create_index("ix_sampling_verdict", "sampling", ["verdict"])
    op.create_table(
        "samplingphoto",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sampling_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["sampling_id"], ["sampling.id"], name=op.f("fk_samplingphoto_sampling_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingphoto_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samplingphoto")),
    )
    op.create_index("ix_samplingphoto_sampling_id", "samplingphoto", ["sampling_id"])
    op.create_table(
        "samplingpaper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sampling_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("by_party_id", sa.Uuid(), nullable=False),
        sa.Column("to_party_id", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["sampling_id"], ["sampling.id"], name=op.f("fk_samplingpaper_sampling_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingpaper_party_id")),
        sa.ForeignKeyConstraint(["by_party_id"], ["party.id"], name=op.f("fk_samplingpaper_by_party_id")),
        sa.ForeignKeyConstraint(["to_party_id"], ["party.id"], name=op.f("fk_samplingpaper_to_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samplingpaper")),
    )
    op.create_index("ix_samplingpaper_by_party_id", "samplingpaper", ["by_party_id"])
    op.create_index("ix_samplingpaper_party_id", "samplingpaper", ["party_id"])
    op.create_index(
        "ix_samplingpaper_sampling_id_number", "samplingpaper", ["sampling_id", "number"], unique=True
    )
    op.create_index("ix_samplingpaper_to_party_id", "samplingpaper", ["to_party_id"])
    op.create_table(
        "samplingclock",
        sa.Column("sampling_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("source_zh", sa.String(), nullable=False),
        sa.Column("source_en", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sampling_id"], ["sampling.id"], name=op.f("fk_samplingclock_sampling_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingclock_party_id")),
        sa.PrimaryKeyConstraint("sampling_id", "kind", "subject_id", name=op.f("pk_samplingclock")),
    )
    op.create_index("ix_samplingclock_holder_id", "samplingclock", ["holder_id"])
    op.create_index("ix_samplingclock_met_at_due_at", "samplingclock", ["met_at", "due_at"])
    op.create_table(
        "samplingcase",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sampling_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("office_id", sa.Uuid(), nullable=False),
        sa.Column("from_case_id", sa.Uuid(), nullable=True),
        sa.Column("case_no", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("measures", sa.JSON(), nullable=False),
        sa.Column("sealed_qty", sa.String(), nullable=True),
        sa.Column("sealed_unit", sa.String(), nullable=True),
        sa.Column("flow_found", sa.Boolean(), nullable=True),
        sa.Column("cause", sa.String(), nullable=True),
        sa.Column("rectification", sa.String(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("penalty_no", sa.String(), nullable=True),
        sa.Column("recall_id", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["sampling_id"], ["sampling.id"], name=op.f("fk_samplingcase_sampling_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingcase_party_id")),
        sa.ForeignKeyConstraint(["office_id"], ["party.id"], name=op.f("fk_samplingcase_office_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samplingcase")),
    )
    op.create_index("ix_samplingcase_office_id", "samplingcase", ["office_id"])
    op.create_index("ix_samplingcase_party_id", "samplingcase", ["party_id"])
    op.create_index("ix_samplingcase_sampling_id", "samplingcase", ["sampling_id"])
    op.create_table(
        "samplingresult",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sampling_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("region_code", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("sheet_no", sa.String(), nullable=False),
        sa.Column("producer_name", sa.String(), nullable=True),
        sa.Column("producer_address", sa.String(), nullable=True),
        sa.Column("firm_name", sa.String(), nullable=False),
        sa.Column("firm_address", sa.String(), nullable=False),
        sa.Column("sample_name", sa.String(), nullable=False),
        sa.Column("spec", sa.String(), nullable=True),
        sa.Column("brand", sa.String(), nullable=True),
        sa.Column("dated", sa.String(), nullable=True),
        sa.Column("failures", sa.JSON(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("bulletin_no", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("lab_name", sa.String(), nullable=False),
        sa.Column("remark", sa.String(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("office_zh", sa.String(), nullable=False),
        sa.Column("office_en", sa.String(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["sampling_id"], ["sampling.id"], name=op.f("fk_samplingresult_sampling_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_samplingresult_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samplingresult")),
    )
    op.create_index("ix_samplingresult_party_id", "samplingresult", ["party_id"])
    op.create_index("ix_samplingresult_sampling_id", "samplingresult", ["sampling_id"])
    op.create_index("ix_samplingresult_verdict_published_at", "samplingresult", ["verdict", "published_at"])
    op.create_index("ix_samplingresult_withdrawn_at", "samplingresult", ["withdrawn_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
