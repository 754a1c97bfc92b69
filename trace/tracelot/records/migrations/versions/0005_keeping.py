"""Dates of keeping, erasable personal values, archived parties"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005_keeping"
down_revision: str | Sequence[str] | None = "0004_attempts"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DATED = ("event", "recall", "signinsession", "journalentry")
NEVER = "9999-12-31"  # a row that is not dated yet must not go
SECURITY = "'session.started', 'session.ended', 'password.changed', 'party.read', 'batch.read'"


def upgrade() -> None:
    for table in DATED:
        op.add_column(table, sa.Column("retain_until", sa.Date(), nullable=False, server_default=NEVER))
    # What the journal held until now holds personal fields in clear, and is committed to as it is: form 1.
    op.add_column("journalentry", sa.Column("form", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("journalentry", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("account", sa.Column("pseudonymised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("party", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("party", sa.Column("archived_by", sa.Uuid(), nullable=True))
    op.add_column("party", sa.Column("archive_reason", sa.String(), nullable=True))
    op.add_column("party", sa.Column("successor_id", sa.Uuid(), nullable=True))
    op.create_table(
        "personalvalue",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "field", name=op.f("pk_personalvalue")),
    )
    op.create_index(op.f("ix_personalvalue_party_id"), "personalvalue", ["party_id"], unique=False)
    op.create_index(op.f("ix_personalvalue_subject_id"), "personalvalue", ["subject_id"], unique=False)
    op.create_index("ix_posting_event_id_line", "posting", ["event_id", "line"], unique=False)
    for statement in _dates():
        op.execute(statement)
    op.create_index(op.f("ix_batch_retain_until"), "batch", ["retain_until"], unique=False)
    op.create_index(op.f("ix_journalentry_retain_until"), "journalentry", ["retain_until"], unique=False)


def _after(column: str, days: int) -> str:
    """The day so many days after a moment, in the words of the database."""
    if op.get_bind().dialect.name == "postgresql":
        return f"((({column}) AT TIME ZONE 'UTC')::date + {days})"
    return f"date({column}, '+{days} days')"


def _dates() -> list[str]:
    """Two years or one, and a day more, since days are counted in the site's zone; whole tables at a time."""
    two_years = _after("recorded_at", 732)
    return [
        f"UPDATE journalentry SET retain_until = CASE WHEN act IN ({SECURITY})"
        f" THEN {_after('recorded_at', 367)} ELSE {two_years} END",
        f"UPDATE signinsession SET retain_until = {_after('ends_at', 367)}",
        f"UPDATE recall SET retain_until = {_after('coalesce(published_at, recorded_at)', 732)}",
        "UPDATE batch SET retain_until = due.until FROM (SELECT line.batch_id, max(recall.retain_until) AS until"
        " FROM recallbatch AS line JOIN recall ON recall.id = line.recall_id"
        " WHERE recall.published_at IS NOT NULL GROUP BY line.batch_id) AS due"
        " WHERE due.batch_id = batch.id AND batch.retain_until < due.until",
        f"UPDATE event SET retain_until = {two_years}",
        "UPDATE event SET retain_until = due.until FROM (SELECT posting.event_id,"
        " max(batch.retain_until) AS until FROM posting JOIN batch ON batch.id = posting.batch_id"
        " GROUP BY posting.event_id) AS due WHERE due.event_id = event.id AND event.retain_until < due.until",
    ]


def downgrade() -> None:
    op.drop_index(op.f("ix_journalentry_retain_until"), "journalentry")
    op.drop_index(op.f("ix_batch_retain_until"), "batch")
    op.drop_index("ix_posting_event_id_line", "posting")
    op.drop_table("personalvalue")
    for column in ("successor_id", "archive_reason", "archived_by", "archived_at"):
        op.drop_column("party", column)
    op.drop_column("account", "pseudonymised_at")
    op.drop_column("journalentry", "forgotten_at")
    op.drop_column("journalentry", "form")
    for table in DATED:
        op.drop_column(table, "retain_until")
