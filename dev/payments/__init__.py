"""A payment provider for development and tests: a real server that takes no money.

It speaks as Stripe and as Paystack do, so that the adapters for them are what is exercised.
"""

from dev.payments.server import LocalProvider, running_provider

__all__ = ["LocalProvider", "running_provider"]
