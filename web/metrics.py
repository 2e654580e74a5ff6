"""`/metrics` for Prometheus: what the database knows of the ledger, the outbox and the queue."""

from collections.abc import Iterable
from hmac import compare_digest

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from core.errors import StoreUnavailable
from core.settings import Settings
from resolvers.operations import Figure, figures
from web.refusals import NOT_STORED, Refusal
from web.runtime import Runtime

PATH = "/metrics"
# What each metric says, and the name of what sets its values apart.
METRICS = {
    "ledger_contradictions": ("What contradicted the invariant when last proved.", "invariant"),
    "ledger_checked_timestamp_seconds": ("Since when every invariant has been proved.", None),
    "ledger_unsealed_seconds": ("How long the oldest unsealed posting has waited.", None),
    "outbox_lag_seconds": ("How long the oldest message has waited.", "consumer"),
    "jobs": ("Jobs that are waiting, being done, or failed for good.", "state"),
    "jobs_overdue_seconds": ("How long the job that is due for longest has waited.", None),
    "workers": ("Workers that are alive.", None),
}


class Metrics:
    """The endpoint. Who knows `AZORA_METRICS_TOKEN` may read it; in development, anybody."""

    def __init__(self, runtime: Runtime, token: bytes | None) -> None:
        self._runtime = runtime
        self._token = token

    async def read(self, request: Request) -> Response:
        """Every figure in Prometheus' text format. Refuses (401) a wrong token."""
        credential = request.headers.get("authorization", "").encode("latin-1")
        if self._token is not None and not compare_digest(credential, b"Bearer " + self._token):
            message = "Send `Authorization: Bearer` and the token for metrics."
            raise Refusal(401, "UNAUTHENTICATED", message, headers={"WWW-Authenticate": "Bearer"})
        try:
            found = await figures(self._runtime.platform.stores.database)
        except StoreUnavailable as error:
            raise Refusal(503, error.code, error.message) from error
        return Response(
            _exposition(found), headers={**NOT_STORED, "Content-Type": CONTENT_TYPE_LATEST}
        )


def metrics_of(runtime: Runtime, settings: Settings) -> Metrics | None:
    """The endpoint, unless nobody could be told from anybody: in production without a token."""
    if settings.metrics_token is not None:
        return Metrics(runtime, settings.metrics_token.get_secret_value().encode())
    return Metrics(runtime, None) if settings.is_development else None


def _exposition(found: Iterable[Figure]) -> bytes:
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"azora_{name}", text, [label] if label else [], registry=registry)
        for name, (text, label) in METRICS.items()
    }
    for figure in found:
        gauge = gauges[figure.metric]
        (gauge.labels(figure.label) if figure.label else gauge).set(figure.value)
    return generate_latest(registry)
