"""A shop whose payment providers are the local one, behind each of the adapters."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

import httpx2
from pydantic import SecretStr
from sqlalchemy import select
from sqlmodel import col

from core.clock import Clock
from core.database import Database
from core.settings import StoreAddresses, read_settings
from core.stores import Stores
from dev.payments import LocalProvider, running_provider
from dev.payments.sales import Wire
from jobs.tools import Tools
from jobs.worker import work
from models.tables import Payment, PaymentEvent, ProviderName
from services.payments.events import apply_waiting_events, receive_and_apply
from services.payments.paystack import PaystackProvider
from services.payments.provider import PaymentProvider
from services.payments.stripe import StripeProvider

KEY = "sk_test_0123456789abcdef"
RETURN_URL = "http://localhost:8000/"
END_SECONDS = 60.0


@dataclass
class Shop:
    """Buys, pays and delivers what the provider tells."""

    stores: Stores
    local: LocalProvider
    providers: dict[ProviderName, PaymentProvider]
    delivered: int = field(default=0)

    async def press(self, url: str | None, action: str) -> None:
        """Press a button of a checkout's page."""
        async with httpx2.AsyncClient() as client:
            answer = await client.post(f"{url}/{action}")
        assert answer.status_code == 303, answer.text

    async def asked(self, path: str, **values: object) -> httpx2.Response:
        """Ask the provider as its account's owner does."""
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx2.AsyncClient(base_url=self.local.origin, headers=headers) as client:
            if path.startswith("/v1"):
                return await client.post(path, data=values)
            return await client.post(path, json=values)

    def undelivered(self) -> list[bytes]:
        """What the provider told since this was last asked."""
        bodies = list(self.local.deliveries.sent)[self.delivered :]
        self.delivered += len(bodies)
        return bodies

    async def deliver(self, name: ProviderName = ProviderName.STRIPE) -> None:
        """Let what was told arrive."""
        for body in self.undelivered():
            await self.arrive(name, body)

    async def arrive(self, name: ProviderName, body: bytes) -> None:
        told = self.providers[name].read(
            body, self.signed(name, body), now=self.local.sales.clock()
        )
        assert told is not None
        await receive_and_apply(self.stores, name, told)

    def signed(self, name: ProviderName, body: bytes) -> Mapping[str, str]:
        """The headers of a body that the provider sends now."""
        wire = self.local.paystack if name is ProviderName.PAYSTACK else self.local.stripe
        return wire.signed(body).headers

    async def apply_all(self) -> None:
        """Let the clock's command apply what waits, whenever it is due."""
        clock = self.stores.clock
        later = replace(self.stores, clock=lambda: clock() + timedelta(hours=1))
        await apply_waiting_events(later)

    async def payment(self, payment_id) -> Payment:
        async with self.stores.database.read() as session:
            return await session.get_one(Payment, payment_id)

    async def outcomes(self) -> list[str | None]:
        """What became of the events, in the order they came."""
        async with self.stores.database.read() as session:
            found = await session.scalars(
                select(PaymentEvent).order_by(col(PaymentEvent.created_at), col(PaymentEvent.id))
            )
            return [event.outcome for event in found]


@asynccontextmanager
async def working(shop: Shop, addresses: StoreAddresses) -> AsyncGenerator[None]:
    """A worker for the shop's jobs, for as long as the block lasts."""
    books = Database(addresses.database_url, pool_size=2)
    until = asyncio.Event()
    tools = Tools(shop.stores, books, None, shop.providers)
    settings = read_settings(**asdict(addresses))
    task = asyncio.create_task(work(settings, tools, until=until))
    try:
        yield
    finally:
        until.set()
        async with asyncio.timeout(END_SECONDS):
            await task
        await books.close()


@contextmanager
def open_shop(
    stores: Stores, watch: Clock, webhook_urls: Mapping[Wire, str] | None = None
) -> Generator[Shop]:
    """A shop on these stores; what is told goes nowhere but to `webhook_urls`."""
    local = LocalProvider(key=KEY, webhook_urls=webhook_urls or {}, clock=watch)
    with running_provider(local):
        yield Shop(stores, local, {name: adapter(name, local.origin) for name in ProviderName})


def adapter(name: ProviderName, address: str, *, key: str = KEY) -> PaymentProvider:
    """The adapter for a provider, which finds it at an address."""
    secret = SecretStr(key)
    if name is ProviderName.PAYSTACK:
        return PaystackProvider(key=secret, address=address, return_url=RETURN_URL)
    return StripeProvider(
        name, key=secret, webhook_secret=secret, address=address, return_url=RETURN_URL
    )
