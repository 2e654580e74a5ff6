"""Seals the ledger's log in signed blocks, so that nobody changes the past unseen.

A block is all that was posted under a range of PostgreSQL's transaction numbers, once none of them
can still be running: nothing arrives late. Its hash goes over the hash before it.
"""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from sqlalchemy import text
from sqlmodel import col, select

from core.database import ReadSession, WriteSession
from models.tables import LedgerSeal

ALGORITHM = "Ed25519"
FIRST = bytes(32)
# One sealer at a time; others leave the work to it.
_ONE_SEALER = text("SELECT pg_try_advisory_xact_lock(hashtextextended('ledger_seals', 0))")
_WATERMARK = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
_LINES = text("""
    SELECT posted.id, jsonb_build_array(
        posted.sequence, posted.id, posted.kind, posted.actor_id, posted.reference_kind,
        posted.reference_id, posted.reverses_id, extract(epoch FROM posted.created_at)::text,
        entry.leg, account.kind, account.owner_id, account.shard, entry.amount::text,
        entry.balance_after::text, entry.version)::text
    FROM ledger_transactions posted
    LEFT JOIN ledger_entries entry ON entry.transaction_id = posted.id
    LEFT JOIN ledger_accounts account ON account.id = entry.account_id
    WHERE posted.xid >= :xid_from AND posted.xid < :xid_until
    ORDER BY posted.xid, posted.sequence, entry.leg
""")


@dataclass(frozen=True, slots=True)
class Head:
    """What a signature says of a block. `hash` is in hexadecimal."""

    block: int
    xid_from: int
    xid_until: int
    transactions: int
    hash: str

    @classmethod
    def of(cls, seal: LedgerSeal) -> "Head":
        """The head that a stored seal has."""
        return cls(seal.block, seal.xid_from, seal.xid_until, seal.transactions, seal.hash.hex())

    def __str__(self) -> str:
        """As `--head` takes it."""
        return f"{self.block}:{self.hash}"


async def seal(session: WriteSession, private_key_pem: str) -> Head | None:
    """Seal what was posted since the last block; `None` if nothing was, or another sealer is at it.

    Keep the head that it answers with somewhere else: it proves that no later block was cut off.
    """
    if not await session.scalar(_ONE_SEALER):
        return None
    last = await session.scalar(select(LedgerSeal).order_by(col(LedgerSeal.block).desc()).limit(1))
    block, xid_from, previous = (
        (1, 0, FIRST) if last is None else (last.block + 1, last.xid_until, last.hash)
    )
    xid_until = await session.scalar(_WATERMARK)
    if xid_until is None or xid_until <= xid_from:
        return None
    digest, transactions = await _digest(session, previous, xid_from, xid_until)
    if transactions == 0:
        return None
    head = Head(block, xid_from, xid_until, transactions, digest.hex())
    key = OKPKey.import_key(private_key_pem)
    signature = jws.serialize_compact(
        {"alg": ALGORITHM}, orjson.dumps(asdict(head)), key, algorithms=[ALGORITHM]
    )
    values: dict[str, Any] = {**asdict(head), "hash": digest, "signature": signature}
    session.add(LedgerSeal(**values))
    return head


async def tampering(
    session: ReadSession, private_key_pem: str, *, known_head: str | None = None
) -> AsyncIterator[str]:
    """What is wrong with the sealed log, block by block. Nothing, if nobody touched it.

    `known_head` is a head that was kept elsewhere.
    """
    seals = list(await session.scalars(select(LedgerSeal).order_by(col(LedgerSeal.block))))
    key = OKPKey.import_key(private_key_pem)
    if known_head is not None and known_head not in {str(Head.of(each)) for each in seals}:
        yield f"block {known_head.partition(':')[0]} is not the one that was kept elsewhere"
    if seals and (seals[0].block, seals[0].xid_from) != (1, 0):
        yield f"block {seals[0].block} is the first that is left"
    for earlier, later in pairwise(seals):
        if (later.block, later.xid_from) != (earlier.block + 1, earlier.xid_until):
            yield f"block {later.block} does not follow block {earlier.block}"
    previous = FIRST
    for each in seals:
        digest, transactions = await _digest(session, previous, each.xid_from, each.xid_until)
        if (digest, transactions) != (each.hash, each.transactions):
            yield (
                f"block {each.block} was changed: it had {each.transactions} transactions,"
                f" sealed at {each.sealed_at:%Y-%m-%d %H:%M:%S} UTC, and has {transactions}"
            )
        if not _is_signed(each, key):
            yield f"block {each.block} has a signature that is not ours"
        # The stored hash, so that only blocks that were changed themselves are named.
        previous = each.hash


async def _digest(
    session: ReadSession | WriteSession, previous: bytes, xid_from: int, xid_until: int
) -> tuple[bytes, int]:
    """The hash of a block after `previous`, and how many transactions it has."""
    digest, ids = sha256(previous), set[Any]()
    rows = await session.execute(_LINES, {"xid_from": xid_from, "xid_until": xid_until})
    for id_, line in rows:
        ids.add(id_)
        digest.update(line.encode() + b"\n")
    return digest.digest(), len(ids)


def _is_signed(seal: LedgerSeal, key: OKPKey) -> bool:
    try:
        signed = jws.deserialize_compact(seal.signature, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return False
    return signed.payload == orjson.dumps(asdict(Head.of(seal)))
