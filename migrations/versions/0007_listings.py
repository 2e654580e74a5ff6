"""Listings are drafts, published, paused or closed; categories are data.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "azora_application"
CATEGORIES = (
    "Agriculture",
    "Business & Accounting",
    "Crafts & Fashion",
    "Data & Research",
    "Design",
    "Events & Catering",
    "Marketing",
    "Music & Audio",
    "Photography & Video",
    "Repairs & Technical",
    "Software & Web",
    "Tutoring",
    "Wellness & Sport",
    "Writing & Translation",
)
CHECKS = {
    "state_known": "state IN ('draft', 'published', 'paused', 'closed')",
    "state_published": "is_active = (state = 'published')",
}


def upgrade() -> None:
    add_states()
    categories = op.create_table(
        "categories",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_categories_position_range")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_categories")),
        sa.UniqueConstraint("position", name="uq_categories_position"),
    )
    rows = [{"name": name, "position": place} for place, name in enumerate(CATEGORIES, start=1)]
    op.bulk_insert(categories, rows)
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON categories FROM {ROLE}")


def downgrade() -> None:
    op.drop_table("categories")
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_services_{name}"), "services", type_="check")
    op.drop_column("services", "state")


def add_states() -> None:
    """What was taken off the marketplace had been published, and is paused."""
    # The default goes with the blueprint's default of `is_active`.
    op.add_column(
        "services",
        sa.Column(
            "state", sa.String(length=20), server_default=sa.text("'published'"), nullable=False
        ),
    )
    op.execute("UPDATE services SET state = 'paused' WHERE NOT is_active")
    for name, condition in CHECKS.items():
        op.execute(
            f"ALTER TABLE services ADD CONSTRAINT ck_services_{name} CHECK ({condition}) NOT VALID"
        )
        # The lock is had already; nothing is gained by waiting.
        op.execute(
            f"""
            -- squawk-ignore constraint-missing-not-valid
            ALTER TABLE services VALIDATE CONSTRAINT ck_services_{name}
            """
        )
