"""The sealed log: whoever changes the past, with whatever rights, is found by block."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.auth.access_tokens import new_private_key
from services.ledger.sealing import seal, tampering

KEY = new_private_key()
LOOKS_MAX, LOOK_SECONDS = 400, 0.02
# `$it` is the one transaction of the second block.
TAMPERING = {
    "amount": "UPDATE ledger_entries SET amount = amount * 2 WHERE transaction_id = $it",
    "balance": "UPDATE ledger_entries SET balance_after = 0 WHERE transaction_id = $it",
    "legs": "DELETE FROM ledger_entries WHERE transaction_id = $it",
    "actor": "UPDATE ledger_transactions SET actor_id = NULL WHERE id = $it",
    "time": "UPDATE ledger_transactions SET created_at = now() WHERE id = $it",
    "transaction": "DELETE FROM ledger_transactions WHERE id = $it",
    "addition": (
        "INSERT INTO ledger_transactions (id, kind, xid) SELECT gen_random_uuid(), 'mint', xid"
        " FROM ledger_transactions WHERE id = $it"
    ),
    "hash": "UPDATE ledger_seals SET hash = sha256('') WHERE block = 2",
}
IT = "(SELECT id FROM ledger_transactions WHERE kind = 'transfer')"


async def settled(bank):
    """Wait until no transaction runs, in whichever database, that began before the last posting."""
    query = "SELECT max(xid) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    for _ in range(LOOKS_MAX):
        if await bank.one(f"{query} FROM ledger_transactions"):
            return
        await asyncio.sleep(LOOK_SECONDS)
    pytest.fail("another database is never at rest")


@pytest.fixture
def sealed(bank):
    async def run(*, waits=True) -> str | None:
        if waits:
            await settled(bank)
        async with bank.database.transaction() as session:
            head = await seal(session, KEY)
        return None if head is None else str(head)

    return run


@pytest.fixture
def found(bank):
    async def run(key=KEY, head=None) -> list[str]:
        async with bank.database.read() as session:
            return [each async for each in tampering(session, key, known_head=head)]

    return run


@pytest.fixture
async def heads(bank, sealed):
    """Three blocks: two mints, a transfer between the two, another mint."""
    sender, recipient = await bank.person("10"), await bank.person("10")
    heads = [await sealed()]
    await bank.transfer(sender, recipient, "3")
    heads.append(await sealed())
    await bank.mint(sender, "1")
    return [*heads, await sealed()]


async def by_hand(bank, statement):
    async with bank.database.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        await session.execute(text(statement))


class TestSeal:
    async def test_seals_each_transaction_once(self, bank, heads, sealed, found):
        blocks = await bank.rows("SELECT block, transactions FROM ledger_seals ORDER BY block")

        assert blocks == [(1, 2), (2, 1), (3, 1)]
        assert [head.partition(":")[0] for head in heads] == ["1", "2", "3"]
        assert await sealed() is None
        assert await found() == []
        assert await bank.contradictions() == []

    async def test_leaves_what_may_still_be_joined(self, bank, sealed, found):
        """A posting that began earlier and commits later is in a later block, not lost."""
        early, late = await bank.person(), await bank.person()
        insert = "INSERT INTO outbox (topic, subject_id, payload) VALUES ('t', :id, '{}')"
        async with bank.database.transaction() as session:
            await session.execute(text(insert), {"id": early})
            await bank.mint(late, "1")
            assert await sealed(waits=False) is None

        assert (await sealed() or "").startswith("1:")
        assert await bank.one("SELECT sum(transactions) FROM ledger_seals") == 1
        assert await found() == []

    async def test_is_done_by_one_at_a_time(self, bank, sealed, found):
        await bank.person("1")

        await settled(bank)
        heads = await asyncio.gather(*(sealed(waits=False) for _ in range(8)))

        assert sum(head is not None for head in heads) == 1
        assert await found() == []

    async def test_is_only_appended_to(self, bank, heads):
        with pytest.raises(DBAPIError, match="is only appended to"):
            async with bank.database.transaction() as session:
                await session.execute(text("DELETE FROM ledger_seals"))


class TestTampering:
    @pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING)
    async def test_is_named_by_block(self, bank, heads, found, statement):
        await by_hand(bank, statement.replace("$it", IT))

        sentences = await found()

        assert sentences[0].startswith("block 2 was changed: it had 1 transactions, sealed at ")
        assert not any(sentence.startswith("block 1") for sentence in sentences)

    async def test_cannot_be_signed_by_others(self, heads, found):
        assert await found(key=new_private_key()) == [
            f"block {number} has a signature that is not ours" for number in (1, 2, 3)
        ]

    async def test_is_seen_where_blocks_are_missing(self, bank, heads, found):
        await by_hand(bank, "DELETE FROM ledger_seals WHERE block = 2")

        assert (await found())[0] == "block 3 does not follow block 1"

    async def test_is_seen_where_the_end_was_cut_off_if_a_head_was_kept(self, bank, heads, found):
        assert await found(head=heads[2]) == []
        await by_hand(bank, "DELETE FROM ledger_seals WHERE block = 3")

        assert await found() == []
        assert await found(head=heads[2]) == ["block 3 is not the one that was kept elsewhere"]
