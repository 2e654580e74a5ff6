"""Posts to the ledger of a test. A request that brings no key gets one of its own."""

from copy import copy
from datetime import timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy import text

from core.database import Database
from services import ledger
from services.ledger import Key, Posting, Recipe, carry_out
from services.ledger.invariants import INVARIANTS, check_invariant

HOUR = timedelta(hours=1)


def key(value: str = "") -> Key:
    return Key("tests", value or uuid4().hex)


async def contradictions(session) -> list:
    """Everything that contradicts an invariant; empty if the ledger is sound."""
    findings = [await check_invariant(session, each) for each in INVARIANTS]
    return [finding for finding in findings if finding.count]


class Bank:
    """Every method is one transaction, and its amounts are in AZR, as text or numbers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._persons = count(1)

    async def person(self, azr="0") -> UUID:
        """A new person who has `azr`."""
        user_id, number = uuid4(), next(self._persons)
        insert = "INSERT INTO users (id, email, password_hash) VALUES (:id, :email, 'none')"
        values = {"id": user_id, "email": f"{number}.{user_id}@example.com"}
        async with self.database.transaction() as session:
            await session.execute(text(insert), values)
        if Decimal(azr):
            await self.mint(user_id, azr)
        return user_id

    async def post(self, recipe: Recipe, under: Key | None = None) -> Posting:
        return await self._done(ledger.post, recipe, under=under)

    async def earlier(self, under: Key) -> Posting | None:
        return await carry_out(self.database, lambda session: ledger.earlier(session, under))

    async def mint(self, user_id: UUID, azr) -> Posting:
        return await self.post(ledger.mint(user_id=user_id, amount_azr=Decimal(azr), actor_id=None))

    async def transfer(self, sender: UUID, recipient: UUID, azr, under=None) -> Posting:
        recipe = ledger.transfer(sender_id=sender, recipient_id=recipient, amount_azr=Decimal(azr))
        return await self.post(recipe, under)

    async def revert(self, posting_id: UUID, under: Key | None = None) -> Posting:
        return await self._done(ledger.revert, posting_id, under=under, actor_id=None)

    async def refund_released(self, order_id: UUID, azr, under=None) -> Posting:
        return await self._done(
            ledger.refund_released,
            order_id=order_id,
            amount_azr=Decimal(azr),
            actor_id=None,
            under=under,
        )

    async def reserve(self, user_id: UUID, azr, lifetime=HOUR, under=None) -> ledger.Hold:
        return await self._done(
            ledger.reserve,
            user_id=user_id,
            amount_azr=Decimal(azr),
            lifetime=lifetime,
            under=under,
        )

    async def capture(self, hold_id: UUID, azr, under=None) -> Posting:
        return await self._done(ledger.capture, hold_id, amount_azr=Decimal(azr), under=under)

    async def void(self, hold_id: UUID) -> None:
        await carry_out(self.database, lambda session: ledger.void(session, hold_id))

    async def expire_holds(self) -> list[UUID]:
        return await carry_out(self.database, ledger.expire_holds)

    async def freeze(self, user_id: UUID) -> None:
        await carry_out(self.database, lambda session: ledger.freeze_wallet(session, user_id))

    async def unfreeze(self, user_id: UUID) -> None:
        await carry_out(self.database, lambda session: ledger.unfreeze_wallet(session, user_id))

    async def balance(self, user_id: UUID) -> Decimal:
        """What the person's own row says."""
        return await self.one("SELECT azr_balance FROM users WHERE id = :id", id=user_id)

    async def balances(self) -> dict[tuple[str, UUID | None], Decimal]:
        """What the entries of each account sum to, the shards of the pool together."""
        query = """
            SELECT kind, owner_id, sum(amount) FROM ledger_entries
            JOIN ledger_accounts ON id = account_id GROUP BY kind, owner_id
        """
        return {(kind, owner): azr for kind, owner, azr in await self.rows(query)}

    async def statement(self, user_id: UUID) -> list[tuple]:
        """Type, amount, balance after and counterparty of each line, newest last."""
        return await self.rows(
            "SELECT type, amount, balance_after, counterparty_id FROM transactions"
            " WHERE user_id = :id ORDER BY id",
            id=user_id,
        )

    async def contradictions(self) -> list[tuple[str, tuple[str, ...]]]:
        async with self.database.read() as session:
            found = await contradictions(session)
        return [(finding.invariant.name, finding.examples) for finding in found]

    async def one(self, query: str, **values):
        async with self.database.read() as session:
            return await session.scalar(text(query), values)

    async def rows(self, query: str, **values) -> list[tuple]:
        async with self.database.read() as session:
            return [tuple(row) for row in await session.execute(text(query), values)]

    async def _done(self, command, *arguments, under: Key | None, **options):
        under = under or key()
        return await carry_out(
            self.database, lambda session: command(session, *arguments, key=under, **options)
        )


class Order:
    """A sale between two people; each step is a recipe."""

    def __init__(self, buyer: UUID, seller: UUID, price) -> None:
        self.id = uuid4()
        self._parties = {
            "order_id": self.id,
            "buyer_id": buyer,
            "seller_id": seller,
            "price_azr": Decimal(price),
        }

    def but(self, **changes) -> "Order":
        """The same order with something else about it."""
        other = copy(self)
        other._parties = {**self._parties, **changes}
        return other

    def paid(self) -> Recipe:
        return ledger.open_escrow(**self._parties)

    def released(self) -> Recipe:
        return ledger.release_escrow(**self._parties, actor_id=None)

    def settled(self, refund) -> Recipe:
        return ledger.settle_escrow(**self._parties, refund_azr=Decimal(refund), actor_id=None)

    def refunded(self) -> Recipe:
        return ledger.refund_escrow(**self._parties, actor_id=None)
