"""The providers that this process can reach: those whose keys are set."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from core.settings import Settings
from core.validation import Checks
from models.tables import ProviderName
from services.payments.paystack import PaystackProvider
from services.payments.provider import PaymentProvider
from services.payments.stripe import StripeProvider

Providers = Mapping[ProviderName, PaymentProvider]


def open_providers(settings: Settings) -> Providers:
    """The providers that are configured. The local one is for development only."""
    providers: dict[ProviderName, PaymentProvider] = {}
    return_url = settings.payments_return_url
    if settings.payments_stripe_key and settings.payments_stripe_webhook_secret:
        providers[ProviderName.STRIPE] = StripeProvider(
            ProviderName.STRIPE,
            key=settings.payments_stripe_key,
            webhook_secret=settings.payments_stripe_webhook_secret,
            address=settings.payments_stripe_url,
            return_url=return_url,
        )
    if settings.payments_paystack_key:
        providers[ProviderName.PAYSTACK] = PaystackProvider(
            key=settings.payments_paystack_key,
            address=settings.payments_paystack_url,
            return_url=return_url,
        )
    if settings.payments_local_url and settings.payments_local_key and settings.is_development:
        providers[ProviderName.LOCAL] = StripeProvider(
            ProviderName.LOCAL,
            key=settings.payments_local_key,
            webhook_secret=settings.payments_local_key,
            address=settings.payments_local_url,
            return_url=return_url,
        )
    return providers


async def close_providers(providers: Providers) -> None:
    """Give back what the adapters hold."""
    for provider in providers.values():
        await provider.close()


@asynccontextmanager
async def opened_providers(settings: Settings) -> AsyncGenerator[Providers]:
    """The providers that are configured, for as long as the block lasts."""
    providers = open_providers(settings)
    try:
        yield providers
    finally:
        await close_providers(providers)


def check_provider(checks: Checks, providers: Providers, name: ProviderName | None) -> None:
    """Refuse a provider that cannot be had here."""
    if name not in providers:
        known = ", ".join(each.name for each in providers) or "none at the moment"
        checks.refuse("provider", f"`provider` must be one of those that can be had: {known}.")
