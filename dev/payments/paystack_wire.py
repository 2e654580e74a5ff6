"""What of Paystack's API the local provider speaks: transactions, charges, refunds, its events."""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha512
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dev.payments import sales as book
from dev.payments.deliveries import Deliveries, Message
from dev.payments.sales import NotPossible, Sale, Sales, SaleState, Wire

STATUSES = {SaleState.OPEN: "abandoned", SaleState.PAID: "success", SaleState.FAILED: "failed"}
RESOLUTIONS = {"won": "declined", "lost": "merchant-accepted"}
Fields = Mapping[str, Any]


class PaystackWire:
    """The endpoints. A reference is taken once."""

    def __init__(
        self, sales: Sales, deliveries: Deliveries, key: str, origin: Callable[[], str]
    ) -> None:
        self._sales = sales
        self._deliveries = deliveries
        self._key = key
        self._origin = origin

    def routes(self) -> list[BaseRoute]:
        """The routes of this wire."""
        charge = "/transaction/charge_authorization"
        return [
            Route("/transaction/initialize", self._asked(self._open), methods=["POST"]),
            Route(charge, self._asked(self._charge), methods=["POST"]),
            Route("/transaction/verify/{reference}", self._asked(self._verify), methods=["GET"]),
            Route("/refund", self._asked(self._refund), methods=["POST"]),
        ]

    def tell(self, type_: str, about: Mapping[str, Any]) -> None:
        """Send an event, signed."""
        self._deliveries.send(
            Wire.PAYSTACK, orjson.dumps({"event": type_, "data": about}), self.signed
        )

    def signed(self, body: bytes) -> Message:
        """The message for a body."""
        signature = hmac.new(self._key.encode(), body, sha512).hexdigest()
        return Message(body, {"x-paystack-signature": signature})

    def tell_of(self, sale: Sale, action: str) -> None:
        """Send what an action upon a sale makes Paystack send: of a failure, nothing."""
        if action == "pay" and sale.state is SaleState.PAID:
            self.tell("charge.success", transaction_of(sale))
        elif action == "refund":
            self.tell("refund.processed", refund_of(sale))
        elif action == "dispute":
            self.tell("charge.dispute.create", dispute_of(sale))
        elif action in RESOLUTIONS:
            self.tell("charge.dispute.resolve", dispute_of(sale))

    def _asked(self, answer: Callable[[Request, Fields], Response]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self._key}":
                return _refusal(401, "Invalid key")
            body = await request.body()
            return answer(request, orjson.loads(body) if body else {})

        return endpoint

    def _open(self, _: Request, fields: Fields) -> Response:
        sale = self._begun(fields, fields["callback_url"])
        if sale is None:
            return _refusal(400, "Duplicate Transaction Reference")
        address = f"{self._origin()}/pay/{sale.id}"
        return _answer({"authorization_url": address, "reference": sale.our_id})

    def _charge(self, _: Request, fields: Fields) -> Response:
        sale = self._begun(fields, "")
        if sale is None:
            return _refusal(400, "Duplicate Transaction Reference")
        book.pay(sale, fields["authorization_code"])
        self.tell_of(sale, "pay")
        return _answer(transaction_of(sale))

    def _verify(self, request: Request, _: Fields) -> Response:
        sale = self._sales.of_seller(request.path_params["reference"])
        if sale is None:
            return _refusal(400, "Transaction reference not found.")
        return _answer(transaction_of(sale))

    def _refund(self, _: Request, fields: Fields) -> Response:
        sale = self._sales.of_seller(fields["transaction"])
        try:
            if sale is None:
                raise NotPossible
            book.refund(sale, int(fields.get("amount", sale.left)))
        except NotPossible:
            return _refusal(400, "Transaction has been fully reversed")
        self.tell_of(sale, "refund")
        return _answer(refund_of(sale))

    def _begun(self, fields: Fields, return_url: str) -> Sale | None:
        if self._sales.of_seller(fields["reference"]) is not None:
            return None
        return self._sales.add(
            Sale(
                id=book.fresh_id("ps"),
                wire=Wire.PAYSTACK,
                our_id=fields["reference"],
                amount=int(fields["amount"]),
                currency=fields["currency"],
                email=fields["email"],
                description="Azora",
                return_url=return_url,
                keeps_card=True,
            )
        )


def transaction_of(sale: Sale) -> dict[str, Any]:
    """A sale as a transaction."""
    return {
        "id": sale.charge_id,
        "status": STATUSES[sale.state],
        "reference": sale.our_id,
        "amount": sale.amount,
        "currency": sale.currency,
        "authorization": {"authorization_code": sale.card, "reusable": sale.card is not None},
        "customer": {"email": sale.email},
    }


def refund_of(sale: Sale) -> dict[str, Any]:
    """The last refund of a sale. Amounts are text here."""
    last = sale.refunds[-1]
    return {
        "status": "processed",
        "transaction_reference": sale.our_id,
        "refund_reference": last.id,
        "amount": str(last.amount),
        "currency": sale.currency,
    }


def dispute_of(sale: Sale) -> dict[str, Any]:
    """The dispute of a sale."""
    opened = sale.dispute
    if opened is None:
        raise NotPossible
    return {
        "id": opened.id,
        "refund_amount": opened.amount,
        "currency": sale.currency,
        "status": "resolved" if opened.status in RESOLUTIONS else "awaiting-merchant-feedback",
        "resolution": RESOLUTIONS.get(opened.status),
        "transaction": {"reference": sale.our_id, "amount": sale.amount},
    }


def _answer(data: Mapping[str, Any]) -> Response:
    return JSONResponse({"status": True, "message": "", "data": data})


def _refusal(status: int, message: str) -> Response:
    return JSONResponse({"status": False, "message": message}, status)
