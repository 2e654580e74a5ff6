"""Payments through Stripe, and through the local provider, which speaks as Stripe does.

Events: `payment_intent.succeeded` says paid, for checkouts and for cards that are kept; a checkout
is over when its session expires or its bank refuses later.
"""

import hmac
import logging
from collections.abc import Awaitable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

import orjson
import stripe
import structlog
from pydantic import SecretStr

from models.tables import EventKind, ProviderName
from services.payments.provider import (
    CURRENCY,
    SIGNED_WINDOW,
    TIMEOUT_SECONDS,
    UNREADABLE,
    BadSignature,
    Bill,
    Card,
    Checkout,
    PaymentProviderUnavailable,
    PaymentRefused,
    StaleSignature,
    Told,
    UnreadableEvent,
)

SIGNATURE_HEADER = "stripe-signature"
RETRIES_MAX = 1
# Nobody knows what came of these; all other errors are refusals.
UNKNOWN_OUTCOMES = (
    stripe.APIConnectionError,
    stripe.APIError,
    stripe.RateLimitError,
    stripe.IdempotencyError,
)
FAILED_SESSIONS = frozenset({"checkout.session.expired", "checkout.session.async_payment_failed"})
RETURNS: Mapping[tuple[str, Any], EventKind] = {
    ("refund", "succeeded"): EventKind.REFUNDED,
    ("refund", "failed"): EventKind.REFUND_FAILED,
    ("refund", "canceled"): EventKind.REFUND_FAILED,
    ("charge.dispute.created", "needs_response"): EventKind.DISPUTED,
    ("charge.dispute.created", "under_review"): EventKind.DISPUTED,
    ("charge.dispute.closed", "won"): EventKind.DISPUTE_WON,
    ("charge.dispute.closed", "lost"): EventKind.DISPUTE_LOST,
}

logger = structlog.get_logger(__name__)
# Their lines below warnings carry bodies and addresses, which are personal.
for library in ("stripe", "httpx"):
    logging.getLogger(library).setLevel(logging.WARNING)


class StripeProvider:
    """The adapter. `address` is the API's origin."""

    def __init__(
        self,
        name: ProviderName,
        *,
        key: SecretStr,
        webhook_secret: SecretStr,
        address: str,
        return_url: str,
    ) -> None:
        self.name = name
        self._webhook_secret = webhook_secret.get_secret_value().encode()
        self._return_url = return_url
        self._http = stripe.HTTPXClient(timeout=TIMEOUT_SECONDS)
        self._api = stripe.StripeClient(
            key.get_secret_value(),
            base_addresses={"api": address},
            http_client=self._http,
            max_network_retries=RETRIES_MAX,
        ).v1

    async def open_checkout(self, bill: Bill) -> Checkout:
        """A Checkout Session in payment mode."""
        about = {"payment_id": str(bill.payment_id)}
        params: dict[str, Any] = {
            "mode": "payment",
            "client_reference_id": about["payment_id"],
            "customer_email": bill.email,
            "metadata": about,
            "payment_intent_data": {"metadata": about},
            "success_url": self._return_url,
            "cancel_url": self._return_url,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": CURRENCY.lower(),
                        "unit_amount": bill.amount_cents,
                        "product_data": {"name": bill.description},
                    },
                }
            ],
        }
        if bill.keeps_card:
            params["customer_creation"] = "always"
            params["payment_intent_data"]["setup_future_usage"] = "off_session"
        session = await self._asked(
            self._api.checkout.sessions.create_async(
                cast("Any", params), {"idempotency_key": about["payment_id"]}
            )
        )
        if session["url"] is None:
            raise PaymentRefused
        return Checkout(session["url"], session["id"])

    async def charge(self, bill: Bill, card: Card) -> Told | None:
        """A PaymentIntent that is confirmed at once, without the person."""
        about = {"payment_id": str(bill.payment_id)}
        params: dict[str, Any] = {
            "amount": bill.amount_cents,
            "currency": CURRENCY.lower(),
            "customer": card.customer,
            "payment_method": card.method,
            "description": bill.description,
            "metadata": about,
            "off_session": True,
            "confirm": True,
        }
        try:
            intent = await self._asked(
                self._api.payment_intents.create_async(
                    cast("Any", params), {"idempotency_key": about["payment_id"]}
                )
            )
        except stripe.CardError:
            return _failed(bill.payment_id)
        return _of_charge(intent, bill.payment_id)

    async def find(self, payment_id: UUID, checkout_reference: str | None) -> Told | None:
        """From the session of a checkout; otherwise from a search by our id."""
        if checkout_reference is None:
            found = await self._asked(
                self._api.payment_intents.search_async(
                    {"query": f"metadata['payment_id']:'{payment_id}'", "limit": 1}
                )
            )
            return _of_charge(found["data"][0], payment_id) if found["data"] else None
        session = await self._asked(
            self._api.checkout.sessions.retrieve_async(
                checkout_reference, {"expand": ["payment_intent"]}
            )
        )
        intent = session["payment_intent"]
        if intent is not None and intent["status"] == "succeeded":
            return _paid(f"asked:{payment_id}:paid", intent)
        return _failed(payment_id) if session["status"] == "expired" else None

    def read(self, body: bytes, headers: Mapping[str, str], *, now: datetime) -> Told | None:
        """An event, its signature checked as Stripe documents (`t=...,v1=...`, HMAC-SHA256)."""
        self._require_signature(body, headers.get(SIGNATURE_HEADER, ""), now)
        try:
            event = orjson.loads(body)
            return _told(str(event["id"]), event["type"], event["data"]["object"])
        except UNREADABLE:
            raise UnreadableEvent from None

    async def close(self) -> None:
        await self._http.close_async()

    async def _asked(self, request: Awaitable[Any]) -> dict[str, Any]:
        """Stripe's answer. Raises CardError besides what every provider raises."""
        try:
            return (await request).to_dict()
        except UNKNOWN_OUTCOMES as error:
            logger.warning(
                "payment_provider_failed", provider=self.name, error=type(error).__name__
            )
            raise PaymentProviderUnavailable from None
        except stripe.CardError:
            raise
        except stripe.StripeError as error:
            logger.warning(
                "payment_provider_refused",
                provider=self.name,
                error=type(error).__name__,
                code=error.code,
            )
            raise PaymentRefused from None

    def _require_signature(self, body: bytes, header: str, now: datetime) -> None:
        parts = [part.strip().partition("=") for part in header.split(",")]
        given = [value for name, _, value in parts if name == "v1"]
        moments = [value for name, _, value in parts if name == "t"]
        if len(moments) != 1 or not moments[0].isdecimal() or not moments[0].isascii():
            raise BadSignature
        signed = b"%s.%s" % (moments[0].encode(), body)
        expected = hmac.new(self._webhook_secret, signed, sha256).hexdigest().encode()
        if not any(hmac.compare_digest(expected, each.encode()) for each in given):
            raise BadSignature
        if abs(now.timestamp() - int(moments[0])) > SIGNED_WINDOW.total_seconds():
            raise StaleSignature


