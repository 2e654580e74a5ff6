-- What a payment provider took back and nobody has: recovered from the person, or written off.
-- Wallets are frozen before they hold anything. Whose holds expired is told.

-- The legs of each kind, debits first; `|` separates those of a kind that has several forms.
CREATE OR REPLACE FUNCTION ledger_shape(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'opening' THEN 'mint- wallet+'
        WHEN 'mint' THEN 'mint- wallet+'
        WHEN 'burn' THEN 'wallet- mint+'
        WHEN 'take_back' THEN 'wallet- mint+|wallet- suspense- mint+|suspense- mint+'
        WHEN 'give_back' THEN 'mint- wallet+|mint- suspense+|mint- bad_debt+'
            '|mint- wallet+ suspense+|mint- wallet+ bad_debt+|mint- suspense+ bad_debt+'
            '|mint- wallet+ suspense+ bad_debt+'
        WHEN 'recovery' THEN 'wallet- suspense+'
        WHEN 'write_off' THEN 'bad_debt- suspense+'
        WHEN 'adjustment' THEN 'mint- wallet+|wallet- mint+'
        WHEN 'transfer' THEN 'wallet- wallet+'
        WHEN 'purchase' THEN 'wallet- order_escrow+'
        WHEN 'release' THEN 'order_escrow- wallet+ commission+'
        WHEN 'refund' THEN 'order_escrow- wallet+'
        WHEN 'settlement' THEN 'order_escrow- wallet+ wallet+ commission+'
        WHEN 'listing_fee' THEN 'wallet- listing_fee+'
        WHEN 'plan' THEN 'wallet- plan_revenue+'
        WHEN 'fund_rewards' THEN 'mint- reward_pool+'
        WHEN 'reward' THEN 'reward_pool- wallet+'
    END
$$;

CREATE OR REPLACE FUNCTION ledger_statement_type(kind text, is_credit boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'mint' THEN 'top_up'
        WHEN 'burn' THEN 'withdrawal'
        WHEN 'take_back' THEN 'withdrawal'
        WHEN 'recovery' THEN 'withdrawal'
        WHEN 'give_back' THEN 'refund'
        WHEN 'adjustment' THEN
            CASE WHEN is_credit THEN 'adjustment_in' ELSE 'adjustment_out' END
        WHEN 'transfer' THEN CASE WHEN is_credit THEN 'transfer_in' ELSE 'transfer_out' END
        WHEN 'release' THEN 'sale'
        WHEN 'refund_released' THEN CASE WHEN is_credit THEN 'refund' ELSE 'refund_paid' END
        WHEN 'reversal' THEN CASE WHEN is_credit THEN 'refund' ELSE 'refund_paid' END
        ELSE kind
    END
$$;

-- Why a balance, which is locked, does not allow an amount; NULL if it does.
CREATE OR REPLACE FUNCTION ledger_objection(
    posting text, account text, posted numeric, held numeric, floor numeric, frozen_at timestamptz,
    amount numeric
) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE
        WHEN amount < 0 AND frozen_at IS NOT NULL
            AND posting NOT IN ('take_back', 'recovery', 'adjustment') THEN 'ACCOUNT_FROZEN'
        WHEN posted - held + amount < floor THEN 'INSUFFICIENT_FUNDS'
        WHEN account = 'wallet' AND posted + amount > 9999999999.99999999 THEN 'BALANCE_TOO_LARGE'
        WHEN account = 'order_escrow' AND posting IN ('release', 'refund', 'settlement')
            AND posted + amount <> 0 THEN 'ESCROW_LEFT'
    END;
END
$$;

-- The accounts of the platform, without which nothing can be posted. Empty books have none.
CREATE OR REPLACE FUNCTION ledger_open_books() RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_accounts (kind, shard)
    SELECT 'reward_pool', shard FROM generate_series(0, 15) shard
    UNION ALL SELECT kind, 0
    FROM unnest(ARRAY[
        'commission', 'listing_fee', 'ai_revenue', 'plan_revenue', 'bad_debt', 'mint', 'suspense'
    ]) kind
    ON CONFLICT DO NOTHING;
    INSERT INTO ledger_balances (account_id, floor)
    SELECT id, CASE kind WHEN 'reward_pool' THEN 0 END FROM ledger_accounts
    WHERE kind IN ('reward_pool', 'suspense')
    ON CONFLICT DO NOTHING;
$$;

-- Stop, or allow again, whatever would leave a wallet. What comes in still comes in. A person who
-- never had AZR has a wallet from now on.
CREATE OR REPLACE FUNCTION ledger_freeze(the_owner uuid, is_frozen boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM users WHERE id = the_owner) THEN
        PERFORM ledger_refuse('NO_SUCH_WALLET', '{}');
    END IF;
    PERFORM ledger_open_accounts(jsonb_build_object('legs',
        jsonb_build_array(jsonb_build_object('account', 'wallet', 'owner', the_owner))));
    UPDATE ledger_balances SET frozen_at = CASE WHEN is_frozen THEN clock_timestamp() END
    WHERE account_id = ledger_account('wallet', the_owner);
END
$$;

-- Free what holds past their time still hold, at most `holds_max` of them. Answers whose they were,
-- once for each hold.
CREATE FUNCTION ledger_expire_holds(holds_max int) RETURNS uuid[] LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    moment timestamptz := clock_timestamp();
    wallets bigint[] := ARRAY(
        SELECT account_id FROM ledger_holds WHERE state = 'pending' AND expires_at <= moment
        ORDER BY expires_at LIMIT holds_max
    );
    overdue uuid[];
BEGIN
    PERFORM ledger_lock(wallets);
    overdue := ARRAY(
        SELECT id FROM ledger_holds WHERE state = 'pending' AND expires_at <= moment
            AND account_id = ANY (wallets)
    );
    PERFORM ledger_end_hold(each, 'expired') FROM unnest(overdue) each;
    RETURN ARRAY(
        SELECT account.owner_id FROM ledger_holds hold
        JOIN ledger_accounts account ON account.id = hold.account_id
        WHERE hold.id = ANY (overdue)
    );
END
$$;
