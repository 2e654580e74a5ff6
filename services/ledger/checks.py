"""Proves the ledger, and keeps what was found for operators."""

import structlog
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from core.database import Database
from models.tables import LedgerCheck
from services.ledger.invariants import INVARIANTS, check_invariant

logger = structlog.get_logger(__name__)


async def verify(database: Database) -> int:
    """Check every invariant, and answer how many do not hold. Each is logged with examples."""
    broken = 0
    for invariant in INVARIANTS:
        async with database.read() as session:
            finding = await check_invariant(session, invariant)
        if finding.count:
            broken += 1
            logger.error(
                "ledger_contradicted",
                invariant=invariant.name,
                truth=invariant.truth,
                contradictions=finding.count,
                examples=finding.examples,
            )
        found = {"contradictions": finding.count, "checked_at": func.clock_timestamp()}
        keeping = insert(LedgerCheck).values(invariant=invariant.name, **found)
        async with database.transaction() as session:
            await session.execute(
                keeping.on_conflict_do_update(index_elements=["invariant"], set_=found)
            )
    return broken
