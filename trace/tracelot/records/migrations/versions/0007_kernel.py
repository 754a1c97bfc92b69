"""Events of every act: factors, records of hubs, sightings, units, shipments, contacts"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007_kernel"
down_revision: str | Sequence[str] | None = "0006_open_tasks"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

OLD_KEY = "uq_posting_batch_id_event_id_line_place_side"
SUPPLIERS = "ix_product_contact_id_supplier_code"
NEW_KEY = "uq_posting_batch_id_record_id_event_id_line_place_side"


def upgrade() -> None:
    _contacts()
    _goods()
    _events()
    _postings()
    _evidence()
    _shipments()


def _contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("uscc", sa.String(), nullable=True),
        sa.Column("licence_no", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("region_code", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("gln", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.String(), nullable=True),
        sa.Column("link_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("origin_hash", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_contact_party_id")),
        sa.ForeignKeyConstraint(["claimed_by"], ["party.id"], name=op.f("fk_contact_claimed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("party_id", "code", name=op.f("uq_contact_party_id_code")),
    )
    for column in ("party_id", "claimed_by", "digest"):
        op.create_index(op.f(f"ix_contact_{column}"), "contact", [column], unique=False)
    op.create_table(
        "booksetting",
        sa.Column("refuse_incomplete", sa.Boolean(), nullable=False),
        sa.Column("refuse_overdrawn", sa.Boolean(), nullable=False),
        sa.Column("share_origin", sa.Boolean(), nullable=False),
        sa.Column("jurisdictions", sa.JSON(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_booksetting_party_id")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_booksetting")),
    )


def _goods() -> None:
    op.add_column("product", sa.Column("base_unit", sa.String(), nullable=True))
    op.add_column("product", sa.Column("contact_id", sa.Uuid(), nullable=True))
    op.add_column("product", sa.Column("supplier_code", sa.String(), nullable=True))
    op.create_index(SUPPLIERS, "product", ["contact_id", "supplier_code"], unique=True)
    op.create_table(
        "productunit",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("factor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_productunit_product_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_productunit_party_id")),
        sa.PrimaryKeyConstraint("product_id", "unit", name=op.f("pk_productunit")),
    )
    op.add_column("batch", sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE batch SET stopped_at = coalesce((SELECT max(journalentry.recorded_at) FROM journalentry"
        " WHERE journalentry.subject_id = batch.id AND journalentry.act IN"
        " ('batch.held', 'batch.recalled', 'batch.voided')), recorded_at)"
        " WHERE status IN ('held', 'recalled', 'void')"
    )


def _events() -> None:
    op.add_column("event", sa.Column("kind", sa.String(), nullable=True))
    op.add_column("event", sa.Column("utc_offset", sa.Integer(), nullable=True))
    for column in ("documents", "missing", "flags"):
        op.add_column("event", sa.Column(column, sa.JSON(), nullable=False, server_default="[]"))
    op.add_column(
        "eventvoid", sa.Column("kind", sa.String(), nullable=False, server_default="incorrect_data")
    )
    for table, key, act in (("event", "id", "event.recorded"), ("eventvoid", "event_id", "event.voided")):
        for column in ("bucket", "seq"):
            op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
            op.execute(
                f"UPDATE {table} SET {column} = (SELECT max(journalentry.{column}) FROM journalentry"
                f" WHERE journalentry.subject_id = {table}.{key} AND journalentry.act = '{act}')"
            )
        op.create_index(f"ix_{table}_bucket_seq", table, ["bucket", "seq"], unique=False)
    op.create_index("ix_event_party_id_event_time", "event", ["party_id", "event_time"], unique=False)
    op.add_column("line", sa.Column("loss", sa.BigInteger(), nullable=True))
    op.add_column("line", sa.Column("loss_unit", sa.String(), nullable=True))


def _postings() -> None:
    """A posting names the record that says it; amounts of mass and volume are counted in kg and L."""
    op.add_column("posting", sa.Column("record_id", sa.Uuid(), nullable=True))
    op.add_column("posting", sa.Column("product_id", sa.Uuid(), nullable=True))
    op.add_column("posting", sa.Column("pooled", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("posting", sa.Column("factor", sa.String(), nullable=True))
    op.execute(
        "UPDATE posting SET record_id = event_id,"
        " product_id = (SELECT batch.product_id FROM batch WHERE batch.id = posting.batch_id)"
    )
    op.execute("UPDATE posting SET factor = '1' WHERE base_quantity IS NOT NULL")
    for unit, base in (("g", "kg"), ("mL", "L")):
        op.execute(
            f"UPDATE posting SET factor = '0.001', base_unit = '{base}', base_quantity = quantity / 1000"
            f" WHERE unit = '{unit}' AND quantity % 1000 = 0"
        )
    op.execute(
        "UPDATE posting SET factor = '1000', base_unit = 'kg', base_quantity = quantity * 1000"
        " WHERE unit = 't'"
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.alter_column("record_id", existing_type=sa.Uuid(), nullable=False)
        batch_op.drop_constraint(OLD_KEY, type_="unique")
        batch_op.create_unique_constraint(
            NEW_KEY, ["batch_id", "record_id", "event_id", "line", "place", "side"]
        )
        batch_op.create_foreign_key(op.f("fk_posting_record_id"), "event", ["record_id"], ["id"])
        batch_op.create_foreign_key(op.f("fk_posting_product_id"), "product", ["product_id"], ["id"])
    op.create_index(op.f("ix_posting_record_id"), "posting", ["record_id"], unique=False)


def _evidence() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_sighting_event_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_sighting_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
    )
    for column in ("event_id", "batch_id", "unit_id", "place"):
        op.create_index(op.f(f"ix_sighting_{column}"), "sighting", [column], unique=False)
    op.create_table(
        "logisticunit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("sscc", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_logisticunit_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logisticunit")),
    )
    for column in ("sscc", "event_id"):
        op.create_index(op.f(f"ix_logisticunit_{column}"), "logisticunit", [column], unique=False)
    op.create_index("ix_logisticunit_party_id_code", "logisticunit", ["party_id", "code"], unique=False)
    op.create_table(
        "unitstop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_unitstop_event_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_unitstop_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unitstop")),
    )
    for column in ("unit_id", "event_id", "place"):
        op.create_index(op.f(f"ix_unitstop_{column}"), "unitstop", [column], unique=False)


def _shipments() -> None:
    op.create_table(
        "shipment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("to_party_id", sa.Uuid(), nullable=True),
        sa.Column("to_contact_id", sa.Uuid(), nullable=True),
        sa.Column("from_facility_id", sa.Uuid(), nullable=False),
        sa.Column("to_facility_id", sa.Uuid(), nullable=True),
        sa.Column("from_region", sa.String(), nullable=False),
        sa.Column("to_region", sa.String(), nullable=True),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("sent_back", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_event_id", sa.Uuid(), nullable=True),
        sa.Column("event_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_shipment_party_id")),
        sa.ForeignKeyConstraint(["to_party_id"], ["party.id"], name=op.f("fk_shipment_to_party_id")),
        sa.ForeignKeyConstraint(["to_contact_id"], ["contact.id"], name=op.f("fk_shipment_to_contact_id")),
        sa.ForeignKeyConstraint(
            ["from_facility_id"], ["facility.id"], name=op.f("fk_shipment_from_facility_id")
        ),
        sa.ForeignKeyConstraint(["to_facility_id"], ["facility.id"], name=op.f("fk_shipment_to_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
    )
    for column in ("party_id", "from_region", "to_region", "event_id", "receipt_event_id"):
        op.create_index(op.f(f"ix_shipment_{column}"), "shipment", [column], unique=False)
    op.create_index("ix_shipment_to_party_id_status", "shipment", ["to_party_id", "status"], unique=False)
    op.create_table(
        "shipmentline",
        sa.Column("shipment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("pooled", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("product_zh", sa.String(), nullable=False),
        sa.Column("product_en", sa.String(), nullable=True),
        sa.Column("production_date", sa.Date(), nullable=True),
        sa.Column("expiry_date", sa.Date(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("received", sa.BigInteger(), nullable=True),
        sa.Column("received_unit", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["shipment_id"], ["shipment.id"], name=op.f("fk_shipmentline_shipment_id")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_shipmentline_party_id")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_shipmentline_product_id")),
        sa.PrimaryKeyConstraint("shipment_id", "number", name=op.f("pk_shipmentline")),
    )
    op.create_index(op.f("ix_shipmentline_batch_id"), "shipmentline", ["batch_id"], unique=False)


def downgrade() -> None:
    """Back to amounts as they were stated. What only the newer tables can hold goes."""
    for table in ("shipmentline", "shipment", "unitstop", "logisticunit", "sighting"):
        op.drop_table(table)
    op.drop_index(op.f("ix_posting_record_id"), "posting")
    op.execute("DELETE FROM posting WHERE pooled OR record_id <> event_id")
    op.execute("UPDATE posting SET base_quantity = quantity, base_unit = unit")
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_posting_product_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_posting_record_id"), type_="foreignkey")
        batch_op.drop_constraint(NEW_KEY, type_="unique")
        batch_op.create_unique_constraint(OLD_KEY, ["batch_id", "event_id", "line", "place", "side"])
        for column in ("factor", "pooled", "product_id", "record_id"):
            batch_op.drop_column(column)
    for column in ("loss_unit", "loss"):
        op.drop_column("line", column)
    op.drop_index("ix_event_party_id_event_time", "event")
    for table in ("eventvoid", "event"):
        op.drop_index(f"ix_{table}_bucket_seq", table)
        for column in ("seq", "bucket"):
            op.drop_column(table, column)
    op.drop_column("eventvoid", "kind")
    for column in ("flags", "missing", "documents", "utc_offset", "kind"):
        op.drop_column("event", column)
    op.drop_column("batch", "stopped_at")
    op.drop_table("productunit")
    op.drop_index(SUPPLIERS, "product")
    for column in ("supplier_code", "contact_id", "base_unit"):
        op.drop_column("product", column)
    op.drop_table("booksetting")
    op.drop_table("contact")
