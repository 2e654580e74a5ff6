"""What a payment provider took back and nobody has is settled.

Revision ID: 0012
Revises: 0011
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql"
REPLACED = (
    "ledger_shape",
    "ledger_statement_type",
    "ledger_objection",
    "ledger_open_books",
)
# Those that no migration has replaced since the first.
REPLACED_FIRST = ("ledger_freeze", "ledger_expire_holds")
EXPIRY = "ledger_expire_holds(int)"
ROLE = "azora_application"
OLD_ACCOUNT_KINDS = (
    "wallet",
    "order_escrow",
    "commission",
    "listing_fee",
    "ai_revenue",
    "plan_revenue",
    "reward_pool",
    "mint",
    "suspense",
)
OLD_POSTING_KINDS = (
    "opening",
    "transfer",
    "purchase",
    "release",
    "refund",
    "settlement",
    "refund_released",
    "listing_fee",
    "plan",
    "reward",
    "fund_rewards",
    "ai_usage",
    "mint",
    "burn",
    "take_back",
    "adjustment",
    "reversal",
)
OLD_ADJUSTMENT_KINDS = ("mint", "burn", "adjust")
PARTS = ("shortfall_azr", "recovered_azr", "written_off_azr")


def upgrade() -> None:
    check("ledger_accounts", "kind_known", among("kind", *OLD_ACCOUNT_KINDS, "bad_debt"))
    check(
        "ledger_transactions",
        "kind_known",
        among("kind", *OLD_POSTING_KINDS, "recovery", "write_off", "give_back"),
    )
    forget_expiry()
    for function in functions(SQL / "0012_support.sql"):
        op.execute(function)
    allow_expiry()
    op.execute("SELECT ledger_open_books()")
    count_shortfalls()
    extend_adjustments()
    hold_listings()
    grant_plans()
    # Few orders are disputed: the index is there at once.
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_orders_disputed ON orders (created_at, id) WHERE state = 'disputed'
        """
    )


def downgrade() -> None:
    op.drop_index("ix_orders_disputed", "orders")
    end_granted_plans()
    op.drop_column("services", "is_held")
    op.execute("ALTER TABLE adjustments DROP CONSTRAINT ck_adjustments_return_known")
    op.drop_column("adjustments", "return_id")
    check("adjustments", "kind_known", among("kind", *OLD_ADJUSTMENT_KINDS))
    op.drop_index("ix_payment_returns_open", "payment_returns")
    for part in reversed(PARTS):
        op.drop_column("payment_returns", part)
    for function in functions(SQL / "0004_ledger_commands.sql"):
        if any(f"FUNCTION {name}(" in function for name in REPLACED):
            op.execute(function)
    forget_expiry()
    for function in functions(SQL / "0002_ledger.sql"):
        if any(f"FUNCTION {name}(" in function for name in REPLACED_FIRST):
            op.execute(function)
    allow_expiry()
    op.execute("DELETE FROM ledger_accounts WHERE kind = 'bad_debt'")
    check("ledger_accounts", "kind_known", among("kind", *OLD_ACCOUNT_KINDS))
    check("ledger_transactions", "kind_known", among("kind", *OLD_POSTING_KINDS))


def forget_expiry() -> None:
    """A function that comes to answer something else is another one."""
    op.execute(
        f"""
        -- squawk-ignore ban-drop-function
        DROP FUNCTION {EXPIRY}
        """
    )


def allow_expiry() -> None:
    op.execute(f"REVOKE ALL ON FUNCTION {EXPIRY} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {EXPIRY} TO {ROLE}")


