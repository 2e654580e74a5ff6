"""The ledger of AZR, which writes balances and statements from now on.

Revision ID: 0002
Revises: 0001
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FUNCTIONS = Path(__file__).parents[1] / "sql" / "0002_ledger.sql"
ROLE = "azora_application"
# What the application may call, or compute with; all other functions are the ledger's own.
COMMANDS = (
    "ledger_post(text, text, uuid, jsonb)",
    "ledger_revert(text, text, uuid, jsonb)",
    "ledger_refund_released(text, text, uuid, jsonb)",
    "ledger_hold(text, text, uuid, jsonb)",
    "ledger_capture(text, text, uuid, jsonb)",
    "ledger_remember(text, text, jsonb, jsonb)",
    "ledger_void(uuid)",
    "ledger_expire_holds(int)",
    "ledger_freeze(uuid, boolean)",
    "ledger_share(numeric, numeric, numeric)",
    "ledger_statement_type(text, boolean)",
)
BOOKS = (
    "ledger_accounts",
    "ledger_balances",
    "ledger_transactions",
    "ledger_entries",
    "ledger_holds",
    "ledger_keys",
)
# Dropping takes those first that refer to others.
TABLES = (
    "outbox",
    "ledger_keys",
    "ledger_holds",
    "ledger_entries",
    "ledger_transactions",
    "ledger_balances",
    "ledger_accounts",
)
OLD_STATEMENT_TYPES = (
    "reward",
    "top_up",
    "sale",
    "transfer_in",
    "refund",
    "purchase",
    "transfer_out",
    "listing_fee",
    "ai_usage",
)
NEW_STATEMENT_TYPES = ("refund_paid", "withdrawal")
STATEMENT_COLUMNS = ("receipt_code", "counterparty_id", "balance_after", "ledger_transaction_id")
USER_COLUMNS = "email, password_hash, full_name, country_code, created_at, updated_at, handle, language, time_zone, avatar_url, roles, preferences"


def upgrade() -> None:
    create_books()
    create_holds_keys_and_outbox()
    extend_statements()
    create_functions()
    create_triggers()
    open_books()
    restrict_the_application()


def downgrade() -> None:
    op.execute(f"DROP OWNED BY {ROLE}")
    # With them go the triggers that call them.
    for_each_function("DROP FUNCTION %s CASCADE")
    for column in STATEMENT_COLUMNS:
        op.drop_column("transactions", column)
    allow_statement_types(*OLD_STATEMENT_TYPES)
    for table in TABLES:
        op.drop_table(table)
    op.execute("DROP TYPE ledger_leg")
    op.execute("ALTER TABLE users RESET (fillfactor)")


def for_each_function(statement: str) -> None:
    """Run a statement for each of the ledger's functions, which takes the place of `%s`."""
    op.execute(
        f"""
        DO $$
        DECLARE
            name regprocedure;
        BEGIN
            FOR name IN
                SELECT oid FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'ledger_')
            LOOP
                EXECUTE format('{statement}', name);
            END LOOP;
        END
        $$
        """  # noqa: S608  # our own text
    )