def _told(event_id: str, type_: str, about: dict[str, Any]) -> Told | None:
    """An event in our words."""
    if type_ == "payment_intent.succeeded":
        return _paid(event_id, about)
    if type_ in FAILED_SESSIONS:
        return Told(event_id, EventKind.FAILED, _our_id(about))
    kind = _kind_of_return(type_, about)
    return None if kind is None else _returned(event_id, kind, about)


def _kind_of_return(type_: str, about: dict[str, Any]) -> EventKind | None:
    """What a refund or a dispute has come to. An inquiry is a warning: no money has moved."""
    subject, _, _ = type_.rpartition(".")
    return RETURNS.get((subject if subject == "refund" else type_, about.get("status")))


def _of_charge(intent: dict[str, Any], payment_id: UUID) -> Told | None:
    """What came of a charge. One that wants the person to come back has failed: nobody is there."""
    if intent["status"] == "succeeded":
        return _paid(f"asked:{payment_id}:paid", intent)
    return None if intent["status"] == "processing" else _failed(payment_id)


def _paid(event_id: str, intent: dict[str, Any]) -> Told:
    customer, method = intent["customer"], intent["payment_method"]
    return Told(
        event_id,
        EventKind.PAID,
        payment_id=_our_id(intent),
        charge_reference=intent["id"],
        amount_cents=intent["amount_received"],
        currency=intent["currency"].upper(),
        card=Card(customer, method) if customer and method else None,
    )


def _failed(payment_id: UUID) -> Told:
    return Told(f"asked:{payment_id}:failed", EventKind.FAILED, payment_id)


def _returned(event_id: str, kind: EventKind, about: dict[str, Any]) -> Told:
    """A refund or a dispute, which knows its charge."""
    return Told(
        event_id,
        kind,
        charge_reference=about["payment_intent"],
        return_reference=about["id"],
        amount_cents=about["amount"],
        currency=about["currency"].upper(),
    )


def _our_id(about: dict[str, Any]) -> UUID | None:
    """The payment that our metadata names; others share the account."""
    text = (about["metadata"] or {}).get("payment_id")
    return None if text is None else UUID(text)
