"""What payment providers tell: `POST /webhooks/payments/{provider}`.

Answered with 2xx once the event is stored, and only then; the provider sends it again otherwise.
"""

import structlog
from starlette.requests import Request
from starlette.responses import Response

from core.errors import StoreUnavailable
from models.tables import ProviderName
from services.payments.events import receive_event
from services.payments.provider import PaymentProvider, WebhookRefused
from web.body import read_body
from web.headers import headers_of
from web.refusals import JSONAnswer, Refusal
from web.runtime import Runtime

PATH = "/webhooks/payments/{provider}"

logger = structlog.get_logger(__name__)


class PaymentWebhooks:
    """The endpoint. A message without the provider's signature over its bytes is refused."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def receive(self, request: Request) -> Response:
        """Store an event, which a worker applies."""
        provider = self._provider(request.path_params["provider"])
        bytes_max = self._runtime.settings.body_bytes_max
        headers = headers_of(request.scope)
        body = await read_body(request.receive, headers, bytes_max=bytes_max)
        stores = self._runtime.platform.stores
        try:
            told = provider.read(body, request.headers, now=stores.clock())
        except WebhookRefused as refused:
            logger.warning("webhook_refused", provider=provider.name, code=refused.code)
            raise Refusal(400, refused.code, refused.message) from None
        if told is None:
            return JSONAnswer({"received": False})
        try:
            await receive_event(stores, provider.name, told)
        except StoreUnavailable as error:
            raise Refusal(503, error.code, error.message) from None
        return JSONAnswer({"received": True})

    def _provider(self, name: str) -> PaymentProvider:
        providers = self._runtime.platform.providers
        found = providers.get(ProviderName(name)) if name in set(ProviderName) else None
        if found is None:
            raise Refusal(404, "NOT_FOUND", "There is no such payment provider here.")
        return found
