"""Second factors, signatures, security events, successors of keys"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003_identity"
down_revision: str | Sequence[str] | None = "0002_feeds"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "secondfactor",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_secondfactor_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_secondfactor")),
    )
    op.create_table(
        "recoverycode",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_recoverycode_account_id")),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_recoverycode")),
    )
    op.create_table(
        "securityevent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_securityevent")),
    )
    for column in ("account_id", "party_id", "retain_until"):
        op.create_index(op.f(f"ix_securityevent_{column}"), "securityevent", [column], unique=False)
    op.create_table(
        "signature",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_party_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("meaning_en", sa.String(), nullable=False),
        sa.Column("meaning_zh", sa.String(), nullable=False),
        sa.Column("record_hash", sa.String(), nullable=False),
        sa.Column("factors", sa.JSON(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    for column in ("party_id", "actor_party_id", "subject_id"):
        op.create_index(op.f(f"ix_signature_{column}"), "signature", [column], unique=False)
    op.add_column("apikey", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.add_column("party", sa.Column("second_factor_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("party", "second_factor_since")
    op.drop_column("apikey", "successor_id")
    op.drop_table("signature")
    op.drop_table("securityevent")
    op.drop_table("recoverycode")
    op.drop_table("secondfactor")
