"""Posts recipes into rows, in bulk, as the ledger's functions would one by one.

`azora ledger verify` proves the outcome: a loaded world is as sound as one that was lived.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import orjson

from dev.seed.drawing import Draw
from dev.seed.rows import (
    LedgerAccountRow,
    LedgerBalanceRow,
    LedgerEntryRow,
    LedgerTransactionRow,
    OutboxRow,
)
from models.tables import AccountKind
from models.tables.ledger import REWARD_POOL_SHARDS
from services.ledger.recipes import Leg, Recipe

POSTED_TOPIC = "ledger.posted"
_OWN = (
    AccountKind.COMMISSION,
    AccountKind.LISTING_FEE,
    AccountKind.AI_REVENUE,
    AccountKind.PLAN_REVENUE,
    AccountKind.BAD_DEBT,
    AccountKind.MINT,
)
# Only what may be short has a balance; the others merely collect.
_WITH_FLOOR = frozenset({AccountKind.WALLET, AccountKind.ORDER_ESCROW, AccountKind.REWARD_POOL})
_WITH_BALANCE = _WITH_FLOOR | {AccountKind.SUSPENSE}
_PART = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Posted:
    """A transaction, and what the people concerned had after it."""

    id: UUID
    balances: Mapping[UUID, Decimal]


@dataclass(slots=True)
class _Account:
    row: LedgerAccountRow
    posted: Decimal = Decimal("0.00000000")
    version: int = 0


@dataclass(slots=True)
class Books:
    """The rows of a ledger, from its empty accounts on."""

    draw: Draw = field(repr=False)
    transactions: list[LedgerTransactionRow] = field(default_factory=list[LedgerTransactionRow])
    entries: list[LedgerEntryRow] = field(default_factory=list[LedgerEntryRow])
    messages: list[OutboxRow] = field(default_factory=list[OutboxRow])
    _accounts: list[_Account] = field(default_factory=list[_Account])
    _by_owner: dict[tuple[AccountKind, UUID | None], _Account] = field(
        default_factory=dict[tuple[AccountKind, UUID | None], _Account]
    )
    _pool: list[_Account] = field(default_factory=list[_Account])

    def __post_init__(self) -> None:
        self._pool = [
            self._opened(AccountKind.REWARD_POOL, None, shard)
            for shard in range(REWARD_POOL_SHARDS)
        ]
        for kind in (*_OWN, AccountKind.SUSPENSE):
            self._by_owner[kind, None] = self._opened(kind, None)

    def post(self, recipe: Recipe, created_at: datetime) -> Posted:
        """Carry out a recipe after all earlier ones. Nobody's balance may fall below zero."""
        id_ = self.draw.id_at(created_at)
        sequence = len(self.transactions) + 1
        reference = recipe.reference
        self.transactions.append(
            LedgerTransactionRow(
                id=id_,
                sequence=sequence,
                kind=recipe.kind.value,
                actor_id=recipe.actor_id,
                reference_kind=None if reference is None else reference.kind,
                reference_id=None if reference is None else reference.id,
                reverses_id=None,
                created_at=created_at,
            )
        )
        balances: dict[UUID, Decimal] = {}
        for place, (account, amount) in enumerate(self._resolved(recipe.legs), start=1):
            self.entries.append(self._entry(id_, place, account, amount))
            if account.row.kind == AccountKind.WALLET and account.row.owner_id is not None:
                balances[account.row.owner_id] = account.posted
        payload = {
            "kind": recipe.kind.value,
            "sequence": sequence,
            "balances": {str(owner): str(azr) for owner, azr in balances.items()},
        }
        message = OutboxRow(sequence, POSTED_TOPIC, id_, orjson.dumps(payload).decode(), created_at)
        self.messages.append(message)
        return Posted(id_, balances)

    def balances_of(self, owners: Sequence[UUID]) -> list[Decimal]:
        """What each person has; nothing without a wallet."""
        wallets = [self._by_owner.get((AccountKind.WALLET, owner)) for owner in owners]
        return [Decimal(0) if wallet is None else wallet.posted for wallet in wallets]

    def rows_by_table(self) -> dict[str, Sequence[tuple[object, ...]]]:
        """The rows of each table, a table after those that it refers to."""
        return {
            "ledger_accounts": [account.row for account in self._accounts],
            "ledger_balances": [
                LedgerBalanceRow(
                    account_id=account.row.id,
                    posted=account.posted,
                    held=Decimal(0),
                    floor=Decimal(0) if account.row.kind in _WITH_FLOOR else None,
                    version=account.version,
                    frozen_at=None,
                )
                for account in self._accounts
                if account.row.kind in _WITH_BALANCE
            ],
            "ledger_transactions": self.transactions,
            "ledger_entries": self.entries,
            "outbox": self.messages,
        }

    def _entry(
        self, transaction_id: UUID, place: int, account: _Account, amount: Decimal
    ) -> LedgerEntryRow:
        has_balance = account.row.kind in _WITH_BALANCE
        account.posted += amount
        account.version += 1
        return LedgerEntryRow(
            transaction_id=transaction_id,
            leg=place,
            account_id=account.row.id,
            amount=amount,
            balance_after=account.posted if has_balance else None,
            version=account.version if has_balance else None,
        )

    def _resolved(self, legs: Sequence[Leg]) -> Iterator[tuple[_Account, Decimal]]:
        for leg in legs:
            if leg.account is not AccountKind.REWARD_POOL:
                yield self._account(leg.account, leg.owner_id), leg.amount
            elif leg.amount < 0:
                yield max(self._pool, key=lambda shard: shard.posted), leg.amount
            else:
                share = leg.amount // (_PART * REWARD_POOL_SHARDS) * _PART
                yield self._pool[0], leg.amount - share * (REWARD_POOL_SHARDS - 1)
                yield from ((shard, share) for shard in self._pool[1:])

    def _account(self, kind: AccountKind, owner_id: UUID | None) -> _Account:
        account = self._by_owner.get((kind, owner_id))
        if account is None:
            account = self._by_owner[kind, owner_id] = self._opened(kind, owner_id)
        return account

    def _opened(self, kind: AccountKind, owner_id: UUID | None, shard: int = 0) -> _Account:
        row = LedgerAccountRow(len(self._accounts) + 1, kind.value, owner_id, shard)
        account = _Account(row)
        self._accounts.append(account)
        return account