def hold_listings() -> None:
    """Who paused what is paused by now is not known: its provider resumes it."""
    op.add_column(
        "services",
        sa.Column("is_held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    check("services", "held_paused", "NOT is_held OR state = 'paused'")


def grant_plans() -> None:
    """A period that costs nothing was granted; several of them may end at the same time."""
    check("subscriptions", "pay_with_known", among("pay_with", "card", "azr", "agreement"))
    check("plan_periods", "amount_cents_range", "amount_cents >= 0")
    check(
        "plan_periods",
        "payment_known",
        "num_nonnulls(amount_azr, payment_id) = CASE amount_cents WHEN 0 THEN 0 ELSE 1 END",
    )
    # The constraints above took this table's strongest lock already.
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE plan_periods DROP CONSTRAINT uq_plan_periods_subscription_end
        """
    )
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        CREATE UNIQUE INDEX uq_plan_periods_subscription_end
        ON plan_periods (subscription_id, ends_at) WHERE amount_cents > 0
        """
    )


def end_granted_plans() -> None:
    """Nobody knew of plans by agreement: they are over."""
    op.execute("DELETE FROM plan_periods WHERE amount_cents = 0")
    op.execute(
        "UPDATE subscriptions SET state = 'ended', pay_with = 'azr' WHERE pay_with = 'agreement'"
    )
    op.drop_index("uq_plan_periods_subscription_end", "plan_periods")
    op.create_unique_constraint(
        "uq_plan_periods_subscription_end", "plan_periods", ["subscription_id", "ends_at"]
    )
    check("plan_periods", "payment_known", "num_nonnulls(amount_azr, payment_id) = 1")
    check("plan_periods", "amount_cents_range", "amount_cents > 0")
    check("subscriptions", "pay_with_known", among("pay_with", "card", "azr"))


def count_shortfalls() -> None:
    """What of each return came from nobody's wallet, which the ledger knows."""
    for part in PARTS:
        op.add_column(
            "payment_returns",
            sa.Column(
                part, sa.Numeric(precision=18, scale=8), server_default=sa.text("0"), nullable=False
            ),
        )
    op.execute(
        """
        UPDATE payment_returns SET shortfall_azr = -entry.amount
        FROM ledger_entries entry JOIN ledger_accounts account ON account.id = entry.account_id
        WHERE entry.transaction_id = payment_returns.ledger_transaction_id
            AND account.kind = 'suspense'
        """
    )
    for part in PARTS:
        check("payment_returns", f"{part}_range", f"{part} BETWEEN 0 AND 9999999999.99999999")
    check(
        "payment_returns",
        "shortfall_settled",
        "shortfall_azr <= amount_azr AND recovered_azr + written_off_azr <= shortfall_azr",
    )
    # The columns above took this table's strongest lock already.
    op.execute(
        """
        -- squawk-ignore require-concurrent-index-creation
        CREATE INDEX ix_payment_returns_open ON payment_returns (created_at, id)
        WHERE shortfall_azr > recovered_azr + written_off_azr AND state <> 'given_back'
        """
    )


def extend_adjustments() -> None:
    kinds = among("kind", *OLD_ADJUSTMENT_KINDS, "recover", "write_off")
    check("adjustments", "kind_known", kinds)
    op.add_column("adjustments", sa.Column("return_id", sa.Uuid(), nullable=True))
    # The lock is had already.
    op.execute(
        """
        -- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
        ALTER TABLE adjustments ADD CONSTRAINT fk_adjustments_return_id
        FOREIGN KEY (return_id) REFERENCES payment_returns (id)
        """
    )
    check(
        "adjustments",
        "return_known",
        "(kind IN ('recover', 'write_off')) = (return_id IS NOT NULL)",
    )


def functions(path: Path) -> list[str]:
    """The statements of a file that replace functions."""
    parts = [each for each in path.read_text().split("\n$$;\n") if each.strip()]
    return [
        re.sub("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", f"{each}\n$$") for each in parts
    ]


def among(column: str, *values: str) -> str:
    known = ", ".join(f"'{each}'" for each in values)
    return f"{column} IN ({known})"


def check(table: str, name: str, condition: str) -> None:
    """Let a constraint be this one from now on."""
    constraint = f"ck_{table}_{name}"
    # The constraint is back before anybody else sees the table.
    op.execute(
        f"""
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}
        """
    )
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({condition}) NOT VALID")
    # The lock is had already; nothing is gained by waiting.
    op.execute(
        f"""
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}
        """
    )
