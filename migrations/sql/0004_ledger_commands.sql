-- What commands need besides: disputes settled with a split, plans paid in AZR, adjustments, what a
-- payment provider takes back, and keys that are judged by what the client asked for.

-- The legs of each kind, debits first; `|` separates those of a kind that has several forms.
CREATE OR REPLACE FUNCTION ledger_shape(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'opening' THEN 'mint- wallet+'
        WHEN 'mint' THEN 'mint- wallet+'
        WHEN 'burn' THEN 'wallet- mint+'
        WHEN 'take_back' THEN 'wallet- mint+|wallet- suspense- mint+|suspense- mint+'
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
        WHEN 'adjustment' THEN
            CASE WHEN is_credit THEN 'adjustment_in' ELSE 'adjustment_out' END
        WHEN 'transfer' THEN CASE WHEN is_credit THEN 'transfer_in' ELSE 'transfer_out' END
        WHEN 'release' THEN 'sale'
        WHEN 'refund_released' THEN CASE WHEN is_credit THEN 'refund' ELSE 'refund_paid' END
        WHEN 'reversal' THEN CASE WHEN is_credit THEN 'refund' ELSE 'refund_paid' END
        ELSE kind
    END
$$;

-- A request is the same as another if the client asked for the same, whatever was read since.
CREATE OR REPLACE FUNCTION ledger_hash(request jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(coalesce(request -> 'asked', request)::text, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION ledger_recall(the_scope text, the_key text, request jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    known ledger_keys;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(the_scope || ' ' || the_key, 0));
    SELECT * INTO known FROM ledger_keys WHERE scope = the_scope AND key = the_key;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF known.request_hash <> ledger_hash(request) THEN
        PERFORM ledger_refuse('IDEMPOTENCY_MISMATCH', '{}');
    ELSIF known.outcome = 'rejected' THEN
        PERFORM ledger_refuse(known.response ->> 'code', known.response -> 'facts');
    END IF;
    RETURN known.response || '{"is_replay": true}';
END
$$;

-- What the first request with this key was told, or NULL, for commands that decide before posting.
CREATE FUNCTION ledger_earlier(the_scope text, the_key text, asked jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    RETURN ledger_recall(the_scope, the_key, jsonb_build_object('asked', asked));
END
$$;

-- Whether the legs are what their kind has, sum to zero, and follow the rules of orders. The second
-- leg of a settlement is what the buyer gets back: the commission is of the rest.
CREATE OR REPLACE FUNCTION ledger_check(request jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kind text := request ->> 'kind';
    facts record;
BEGIN
    SELECT string_agg(account || CASE WHEN amount < 0 THEN '-' ELSE '+' END, ' ' ORDER BY place)
               AS shape,
           sum(amount) AS total,
           max(amount) FILTER (WHERE account = 'commission') AS commission,
           max(abs(amount)) FILTER (WHERE account = 'order_escrow') AS price,
           coalesce(max(amount) FILTER (WHERE kind = 'settlement' AND place = 2), 0) AS refund,
           count(DISTINCT (account, owner)) = count(*) AS is_distinct,
           bool_and(account <> 'order_escrow' OR owner = (request ->> 'reference_id')::uuid)
               AS is_of_order
    INTO facts FROM ledger_read_legs(request);
    IF (facts.shape = ANY (string_to_array(ledger_shape(kind), '|'))) IS NOT TRUE
        OR facts.total IS DISTINCT FROM 0
        OR NOT facts.is_distinct
        OR facts.is_of_order IS NOT TRUE
        OR scale(trim_scale(facts.price)) > 6
        OR scale(trim_scale(facts.refund)) > 6
        OR facts.commission <> ledger_share(facts.price - facts.refund, 0.15, 1)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'AZ002', MESSAGE = 'INVALID_POSTING',
            DETAIL = request::text;
    END IF;
END
$$;

-- Refuse what the locked balances do not allow.
CREATE OR REPLACE FUNCTION ledger_decide(the_kind text, legs ledger_leg[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    problem record;
BEGIN
    SELECT * INTO problem FROM (
        SELECT account.kind AS account, account.owner_id, leg.place, leg.amount,
               balance.posted - balance.held AS available,
               CASE
                   WHEN leg.amount < 0 AND balance.frozen_at IS NOT NULL
                       AND the_kind NOT IN ('take_back', 'adjustment') THEN 'ACCOUNT_FROZEN'
                   WHEN balance.posted - balance.held + leg.amount < balance.floor
                       THEN 'INSUFFICIENT_FUNDS'
                   WHEN account.kind = 'wallet'
                       AND balance.posted + leg.amount > 9999999999.99999999
                       THEN 'BALANCE_TOO_LARGE'
                   WHEN account.kind = 'order_escrow'
                       AND the_kind IN ('release', 'refund', 'settlement')
                       AND balance.posted + leg.amount <> 0 THEN 'ESCROW_LEFT'
               END AS code
        FROM unnest(legs) WITH ORDINALITY AS leg(account_id, amount, counterparty_id, place)
        JOIN ledger_balances balance USING (account_id)
        JOIN ledger_accounts account ON account.id = balance.account_id
    ) judged WHERE code IS NOT NULL ORDER BY place LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse(problem.code, jsonb_build_object(
            'account', problem.account, 'owner', problem.owner_id,
            'available', problem.available::text, 'required', abs(problem.amount)::text));
    END IF;
END
$$;

-- Refuse what happens once and has happened. Those that could happen twice at once share a lock.
CREATE OR REPLACE FUNCTION ledger_require_first(the_kind text, for_kind text, for_id uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    earlier uuid;
BEGIN
    SELECT id INTO earlier FROM ledger_transactions
    WHERE reference_id = for_id AND reference_kind = for_kind AND kind = the_kind
        AND kind NOT IN ('refund_released', 'reversal');
    IF FOUND THEN
        PERFORM ledger_refuse('ALREADY_POSTED', jsonb_build_object('transaction_id', earlier));
    END IF;
END
$$;

-- Lock, decide, write. Everything that posts ends here.
CREATE OR REPLACE FUNCTION ledger_write(
    the_scope text, the_key text, the_id uuid, request jsonb, legs ledger_leg[],
    for_kind text, for_id uuid
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    the_kind text := request ->> 'kind';
    moment timestamptz;
    place_in_log bigint;
    people jsonb;
    response jsonb;
BEGIN
    IF (SELECT count(DISTINCT account_id) < cardinality(legs) FROM unnest(legs)) THEN
        RAISE EXCEPTION USING ERRCODE = 'AZ002', MESSAGE = 'INVALID_POSTING',
            DETAIL = request::text;
    END IF;
    PERFORM ledger_lock(ARRAY(SELECT account_id FROM unnest(legs)));
    PERFORM ledger_require_first(the_kind, for_kind, for_id);
    PERFORM ledger_decide(the_kind, legs);

    moment := date_trunc('milliseconds', clock_timestamp());
    INSERT INTO ledger_transactions (
        id, kind, actor_id, reference_kind, reference_id, reverses_id, created_at
    ) VALUES (
        the_id, the_kind, (request ->> 'actor_id')::uuid, for_kind, for_id,
        (request ->> 'reverses_id')::uuid, moment
    ) RETURNING sequence INTO place_in_log;
    WITH moved AS (
        UPDATE ledger_balances balance
        SET posted = balance.posted + leg.amount, version = balance.version + 1
        FROM unnest(legs) leg WHERE balance.account_id = leg.account_id
        RETURNING balance.account_id, balance.posted, balance.version
    )
    INSERT INTO ledger_entries (transaction_id, leg, account_id, amount, balance_after, version)
    SELECT the_id, leg.place, leg.account_id, leg.amount, moved.posted, moved.version
    FROM unnest(legs) WITH ORDINALITY AS leg(account_id, amount, counterparty_id, place)
    LEFT JOIN moved USING (account_id);
    people := ledger_tell(the_id, the_kind, legs, moment);

    INSERT INTO outbox (topic, subject_id, payload) VALUES ('ledger.posted', the_id,
        jsonb_build_object('kind', the_kind, 'sequence', place_in_log, 'balances', people));
    response := jsonb_build_object('transaction_id', the_id, 'sequence', place_in_log,
        'created_at', moment, 'reference_id', for_id, 'balances', people);
    INSERT INTO ledger_keys (scope, key, request_hash, outcome, transaction_id, response)
    VALUES (the_scope, the_key, ledger_hash(request), 'ok', the_id, response);
    RETURN response;
END
$$;

-- The accounts of the platform, without which nothing can be posted. Empty books have none.
CREATE OR REPLACE FUNCTION ledger_open_books() RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_accounts (kind, shard)
    SELECT 'reward_pool', shard FROM generate_series(0, 15) shard
    UNION ALL SELECT kind, 0
    FROM unnest(ARRAY[
        'commission', 'listing_fee', 'ai_revenue', 'plan_revenue', 'mint', 'suspense'
    ]) kind
    ON CONFLICT DO NOTHING;
    INSERT INTO ledger_balances (account_id, floor)
    SELECT id, CASE kind WHEN 'reward_pool' THEN 0 END FROM ledger_accounts
    WHERE kind IN ('reward_pool', 'suspense')
    ON CONFLICT DO NOTHING;
$$;
