"""files on their way into the books, and what is wrong with them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020_imports"
down_revision: str | Sequence[str] | None = "0019_sampling"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "import",
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("id", "party_id")),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in (
                "noun",
                "file_name",
                "digest",
                "layout",
                "unknown",
                "state",
                "refused",
                "facts",
                "checked",
            )
        ),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in (
                "version",
                "size",
                "done",
                "rows",
                "reports",
                "findings",
                "failing",
                "faulty",
                "known",
                "problems",
            )
        ),
        sa.Column("only_valid", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("committed_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.Column("undone_reason", sa.String(), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_import_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    op.create_index("ix_import_party_id_id", "import", ["party_id", "id"])
    op.create_table(
        "importpart",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_importpart_import_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_importpart_party_id")),
        sa.PrimaryKeyConstraint("import_id", "kind", "number", name=op.f("pk_importpart")),
    )


def downgrade() -> None:
    op.drop_table("importpart")
    op.drop_index("ix_import_party_id_id", table_name="import")
    op.drop_table("import")
