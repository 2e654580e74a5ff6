"""The ledger for commands: settlements, plans, adjustments, and keys of what a client asked for.

Revision ID: 0004
Revises: 0003
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
ROLE = "azora_application"
EARLIER = "ledger_earlier(text, text, jsonb)"
OBSOLETE = (
    "ledger_check(jsonb)",
    "ledger_decide(text, ledger_leg[])",
    "ledger_read_legs(jsonb)",
    "ledger_tell(uuid, text, ledger_leg[], timestamptz)",
)
NEW = (
    EARLIER,
    "ledger_legs(jsonb)",
    "ledger_objection(text, text, numeric, numeric, numeric, timestamptz, numeric)",
    "ledger_completed(jsonb, ledger_leg[])",
    "ledger_tell(uuid, text, ledger_leg, uuid, numeric, timestamptz, text)",
)
OLD_POSTING_KINDS = (
    "opening",
    "transfer",
    "purchase",
    "release",
    "refund",
    "refund_released",
    "listing_fee",
    "reward",
    "fund_rewards",
    "ai_usage",
    "mint",
    "burn",
    "reversal",
)
OLD_ACCOUNT_KINDS = (
    "wallet",
    "order_escrow",
    "commission",
    "listing_fee",
    "ai_revenue",
    "reward_pool",
    "mint",
    "suspense",
)
OLD_STATEMENT_TYPES = (
    "reward",
    "top_up",
    "sale",
    "transfer_in",
    "refund",
    "purchase",
    "transfer_out",
    "refund_paid",
    "listing_fee",
    "ai_usage",
    "withdrawal",
)
OLD_ONCE = "kind IN ('purchase', 'release', 'refund', 'listing_fee', 'reward')"
NEW_ONCE = "reference_id IS NOT NULL AND kind NOT IN ('refund_released', 'reversal')"


def upgrade() -> None:
    allow(
        "ledger_transactions",
        "kind",
        *OLD_POSTING_KINDS,
        "settlement",
        "plan",
        "take_back",
        "adjustment",
    )
    allow("ledger_accounts", "kind", *OLD_ACCOUNT_KINDS, "plan_revenue")
    allow(
        "transactions",
        "type",
        *OLD_STATEMENT_TYPES,
        "settlement",
        "plan",
        "adjustment_in",
        "adjustment_out",
    )
    index_once(NEW_ONCE)
    op.add_column("transactions", sa.Column("memo", sa.String(length=140), nullable=True))
    replace_functions(SQL / "0004_ledger_commands.sql")
    for function in OBSOLETE:
        # Only the functions that are replaced here called them.
        op.execute(
            f"""
            -- squawk-ignore ban-drop-function
            DROP FUNCTION {function}
            """
        )
    for function in NEW:
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {EARLIER} TO {ROLE}")
    op.execute("SELECT ledger_open_books()")


def downgrade() -> None:
    for function in NEW:
        op.execute(f"DROP FUNCTION {function}")
    replace_functions(SQL / "0002_ledger.sql")
    index_once(OLD_ONCE)
    op.drop_column("transactions", "memo")
    allow("transactions", "type", *OLD_STATEMENT_TYPES)
    op.execute("DELETE FROM ledger_accounts WHERE kind = 'plan_revenue'")
    allow("ledger_accounts", "kind", *OLD_ACCOUNT_KINDS)
    allow("ledger_transactions", "kind", *OLD_POSTING_KINDS)


def replace_functions(path: Path) -> None:
    for function in path.read_text().split("\n$$;\n"):
        if function.strip():
            replaced = re.sub(r"CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", function)
            op.execute(f"{replaced}\n$$")


def allow(table: str, column: str, *values: str) -> None:
    """Let a column have these values and no others."""
    name = f"ck_{table}_{column}_known"
    known = ", ".join(f"'{each}'" for each in values)
    # The constraint is back before anybody else sees the table.
    op.execute(
        f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE {table} DROP CONSTRAINT {name}
        """
    )
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({known})) NOT VALID")
    # The lock is had already; nothing is gained by waiting.
    op.execute(
        f"""
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE {table} VALIDATE CONSTRAINT {name}
        """
    )


def index_once(condition: str) -> None:
    # The kinds allowed before took this table's strongest lock already.
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-deletion
        DROP INDEX uq_ledger_transactions_once
        """
    )
    op.create_index(
        "uq_ledger_transactions_once",
        "ledger_transactions",
        ["reference_id", "kind", "reference_kind"],
        unique=True,
        postgresql_where=sa.text(condition),
    )
