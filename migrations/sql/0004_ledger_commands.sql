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

-- An account by its kind, and its owner if it has one.
CREATE OR REPLACE FUNCTION ledger_account(the_kind text, the_owner uuid) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_id bigint;
BEGIN
    IF the_owner IS NULL THEN
        SELECT id INTO found_id FROM ledger_accounts WHERE kind = the_kind AND owner_id IS NULL;
    ELSE
        SELECT id INTO found_id FROM ledger_accounts
        WHERE kind = the_kind AND owner_id = the_owner;
    END IF;
    RETURN found_id;
END
$$;

-- The legs of a request, if they are what their kind has, sum to zero, and follow the rules of
-- orders. The second leg of a settlement is what the buyer gets back: the commission is of the rest.
-- Accounts that do not exist yet have no id.
CREATE FUNCTION ledger_legs(request jsonb) RETURNS ledger_leg[] LANGUAGE plpgsql AS $$
DECLARE
    kind text := request ->> 'kind';
    legs ledger_leg[];
    leg jsonb;
    account text;
    amount numeric;
    shape text;
    total numeric := 0;
    price numeric;
    commission numeric;
    given_back numeric := 0;
    is_sound boolean := true;
BEGIN
    FOR place IN 1 .. jsonb_array_length(request -> 'legs') LOOP
        leg := request -> 'legs' -> place - 1;
        account := leg ->> 'account';
        amount := ledger_amount(leg ->> 'amount', true);
        shape := concat_ws(' ', shape, account || CASE WHEN amount < 0 THEN '-' ELSE '+' END);
        total := total + amount;
        IF account = 'order_escrow' THEN
            price := abs(amount);
            is_sound := coalesce(leg ->> 'owner' = request ->> 'reference_id', false);
        ELSIF account = 'commission' THEN
            commission := amount;
        ELSIF kind = 'settlement' AND place = 2 THEN
            given_back := amount;
        END IF;
        legs[place] := ROW(
            CASE WHEN account <> 'reward_pool'
                THEN ledger_account(account, (leg ->> 'owner')::uuid) END,
            amount, (leg ->> 'counterparty')::uuid)::ledger_leg;
    END LOOP;
    IF (shape = ANY (string_to_array(ledger_shape(kind), '|'))) IS NOT TRUE
        OR total <> 0
        OR NOT is_sound
        OR scale(trim_scale(price)) > 6
        OR scale(trim_scale(given_back)) > 6
        OR commission <> ledger_share(price - given_back, 0.15, 1)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'AZ002', MESSAGE = 'INVALID_POSTING',
            DETAIL = request::text;
    END IF;
    RETURN legs;
END
$$;

-- Why a balance, which is locked, does not allow an amount; NULL if it does.
CREATE FUNCTION ledger_objection(
    posting text, account text, posted numeric, held numeric, floor numeric, frozen_at timestamptz,
    amount numeric
) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RETURN CASE
        WHEN amount < 0 AND frozen_at IS NOT NULL
            AND posting NOT IN ('take_back', 'adjustment') THEN 'ACCOUNT_FROZEN'
        WHEN posted - held + amount < floor THEN 'INSUFFICIENT_FUNDS'
        WHEN account = 'wallet' AND posted + amount > 9999999999.99999999 THEN 'BALANCE_TOO_LARGE'
        WHEN account = 'order_escrow' AND posting IN ('release', 'refund', 'settlement')
            AND posted + amount <> 0 THEN 'ESCROW_LEFT'
    END;
END
$$;

-- Refuse what happens once and has happened. Those that could happen twice at once share a lock.
CREATE OR REPLACE FUNCTION ledger_require_first(the_kind text, for_kind text, for_id uuid)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    earlier uuid;
BEGIN
    IF for_id IS NULL THEN
        RETURN;
    END IF;
    SELECT id INTO earlier FROM ledger_transactions
    WHERE reference_id = for_id AND reference_kind = for_kind AND kind = the_kind
        AND kind NOT IN ('refund_released', 'reversal');
    IF FOUND THEN
        PERFORM ledger_refuse('ALREADY_POSTED', jsonb_build_object('transaction_id', earlier));
    END IF;
END
$$;

