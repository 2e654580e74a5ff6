-- A ledger as one writes it in an afternoon: every account has a row with its balance, the one for
-- fees too. Run under SERIALIZABLE, it is as right as ours.
CREATE SCHEMA naive;
CREATE TABLE naive.accounts (id uuid PRIMARY KEY, balance numeric(28, 8) NOT NULL DEFAULT 0);
CREATE TABLE naive.transactions (
    id uuid PRIMARY KEY, kind text NOT NULL, created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE naive.entries (
    transaction_id uuid REFERENCES naive.transactions, account_id uuid REFERENCES naive.accounts,
    amount numeric(28, 8) NOT NULL, PRIMARY KEY (transaction_id, account_id)
);
CREATE INDEX ON naive.entries (account_id);

CREATE FUNCTION naive.post(the_id uuid, the_kind text, the_accounts uuid[], amounts numeric[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place int;
BEGIN
    INSERT INTO naive.transactions (id, kind) VALUES (the_id, the_kind);
    FOR place IN 1 .. cardinality(the_accounts) LOOP
        INSERT INTO naive.accounts (id) VALUES (the_accounts[place]) ON CONFLICT DO NOTHING;
        IF (SELECT balance FROM naive.accounts WHERE id = the_accounts[place]) + amounts[place] < 0
        THEN
            RAISE EXCEPTION 'not enough';
        END IF;
        UPDATE naive.accounts SET balance = balance + amounts[place] WHERE id = the_accounts[place];
        INSERT INTO naive.entries VALUES (the_id, the_accounts[place], amounts[place]);
    END LOOP;
END
$$;
