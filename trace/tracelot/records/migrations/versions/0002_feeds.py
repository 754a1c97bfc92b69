"""The order in which recalls changed"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002_feeds"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BUCKETS = 16


def upgrade() -> None:
    op.add_column("recall", sa.Column("bucket", sa.Integer(), nullable=True))
    op.add_column("recall", sa.Column("seq", sa.Integer(), nullable=True))
    long_ago = "1970-01-01 00:00:00"  # both databases need a constant here; it is overwritten below
    moment = sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=long_ago)
    op.add_column("recall", moment)
    op.execute("UPDATE recall SET changed_at = listed_at")
    _number()
    op.create_index("ix_recall_bucket_seq", "recall", ["bucket", "seq"], unique=False)
    op.create_index("ix_recall_changed_at", "recall", ["changed_at"], unique=False)


def _number() -> None:
    """What was published before takes its places in the order of publication."""
    recall = sa.table(
        "recall",
        sa.column("id", sa.Uuid()),
        sa.column("party_id", sa.Uuid()),
        sa.column("published_at", sa.DateTime(timezone=True)),
        sa.column("bucket", sa.Integer()),
        sa.column("seq", sa.Integer()),
    )
    counter = sa.table("counter", sa.column("name", sa.String()), sa.column("value", sa.Integer()))
    connection = op.get_bind()
    published = sa.select(recall.c.id, recall.c.party_id).where(recall.c.published_at.is_not(None))
    counted, places = [0] * BUCKETS, []
    for id_, party_id in connection.execute(published.order_by(recall.c.published_at, recall.c.id)):
        bucket = party_id.bytes[-1] % BUCKETS
        counted[bucket] += 1
        places.append({"row": id_, "bucket": bucket, "seq": counted[bucket]})
    if places:
        connection.execute(sa.update(recall).where(recall.c.id == sa.bindparam("row")), places)
        names = [
            {"name": f"recall-change:{bucket}", "value": value}
            for bucket, value in enumerate(counted)
            if value
        ]
        connection.execute(sa.insert(counter), names)


def downgrade() -> None:
    op.execute("DELETE FROM counter WHERE name LIKE 'recall-change:%'")
    for index in ("ix_recall_changed_at", "ix_recall_bucket_seq"):
        op.drop_index(index, table_name="recall")
    for column in ("changed_at", "seq", "bucket"):
        op.execute(f"ALTER TABLE recall DROP COLUMN {column}")
