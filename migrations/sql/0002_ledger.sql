-- The only writers of the ledger. One call posts one transaction, or refuses and changes nothing.
--
-- Locks are taken in one order by everybody: the idempotency key, accounts that do not exist yet,
-- balances by account id. System accounts have the lowest ids. Every decision reads only what is
-- locked, so READ COMMITTED is enough. `users` rows are written under the lock of their wallet.
--
-- A refusal is an error AZ001 whose message is a code and whose detail is JSON: it undoes the whole
-- transaction. AZ002 is a request that no correct program makes.

CREATE FUNCTION ledger_refuse(code text, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'AZ001', MESSAGE = code, DETAIL = facts::text;
END
$$;

-- The legs of each kind, debits first. Refunds after release and reversals are made here, below.
CREATE FUNCTION ledger_shape(kind text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'opening' THEN 'mint- wallet+'
        WHEN 'mint' THEN 'mint- wallet+'
        WHEN 'burn' THEN 'wallet- mint+'
        WHEN 'transfer' THEN 'wallet- wallet+'
        WHEN 'purchase' THEN 'wallet- order_escrow+'
        WHEN 'release' THEN 'order_escrow- wallet+ commission+'
        WHEN 'refund' THEN 'order_escrow- wallet+'
        WHEN 'listing_fee' THEN 'wallet- listing_fee+'
        WHEN 'fund_rewards' THEN 'mint- reward_pool+'
        WHEN 'reward' THEN 'reward_pool- wallet+'
    END
$$;

CREATE FUNCTION ledger_statement_type(kind text, is_credit boolean) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE kind
        WHEN 'mint' THEN 'top_up'
        WHEN 'burn' THEN 'withdrawal'
        WHEN 'transfer' THEN CASE WHEN is_credit THEN 'transfer_in' ELSE 'transfer_out' END
        WHEN 'release' THEN 'sale'
        WHEN 'refund_released' THEN CASE WHEN is_credit THEN 'refund' ELSE 'refund_paid' END
        WHEN 'reversal' THEN CASE WHEN is_credit THEN 'refund' ELSE 'refund_paid' END
        ELSE kind
    END
$$;

-- 48 random bits of a statement row's id, to read out on the telephone.
CREATE FUNCTION ledger_receipt(row_id uuid) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(upper(right(row_id::text, 12)), '(.{4})(.{4})(.{4})', 'AZR-\1-\2-\3')
$$;

-- `whole` * `part` / `total` with 8 places, half to even, computed with whole numbers.
CREATE FUNCTION ledger_share(whole numeric, part numeric, total numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE AS $$
    SELECT (quotient + CASE
                WHEN 2 * rest > divisor OR 2 * rest = divisor AND quotient % 2 = 1 THEN 1 ELSE 0
            END) * 0.00000001
    FROM (SELECT whole * part * 1e16 AS dividend, total * 1e8 AS divisor) numbers,
         LATERAL (SELECT div(dividend, divisor) AS quotient, mod(dividend, divisor) AS rest) parts
$$;

CREATE FUNCTION ledger_hash(request jsonb) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(convert_to(request::text, 'UTF8'))
$$;

-- What the first request with this key was told, or NULL. Waits for it if it is under way.
CREATE FUNCTION ledger_recall(the_scope text, the_key text, request jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    known ledger_keys;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(the_scope || ' ' || the_key, 0));
    SELECT * INTO known FROM ledger_keys WHERE scope = the_scope AND key = the_key;
    IF NOT FOUND THEN
        RETURN NULL;
    ELSIF known.request_hash <> ledger_hash(request) THEN
        PERFORM ledger_refuse('KEY_REUSED', '{}');
    ELSIF known.outcome = 'rejected' THEN
        PERFORM ledger_refuse(known.response ->> 'code', known.response -> 'facts');
    END IF;
    RETURN known.response || '{"is_replay": true}';
END
$$;

-- Keep a refusal as the outcome of its key. False if the key has come to another outcome meanwhile.
CREATE FUNCTION ledger_remember(the_scope text, the_key text, request jsonb, refusal jsonb)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(the_scope || ' ' || the_key, 0));
    INSERT INTO ledger_keys (scope, key, request_hash, outcome, response)
    VALUES (the_scope, the_key, ledger_hash(request), 'rejected', refusal)
    ON CONFLICT DO NOTHING;
    RETURN EXISTS (
        SELECT FROM ledger_keys
        WHERE scope = the_scope AND key = the_key AND outcome = 'rejected' AND response = refusal
    );
END
$$;

-- An amount as the API spells it, at most 10 digits and 8 decimals; anything else is AZ002.
CREATE FUNCTION ledger_amount(spelled text, is_signed boolean) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF spelled ~ '^-?[0-9]{1,10}(\.[0-9]{1,8})?$' AND spelled::numeric <> 0
        AND (is_signed OR spelled::numeric > 0)
    THEN
        RETURN spelled::numeric;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'AZ002', MESSAGE = 'INVALID_AMOUNT',
        DETAIL = coalesce(spelled, 'null');
END
$$;

CREATE FUNCTION ledger_read_legs(request jsonb)
RETURNS TABLE (place bigint, account text, owner uuid, amount numeric, counterparty uuid)
LANGUAGE sql STABLE AS $$
    SELECT leg.place, leg.body ->> 'account', (leg.body ->> 'owner')::uuid,
           ledger_amount(leg.body ->> 'amount', true), (leg.body ->> 'counterparty')::uuid
    FROM jsonb_array_elements(request -> 'legs') WITH ORDINALITY AS leg(body, place)
$$;

-- Whether the legs are what their kind has, sum to zero, and follow the rules of orders.
CREATE FUNCTION ledger_check(request jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kind text := request ->> 'kind';
    facts record;
BEGIN
    SELECT string_agg(account || CASE WHEN amount < 0 THEN '-' ELSE '+' END, ' ' ORDER BY place)
               AS shape,
           sum(amount) AS total,
           max(amount) FILTER (WHERE account = 'commission') AS commission,
           max(abs(amount)) FILTER (WHERE account = 'order_escrow') AS price,
           count(DISTINCT (account, owner)) = count(*) AS is_distinct,
           bool_and(account <> 'order_escrow' OR owner = (request ->> 'reference_id')::uuid)
               AS is_of_order
    INTO facts FROM ledger_read_legs(request);
    IF facts.shape IS DISTINCT FROM ledger_shape(kind)
        OR facts.total IS DISTINCT FROM 0
        OR NOT facts.is_distinct
        OR facts.is_of_order IS NOT TRUE
        OR scale(trim_scale(facts.price)) > 6
        OR facts.commission <> ledger_share(facts.price, 0.15, 1)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'AZ002', MESSAGE = 'INVALID_POSTING',
            DETAIL = request::text;
    END IF;
END
$$;

-- Wallets and escrows come into being with their first posting, in one order for everybody.
CREATE FUNCTION ledger_open_accounts(request jsonb) RETURNS void LANGUAGE sql AS $$
    WITH opened AS (
        INSERT INTO ledger_accounts (kind, owner_id)
        SELECT leg.account, leg.owner FROM ledger_read_legs(request) leg
        WHERE leg.owner IS NOT NULL AND NOT EXISTS (
            SELECT FROM ledger_accounts known
            WHERE known.kind = leg.account AND known.owner_id = leg.owner
        )
        ORDER BY leg.account, leg.owner
        ON CONFLICT DO NOTHING
        RETURNING id
    )
    INSERT INTO ledger_balances (account_id, floor) SELECT id, 0 FROM opened
$$;

CREATE FUNCTION ledger_account(the_kind text, the_owner uuid) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF the_owner IS NULL THEN
        RETURN (SELECT id FROM ledger_accounts WHERE kind = the_kind AND owner_id IS NULL);
    END IF;
    RETURN (SELECT id FROM ledger_accounts WHERE kind = the_kind AND owner_id = the_owner);
END
$$;

-- The shards that an amount comes from or goes to. One that nobody holds pays, so that rewards do
-- not queue; when none can, all of them are locked and pay together.
CREATE FUNCTION ledger_pool_legs(amount numeric) RETURNS SETOF ledger_leg
LANGUAGE plpgsql STRICT AS $$
DECLARE
    shards bigint[] := ARRAY(SELECT id FROM ledger_accounts WHERE kind = 'reward_pool' ORDER BY id);
    share numeric := trunc(amount / cardinality(shards), 8);
    available numeric;
    chosen bigint;
BEGIN
    IF amount > 0 THEN
        RETURN QUERY SELECT shard, part, NULL::uuid FROM (
            SELECT shard, CASE place WHEN 1 THEN amount - share * (cardinality(shards) - 1)
                          ELSE share END AS part
            FROM unnest(shards) WITH ORDINALITY AS pool(shard, place)
        ) parts WHERE part <> 0;
        RETURN;
    END IF;
    SELECT account_id INTO chosen FROM ledger_balances
    WHERE account_id = ANY (shards) AND posted - held + amount >= 0
    ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    IF FOUND THEN
        RETURN QUERY SELECT chosen, amount, NULL::uuid;
        RETURN;
    END IF;
    PERFORM ledger_lock(shards);
    SELECT sum(posted - held) INTO available FROM ledger_balances WHERE account_id = ANY (shards);
    IF available + amount < 0 THEN
        PERFORM ledger_refuse('INSUFFICIENT_FUNDS', jsonb_build_object('account', 'reward_pool',
            'owner', NULL, 'available', available::text, 'required', (-amount)::text));
    END IF;
    RETURN QUERY SELECT account_id, -least(free, -amount - before), NULL::uuid FROM (
        SELECT account_id, posted - held AS free,
               sum(posted - held) OVER (ORDER BY account_id) - (posted - held) AS before
        FROM ledger_balances WHERE account_id = ANY (shards)
    ) parts WHERE free > 0 AND before < -amount;
END
$$;

CREATE FUNCTION ledger_lock(accounts bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM ledger_balances WHERE account_id = ANY (accounts)
    ORDER BY account_id FOR NO KEY UPDATE;
END
$$;

-- Refuse what the locked balances do not allow.
CREATE FUNCTION ledger_decide(the_kind text, legs ledger_leg[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    problem record;
BEGIN
    SELECT * INTO problem FROM (
        SELECT account.kind AS account, account.owner_id, leg.place, leg.amount,
               balance.posted - balance.held AS available,
               CASE
                   WHEN leg.amount < 0 AND balance.frozen_at IS NOT NULL THEN 'ACCOUNT_FROZEN'
                   WHEN balance.posted - balance.held + leg.amount < balance.floor
                       THEN 'INSUFFICIENT_FUNDS'
                   WHEN account.kind = 'wallet'
                       AND balance.posted + leg.amount > 9999999999.99999999
                       THEN 'BALANCE_TOO_LARGE'
                   WHEN account.kind = 'order_escrow' AND the_kind IN ('release', 'refund')
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
CREATE FUNCTION ledger_require_first(the_kind text, for_kind text, for_id uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    earlier uuid;
BEGIN
    SELECT id INTO earlier FROM ledger_transactions
    WHERE reference_id = for_id AND reference_kind = for_kind AND kind = the_kind
        AND kind IN ('purchase', 'release', 'refund', 'listing_fee', 'reward');
    IF FOUND THEN
        PERFORM ledger_refuse('ALREADY_POSTED', jsonb_build_object('transaction_id', earlier));
    END IF;
END
$$;

-- Lock, decide, write. Everything that posts ends here.
CREATE FUNCTION ledger_write(
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
        'created_at', moment, 'balances', people);
    INSERT INTO ledger_keys (scope, key, request_hash, outcome, transaction_id, response)
    VALUES (the_scope, the_key, ledger_hash(request), 'ok', the_id, response);
    RETURN response;
END
$$;

-- Write the balances and statements of the people whose wallets moved; answers their balances.
CREATE FUNCTION ledger_tell(the_id uuid, the_kind text, legs ledger_leg[], moment timestamptz)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    wallets jsonb;
BEGIN
    SELECT coalesce(jsonb_object_agg(account.owner_id, balance.posted::text), '{}') INTO wallets
    FROM unnest(legs) leg
    JOIN ledger_accounts account ON account.id = leg.account_id AND account.kind = 'wallet'
    JOIN ledger_balances balance ON balance.account_id = account.id;

    UPDATE users SET azr_balance = value::numeric FROM jsonb_each_text(wallets)
    WHERE users.id = key::uuid;
    PERFORM FROM jsonb_object_keys(wallets) person
    WHERE NOT EXISTS (SELECT FROM users WHERE users.id = person::uuid);
    IF FOUND THEN
        PERFORM ledger_refuse('NO_SUCH_WALLET', '{}');
    END IF;
    IF the_kind = 'opening' THEN
        RETURN wallets;
    END IF;

    WITH lines AS MATERIALIZED (
        SELECT uuidv7() AS row_id, account.owner_id, leg.amount, leg.counterparty_id
        FROM unnest(legs) leg
        JOIN ledger_accounts account ON account.id = leg.account_id AND account.kind = 'wallet'
    )
    INSERT INTO transactions (
        id, user_id, type, amount, status, created_at,
        ledger_transaction_id, balance_after, counterparty_id, receipt_code
    )
    SELECT row_id, owner_id, ledger_statement_type(the_kind, amount > 0), abs(amount), 'completed',
           moment AT TIME ZONE 'UTC', the_id, (wallets ->> owner_id::text)::numeric,
           counterparty_id, ledger_receipt(row_id)
    FROM lines;
    RETURN wallets;
END
$$;

-- Post a transaction: {kind, actor_id, reference_kind, reference_id, legs: [{account, owner,
-- amount, counterparty}]}. Answers {transaction_id, sequence, created_at, balances}.
CREATE FUNCTION ledger_post(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    legs ledger_leg[];
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    PERFORM ledger_check(request);
    -- Once more under the locks; here, so that an empty pool does not hide it.
    PERFORM ledger_require_first(request ->> 'kind', request ->> 'reference_kind',
        (request ->> 'reference_id')::uuid);
    PERFORM ledger_open_accounts(request);
    legs := ARRAY(
        SELECT ROW(part.account_id, part.amount, part.counterparty_id)::ledger_leg
        FROM ledger_read_legs(request) AS leg, LATERAL (
            SELECT * FROM ledger_pool_legs(
                CASE leg.account WHEN 'reward_pool' THEN leg.amount END)
            UNION ALL
            SELECT ledger_account(leg.account, leg.owner), leg.amount, leg.counterparty
            WHERE leg.account <> 'reward_pool'
        ) AS part
        ORDER BY leg.place
    );
    RETURN ledger_write(the_scope, the_key, the_id, request, legs,
        request ->> 'reference_kind', (request ->> 'reference_id')::uuid);
END
$$;

-- Undo a transaction with its mirror: {kind: "reversal", actor_id, reverses_id}. Once, and of an
-- order the last first, so that an order is always in a state that it has been in.
CREATE FUNCTION ledger_revert(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    original ledger_transactions;
    obstacle uuid;
    legs ledger_leg[];
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    SELECT * INTO original FROM ledger_transactions WHERE id = (request ->> 'reverses_id')::uuid;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NO_SUCH_TRANSACTION', '{}');
    ELSIF original.kind = 'reversal' THEN
        PERFORM ledger_refuse('NOT_REVERSIBLE', '{}');
    END IF;
    legs := ARRAY(
        SELECT ROW(entry.account_id, -entry.amount, line.counterparty_id)::ledger_leg
        FROM ledger_entries entry
        JOIN ledger_accounts account ON account.id = entry.account_id
        LEFT JOIN transactions line ON line.ledger_transaction_id = entry.transaction_id
            AND line.user_id = account.owner_id AND account.kind = 'wallet'
        WHERE entry.transaction_id = original.id ORDER BY entry.leg
    );
    PERFORM ledger_lock(ARRAY(SELECT account_id FROM unnest(legs)));
    SELECT id INTO obstacle FROM ledger_transactions WHERE reverses_id = original.id;
    IF FOUND THEN
        PERFORM ledger_refuse('ALREADY_REVERSED', jsonb_build_object('transaction_id', obstacle));
    END IF;
    SELECT later.id INTO obstacle FROM ledger_transactions later
    WHERE later.reference_id = original.reference_id
        AND later.reference_kind = original.reference_kind
        AND later.sequence > original.sequence AND later.kind <> 'reversal'
        AND NOT EXISTS (SELECT FROM ledger_transactions undone WHERE undone.reverses_id = later.id)
    ORDER BY later.sequence DESC LIMIT 1;
    IF FOUND THEN
        PERFORM ledger_refuse('NOT_THE_LAST', jsonb_build_object('transaction_id', obstacle));
    END IF;
    RETURN ledger_write(the_scope, the_key, the_id, request, legs,
        original.reference_kind, original.reference_id);
END
$$;

-- What an order's transactions of one kind moved on accounts of one kind, but for reversed ones.
CREATE FUNCTION ledger_moved(the_order uuid, the_kind text, the_account text)
RETURNS TABLE (account_id bigint, owner_id uuid, amount numeric) LANGUAGE sql STABLE AS $$
    SELECT entry.account_id, account.owner_id, entry.amount
    FROM ledger_transactions posted
    JOIN ledger_entries entry ON entry.transaction_id = posted.id
    JOIN ledger_accounts account ON account.id = entry.account_id
    WHERE posted.reference_id = the_order AND posted.reference_kind = 'order'
        AND posted.kind = the_kind AND account.kind = the_account
        AND NOT EXISTS (SELECT FROM ledger_transactions undone WHERE undone.reverses_id = posted.id)
$$;

-- Give back some of a released order's price: {kind: "refund_released", actor_id, reference_kind,
-- reference_id, amount}. The commission comes back in proportion to all that was refunded, so a
-- whole refund returns exactly the whole commission.
CREATE FUNCTION ledger_refund_released(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    the_order uuid := request ->> 'reference_id';
    amount numeric := ledger_amount(request ->> 'amount', false);
    commission_account bigint := ledger_account('commission', NULL);
    buyer record;
    seller record;
    price numeric;
    commission numeric;
    refunded numeric;
    returned numeric;
    part numeric;
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    SELECT * INTO buyer FROM ledger_moved(the_order, 'purchase', 'wallet');
    SELECT * INTO seller FROM ledger_moved(the_order, 'release', 'wallet');
    PERFORM ledger_lock(ARRAY[buyer.account_id, seller.account_id,
        ledger_account('order_escrow', the_order)]);
    SELECT -moved.amount INTO price FROM ledger_moved(the_order, 'release', 'order_escrow') moved;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NOT_RELEASED', '{}');
    END IF;
    SELECT sum(moved.amount) INTO commission
    FROM ledger_moved(the_order, 'release', 'commission') moved;
    SELECT coalesce(sum(moved.amount), 0) INTO refunded
    FROM ledger_moved(the_order, 'refund_released', 'wallet') moved WHERE moved.amount > 0;
    SELECT coalesce(-sum(moved.amount), 0) INTO returned
    FROM ledger_moved(the_order, 'refund_released', 'commission') moved;
    IF refunded + amount > price THEN
        PERFORM ledger_refuse('REFUND_TOO_LARGE', jsonb_build_object(
            'available', (price - refunded)::text, 'required', amount::text));
    END IF;
    part := ledger_share(commission, refunded + amount, price) - returned;
    RETURN ledger_write(the_scope, the_key, the_id, request, ARRAY(
        SELECT leg FROM unnest(ARRAY[
            ROW(seller.account_id, part - amount, buyer.owner_id)::ledger_leg,
            ROW(commission_account, -part, NULL)::ledger_leg,
            ROW(buyer.account_id, amount, seller.owner_id)::ledger_leg
        ]) leg WHERE leg.amount <> 0
    ), 'order', the_order);
END
$$;

-- Set AZR of a wallet aside: {actor_id, owner, amount, seconds}. Answers {hold_id, expires_at}.
CREATE FUNCTION ledger_hold(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    wanted numeric := ledger_amount(request ->> 'amount', false);
    wallet bigint := ledger_account('wallet', (request ->> 'owner')::uuid);
    moment timestamptz;
    ends_at timestamptz;
    response jsonb;
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    ELSIF wallet IS NULL THEN
        PERFORM ledger_refuse('INSUFFICIENT_FUNDS', jsonb_build_object('account', 'wallet',
            'owner', request ->> 'owner', 'available', '0.00000000', 'required', wanted::text));
    END IF;
    PERFORM ledger_lock(ARRAY[wallet]);
    PERFORM ledger_decide('hold', ARRAY[ROW(wallet, -wanted, NULL)::ledger_leg]);
    moment := date_trunc('milliseconds', clock_timestamp());
    ends_at := moment + make_interval(secs => (request ->> 'seconds')::int);
    INSERT INTO ledger_holds (id, account_id, amount, expires_at, created_at)
    VALUES (the_id, wallet, wanted, ends_at, moment);
    UPDATE ledger_balances SET held = held + wanted WHERE account_id = wallet;
    response := jsonb_build_object('hold_id', the_id, 'expires_at', ends_at);
    INSERT INTO ledger_keys (scope, key, request_hash, outcome, hold_id, response)
    VALUES (the_scope, the_key, ledger_hash(request), 'ok', the_id, response);
    RETURN response;
END
$$;

-- End a pending hold, under the lock of its wallet, and free what it held.
CREATE FUNCTION ledger_end_hold(the_hold uuid, end_state text) RETURNS ledger_holds
LANGUAGE plpgsql AS $$
DECLARE
    hold ledger_holds;
BEGIN
    SELECT * INTO hold FROM ledger_holds WHERE id = the_hold;
    PERFORM ledger_lock(ARRAY[hold.account_id]);
    SELECT * INTO hold FROM ledger_holds WHERE id = the_hold FOR NO KEY UPDATE;
    IF hold.id IS NULL THEN
        PERFORM ledger_refuse('NO_SUCH_HOLD', '{}');
    ELSIF hold.state <> 'pending' THEN
        PERFORM ledger_refuse('HOLD_ENDED', jsonb_build_object('state', hold.state));
    ELSIF end_state = 'captured' AND hold.expires_at <= clock_timestamp() THEN
        PERFORM ledger_refuse('HOLD_ENDED', '{"state": "expired"}');
    END IF;
    UPDATE ledger_balances SET held = held - hold.amount WHERE account_id = hold.account_id;
    IF end_state <> 'captured' THEN
        UPDATE ledger_holds SET state = end_state WHERE id = the_hold;
    END IF;
    RETURN hold;
END
$$;

-- Charge what a hold was for: {kind: "ai_usage", actor_id, hold_id, amount}; the rest is freed.
CREATE FUNCTION ledger_capture(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    charged numeric := ledger_amount(request ->> 'amount', false);
    hold ledger_holds;
    response jsonb;
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    hold := ledger_end_hold((request ->> 'hold_id')::uuid, 'captured');
    IF charged > hold.amount THEN
        PERFORM ledger_refuse('CAPTURE_TOO_LARGE', jsonb_build_object(
            'available', hold.amount::text, 'required', charged::text));
    END IF;
    response := ledger_write(the_scope, the_key, the_id, request, ARRAY[
        ROW(hold.account_id, -charged, NULL)::ledger_leg,
        ROW(ledger_account('ai_revenue', NULL), charged, NULL)::ledger_leg
    ], NULL, NULL);
    UPDATE ledger_holds SET state = 'captured', captured = charged, transaction_id = the_id
    WHERE id = hold.id;
    RETURN response;
END
$$;

-- Free all that a pending hold held.
CREATE FUNCTION ledger_void(the_hold uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    PERFORM ledger_end_hold(the_hold, 'voided');
END
$$;

-- Free what holds past their time still hold, at most `holds_max` of them. Answers how many.
CREATE FUNCTION ledger_expire_holds(holds_max int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
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
    RETURN cardinality(overdue);
END
$$;

-- Stop, or allow again, whatever would leave a wallet. What comes in still comes in.
CREATE FUNCTION ledger_freeze(the_owner uuid, is_frozen boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
BEGIN
    UPDATE ledger_balances SET frozen_at = CASE WHEN is_frozen THEN clock_timestamp() END
    WHERE account_id = ledger_account('wallet', the_owner);
    IF NOT FOUND THEN
        PERFORM ledger_refuse('NO_SUCH_WALLET', '{}');
    END IF;
END
$$;

-- The accounts of the platform, without which nothing can be posted. Empty books have none.
CREATE FUNCTION ledger_open_books() RETURNS void LANGUAGE sql AS $$
    INSERT INTO ledger_accounts (kind, shard)
    SELECT 'reward_pool', shard FROM generate_series(0, 15) shard
    UNION ALL SELECT kind, 0
    FROM unnest(ARRAY['commission', 'listing_fee', 'ai_revenue', 'mint', 'suspense']) kind
    ON CONFLICT DO NOTHING;
    INSERT INTO ledger_balances (account_id, floor)
    SELECT id, CASE kind WHEN 'reward_pool' THEN 0 END FROM ledger_accounts
    WHERE kind IN ('reward_pool', 'suspense')
    ON CONFLICT DO NOTHING;
$$;

CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'AZ003', MESSAGE = TG_TABLE_NAME || ' is only appended to';
END
$$;

CREATE FUNCTION ledger_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts record;
BEGIN
    SELECT count(*) AS legs, sum(amount) AS total INTO facts
    FROM ledger_entries WHERE transaction_id = NEW.id;
    IF facts.legs < 2 OR facts.total IS DISTINCT FROM 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'AZ003',
            MESSAGE = format('transaction %s has %s legs that sum to %s', NEW.id, facts.legs,
                facts.total);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION ledger_require_wallet() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM users person
    LEFT JOIN ledger_balances wallet ON wallet.account_id = ledger_account('wallet', person.id)
    WHERE person.id = NEW.id AND person.azr_balance <> coalesce(wallet.posted, 0);
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'AZ003',
            MESSAGE = format('users.azr_balance of %s is not what the ledger says', NEW.id);
    END IF;
    RETURN NULL;
END
$$;
