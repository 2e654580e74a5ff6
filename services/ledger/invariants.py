"""What is always true of the ledger. Each invariant is one query, which finds nothing.

One statement sees one snapshot, so they may run beside any traffic. The numbers are those of the
design: tests run them after every fault, and operators with `azora ledger verify`.
"""

from dataclasses import dataclass

from sqlalchemy import text

from core.database import ReadSession, WriteSession

SHOWN_MAX = 20
# An expired hold is swept within a minute.
SWEEP_SECONDS_MAX = 60
UNSEALED_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Invariant:
    """A truth, and the query for what contradicts it: one sentence a row."""

    name: str
    truth: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What contradicts an invariant: how many rows, and the first of them."""

    invariant: Invariant
    count: int
    examples: tuple[str, ...]


async def check_invariant(session: ReadSession | WriteSession, invariant: Invariant) -> Finding:
    """Look for what contradicts an invariant."""
    query = (
        f"SELECT said, count(*) OVER () FROM ({invariant.query}) AS found (said)"  # noqa: S608  # our own text
        f" ORDER BY said LIMIT {SHOWN_MAX}"
    )
    rows = (await session.execute(text(query))).all()
    return Finding(invariant, rows[0][1] if rows else 0, tuple(said for said, _ in rows))


_STANDING = """
    NOT EXISTS (SELECT FROM ledger_transactions undone WHERE undone.reverses_id = posted.id)
"""
# For each order: what it cost, whether it was settled, and what of it was refunded afterwards.
_ORDERS = f"""
    SELECT posted.reference_id AS order_id,
           -sum(entry.amount) FILTER (WHERE posted.kind = 'purchase' AND account.kind = 'wallet')
               AS price,
           bool_or(posted.kind IN ('release', 'refund', 'settlement')) AS is_settled,
           bool_or(posted.kind = 'release') AS is_released,
           max(entry.amount) FILTER (WHERE posted.kind = 'settlement' AND entry.leg = 2)
               AS given_back,
           coalesce(sum(entry.amount) FILTER (
               WHERE posted.kind = 'refund_released' AND entry.amount > 0), 0) AS refunded
    FROM ledger_transactions posted
    JOIN ledger_entries entry ON entry.transaction_id = posted.id
    JOIN ledger_accounts account ON account.id = entry.account_id
    WHERE posted.reference_kind = 'order' AND posted.kind <> 'reversal' AND {_STANDING}
    GROUP BY posted.reference_id
