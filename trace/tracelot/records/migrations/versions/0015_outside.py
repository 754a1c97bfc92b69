"""whether the notices of a drill go outside; lanes of the outbox, each worked through in its order"""

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
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lane", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_task_lane", ["lane"])


def downgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_lane")
        batch_op.drop_column("lane")
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.drop_column("tells_outside")