def create_books() -> None:
    op.create_table(
        "ledger_accounts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("shard", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('wallet', 'order_escrow')) = (owner_id IS NOT NULL)",
            name=op.f("ck_ledger_accounts_owner_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('wallet', 'order_escrow', 'commission', 'listing_fee', 'ai_revenue', 'reward_pool', 'mint', 'suspense')",
            name=op.f("ck_ledger_accounts_kind_known"),
        ),
        sa.CheckConstraint(
            "shard BETWEEN 0 AND CASE kind WHEN 'reward_pool' THEN 15 ELSE 0 END",
            name=op.f("ck_ledger_accounts_shard_range"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_accounts")),
    )
    op.create_index(
        "uq_ledger_accounts_owned",
        "ledger_accounts",
        ["owner_id", "kind"],
        unique=True,
        postgresql_where=sa.text("owner_id IS NOT NULL"),
    )
    op.create_index(
        "uq_ledger_accounts_own",
        "ledger_accounts",
        ["kind", "shard"],
        unique=True,
        postgresql_where=sa.text("owner_id IS NULL"),
    )
    op.create_table(
        "ledger_transactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("reference_kind", sa.String(length=20), nullable=True),
        sa.Column("reference_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)",
            name=op.f("ck_ledger_transactions_reversal_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('opening', 'transfer', 'purchase', 'release', 'refund', 'refund_released', 'listing_fee', 'reward', 'fund_rewards', 'ai_usage', 'mint', 'burn', 'reversal')",
            name=op.f("ck_ledger_transactions_kind_known"),
        ),
        sa.CheckConstraint(
            "(reference_kind IS NULL) = (reference_id IS NULL)",
            name=op.f("ck_ledger_transactions_reference_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_ledger_transactions_reverses_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transactions")),
        sa.UniqueConstraint("reverses_id", name="uq_ledger_transactions_reverses"),
        sa.UniqueConstraint("sequence", name="uq_ledger_transactions_sequence"),
    )
    op.create_index(
        "ix_ledger_transactions_reference",
        "ledger_transactions",
        ["reference_id"],
        unique=False,
        postgresql_where=sa.text("reference_id IS NOT NULL"),
    )
    op.create_index(
        "uq_ledger_transactions_once",
        "ledger_transactions",
        ["reference_id", "kind", "reference_kind"],
        unique=True,
        postgresql_where=sa.text(
            "kind IN ('purchase', 'release', 'refund', 'listing_fee', 'reward')"
        ),
    )
    op.create_table(
        "ledger_balances",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "posted", sa.Numeric(precision=28, scale=8), server_default=sa.text("0"), nullable=False
        ),
        sa.Column(
            "held", sa.Numeric(precision=28, scale=8), server_default=sa.text("0"), nullable=False
        ),
        sa.Column("floor", sa.Numeric(precision=28, scale=8), nullable=True),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("frozen_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "floor IS NULL OR posted - held >= floor", name=op.f("ck_ledger_balances_floor_kept")
        ),
        sa.CheckConstraint(
            "held BETWEEN 0 AND 99999999999999999999.99999999",
            name=op.f("ck_ledger_balances_held_range"),
        ),
        sa.CheckConstraint(
            "posted BETWEEN -99999999999999999999.99999999 AND 99999999999999999999.99999999",
            name=op.f("ck_ledger_balances_posted_range"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_balances_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ledger_balances")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_table(
        "ledger_entries",
        sa.Column("transaction_id", sa.Uuid(), nullable=False),
        sa.Column("leg", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=28, scale=8), nullable=False),
        sa.Column("balance_after", sa.Numeric(precision=28, scale=8), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(balance_after IS NULL) = (version IS NULL)",
            name=op.f("ck_ledger_entries_balance_numbered"),
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_ledger_entries_amount_moves")),
        sa.CheckConstraint(
            "amount BETWEEN -99999999999999999999.99999999 AND 99999999999999999999.99999999",
            name=op.f("ck_ledger_entries_amount_range"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_accounts.id"], name=op.f("fk_ledger_entries_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_ledger_entries_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("transaction_id", "leg", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("account_id", "version", name="uq_ledger_entries_account_version"),
    )


def create_holds_keys_and_outbox() -> None:
    op.create_table(
        "ledger_holds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=28, scale=8), nullable=False),
        sa.Column(
            "state", sa.String(length=20), server_default=sa.text("'pending'"), nullable=False
        ),
        sa.Column("captured", sa.Numeric(precision=28, scale=8), nullable=True),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.Column(
            "expires_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(state = 'captured') = (captured IS NOT NULL)",
            name=op.f("ck_ledger_holds_captured_known"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'captured', 'voided', 'expired')",
            name=op.f("ck_ledger_holds_state_known"),
        ),
        sa.CheckConstraint(
            "(captured IS NULL) = (transaction_id IS NULL)",
            name=op.f("ck_ledger_holds_captured_by_transaction"),
        ),
        sa.CheckConstraint(
            "amount BETWEEN 0.00000001 AND 99999999999999999999.99999999",
            name=op.f("ck_ledger_holds_amount_range"),
        ),
        sa.CheckConstraint(
            "captured BETWEEN 0.00000001 AND amount", name=op.f("ck_ledger_holds_captured_range")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ledger_balances.account_id"], name=op.f("fk_ledger_holds_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_ledger_holds_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_holds")),
    )
    op.create_index(
        op.f("ix_ledger_holds_account_id"), "ledger_holds", ["account_id"], unique=False
    )
    op.create_index(
        "ix_ledger_holds_pending",
        "ledger_holds",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "ledger_keys",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("transaction_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("response", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("key ~ '^[A-Za-z0-9_-]{8,64}$'", name=op.f("ck_ledger_keys_key_form")),
        sa.CheckConstraint(
            "num_nonnulls(transaction_id, hold_id) = CASE outcome WHEN 'ok' THEN 1 ELSE 0 END",
            name=op.f("ck_ledger_keys_outcome_proved"),
        ),
        sa.CheckConstraint(
            "outcome IN ('ok', 'rejected')", name=op.f("ck_ledger_keys_outcome_known")
        ),
        sa.CheckConstraint(
            "octet_length(request_hash) = 32", name=op.f("ck_ledger_keys_request_hash_length")
        ),
        sa.ForeignKeyConstraint(
            ["hold_id"], ["ledger_holds.id"], name=op.f("fk_ledger_keys_hold_id")
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
            name=op.f("fk_ledger_keys_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_ledger_keys")),
    )
    op.create_index("ix_ledger_keys_transaction", "ledger_keys", ["transaction_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "xid",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("topic", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("subject_id", "topic", name="uq_outbox_subject"),
    )


def extend_statements() -> None:
    allow_statement_types(*OLD_STATEMENT_TYPES, *NEW_STATEMENT_TYPES)
    op.add_column("transactions", sa.Column("ledger_transaction_id", sa.Uuid(), nullable=True))
    op.add_column(
        "transactions", sa.Column("balance_after", sa.Numeric(precision=18, scale=8), nullable=True)
    )
    op.add_column("transactions", sa.Column("counterparty_id", sa.Uuid(), nullable=True))
    op.add_column("transactions", sa.Column("receipt_code", sa.String(length=20), nullable=True))
    op.create_index(
        "uq_transactions_ledger",
        "transactions",
        ["ledger_transaction_id", "user_id"],
        unique=True,
        postgresql_where=sa.text("ledger_transaction_id IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f("fk_transactions_ledger_transaction_id"),
        "transactions",
        "ledger_transactions",
        ["ledger_transaction_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_transactions_counterparty_id"),
        "transactions",
        "users",
        ["counterparty_id"],
        ["id"],
    )


def allow_statement_types(*types: str) -> None:
    known = ", ".join(f"'{each}'" for each in types)
    # The constraint is back before anybody else sees the table.
    op.execute(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE transactions DROP CONSTRAINT ck_transactions_type_known
        """
    )
    op.execute(
        f"""
        ALTER TABLE transactions
        ADD CONSTRAINT ck_transactions_type_known CHECK (type IN ({known})) NOT VALID
        """
    )
    # The columns before took this table's strongest lock already; nothing is gained by waiting.
    op.execute(
        """
        -- squawk-ignore constraint-missing-not-valid
        ALTER TABLE transactions VALIDATE CONSTRAINT ck_transactions_type_known
        """
    )


def create_functions() -> None:
    op.execute(
        "CREATE TYPE ledger_leg AS (account_id bigint, amount numeric, counterparty_id uuid)"
    )
    for function in FUNCTIONS.read_text().split("\n$$;\n"):
        if function.strip():
            op.execute(f"{function}\n$$")


def create_triggers() -> None:
    for table in ("ledger_transactions", "ledger_entries"):
        op.execute(
            f"""
            CREATE TRIGGER {table}_appended_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()
            """
        )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER ledger_transactions_balanced AFTER INSERT ON ledger_transactions
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_require_balance()
        """
    )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER users_azr_balance_inserted AFTER INSERT ON users
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.azr_balance <> 0)
        EXECUTE FUNCTION ledger_require_wallet()
        """
    )
    op.execute(
        """
        CREATE CONSTRAINT TRIGGER users_azr_balance_updated AFTER UPDATE ON users
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.azr_balance <> OLD.azr_balance)
        EXECUTE FUNCTION ledger_require_wallet()
        """
    )
    # Balances change often: room for the next version of a row keeps the indexes as they are.
    op.execute("ALTER TABLE users SET (fillfactor = 70)")


def open_books() -> None:
    """The platform's accounts, and an opening for every balance from before the ledger."""
    op.execute("SELECT ledger_open_books()")
    op.execute(
        """
        SELECT ledger_post('migration', 'opening-' || id, uuidv7(), jsonb_build_object(
            'kind', 'opening', 'legs', jsonb_build_array(
                jsonb_build_object('account', 'mint', 'amount', (-azr_balance)::text),
                jsonb_build_object('account', 'wallet', 'owner', id, 'amount', azr_balance::text))))
        FROM users WHERE azr_balance <> 0
        """
    )


def restrict_the_application() -> None:
    """A role that reads the books, calls the ledger's commands, and writes no balance otherwise.

    Roles belong to the whole cluster, so another database may have made it, even at this moment.
    """
    op.execute(
        f"""
        DO $$
        BEGIN
            CREATE ROLE {ROLE} NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END
        $$
        """
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {ROLE}")
    op.execute(f"REVOKE INSERT, UPDATE, DELETE ON transactions, {', '.join(BOOKS)} FROM {ROLE}")
    op.execute(f"REVOKE UPDATE ON users FROM {ROLE}")
    op.execute(f"GRANT UPDATE ({USER_COLUMNS}) ON users TO {ROLE}")
    op.execute(
        f"""
        ALTER DEFAULT PRIVILEGES IN SCHEMA public
        GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}
        """
    )
    for_each_function("REVOKE ALL ON FUNCTION %s FROM PUBLIC")
    for command in COMMANDS:
        op.execute(f"GRANT EXECUTE ON FUNCTION {command} TO {ROLE}")
