"""Payments through Paystack (https://paystack.com/docs/api). A payment's id is its reference.

Paystack signs no time and gives its events no id: a message is known by the hash of its body, and
what is told twice in other words changes nothing the second time.
"""

import hmac
import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256, sha512
from typing import Any
from uuid import UUID

import httpx2
import orjson
import structlog
from pydantic import SecretStr

from models.tables import EventKind, ProviderName
from services.payments.provider import (
    CURRENCY,
    TIMEOUT_SECONDS,
    UNREADABLE,
    BadSignature,
    Bill,
    Card,
    Checkout,
    PaymentProviderUnavailable,
    PaymentRefused,
    Told,
    UnreadableEvent,
)

SIGNATURE_HEADER = "x-paystack-signature"
NO_SUCH_TRANSACTION = frozenset({400, 404})
DUPLICATE = "duplicate"
TOO_MANY_REQUESTS = 429

logger = structlog.get_logger(__name__)


class PaystackProvider:
    """The adapter. `address` is the API's origin."""

    name = ProviderName.PAYSTACK

    def __init__(self, *, key: SecretStr, address: str, return_url: str) -> None:
        self._key = key.get_secret_value().encode()
        self._return_url = return_url
        self._http = httpx2.AsyncClient(
            base_url=address,
            headers={"Authorization": f"Bearer {key.get_secret_value()}"},
            timeout=TIMEOUT_SECONDS,
        )

    async def open_checkout(self, bill: Bill) -> Checkout:
        """A transaction that is initialised."""
        body = {**_asked_of(bill), "callback_url": self._return_url}
        data = self._data(await self._asked("POST", "/transaction/initialize", body))
        return Checkout(data["authorization_url"], data["reference"])

    async def charge(self, bill: Bill, card: Card) -> Told | None:
        """A charge of an authorization."""
        body = {**_asked_of(bill), "authorization_code": card.method, "email": card.customer}
        answer = await self._asked("POST", "/transaction/charge_authorization", body)
        if answer.is_client_error and DUPLICATE in _message(answer):
            return await self.find(bill.payment_id, None)
        return _of_transaction(bill.payment_id, self._data(answer))

    async def find(self, payment_id: UUID, checkout_reference: str | None) -> Told | None:
        """From the transaction with our reference."""
        del checkout_reference
        answer = await self._asked("GET", f"/transaction/verify/{payment_id}", None)
        if answer.status_code in NO_SUCH_TRANSACTION:
            return None
        return _of_transaction(payment_id, self._data(answer))

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told | None:
        """An event, its signature checked: HMAC-SHA512 of the body under the secret key."""
        del now
        expected = hmac.new(self._key, body, sha512).hexdigest().encode()
        if not hmac.compare_digest(expected, headers.get(SIGNATURE_HEADER, "").encode()):
            raise BadSignature
        try:
            event = orjson.loads(body)
            return _told(sha256(body).hexdigest(), event["event"], event["data"])
        except UNREADABLE:
            raise UnreadableEvent from None

    async def close(self) -> None:
        await self._http.aclose()

    async def _asked(self, method: str, path: str, body: dict[str, Any] | None) -> httpx2.Response:
        try:
            answer = await self._http.request(method, path, json=body)
        except httpx2.HTTPError as error:
            logger.warning(
                "payment_provider_failed", provider=self.name, error=type(error).__name__
            )
            raise PaymentProviderUnavailable from None
        if answer.is_server_error or answer.status_code == TOO_MANY_REQUESTS:
            logger.warning("payment_provider_failed", provider=self.name, error=answer.status_code)
            raise PaymentProviderUnavailable
        return answer

    def _data(self, answer: httpx2.Response) -> dict[str, Any]:
        if not answer.is_success:
            logger.warning("payment_provider_refused", provider=self.name, code=answer.status_code)
            raise PaymentRefused
        data: dict[str, Any] = answer.json()["data"]
        return data


def _asked_of(bill: Bill) -> dict[str, Any]:
    return {
        "email": bill.email,
        "amount": bill.amount_cents,
        "currency": CURRENCY,
        "reference": str(bill.payment_id),
    }


def _message(answer: httpx2.Response) -> str:
    return str(answer.json().get("message", "")).lower()


def _told(event_id: str, type_: str, about: dict[str, Any]) -> Told | None:
    """An event in our words."""
    if type_ == "charge.success":
        payment_id = _our_id(about["reference"])
        return None if payment_id is None else _paid(event_id, payment_id, about)
    if type_ in {"refund.processed", "refund.failed"}:
        kind = EventKind.REFUNDED if type_ == "refund.processed" else EventKind.REFUND_FAILED
        reference = str(about.get("refund_reference") or about["id"])
        return _returned(event_id, kind, about["transaction_reference"], reference, about["amount"])
    if type_ == "charge.dispute.create":
        kind = EventKind.DISPUTED
    elif type_ == "charge.dispute.resolve":
        is_won = about["resolution"] == "declined"
        kind = EventKind.DISPUTE_WON if is_won else EventKind.DISPUTE_LOST
    else:
        return None
    transaction = about["transaction"]
    asked = about.get("refund_amount")
    amount = transaction["amount"] if asked is None else asked
    return _returned(event_id, kind, transaction["reference"], str(about["id"]), amount)


def _of_transaction(payment_id: UUID, about: dict[str, Any]) -> Told | None:
    """What came of a transaction; `None` while nothing did."""
    if about["status"] == "success":
        return _paid(f"asked:{payment_id}:paid", payment_id, about)
    # One that is abandoned may still be paid.
    if about["status"] == "failed":
        return Told(f"asked:{payment_id}:failed", EventKind.FAILED, payment_id)
    return None


def _paid(event_id: str, payment_id: UUID, about: dict[str, Any]) -> Told:
    """A card that may be charged again is known by its authorization and the person's address."""
    authorization = about.get("authorization") or {}
    code, email = (
        authorization.get("authorization_code"),
        (about.get("customer") or {}).get("email"),
    )
    card = Card(email, code) if authorization.get("reusable") and code and email else None
    return Told(
        event_id,
        EventKind.PAID,
        payment_id=payment_id,
        charge_reference=about["reference"],
        amount_cents=_cents(about["amount"]),
        currency=about["currency"],
        card=card,
    )


def _returned(
    event_id: str, kind: EventKind, transaction: str, reference: str, amount: Any
) -> Told | None:
    """A refund or a dispute of one of our payments."""
    payment_id = _our_id(transaction)
    if payment_id is None:
        return None
    return Told(
        event_id,
        kind,
        payment_id=payment_id,
        return_reference=reference,
        amount_cents=_cents(amount),
        currency=CURRENCY,
    )


def _cents(amount: Any) -> Any:
    """The number that an amount is, which may be text; anything else as it is, to be refused."""
    is_number = isinstance(amount, str) and re.fullmatch("[0-9]{1,10}", amount)
    return int(amount) if is_number else amount


def _our_id(reference: str) -> UUID | None:
    """The payment that a reference names; others share the account."""
    try:
        return UUID(reference)
    except ValueError:
        return None
