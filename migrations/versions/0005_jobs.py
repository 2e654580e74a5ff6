"""Jobs, how far the outbox was handed over, and what the last proof of the ledger found.

Revision ID: 0005
Revises: 0004
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLE = "azora_application"
# What procrastinate 3.10 makes, as it is. A later one's changes come with a migration of their own.
QUEUE = Path(__file__).parents[1] / "sql" / "0005_procrastinate.sql"
STATEMENT = re.compile(r"(?:--[^\n]*|\$\$.*?\$\$|'[^']*'|[^;$'])+;", re.DOTALL)
TABLES = ("events", "periodic_defers", "jobs", "workers")
TYPES = ("job_to_defer_v1", "job_event_type", "job_status")


def upgrade() -> None:
    for statement in STATEMENT.findall(QUEUE.read_text()):
        op.execute(statement)
    for table in ("jobs", "events", "periodic_defers"):
        op.execute(f"GRANT USAGE ON SEQUENCE procrastinate_{table}_id_seq TO {ROLE}")
    create_cursors()
    create_checks()
    date_users("WHEN (NEW.azr_balance = OLD.azr_balance)")


def downgrade() -> None:
    date_users("")
    op.drop_table("ledger_checks")
    op.drop_index("ix_outbox_xid", table_name="outbox")
    op.drop_table("outbox_cursors")
    # With its functions go the triggers that call them.
    op.execute(
        """
        DO $$
        DECLARE
            name regprocedure;
        BEGIN
            FOR name IN
                SELECT oid FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace
                    AND starts_with(proname, 'procrastinate_')
            LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', name);
            END LOOP;
        END
        $$
        """
    )
    for table in TABLES:
        op.drop_table(f"procrastinate_{table}")
    for type_ in TYPES:
        op.execute(f"DROP TYPE procrastinate_{type_}")


def create_cursors() -> None:
    op.create_table(
        "outbox_cursors",
        sa.Column("consumer", sa.String(length=50), nullable=False),
        sa.Column("xid", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "moved_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("consumer", name=op.f("pk_outbox_cursors")),
    )
    op.create_index("ix_outbox_xid", "outbox", ["xid", "id"])


def create_checks() -> None:
    op.create_table(
        "ledger_checks",
        sa.Column("invariant", sa.String(length=10), nullable=False),
        sa.Column("contradictions", sa.BigInteger(), nullable=False),
        sa.Column(
            "checked_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("invariant", name=op.f("pk_ledger_checks")),
    )


def date_users(condition: str) -> None:
    """A posting moves the balance alone, which is no change of the profile."""
    op.execute(
        f"""
        CREATE OR REPLACE TRIGGER users_updated_at BEFORE UPDATE ON users
        FOR EACH ROW {condition} EXECUTE FUNCTION set_updated_at()
        """
    )
