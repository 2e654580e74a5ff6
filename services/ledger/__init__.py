"""The ledger of AZR: knows how AZR moves, and nothing of what is paid for.

A recipe says what moves, `post` moves it inside the caller's transaction, and `carry_out` makes
that transaction: again if it was broken off, once for each key.
"""

from services.ledger.attempts import carry_out
from services.ledger.holds import Hold, capture, expire_holds, reserve, void
from services.ledger.keys import InvalidKey, Key
from services.ledger.postings import Posting, post, refund_released, revert
from services.ledger.recipes import (
    PaymentToOneself,
    Recipe,
    burn,
    commission_of,
    fund_rewards,
    mint,
    open_escrow,
    pay_listing_fee,
    refund_escrow,
    release_escrow,
    reward,
    transfer,
)
from services.ledger.refusals import (
    AccountFrozen,
    AlreadyPosted,
    AlreadyReversed,
    BalanceTooLarge,
    CaptureTooLarge,
    EscrowLeft,
    HoldEnded,
    InsufficientFunds,
    KeyReused,
    NoSuchHold,
    NoSuchTransaction,
    NoSuchWallet,
    NotReleased,
    NotReversible,
    NotTheLast,
    PostingRefused,
    RefundTooLarge,
)
from services.ledger.wallets import freeze_wallet, unfreeze_wallet

__all__ = [
    "AccountFrozen",
    "AlreadyPosted",
    "AlreadyReversed",
    "BalanceTooLarge",
    "CaptureTooLarge",
    "EscrowLeft",
    "Hold",
    "HoldEnded",
    "InsufficientFunds",
    "InvalidKey",
    "Key",
    "KeyReused",
    "NoSuchHold",
    "NoSuchTransaction",
    "NoSuchWallet",
    "NotReleased",
    "NotReversible",
    "NotTheLast",
    "PaymentToOneself",
    "Posting",
    "PostingRefused",
    "Recipe",
    "RefundTooLarge",
    "burn",
    "capture",
    "carry_out",
    "commission_of",
    "expire_holds",
    "freeze_wallet",
    "fund_rewards",
    "mint",
    "open_escrow",
    "pay_listing_fee",
    "post",
    "refund_escrow",
    "refund_released",
    "release_escrow",
    "reserve",
    "revert",
    "reward",
    "transfer",
    "unfreeze_wallet",
    "void",
]