"""  # noqa: S608  # our own text

INVARIANTS = (
    Invariant(
        "I1",
        "all entries sum to zero",
        """
        SELECT format('all entries sum to %s', sum(amount)) FROM ledger_entries
        HAVING count(*) > 0 AND sum(amount) IS DISTINCT FROM 0
        """,
    ),
    Invariant(
        "I2",
        "every transaction has two legs or more, which sum to zero",
        """
        SELECT format('transaction %s has %s legs that sum to %s', posted.id, count(entry.leg),
                      sum(entry.amount))
        FROM ledger_transactions posted
        LEFT JOIN ledger_entries entry ON entry.transaction_id = posted.id
        GROUP BY posted.id
        HAVING count(entry.leg) < 2 OR sum(entry.amount) IS DISTINCT FROM 0
        """,
    ),
    Invariant(
        "I3",
        "every balance is the sum of its account's entries",
        """
        SELECT format('account %s has %s in %s entries, its entries say %s in %s',
                      balance.account_id, balance.posted, balance.version,
                      coalesce(entries.total, 0), coalesce(entries.number, 0))
        FROM ledger_balances balance
        LEFT JOIN (
            SELECT account_id, sum(amount) AS total, count(*) AS number FROM ledger_entries
            GROUP BY account_id
        ) entries USING (account_id)
        WHERE balance.posted IS DISTINCT FROM coalesce(entries.total, 0)
            OR balance.version <> coalesce(entries.number, 0)
        """,
    ),
    Invariant(
        "I4",
        "what a balance holds back is the sum of its pending holds",
        """
        SELECT format('account %s holds back %s, its holds say %s', balance.account_id,
                      balance.held, coalesce(holds.total, 0))
        FROM ledger_balances balance
        LEFT JOIN (
            SELECT account_id, sum(amount) AS total FROM ledger_holds WHERE state = 'pending'
            GROUP BY account_id
        ) holds USING (account_id)
        WHERE balance.held IS DISTINCT FROM coalesce(holds.total, 0)
        """,
    ),
    Invariant(
        "I5",
        "users.azr_balance is the balance of the person's wallet",
        """
        SELECT format('user %s has %s, the wallet says %s',
                      coalesce(person.id, wallet.owner_id), coalesce(person.azr_balance, 0),
                      coalesce(wallet.posted, 0))
        FROM users person
        FULL JOIN (
            SELECT account.owner_id, balance.posted FROM ledger_accounts account
            JOIN ledger_balances balance ON balance.account_id = account.id
            WHERE account.kind = 'wallet'
        ) wallet ON wallet.owner_id = person.id
        WHERE coalesce(person.azr_balance, 0) IS DISTINCT FROM coalesce(wallet.posted, 0)
        """,
    ),
    Invariant(
        "I6",
        "no wallet, escrow or pool is below zero, without a floor or not a number",
        """
        SELECT format('account %s (%s) has %s, of which %s is held, and the floor %s', account.id,
                      account.kind, balance.posted, balance.held, balance.floor)
        FROM ledger_accounts account
        LEFT JOIN ledger_balances balance ON balance.account_id = account.id
        WHERE account.kind IN ('wallet', 'order_escrow', 'reward_pool') AND (
            (balance.posted - balance.held BETWEEN 0 AND 99999999999999999999.99999999)
                IS NOT TRUE
            OR balance.floor IS DISTINCT FROM 0
        )
        """,
    ),
    Invariant(
        "I7",
        "the escrow of a settled order is empty, that of a paid one holds its price",
        f"""
        SELECT format('the escrow of order %s has %s, of the price %s', account.owner_id,
                      balance.posted, orders.price)
        FROM ledger_accounts account
        JOIN ledger_balances balance ON balance.account_id = account.id
        LEFT JOIN ({_ORDERS}) orders ON orders.order_id = account.owner_id
        WHERE account.kind = 'order_escrow' AND (
            balance.posted IS DISTINCT FROM
                CASE WHEN orders.is_settled THEN 0 ELSE coalesce(orders.price, 0) END
            OR orders.is_settled AND orders.price IS NULL
        )
        """,  # noqa: S608  # our own text
    ),
    Invariant(
        "I8",
        "the commission of an order is 15 % of what the seller was paid for, less refunds' share",
        f"""
        SELECT format('the commission of order %s is %s, of the price %s and refunds of %s',
                      orders.order_id, taken.commission, orders.price, orders.refunded)
        FROM ({_ORDERS}) orders
        LEFT JOIN (
            SELECT posted.reference_id AS order_id, sum(entry.amount) AS commission
            FROM ledger_transactions posted
            JOIN ledger_entries entry ON entry.transaction_id = posted.id
            JOIN ledger_accounts account ON account.id = entry.account_id
            WHERE posted.reference_kind = 'order' AND account.kind = 'commission'
            GROUP BY posted.reference_id
        ) taken USING (order_id),
        LATERAL (SELECT ledger_share(orders.price, 0.15, 1) AS whole) rate
        WHERE coalesce(taken.commission, 0) IS DISTINCT FROM CASE
            WHEN orders.is_released
                THEN rate.whole - ledger_share(rate.whole, orders.refunded, orders.price)
            WHEN orders.given_back IS NOT NULL
                THEN ledger_share(orders.price - orders.given_back, 0.15, 1)
            ELSE 0
        END
        """,  # noqa: S608  # our own text
    ),
    Invariant(
        "I9",
        "a key that ended well has one transaction or hold of its own, a rejected one none",
        """
        SELECT format('key %s of %s ended %s with transaction %s and hold %s', known.key,
                      known.scope, known.outcome, known.transaction_id, known.hold_id)
        FROM (
            SELECT *, count(*) OVER (PARTITION BY transaction_id) AS sharing_transaction,
                   count(*) OVER (PARTITION BY hold_id) AS sharing_hold
            FROM ledger_keys
        ) known
        LEFT JOIN ledger_transactions posted ON posted.id = known.transaction_id
        LEFT JOIN ledger_holds hold ON hold.id = known.hold_id
        WHERE num_nonnulls(posted.id, hold.id) <> (known.outcome = 'ok')::int
            OR posted.id IS NOT NULL AND known.sharing_transaction > 1
            OR hold.id IS NOT NULL AND known.sharing_hold > 1
        """,
    ),
    Invariant(
        "I10",
        "every transaction has one message in the outbox",
        """
        SELECT format('transaction %s has %s messages', posted.id, count(message.id))
        FROM ledger_transactions posted
        LEFT JOIN outbox message
            ON message.subject_id = posted.id AND message.topic = 'ledger.posted'
        GROUP BY posted.id HAVING count(message.id) <> 1
        """,
    ),
    Invariant(
        "I11",
        "the balance after each entry is the running sum of its account, with no entry missing",
        """
        SELECT format('entry %s of account %s says %s, the running sum is %s', version,
                      account_id, balance_after, running)
        FROM (
            SELECT entry.account_id, entry.version, entry.balance_after,
                   sum(entry.amount) OVER numbered AS running,
                   row_number() OVER numbered AS place
            FROM ledger_entries entry
            JOIN ledger_balances balance ON balance.account_id = entry.account_id
            WINDOW numbered AS (PARTITION BY entry.account_id ORDER BY entry.version)
        ) entries
        WHERE balance_after IS DISTINCT FROM running OR version IS DISTINCT FROM place
        """,
    ),
    Invariant(
        "I12",
        "what a posting is for is posted once",
        """
        SELECT format('%s %s has %s postings of %s', reference_kind, reference_id, count(*), kind)
        FROM ledger_transactions
        WHERE reference_id IS NOT NULL AND kind NOT IN ('refund_released', 'reversal')
        GROUP BY reference_kind, reference_id, kind HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I13",
        "all accounts together hold what was minted",
        """
        SELECT format('%s was minted, all accounts together hold %s', minted.total, kept.total)
        FROM (
            SELECT -coalesce(sum(entry.amount), 0) AS total FROM ledger_entries entry
            JOIN ledger_accounts account ON account.id = entry.account_id
            WHERE account.kind = 'mint'
        ) minted, (
            SELECT (SELECT coalesce(sum(posted), 0) FROM ledger_balances)
                + (SELECT coalesce(sum(entry.amount), 0) FROM ledger_entries entry
                   JOIN ledger_accounts account ON account.id = entry.account_id
                   WHERE account.kind IN (
                       'commission', 'listing_fee', 'ai_revenue', 'plan_revenue', 'bad_debt'
                   )) AS total
        ) kept
        WHERE minted.total IS DISTINCT FROM kept.total
        """,
    ),
    Invariant(
        "I14",
        "where the log is sealed, nothing older than half a minute is unsealed",
        f"""
        SELECT format('%s transactions since %s are unsealed', count(*), min(posted.created_at))
        FROM ledger_transactions posted
        JOIN (SELECT max(xid_until) AS xid FROM ledger_seals) sealed ON posted.xid >= sealed.xid
        WHERE posted.created_at < clock_timestamp() - interval '{UNSEALED_SECONDS_MAX} seconds'
        HAVING count(*) > 0
        """,  # noqa: S608  # our own text
    ),
    Invariant(
        "I15",
        "no hold is pending a minute after it expired",
        f"""
        SELECT format('hold %s expired at %s', id, expires_at) FROM ledger_holds
        WHERE state = 'pending'
            AND expires_at < clock_timestamp() - interval '{SWEEP_SECONDS_MAX} seconds'
        """,  # noqa: S608  # our own text
    ),
    Invariant(
        "I16",
        "nothing is in suspense",
        """
        SELECT format('%s AZR is in suspense', balance.posted)
        FROM ledger_accounts account
        JOIN ledger_balances balance ON balance.account_id = account.id
        WHERE account.kind = 'suspense' AND balance.posted IS DISTINCT FROM 0
        """,
    ),
    Invariant(
        "I17",
        "the statements say what the wallets' entries say, each once",
        """
        SELECT format('transaction %s moved %s for user %s to %s, the statement says %s %s to %s',
                      coalesce(line.ledger_transaction_id, moved.transaction_id), moved.amount,
                      coalesce(line.user_id, moved.owner_id), moved.balance_after, line.type,
                      line.amount, line.balance_after)
        FROM (
            SELECT entry.transaction_id, account.owner_id, entry.amount, entry.balance_after,
                   ledger_statement_type(posted.kind, entry.amount > 0) AS type
            FROM ledger_entries entry
            JOIN ledger_accounts account ON account.id = entry.account_id
            JOIN ledger_transactions posted ON posted.id = entry.transaction_id
            WHERE account.kind = 'wallet' AND posted.kind <> 'opening'
        ) moved
        FULL JOIN (SELECT * FROM transactions WHERE ledger_transaction_id IS NOT NULL) line
            ON line.ledger_transaction_id = moved.transaction_id AND line.user_id = moved.owner_id
        WHERE (line.type, line.amount, line.balance_after, line.currency, line.status)
            IS DISTINCT FROM
            (moved.type, abs(moved.amount), moved.balance_after, 'AZR', 'completed')
        """,
    ),
)