-- Wallets and escrows come into being with their first posting, in one order for everybody.
CREATE OR REPLACE FUNCTION ledger_open_accounts(request jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    wanted record;
    opened bigint;
BEGIN
    FOR wanted IN
        SELECT leg ->> 'account' AS account, (leg ->> 'owner')::uuid AS owner
        FROM jsonb_array_elements(request -> 'legs') leg WHERE leg ->> 'owner' IS NOT NULL
        ORDER BY account, owner
    LOOP
        IF ledger_account(wanted.account, wanted.owner) IS NULL THEN
            INSERT INTO ledger_accounts (kind, owner_id) VALUES (wanted.account, wanted.owner)
            ON CONFLICT DO NOTHING RETURNING id INTO opened;
            IF FOUND THEN
                INSERT INTO ledger_balances (account_id, floor) VALUES (opened, 0);
            END IF;
        END IF;
    END LOOP;
END
$$;

-- The same legs with accounts for those that had none: new ones, or shards of the pool.
CREATE FUNCTION ledger_completed(request jsonb, legs ledger_leg[]) RETURNS ledger_leg[]
LANGUAGE plpgsql AS $$
DECLARE
    completed ledger_leg[];
    leg ledger_leg;
    spelled jsonb;
BEGIN
    PERFORM ledger_open_accounts(request);
    FOR place IN 1 .. cardinality(legs) LOOP
        leg := legs[place];
        spelled := request -> 'legs' -> place - 1;
        IF spelled ->> 'account' = 'reward_pool' THEN
            completed := completed || ARRAY(SELECT part FROM ledger_pool_legs(leg.amount) part);
        ELSE
            leg.account_id := ledger_account(spelled ->> 'account', (spelled ->> 'owner')::uuid);
            completed := completed || leg;
        END IF;
    END LOOP;
    RETURN completed;
END
$$;

CREATE OR REPLACE FUNCTION ledger_post(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    legs ledger_leg[];
    for_kind text := request ->> 'reference_kind';
    for_id uuid := request ->> 'reference_id';
    leg ledger_leg;
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    legs := ledger_legs(request);
    -- Once more under the locks; here, so that an empty pool does not hide it.
    PERFORM ledger_require_first(request ->> 'kind', for_kind, for_id);
    FOREACH leg IN ARRAY legs LOOP
        IF leg.account_id IS NULL THEN
            legs := ledger_completed(request, legs);
            EXIT;
        END IF;
    END LOOP;
    RETURN ledger_write(the_scope, the_key, the_id, request, legs, for_kind, for_id);
END
$$;

-- Lock, decide, write. Everything that posts ends here. It writes leg by leg: there are two or three
-- of them, and statements that find one row by its key cost a third of those that join a list.
CREATE OR REPLACE FUNCTION ledger_write(
    the_scope text, the_key text, the_id uuid, request jsonb, legs ledger_leg[],
    for_kind text, for_id uuid
) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    the_kind text := request ->> 'kind';
    moment timestamptz;
    leg ledger_leg;
    accounts bigint[];
    known ledger_balances;
    account record;
    place int;
    owners uuid[];
    balances numeric[];
    versions bigint[];
    objection text;
    objection_place int;
    facts jsonb;
    place_in_log bigint;
    people jsonb := '{}';
    response jsonb;
BEGIN
    FOREACH leg IN ARRAY legs LOOP
        IF leg.account_id = ANY (accounts) THEN
            RAISE EXCEPTION USING ERRCODE = 'AZ002', MESSAGE = 'INVALID_POSTING',
                DETAIL = request::text;
        END IF;
        accounts := accounts || leg.account_id;
    END LOOP;
    FOR known IN
        SELECT * FROM ledger_balances WHERE account_id = ANY (accounts)
        ORDER BY account_id FOR NO KEY UPDATE
    LOOP
        SELECT kind, owner_id INTO account FROM ledger_accounts WHERE id = known.account_id;
        place := array_position(accounts, known.account_id);
        leg := legs[place];
        objection := ledger_objection(the_kind, account.kind, known.posted, known.held, known.floor,
            known.frozen_at, leg.amount);
        IF objection IS NOT NULL AND place <= coalesce(objection_place, place) THEN
            objection_place := place;
            facts := jsonb_build_object('code', objection, 'account', account.kind,
                'owner', account.owner_id, 'available', (known.posted - known.held)::text,
                'required', abs(leg.amount)::text);
        END IF;
        owners[place] := CASE account.kind WHEN 'wallet' THEN account.owner_id END;
        balances[place] := known.posted + leg.amount;
        versions[place] := known.version + 1;
    END LOOP;
    PERFORM ledger_require_first(the_kind, for_kind, for_id);
    IF facts IS NOT NULL THEN
        PERFORM ledger_refuse(facts ->> 'code', facts - 'code');
    END IF;

    moment := date_trunc('milliseconds', clock_timestamp());
    INSERT INTO ledger_transactions (
        id, kind, actor_id, reference_kind, reference_id, reverses_id, created_at
    ) VALUES (
        the_id, the_kind, (request ->> 'actor_id')::uuid, for_kind, for_id,
        (request ->> 'reverses_id')::uuid, moment
    ) RETURNING sequence INTO place_in_log;
    FOR place IN 1 .. cardinality(legs) LOOP
        leg := legs[place];
        IF versions[place] IS NOT NULL THEN
            UPDATE ledger_balances SET posted = balances[place], version = versions[place]
            WHERE account_id = leg.account_id;
        END IF;
        INSERT INTO ledger_entries (transaction_id, leg, account_id, amount, balance_after, version)
        VALUES (the_id, place, leg.account_id, leg.amount, balances[place], versions[place]);
        IF owners[place] IS NOT NULL THEN
            people := people || jsonb_build_object(owners[place], balances[place]::text);
            UPDATE users SET azr_balance = balances[place] WHERE id = owners[place];
            IF NOT FOUND THEN
                PERFORM ledger_refuse('NO_SUCH_WALLET', '{}');
            END IF;
        END IF;
    END LOOP;
    FOR place IN 1 .. CASE the_kind WHEN 'opening' THEN 0 ELSE cardinality(legs) END LOOP
        IF owners[place] IS NOT NULL THEN
            PERFORM ledger_tell(
                the_id, the_kind, legs[place], owners[place], balances[place], moment,
                request ->> 'memo');
        END IF;
    END LOOP;

    INSERT INTO outbox (topic, subject_id, payload) VALUES ('ledger.posted', the_id,
        jsonb_build_object('kind', the_kind, 'sequence', place_in_log, 'balances', people));
    response := jsonb_build_object('transaction_id', the_id, 'sequence', place_in_log,
        'created_at', moment, 'reference_id', for_id, 'balances', people);
    INSERT INTO ledger_keys (scope, key, request_hash, outcome, transaction_id, response)
    VALUES (the_scope, the_key, ledger_hash(request), 'ok', the_id, response);
    RETURN response;
END
$$;

-- Write the line of a person whose wallet moved on the statement. What the payer said of it is not
-- in the log, which nobody may change: personal words can be erased.
CREATE FUNCTION ledger_tell(
    the_id uuid, the_kind text, leg ledger_leg, the_owner uuid, balance numeric, moment timestamptz,
    the_memo text
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    row_id uuid := uuidv7();
BEGIN
    INSERT INTO transactions (
        id, user_id, type, amount, status, created_at,
        ledger_transaction_id, balance_after, counterparty_id, receipt_code, memo
    ) VALUES (
        row_id, the_owner, ledger_statement_type(the_kind, leg.amount > 0), abs(leg.amount),
        'completed', moment AT TIME ZONE 'UTC',
        the_id, balance, leg.counterparty_id, ledger_receipt(row_id), the_memo
    );
END
$$;

-- Set AZR of a wallet aside: {actor_id, owner, amount, seconds}. Answers {hold_id, expires_at}.
CREATE OR REPLACE FUNCTION ledger_hold(the_scope text, the_key text, the_id uuid, request jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    known jsonb := ledger_recall(the_scope, the_key, request);
    wanted numeric := ledger_amount(request ->> 'amount', false);
    wallet ledger_balances;
    objection text;
    moment timestamptz;
    ends_at timestamptz;
    response jsonb;
BEGIN
    IF known IS NOT NULL THEN
        RETURN known;
    END IF;
    SELECT * INTO wallet FROM ledger_balances
    WHERE account_id = ledger_account('wallet', (request ->> 'owner')::uuid) FOR NO KEY UPDATE;
    objection := CASE WHEN NOT FOUND THEN 'INSUFFICIENT_FUNDS'
        ELSE ledger_objection('hold', 'wallet', wallet.posted, wallet.held, wallet.floor,
            wallet.frozen_at, -wanted) END;
    IF objection IS NOT NULL THEN
        PERFORM ledger_refuse(objection, jsonb_build_object('account', 'wallet',
            'owner', request ->> 'owner', 'required', wanted::text,
            'available', coalesce(wallet.posted - wallet.held, 0.00000000)::text));
    END IF;
    moment := date_trunc('milliseconds', clock_timestamp());
    ends_at := moment + make_interval(secs => (request ->> 'seconds')::int);
    INSERT INTO ledger_holds (id, account_id, amount, expires_at, created_at)
    VALUES (the_id, wallet.account_id, wanted, ends_at, moment);
    UPDATE ledger_balances SET held = held + wanted WHERE account_id = wallet.account_id;
    response := jsonb_build_object('hold_id', the_id, 'expires_at', ends_at);
    INSERT INTO ledger_keys (scope, key, request_hash, outcome, hold_id, response)
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
