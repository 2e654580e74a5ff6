"""Payments of real processes: credited by the worker, and their secrets stay out of the logs."""

import os
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest

from cli.migrate import migrate_database
from core.settings import REPOSITORY
from dev.payments import LocalProvider, running_provider
from dev.payments.sales import Wire
from services.auth.access_tokens import new_private_key

SECONDS_MAX = 60.0
SECRETS = {
    "AZORA_PAYMENTS_STRIPE_KEY": "sk_test_secretofstripe",
    "AZORA_PAYMENTS_STRIPE_WEBHOOK_SECRET": "whsec_secretofwebhooks",
    "AZORA_PAYMENTS_PAYSTACK_KEY": "sk_test_secretofpaystack",
    "AZORA_PAYMENTS_LOCAL_KEY": "secretofthelocalprovider",
}
REGISTER = """mutation { register(input: {
    email: "ama@example.com", password: "a sentence that nobody guesses", fullName: "Ama"
}) { ... on SignInPayload { accessToken } } }"""
BUY = """mutation ($provider: PaymentProvider!, $key: String!) {
    buyTokens(input: {amountAzr: "40", provider: $provider, idempotencyKey: $key}) {
        __typename ... on BuyTokensPayload { checkoutUrl } ... on UserError { code }
    }
}"""
BALANCE = "{ me { azrBalance payments { nodes { state } } } }"


@pytest.fixture
def served(addresses, stores, tmp_path):
    """A server and a worker with every secret set, at their most talkative, and the local provider.

    Stripe is away, and Paystack does not know our key: what goes wrong is logged too.
    """
    migrate_database(addresses.database_url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    local = LocalProvider(
        key=SECRETS["AZORA_PAYMENTS_LOCAL_KEY"],
        webhook_urls={Wire.STRIPE: f"{origin}/webhooks/payments/local"},
    )
    log = tmp_path / "log"
    with running_provider(local), log.open("w") as output:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("AZORA_")}
        environment = {
            **inherited,
            **SECRETS,
            "AZORA_DATABASE_URL": addresses.database_url,
            "AZORA_MONGO_URL": addresses.mongo_url,
            "AZORA_REDIS_URL": addresses.redis_url,
            "AZORA_SIGNING_KEY": new_private_key(),
            "AZORA_PORT": str(port),
            "AZORA_LOG_LEVEL": "debug",
            "AZORA_PAYMENTS_STRIPE_URL": "http://127.0.0.1:1",
            "AZORA_PAYMENTS_PAYSTACK_URL": local.origin,
            "AZORA_PAYMENTS_LOCAL_URL": local.origin,
        }
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "cli", command],
                cwd=REPOSITORY,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            for command in ("serve", "worker")
        ]
        until(lambda: is_ready(origin), processes)
        yield origin, log
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(SECONDS_MAX)


def is_ready(origin):
    try:
        return httpx2.get(f"{origin}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def until(condition, processes=()):
    ends_at = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < ends_at
        assert [process.poll() for process in processes] == [None] * len(processes)
        time.sleep(0.1)


def ask(origin, query, token=None, **variables):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    body = {"query": query, "variables": variables}
    answer = httpx2.post(f"{origin}/graphql", json=body, headers=headers, timeout=30)
    return answer.json()["data"]


@pytest.mark.xdist_group("processes")
class TestPayments:
    async def test_are_credited_and_keep_their_secrets_out_of_the_log(self, served, make):
        origin, log = served
        await make.token_price("0.05")
        token = ask(origin, REGISTER)["register"]["accessToken"]

        answers = {
            provider: ask(origin, BUY, token, provider=provider, key=f"key-{provider}")["buyTokens"]
            for provider in ("LOCAL", "STRIPE", "PAYSTACK")
        }
        httpx2.post(f"{answers['LOCAL']['checkoutUrl']}/pay")
        until(lambda: ask(origin, BALANCE, token)["me"]["azrBalance"] == "40.00000000")
        forged = httpx2.post(
            f"{origin}/webhooks/payments/stripe", headers={"stripe-signature": "t=1,v1=0"}
        )

        assert answers["STRIPE"]["code"] == "PAYMENT_PROVIDER_UNAVAILABLE"
        assert answers["PAYSTACK"]["code"] == "PAYMENT_REFUSED"
        assert forged.status_code == 400
        said = log.read_text()
        assert "payment_provider_failed" in said
        assert "payment_provider_refused" in said
        assert "webhook_refused" in said
        assert [secret for secret in SECRETS.values() if secret in said] == []
