"""What every payment provider does for us, in our words. The adapters speak each one's.

Providers are asked outside of transactions, and may be asked for a charge again: a payment has one
id, under which they take its money once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Protocol
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass as checked_dataclass

from core.errors import CodedError, DomainError
from models.tables import EventKind, ProviderName

CURRENCY = "USD"
SIGNED_WINDOW = timedelta(minutes=5)
TIMEOUT_SECONDS = 4.0
# What reading a message may raise that is not of the form that its provider documents.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
# What is told is checked as it is: nothing is made of a text or a fraction.
EXACT = ConfigDict(strict=True)
# A name that a provider gives, as long as its column, and a count of cents.
Name = Annotated[str, Field(pattern=r"^[^\x00]{1,255}$")]
Cents = Annotated[int, Field(gt=0, lt=2**31)]


class PaymentProviderUnavailable(DomainError):
    """The provider gave no answer that can be relied on; the same may be asked again."""

    code = "PAYMENT_PROVIDER_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__(
            "The payment provider does not answer at the moment. Send the same request again."
        )


class PaymentRefused(DomainError):
    """The provider will not take this payment."""

    code = "PAYMENT_REFUSED"

    def __init__(self) -> None:
        super().__init__("The payment was refused. Try another card or another provider.")


class WebhookRefused(CodedError):
    """A message that cannot be taken as the provider's."""


class BadSignature(WebhookRefused):
    """The message is not signed with our secret."""

    code = "BAD_SIGNATURE"

    def __init__(self) -> None:
        super().__init__("The signature is not that of this body under our secret.")


class StaleSignature(WebhookRefused):
    """The message was signed more than five minutes from now."""

    code = "STALE_SIGNATURE"

    def __init__(self) -> None:
        super().__init__("The signature is older than five minutes, or from the future.")


class UnreadableEvent(WebhookRefused):
    """The message is signed, and not of the form that the provider documents."""

    code = "UNREADABLE_EVENT"

    def __init__(self) -> None:
        super().__init__("The body is not an event of this provider.")


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid, in cents of US dollars, under the payment's id."""

    payment_id: UUID
    amount_cents: int
    email: str
    description: str
    keeps_card: bool
    """Whether later periods are to be charged to the same card."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """The page on which somebody pays, and the provider's name for it."""

    url: str
    reference: str


@checked_dataclass(frozen=True, slots=True, config=EXACT)
class Card:
    """A card that a provider keeps, by its names for the person and the card."""

    customer: Name
    method: Name


@checked_dataclass(frozen=True, slots=True, config=EXACT)
class Told:
    """What a provider told of a payment. Its id is unique with the provider.

    A payment is known by our id or by the provider's charge; `return_reference` names a refund or a
    dispute. Raises ValueError for what cannot be: an amount that is no whole number of cents.
    """

    event_id: Name
    kind: EventKind
    payment_id: UUID | None = None
    charge_reference: Name | None = None
    return_reference: Name | None = None
    amount_cents: Cents | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    card: Card | None = None

    def __post_init__(self) -> None:
        """A payment that failed is all that can be told of without an amount."""
        if self.kind is not EventKind.FAILED and None in (self.amount_cents, self.currency):
            raise ValueError(self.kind)


class PaymentProvider(Protocol):
    """A provider. Calls take at most some seconds.

    They raise PaymentProviderUnavailable when nobody knows what came of them, and PaymentRefused.
    """

    name: ProviderName

    async def open_checkout(self, bill: Bill) -> Checkout:
        """A page on which a bill can be paid."""
        ...

    async def charge(self, bill: Bill, card: Card) -> Told | None:
        """Charge a card that is kept, once for each payment; `None` while that is under way."""
        ...

    async def find(self, payment_id: UUID, checkout_reference: str | None) -> Told | None:
        """What became of a payment; `None` while nothing did, or nothing is known of it."""
        ...

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told | None:
        """What a webhook tells; `None` for what does not concern us. Raises WebhookRefused."""
        ...

    async def close(self) -> None:
        """Give back what the adapter holds."""
        ...
