"""For operators and routers: is the process alive, is it ready, what is it, which keys sign."""

import asyncio
import platform as interpreter
import tomllib
from collections.abc import Awaitable, Callable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog
from starlette.requests import Request
from starlette.responses import Response

from core.errors import CodedError
from core.settings import REPOSITORY
from web.refusals import JSONAnswer, error_entry
from web.runtime import Runtime

NAME = "azora"
CHECK_SECONDS_MAX = 2.0
KEYS_CACHED_SECONDS = 300

logger = structlog.get_logger(__name__)


class Health:
    """The endpoints `/healthz`, `/readyz`, `/version` and `/.well-known/jwks.json`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def alive(self, _: Request) -> Response:
        """The process answers. Says nothing of its dependencies, lest all restart together."""
        return JSONAnswer({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """200 when every dependency answers within two seconds, else 503; each by its name."""
        checks = self._runtime.platform.checks()
        async with asyncio.TaskGroup() as tasks:
            probes = {
                name: tasks.create_task(_probe(name, check)) for name, check in checks.items()
            }
        problems = {name: probe.result() for name, probe in probes.items()}
        body: dict[str, object] = {
            "status": "ready",
            "checks": {name: "failed" if problem else "ok" for name, problem in problems.items()},
        }
        errors = [
            error_entry("SERVICE_UNAVAILABLE", problem, dependency=name)
            for name, problem in problems.items()
            if problem is not None
        ]
        if not errors:
            return JSONAnswer(body)
        return JSONAnswer({**body, "status": "unavailable", "errors": errors}, 503)

    async def build(self, _: Request) -> Response:
        return JSONAnswer(build())

    async def keys(self, _: Request) -> Response:
        """The public keys of access tokens (RFC 7517), for the gateway and for partners."""
        headers = {"Cache-Control": f"public, max-age={KEYS_CACHED_SECONDS}"}
        return JSONAnswer(self._runtime.platform.jwks(), headers=headers)


@lru_cache(maxsize=1)
def build() -> dict[str, str | None]:
    """What runs here: name, version, commit where it is known, Python."""
    return {
        "name": NAME,
        "version": _version(),
        "commit": commit_of(REPOSITORY),
        "python": interpreter.python_version(),
    }


def commit_of(repository: Path) -> str | None:
    """The commit that a Git working copy has checked out, read without Git."""
    try:
        head = (repository / ".git" / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        reference = head.removeprefix("ref: ")
        loose = repository / ".git" / reference
        if loose.is_file():
            return loose.read_text().strip()
        packed = (repository / ".git" / "packed-refs").read_text()
    except OSError:
        return None
    for line in packed.splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return None


async def _probe(name: str, check: Callable[[], Awaitable[None]]) -> str | None:
    """What is wrong with a dependency, in words for an operator; None when it answers."""
    try:
        async with asyncio.timeout(CHECK_SECONDS_MAX):
            await check()
    except CodedError as error:
        return error.message
    except TimeoutError:
        return f"{name} did not answer within {CHECK_SECONDS_MAX:g} seconds."
    except Exception:
        logger.exception("check_failed", dependency=name)
        return f"The check of {name} failed; the log says why."
    return None


def _version() -> str:
    try:
        return version(NAME)
    except PackageNotFoundError:
        project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
        return str(project["project"]["version"])
