"""whose official sample a report is about, and since when its firm may read it"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021_official_reports"
down_revision: str | Sequence[str] | None = "0020_imports"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("inspection", sa.Column("office_id", sa.Uuid(), nullable=True))
    op.add_column("inspection", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))
    for link in ("inspection_id", "retest_inspection_id"):
        _open(link)


def _open(link: str) -> None:
    """What firms could read already they still can."""
    inspection = sa.table(
        "inspection", *(sa.column(name) for name in ("id", "office_id", "opened_at", "recorded_at"))
    )
    sampling = sa.table("sampling", *(sa.column(name) for name in ("party_id", link)))
    office = sa.select(sampling.c.party_id).where(sampling.c[link] == inspection.c.id).scalar_subquery()
    official = inspection.c.id.in_(sa.select(sampling.c[link]).where(sampling.c[link].is_not(None)))
    opened = {"office_id": office, "opened_at": inspection.c.recorded_at}
    op.execute(inspection.update().where(official).values(opened))


def downgrade() -> None:
    with op.batch_alter_table("inspection", schema=None) as batch_op:
        batch_op.drop_column("opened_at")
        batch_op.drop_column("office_id")
