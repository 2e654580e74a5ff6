"""The local provider as a server on the loopback interface."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.clock import Clock, system_clock
from dev.payments import sales as book
from dev.payments.deliveries import Deliveries
from dev.payments.pages import actions_for, page_of
from dev.payments.paystack_wire import PaystackWire
from dev.payments.sales import Sale, Sales, Wire
from dev.payments.stripe_wire import StripeWire

HOST = "127.0.0.1"
START_SECONDS_MAX = 10.0
START_POLL_SECONDS = 0.01
ACTIONS: Mapping[str, Any] = {
    "pay": book.pay,
    "decline": book.decline,
    "refund": lambda sale: book.refund(sale, sale.left),
    "dispute": book.dispute,
    "win": lambda sale: book.close_dispute(sale, is_won=True),
    "lose": lambda sale: book.close_dispute(sale, is_won=False),
}
WORDS = {"win": "won", "lose": "lost"}


class LocalProvider:
    """A provider that is paid by pressing buttons. `key` opens its API and signs its events."""

    def __init__(
        self, *, key: str, webhook_urls: Mapping[Wire, str], clock: Clock = system_clock
    ) -> None:
        self.origin = ""
        self.sales = Sales(clock)
        self.deliveries = Deliveries(webhook_urls)
        self.stripe = StripeWire(self.sales, self.deliveries, key, lambda: self.origin)
        self.paystack = PaystackWire(self.sales, self.deliveries, key, lambda: self.origin)

    def app(self) -> Starlette:
        """The application: both wires, and the pages."""
        return Starlette(
            routes=[
                *self.stripe.routes(),
                *self.paystack.routes(),
                Route("/pay/{id}", self._show, methods=["GET"]),
                Route("/pay/{id}/{action}", self._act, methods=["POST"]),
            ],
            lifespan=self._lifespan,
        )

    async def _show(self, request: Request) -> Response:
        return HTMLResponse(page_of(self._sale(request)))

    async def _act(self, request: Request) -> Response:
        sale, action = self._sale(request), str(request.path_params["action"])
        if action not in actions_for(sale):
            raise HTTPException(409)
        ACTIONS[action](sale)
        wire = self.stripe if sale.wire is Wire.STRIPE else self.paystack
        wire.tell_of(sale, WORDS.get(action, action))
        return RedirectResponse(f"/pay/{sale.id}", status_code=303)

    def _sale(self, request: Request) -> Sale:
        sale = self.sales.get(request.path_params["id"])
        if sale is None:
            raise HTTPException(404)
        return sale

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncGenerator[None]:
        yield
        await self.deliveries.close()


@contextmanager
def running_provider(provider: LocalProvider) -> Generator[None]:
    """Serve a provider on a free port, in a thread of its own."""
    listening = socket.socket()
    listening.bind((HOST, 0))
    provider.origin = f"http://{HOST}:{listening.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(provider.app(), log_config=None, access_log=False, log_level="warning")
    )
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
    )
    thread.start()
    ends_at = time.monotonic() + START_SECONDS_MAX
    while not server.started and time.monotonic() < ends_at:
        time.sleep(START_POLL_SECONDS)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(START_SECONDS_MAX)
        listening.close()
