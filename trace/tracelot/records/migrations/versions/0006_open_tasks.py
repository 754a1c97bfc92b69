"""Tasks that wait are found without walking over those that are done"""

from collections.abc import Sequence

from alembic import op

revision: str = "0006_open_tasks"
down_revision: str | Sequence[str] | None = "0005_keeping"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_done_at_due_at", ["done_at", "due_at"], unique=False)
        batch_op.drop_index("ix_task_due_at")


def downgrade() -> None:
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index("ix_task_due_at", ["due_at"], unique=False)
        batch_op.drop_index("ix_task_done_at_due_at")
