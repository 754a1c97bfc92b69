"""why a seller recalls goods that others made"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0022_recalls_of_sellers"
down_revision: str | Sequence[str] | None = "0021_official_reports"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("recall", sa.Column("seller_cause", sa.String(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.drop_column("seller_cause")
