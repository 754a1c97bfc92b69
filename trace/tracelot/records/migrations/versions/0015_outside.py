"""whether the notices of a drill go outside"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015_outside"
down_revision: str | Sequence[str] | None = "0014_following"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("tells_outside", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.drop_column("tells_outside")
