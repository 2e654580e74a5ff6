"""What of Stripe's API the local provider speaks: sessions, intents, refunds, and its events."""

import hmac
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dev.payments import sales as book
from dev.payments.deliveries import Deliveries, Message
from dev.payments.sales import NotPossible, Sale, Sales, SaleState, Wire

ANSWERS_MAX = 10_000
STATUSES = {SaleState.OPEN: "open", SaleState.PAID: "complete", SaleState.FAILED: "expired"}
_OUR_ID = re.compile(r"metadata\['payment_id'\]:'([^']+)'")
Fields = Mapping[str, str]


class StripeWire:
    """The endpoints. An idempotency key has one answer, and one request."""

    def __init__(
        self, sales: Sales, deliveries: Deliveries, key: str, origin: Callable[[], str]
    ) -> None:
        self._sales = sales
        self._deliveries = deliveries
        self._key = key
        self._origin = origin
        self._answers: dict[str, tuple[bytes, Response]] = {}

    def routes(self) -> list[BaseRoute]:
        """The routes of this wire."""
        return [
            Route("/v1/checkout/sessions", self._asked(self._open), methods=["POST"]),
            Route("/v1/checkout/sessions/{id}", self._asked(self._session), methods=["GET"]),
            Route("/v1/payment_intents/search", self._asked(self._search), methods=["GET"]),
            Route("/v1/payment_intents", self._asked(self._charge), methods=["POST"]),
            Route("/v1/refunds", self._asked(self._refund), methods=["POST"]),
        ]

    def tell(self, type_: str, about: Mapping[str, Any]) -> None:
        """Send an event, signed."""
        event = {
            "id": book.fresh_id("evt"),
            "object": "event",
            "created": int(self._sales.clock().timestamp()),
            "type": type_,
            "data": {"object": about},
        }
        self._deliveries.send(Wire.STRIPE, orjson.dumps(event), self.signed)

    def signed(self, body: bytes) -> Message:
        """The message for a body, signed at this moment."""
        moment = str(int(self._sales.clock().timestamp()))
        signed = moment.encode() + b"." + body
        signature = hmac.new(self._key.encode(), signed, sha256).hexdigest()
        return Message(body, {"stripe-signature": f"t={moment},v1={signature}"})

    def tell_of(self, sale: Sale, action: str) -> None:
        """Send what an action upon a sale makes Stripe send."""
        if action == "pay" and sale.state is SaleState.PAID:
            self.tell("payment_intent.succeeded", intent_of(sale))
        elif action in {"pay", "decline"}:
            self.tell("checkout.session.async_payment_failed", self._session_of(sale))
        elif action == "refund":
            self.tell("refund.created", refund_of(sale))
        elif action == "dispute":
            self.tell("charge.dispute.created", dispute_of(sale))
        else:
            self.tell("charge.dispute.closed", dispute_of(sale))

    def _asked(self, answer: Callable[[Request, Fields], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self._key}":
                return _error(401, "invalid_request_error", "api_key_invalid")
            body = await request.body()
            fields = dict(parse_qsl(body.decode() or request.url.query))
            key = request.headers.get("idempotency-key")
            if key is None or request.method == "GET":
                return answer(request, fields)
            asked = sha256(request.url.path.encode() + body).digest()
            known = self._answers.get(key)
            if known is not None:
                is_same = known[0] == asked
                return known[1] if is_same else _error(400, "idempotency_error", None)
            given = answer(request, fields)
            self._answers[key] = (asked, given)
            if len(self._answers) > ANSWERS_MAX:
                del self._answers[next(iter(self._answers))]
            return given

        return endpoint

    def _open(self, _: Request, fields: Fields) -> Response:
        sale = self._sales.add(
            Sale(
                id=book.fresh_id("cs"),
                wire=Wire.STRIPE,
                our_id=fields["metadata[payment_id]"],
                amount=int(fields["line_items[0][price_data][unit_amount]"]),
                currency=fields["line_items[0][price_data][currency]"],
                email=fields["customer_email"],
                description=fields["line_items[0][price_data][product_data][name]"],
                return_url=fields["success_url"],
                keeps_card="payment_intent_data[setup_future_usage]" in fields,
            )
        )
        return JSONResponse(self._session_of(sale))

    def _session(self, request: Request, _: Fields) -> Response:
        sale = self._sales.get(request.path_params["id"])
        if sale is None:
            return _error(404, "invalid_request_error", "resource_missing")
        intent = intent_of(sale) if sale.state is SaleState.PAID else None
        return JSONResponse({**self._session_of(sale), "payment_intent": intent})

    def _search(self, _: Request, fields: Fields) -> Response:
        wanted = _OUR_ID.search(fields["query"])
        sale = self._sales.of_seller(wanted[1]) if wanted else None
        data = [] if sale is None or sale.state is SaleState.OPEN else [intent_of(sale)]
        return JSONResponse({"object": "search_result", "data": data, "has_more": False})

    def _charge(self, _: Request, fields: Fields) -> Response:
        sale = self._sales.add(
            Sale(
                id=book.fresh_id("off"),
                wire=Wire.STRIPE,
                our_id=fields["metadata[payment_id]"],
                amount=int(fields["amount"]),
                currency=fields["currency"],
                email="",
                description=fields["description"],
                return_url="",
                keeps_card=True,
            )
        )
        book.pay(sale, fields["payment_method"])
        if sale.state is SaleState.FAILED:
            return _error(402, "card_error", "card_declined")
        self.tell("payment_intent.succeeded", intent_of(sale))
        return JSONResponse(intent_of(sale))

    def _refund(self, _: Request, fields: Fields) -> Response:
        sale = self._sales.get(fields["payment_intent"].removeprefix("pi_"))
        try:
            if sale is None:
                raise NotPossible
            book.refund(sale, int(fields.get("amount", sale.left)))
        except NotPossible:
            return _error(400, "invalid_request_error", "charge_already_refunded")
        self.tell_of(sale, "refund")
        return JSONResponse(refund_of(sale))

    def _session_of(self, sale: Sale) -> dict[str, Any]:
        return {
            "id": sale.id,
            "object": "checkout.session",
            "url": f"{self._origin()}/pay/{sale.id}",
            "status": STATUSES[sale.state],
            "amount_total": sale.amount,
            "currency": sale.currency,
            "metadata": {"payment_id": sale.our_id},
            "payment_intent": None,
        }


def intent_of(sale: Sale) -> dict[str, Any]:
    """A sale as a PaymentIntent."""
    is_paid = sale.state is SaleState.PAID
    return {
        "id": sale.charge_id,
        "object": "payment_intent",
        "status": "succeeded" if is_paid else "requires_payment_method",
        "amount": sale.amount,
        "amount_received": sale.amount if is_paid else 0,
        "currency": sale.currency,
        "customer": sale.customer_id if sale.keeps_card else None,
        "payment_method": sale.card,
        "metadata": {"payment_id": sale.our_id},
    }


def refund_of(sale: Sale) -> dict[str, Any]:
    """The last refund of a sale."""
    last = sale.refunds[-1]
    return {
        "id": last.id,
        "object": "refund",
        "status": last.status,
        "amount": last.amount,
        "currency": sale.currency,
        "payment_intent": sale.charge_id,
    }


def dispute_of(sale: Sale) -> dict[str, Any]:
    """The dispute of a sale."""
    opened = sale.dispute
    if opened is None:
        raise NotPossible
    return {
        "id": opened.id,
        "object": "dispute",
        "status": opened.status,
        "amount": opened.amount,
        "currency": sale.currency,
        "payment_intent": sale.charge_id,
    }


def _error(status: int, type_: str, code: str | None) -> Response:
    problem = {"type": type_, "code": code, "message": "The local provider says no."}
    return JSONResponse({"error": problem}, status)
