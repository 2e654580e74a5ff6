-- What somebody could do by hand, and the invariant that names it. `$wallet` is an account whose
-- entries include a first and a second, `$escrow` an order's, `$release` a transaction.

-- I1: a commission grows by the smallest part
UPDATE ledger_entries SET amount = amount + 1e-8 WHERE transaction_id = $release AND leg = 3;

-- I1: an entry is no number
ALTER TABLE ledger_entries DROP CONSTRAINT ck_ledger_entries_amount_range;
UPDATE ledger_entries SET amount = 'NaN' WHERE account_id = $wallet AND version = 1;

-- I2: a transaction loses its legs
DELETE FROM ledger_entries WHERE transaction_id = $release;

-- I2: a leg grows
UPDATE ledger_entries SET amount = amount + 1e-8 WHERE transaction_id = $release AND leg = 1;

-- I2: a leg belongs to another transaction
UPDATE ledger_entries SET transaction_id = $release, leg = 7
WHERE account_id = $wallet AND version = 2;

-- I3: a balance grows
UPDATE ledger_balances SET posted = posted + 1e-8 WHERE account_id = $wallet;

-- I3: a balance forgets an entry
UPDATE ledger_balances SET version = version - 1 WHERE account_id = $wallet;

-- I4: a hold ends and its wallet does not know
UPDATE ledger_holds SET state = 'voided' WHERE state = 'pending';

-- I4: a wallet holds back less
UPDATE ledger_balances SET held = held - 1e-8 WHERE held > 0;

-- I5: a person has more
UPDATE users SET azr_balance = azr_balance + 1e-8 WHERE azr_balance > 0;

-- I5: a person without a wallet has something
UPDATE users SET azr_balance = 1 WHERE azr_balance = 0;

-- I5: a person with something is gone
DELETE FROM users WHERE azr_balance > 0;

-- I6: an escrow is below zero
ALTER TABLE ledger_balances DROP CONSTRAINT ck_ledger_balances_floor_kept;
UPDATE ledger_balances SET posted = -1 WHERE account_id = $escrow;

-- I6: a balance is no number
ALTER TABLE ledger_balances DROP CONSTRAINT ck_ledger_balances_posted_range;
UPDATE ledger_balances SET posted = 'NaN' WHERE account_id = $escrow;

-- I6: a wallet loses its floor
UPDATE ledger_balances SET floor = NULL WHERE account_id = $wallet;

-- I6: a wallet loses its balance
DELETE FROM ledger_balances WHERE account_id = $wallet;

-- I7: the escrow of a settled order holds something
UPDATE ledger_balances SET posted = posted + 1 WHERE account_id = $escrow;

-- I7: a settled order was never paid
UPDATE ledger_transactions SET kind = 'opening' WHERE kind = 'purchase';

-- I7: a paid order was settled, and its escrow does not know
UPDATE ledger_transactions SET kind = 'opening' WHERE kind = 'release';
UPDATE ledger_balances SET posted = 0 WHERE account_id = $escrow;

-- I8: a seller takes of the commission
UPDATE ledger_entries SET amount = amount + 1e-8 WHERE transaction_id = $release AND leg = 2;
UPDATE ledger_entries SET amount = amount - 1e-8 WHERE transaction_id = $release AND leg = 3;

-- I9: a key that ended well has nothing to show
ALTER TABLE ledger_keys DROP CONSTRAINT ck_ledger_keys_outcome_proved;
UPDATE ledger_keys SET transaction_id = NULL WHERE transaction_id = $release;

-- I9: a rejected key has a transaction
ALTER TABLE ledger_keys DROP CONSTRAINT ck_ledger_keys_outcome_proved;
UPDATE ledger_keys SET outcome = 'rejected' WHERE transaction_id = $release;

-- I9: keys share a transaction
UPDATE ledger_keys SET transaction_id = $release WHERE transaction_id IS NOT NULL;

-- I9: a key's transaction is not there
UPDATE ledger_keys SET transaction_id = gen_random_uuid() WHERE transaction_id = $release;

-- I10: a message is gone
DELETE FROM outbox WHERE subject_id = $release;

-- I10: messages are doubled
ALTER TABLE outbox DROP CONSTRAINT uq_outbox_subject;
INSERT INTO outbox (topic, subject_id, payload) SELECT topic, subject_id, payload FROM outbox;

-- I11: an entry says another balance
UPDATE ledger_entries SET balance_after = balance_after + 1e-8
WHERE account_id = $wallet AND version = 2;

-- I11: an entry is missing
DELETE FROM ledger_entries WHERE account_id = $wallet AND version = 2;

-- I11: an entry lost its number
UPDATE ledger_entries SET version = NULL, balance_after = NULL
WHERE account_id = $wallet AND version = 1;

-- I12: an order is paid twice
DROP INDEX uq_ledger_transactions_once;
UPDATE ledger_transactions SET kind = 'purchase' WHERE kind = 'release';

-- I13: a wallet has what nobody minted
UPDATE ledger_balances SET posted = posted + 1 WHERE account_id = $wallet;

-- I14: nobody seals any more
INSERT INTO ledger_seals (block, xid_from, xid_until, transactions, hash, signature)
VALUES (1, 0, 1, 1, sha256(''), '');
UPDATE ledger_transactions SET created_at = created_at - interval '31 seconds';

-- I15: nobody sweeps
UPDATE ledger_holds SET expires_at = now() - interval '2 minutes';

-- I16: something could not be placed
UPDATE ledger_balances SET posted = 1e-8
WHERE account_id = (SELECT id FROM ledger_accounts WHERE kind = 'suspense');

-- I17: a line is gone
DELETE FROM transactions WHERE type = 'transfer_in';

-- I17: a line says another amount
UPDATE transactions SET amount = amount + 1e-8 WHERE type = 'sale';

-- I17: a line says another reason
UPDATE transactions SET type = 'reward' WHERE type = 'transfer_in';

-- I17: a line is not done
UPDATE transactions SET status = 'pending' WHERE type = 'transfer_in';

-- I17: a line says another balance
UPDATE transactions SET balance_after = balance_after + 1 WHERE type = 'transfer_out';

-- I17: a line proves itself by another's transaction
UPDATE transactions SET ledger_transaction_id = $release WHERE type = 'transfer_out';
