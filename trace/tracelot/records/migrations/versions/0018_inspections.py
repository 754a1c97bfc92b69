"""Inspections with findings and files, limits, analytes, certificates of laboratories, retained samples"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from tracelot.records.limits import seed_analytes, seed_limits

revision: str = "0018_inspections"
down_revision: str | Sequence[str] | None = "0017_tips"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = (
    "holdrequest",
    "finding",
    "inspectionfile",
    "inspection",
    "retainedsample",
    "labscope",
    "foodlimit",
    "analyte",
)


def upgrade() -> None:
    op.add_column(
        "product", sa.Column("outgoing_required", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "batch", sa.Column("outgoing_passed", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    _lists()
    _inspections()
    _files()
    _samples()
    _holds()


def _text(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _lists() -> None:
    limits = op.create_table(
        "foodlimit",
        _text("id", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(_text(name, nullable=False) for name in ("jurisdiction", "category", "analyte", "op")),
        *(_text(name) for name in ("value", "upper", "unit", "plan_m", "plan_most", "text")),
        sa.Column("plan_n", sa.Integer(), nullable=True),
        sa.Column("plan_c", sa.Integer(), nullable=True),
        _text("standard", nullable=False),
        _text("method"),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("to_check", sa.Boolean(), nullable=False),
        _text("source_zh", nullable=False),
        _text("source_en", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foodlimit")),
    )
    op.create_index(op.f("ix_foodlimit_category"), "foodlimit", ["category"])
    op.create_index(op.f("ix_foodlimit_analyte"), "foodlimit", ["analyte"])
    analytes = op.create_table(
        "analyte",
        *(_text(name, nullable=False) for name in ("code", "name_zh", "name_en", "item_class")),
        sa.Column("synonyms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_analyte")),
    )
    op.bulk_insert(limits, seed_limits())
    op.bulk_insert(analytes, seed_analytes())


def _inspections() -> None:
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Uuid(), nullable=True) for name in ("batch_id", "lab_id", "issuer_id")),
        *(_text(name, nullable=False) for name in ("kind", "jurisdiction", "verdict", "state", "origin_hash")),
        *(_text(name) for name in ("sample_no", "report_no", "conclusion", "tester", "reviewer", "approver")),
        *(_text(name) for name in ("food_category", "lab_zh", "lab_en", "cma_no", "cnas_no", "file_sha256")),
        _text("reason"),
        *(
            sa.Column(name, sa.Date(), nullable=True)
            for name in ("received_on", "tested_from", "tested_to", "issued_on", "cma_from", "cma_to")
        ),
        sa.Column("judgement_basis", sa.JSON(), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Uuid(), nullable=True)
            for name in ("supersedes", "retest_of", "overturned_by", "file_id", "recorded_by")
        ),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_inspection_{name}"))
            for name, to in (("party_id", "party"), ("product_id", "product"), ("batch_id", "batch"),
                             ("lab_id", "party"), ("issuer_id", "party"))
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )  # fmt: skip
    for name in (
        "party_id", "product_id", "batch_id", "lab_id", "sample_no", "state", "retest_of", "retain_until",
        "recorded_at",
    ):  # fmt: skip
        op.create_index(op.f(f"ix_inspection_{name}"), "inspection", [name])
    op.create_table(
        "finding",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "inspection_id", "party_id")),
        sa.Column("number", sa.Integer(), nullable=False),
        *(
            _text(name, nullable=False)
            for name in ("analyte_zh", "measured_text", "censored", "form", "verdict", "reason")
        ),
        *(_text(name) for name in ("analyte_code", "analyte_en", "item_class", "method", "unit", "value")),
        *(_text(name) for name in ("bound", "lod", "loq", "uncertainty", "said", "limit_id", "limit_op")),
        *(_text(name) for name in ("limit_value", "limit_upper", "limit_unit", "limit_text", "standard")),
        *(_text(name) for name in ("plan_m", "plan_most")),
        sa.Column("limit_to_check", sa.Boolean(), nullable=False),
        sa.Column("plan_n", sa.Integer(), nullable=True),
        sa.Column("plan_c", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspection.id"], name=op.f("fk_finding_inspection_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_finding_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index(op.f("ix_finding_inspection_id"), "finding", ["inspection_id"])
    op.create_index(op.f("ix_finding_analyte_code"), "finding", ["analyte_code"])


def _files() -> None:
    op.create_table(
        "inspectionfile",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "inspection_id", "party_id")),
        *(_text(name, nullable=False) for name in ("name", "media_type", "sha256", "content")),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspectionfile_inspection_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_inspectionfile_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspectionfile")),
    )
    op.create_index(op.f("ix_inspectionfile_inspection_id"), "inspectionfile", ["inspection_id"])
    op.create_table(
        "labscope",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        _text("scheme", nullable=False),
        _text("number", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_labscope_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labscope")),
    )
    op.create_index(op.f("ix_labscope_party_id"), "labscope", ["party_id"])


def _samples() -> None:
    op.create_table(
        "retainedsample",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "batch_id", "party_id")),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        *(_text(name, nullable=False) for name in ("unit", "place", "origin_hash")),
        *(sa.Column(name, sa.Date(), nullable=False) for name in ("taken_on", "until", "retain_until")),
        sa.Column("disposed_on", sa.Date(), nullable=True),
        _text("disposed_note"),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_retainedsample_batch_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_retainedsample_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retainedsample")),
    )
    for name in ("batch_id", "party_id"):
        op.create_index(op.f(f"ix_retainedsample_{name}"), "retainedsample", [name])


def _holds() -> None:
    op.create_table(
        "holdrequest",
        *(
            sa.Column(name, sa.Uuid(), nullable=False)
            for name in ("id", "inspection_id", "batch_id", "party_id")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("to_party_id", sa.Uuid(), nullable=True),
        sa.Column("direct", sa.Boolean(), nullable=False),
        *(_text(name, nullable=False) for name in ("name", "firm_zh", "product_zh", "code", "what", "state")),
        *(_text(name) for name in ("name_en", "email", "region_code", "firm_en", "product_en")),
        sa.Column("stop_sale", sa.Boolean(), nullable=True),
        sa.Column("on_hand", sa.BigInteger(), nullable=True),
        _text("unit"),
        _text("note"),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_holdrequest_inspection_id")
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_holdrequest_party_id")),
        sa.ForeignKeyConstraint(["to_party_id"], ["party.id"], name=op.f("fk_holdrequest_to_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdrequest")),
    )
    for name in ("inspection_id", "batch_id", "party_id", "to_party_id"):
        op.create_index(op.f(f"ix_holdrequest_{name}"), "holdrequest", [name])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("batch", "outgoing_passed")
    op.drop_column("product", "outgoing_required")
